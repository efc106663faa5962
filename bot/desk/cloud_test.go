package desk_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

// account is Meta as the desk asks it.
type account struct {
	token      desk.CloudToken
	fails      error
	phones     []desk.CloudPhone
	quality    string
	portfolio  string
	subscribed bool
	closed     int
}

func (a *account) Token(context.Context) (desk.CloudToken, error)    { return a.token, a.fails }
func (a *account) Phones(context.Context) ([]desk.CloudPhone, error) { return a.phones, nil }
func (a *account) Quality(context.Context) (string, string, error)   { return a.quality, "TIER_2K", nil }
func (a *account) Subscribed(context.Context) (bool, error)          { return a.subscribed, nil }
func (a *account) Subscribe(context.Context) error                   { a.subscribed = true; return nil }
func (a *account) Close() error                                      { a.closed++; return nil }
func (a *account) Portfolio(context.Context) (string, error) {
	if a.portfolio == "" {
		return "", errors.New("Meta does not say")
	}
	return a.portfolio, nil
}

const cloudNumber = "data: data\nnumbers:\n  - {name: main, flow: promotions, transport: cloud, cloud: {phone_number_id: 1001, waba_id: 3001, " +
	"token_file: token, app_secret_file: app-secret, verify_token_file: verify-token}}\n"

// cloudShop is a shop with a number on the Cloud API, which Meta knows.
func cloudShop(t *testing.T) (*desktest.Shop, *account) {
	t.Helper()
	s := desktest.Open(t, desktest.Setup{Config: cloudNumber, Unlinked: true, Files: map[string]string{
		"token": "EAAtest", "app-secret": "5ec4e7", "verify-token": "words",
	}})
	meta := &account{
		token: desk.CloudToken{Valid: true}, phones: []desk.CloudPhone{{ID: "1001", Phone: "+12125550100", Name: "The shop"}},
		quality: "GREEN", portfolio: "9001", subscribed: false,
	}
	s.Desk.Cloud = func(n config.Number, secrets config.CloudSecrets) (desk.CloudAccount, error) {
		if n.Cloud.PhoneNumberID != "1001" || secrets.Token != "EAAtest" || secrets.AppSecret != "5ec4e7" {
			t.Errorf("%+v is opened with %+v", n, secrets)
		}
		return meta, nil
	}
	return s, meta
}

// told is a function that collects findings, and what it has collected, a line each.
func told() (tell func(desk.Finding), all func() string) {
	var lines []string
	return func(f desk.Finding) {
			line := f.Check + ": " + f.Says
			if !f.OK {
				line = "do " + line + " -> " + f.Do
			}
			lines = append(lines, line)
		}, func() string {
			return strings.Join(lines, "\n")
		}
}

// TestACloudNumberIsLinkedWhenAllIsWell: and only then, with what is to be done. Meta is asked for
// nothing that is there already.
func TestACloudNumberIsLinkedWhenAllIsWell(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		is   func(*account, *desktest.Shop)
		says string // "" : it is linked
	}{
		"all is well":     {is: func(*account, *desktest.Shop) {}},
		"subscribed":      {is: func(a *account, _ *desktest.Shop) { a.subscribed = true }},
		"it ends soon":    {is: func(a *account, _ *desktest.Shop) { a.token.Expires = desktest.Begin.Add(24 * time.Hour) }},
		"no answer":       {func(a *account, _ *desktest.Shop) { a.fails = errors.New("no answer of Meta") }, "do main token: no answer of Meta -> make a new token"},
		"a dead token":    {func(a *account, _ *desktest.Shop) { a.token.Valid = false }, "do main token: Meta says that the access token is not valid"},
		"another account": {func(a *account, _ *desktest.Shop) { a.phones[0].ID = "1002" }, "do main account: the account has 1 number, and none has this phone_number_id"},
		"no portfolio":    {func(a *account, _ *desktest.Shop) { a.portfolio = "" }, "do main portfolio: Meta does not say"},
		"no file": {func(_ *account, s *desktest.Shop) {
			if err := os.Remove(s.Config.Path("app-secret")); err != nil {
				t.Error(err)
			}
		}, "do main secrets: cloud.app_secret_file of number main: "},
	} {
		t.Run(name, func(t *testing.T) {
			s, meta := cloudShop(t)
			c.is(meta, s)
			tell, all := told()
			made, err := s.LinkCloud(s.Ctx, "main", tell)
			row, rowErr := s.Store.Number(s.Ctx, "main")
			if rowErr != nil {
				t.Fatal(rowErr)
			}
			if c.says != "" {
				if !errors.Is(err, desk.ErrRefused) || !strings.Contains(all(), c.says) || row.JID != "" {
					t.Errorf("%v, %s, %+v", err, all(), row)
				}
				return
			}
			if err != nil || made.Phone != "+12125550100" || row.JID != "1001" || row.Portfolio != "9001" || !meta.subscribed || meta.closed != 1 {
				t.Errorf("%v, %+v, %+v, %s", err, made, row, all())
			}
			if strings.Contains(all(), "EAAtest") || strings.Contains(all(), "5ec4e7") {
				t.Errorf("a secret is shown: %s", all())
			}
			if _, err := s.LinkCloud(s.Ctx, "main", tell); err != nil {
				t.Errorf("a second time: %v", err)
			}
		})
	}
}

// TestACloudNumberKeepsItsPhone: people asked that one for promotions.
func TestACloudNumberKeepsItsPhone(t *testing.T) {
	t.Parallel()
	s, meta := cloudShop(t)
	tell, _ := told()
	if _, err := s.LinkCloud(s.Ctx, "main", tell); err != nil {
		t.Fatal(err)
	}
	meta.phones[0].Phone = "+12125550199"
	if _, err := s.LinkCloud(s.Ctx, "main", tell); !errors.Is(err, desk.ErrRefused) || !strings.Contains(err.Error(), "+12125550100") {
		t.Errorf("another phone: %v", err)
	}
	release, err := s.Files.TakeCloud("main")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.LinkCloud(s.Ctx, "main", tell); !errors.Is(err, desk.ErrRefused) || !strings.Contains(err.Error(), "serves") {
		t.Errorf("while it is served: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
}

// TestNoPhoneIsLinkedToACloudNumber: neither the page nor the command line offers a code.
func TestNoPhoneIsLinkedToACloudNumber(t *testing.T) {
	t.Parallel()
	s, _ := cloudShop(t)
	_, link := s.Link(s.Ctx, "main", "", nil)
	_, start := s.StartLinking(s.Ctx, "main", "")
	_, change := s.OfferNumberChange(s.Ctx, "main")
	for what, err := range map[string]error{"link": link, "start": start, "change": change} {
		if !errors.Is(err, desk.ErrRefused) || !strings.Contains(err.Error(), "optinbot link --cloud") {
			t.Errorf("%s: %v", what, err)
		}
	}
	other := desktest.Open(t, desktest.Setup{})
	if _, err := other.LinkCloud(other.Ctx, "main", func(desk.Finding) {}); !errors.Is(err, desk.ErrRefused) {
		t.Errorf("a number on the other transport: %v", err)
	}
}

// TestDoctorAsksMeta: about a number on the Cloud API, and says what has to be done.
func TestDoctorAsksMeta(t *testing.T) {
	t.Parallel()
	s, meta := cloudShop(t)
	tell, _ := told()
	if _, err := s.LinkCloud(s.Ctx, "main", tell); err != nil {
		t.Fatal(err)
	}
	examine := func() string {
		tell, all := told()
		for _, f := range findings(t, s.Desk, s.Ctx) {
			tell(f)
		}
		return all()
	}
	if out := examine(); !strings.Contains(out, "\nmain token: it is valid, and does not end\nmain account: the number is one of the account, as \"The shop\"\n"+
		"main quality: Meta rates it GREEN; its messaging limit is TIER_2K\nmain webhooks: an app has subscribed to the account\n") {
		t.Error(out)
	}
	meta.token = desk.CloudToken{Valid: true, Missing: []string{"whatsapp_business_messaging"}}
	meta.quality, meta.subscribed, meta.portfolio = "RED", false, "9002"
	if err := s.Store.KeepUnread(s.Ctx, "main", []byte("{"), s.Now()); err != nil {
		t.Fatal(err)
	}
	out := examine()
	for _, want := range []string{
		"do main token: it does not allow whatsapp_business_messaging", "do main quality: Meta rates it RED", "do main webhooks: no app has subscribed",
		"do main portfolio: the account belongs to another portfolio", "do main unread: 1 webhook of Meta could not be read",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not said: %s", want, out)
		}
	}
}

// TestO1WhatConfigCannotSayLeavesNoSecret: where config.yaml cannot be changed, no file of a secret stays that
// was not there, and one that was there is as it was.
func TestO1WhatConfigCannotSayLeavesNoSecret(t *testing.T) {
	t.Parallel()
	const settings = "data: data\nnumbers:\n  - {name: main, flow: promotions}\n"
	s := desktest.Open(t, desktest.Setup{Config: settings, Unlinked: true, Files: map[string]string{"data/cloud-main.token": "of before"}})
	s.Desk.Cloud = func(config.Number, config.CloudSecrets) (desk.CloudAccount, error) {
		return &account{
			token: desk.CloudToken{Valid: true}, phones: []desk.CloudPhone{{ID: "1001", Phone: "+12125550100", Name: "The shop"}},
			quality: "GREEN", portfolio: "9001",
		}, nil
	}
	file := s.Config.File()
	const broken = "data: data\nnumbers: [\n"
	if err := os.WriteFile(file, []byte(broken), 0o600); err != nil { // somebody edits it meanwhile
		t.Fatal(err)
	}
	tell, all := told()
	setup := desk.CloudSetup{PhoneNumberID: "1001", WABA: "3001", Token: "EAAtest", AppSecret: "5ec4e7"}
	if err := s.SetUpCloud(s.Ctx, "main", setup, tell); err == nil || !strings.Contains(err.Error(), "config.yaml") {
		t.Fatalf("%v, %s", err, all())
	}
	left, err := filepath.Glob(s.Config.Path("data/cloud-*"))
	if err != nil || len(left) != 1 {
		t.Fatalf("%v stay, %v", left, err)
	}
	token, err := os.ReadFile(left[0])
	text, failed := os.ReadFile(file)
	if err != nil || failed != nil || string(token) != "of before" || string(text) != broken {
		t.Errorf("%q, %q, %v, %v", token, text, err, failed)
	}
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.SetUpCloud(s.Ctx, "main", setup, tell); err != nil {
		t.Errorf("again: %v, %s", err, all())
	}
	if left, err := filepath.Glob(s.Config.Path("data/cloud-main.*")); err != nil || len(left) != 3 {
		t.Errorf("%v, %v", left, err)
	}
}
