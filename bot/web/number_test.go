package web

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/store/storetest"
)

const (
	shopPhone    = "+12125550100"
	phoneIsKnown = "UPDATE numbers SET phone = '" + shopPhone + "'"
)

// TestTheNumberSaysHowItIsDoing: connected, since when, how fast it may send, and how people get in.
func TestTheNumberSaysHowItIsDoing(t *testing.T) {
	s := open(t, desktest.Setup{Config: "numbers:\n  - {name: main, flow: promotions, card: \"<b>Casa\"}\n", Linked: 9})
	s.WhatsApp.Used = map[string]bool{"main": true}
	told(t, s.Store.NumberEvent(s.Ctx, "main", bot.NumberEvent{Kind: bot.NumberSynced, At: s.Now()}))
	s.get("/n/main/number").says("as soon as the number is linked")
	s.change(phoneIsKnown)
	page := s.get("/n/main/number").is(http.StatusOK)
	page.says("main is connected", "Sent today: 0 of", "Warm-up: day", "One promotion every", "<b>Casa", "Link that opens the chat").lacks("<b>Casa")
	if !strings.Contains(page.body, "https://wa.me/") || !strings.Contains(page.body, `shape-rendering="crispEdges"`) {
		t.Error("the page has no link, or no code of it")
	}
	if n := compressed(t, page.body); n > 8<<10 {
		t.Errorf("the page takes %d bytes", n)
	}
	for _, code := range []string{"pt", "es"} {
		r := s.request(http.MethodGet, "/n/main/number")
		r.AddCookie(&http.Cookie{Name: languageCookie, Value: code})
		s.send(r).is(http.StatusOK).lacks("Warm-up", "Phone seen")
	}
}

// TestAPlaceWherePeopleSeeIt: an editor names one, and its link and poster have it. What is no such
// word is refused, with what was typed still there.
func TestAPlaceWherePeopleSeeIt(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.post("/n/main/number/source", url.Values{"source": {"window"}}).is(http.StatusConflict).says("is not linked")
	s.change(phoneIsKnown)
	s.post("/n/main/number/source", url.Values{"source": {"Shop <b>window"}}).is(http.StatusConflict).says("lower case letters").lacks("<b>window")
	s.post("/n/main/number/source", nil).is(http.StatusConflict)
	s.ask("vera", http.MethodPost, "/n/main/number/source", url.Values{"source": {"window"}}).is(http.StatusForbidden)
	s.ask("rui", http.MethodPost, "/n/main/number/source", url.Values{"source": {"window"}, "once": {"1"}}).goesTo("/n/main/number?source=window#in")
	s.get("/n/main/number?source=window").says("#window 0")
	if page := s.get("/n/main/number?source=window"); !strings.Contains(page.body, "%20%23window") {
		t.Error("the link lacks the place")
	}
	if page := s.get("/n/main/number?source=nowhere&language=xx").is(http.StatusOK); strings.Contains(page.body, "%23nowhere") {
		t.Error("a place that nobody has named is in the link")
	}
	svg := s.get("/n/main/number/poster.svg?source=window").is(http.StatusOK)
	told(t, xml.Unmarshal([]byte(svg.body), new(struct{})))
	if kind := svg.header.Get("Content-Type"); kind != "image/svg+xml" || svg.header.Get("Content-Disposition") != "" {
		t.Errorf("%s, %s", kind, svg.header.Get("Content-Disposition"))
	}
	png := s.get("/n/main/number/poster.png?save").is(http.StatusOK)
	if !strings.HasPrefix(png.body, "\x89PNG") || png.header.Get("Content-Disposition") != `attachment; filename="poster-main.png"` {
		t.Errorf("the poster is %q, %s", png.body[:8], png.header.Get("Content-Disposition"))
	}
	s.get("/n/main/number/poster.svg?language=xx").is(http.StatusConflict)
	s.ask("", http.MethodGet, "/n/main/number/poster.svg", nil).is(http.StatusSeeOther)
}

// A phone takes codes as a test says.
type phone struct {
	desk.Pairing
	tell   func(bot.LinkStep)
	typed  string
	takes  chan string // the phone that takes the code
	linked string
	closed bool
}

func (p *phone) Linked() (account, phone string) { return "1:1@s.whatsapp.net", p.linked }
func (p *phone) Close() error                    { p.closed = true; return nil }
func (p *phone) Pair(ctx context.Context, _ bool, accept func(string) error) (string, error) {
	p.tell(bot.LinkStep{Kind: bot.LinkConnects})
	if p.typed == "" {
		p.tell(bot.LinkStep{Kind: bot.LinkScan, Code: "the raw code", Good: time.Minute, Which: 2, Of: 6})
	} else {
		p.tell(bot.LinkStep{Kind: bot.LinkType, Code: "ABCD-EFGH", Good: 2 * time.Minute})
	}
	select {
	case p.linked = <-p.takes:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if p.linked == "" {
		return "", errors.New("link: WhatsApp refused (<b>why</b>)")
	}
	return "1:1@s.whatsapp.net", accept(p.linked)
}

// linkable is the page of a shop whose number is not linked, and the phone that takes its codes.
func linkable(t *testing.T) (*site, *phone) {
	t.Helper()
	s, p := open(t, desktest.Setup{Unlinked: true}), &phone{takes: make(chan string)}
	s.Desk.Pair = func(typed string, tell func(bot.LinkStep)) desk.OpenPairing {
		p.typed, p.tell = typed, tell
		return func(context.Context, string, bool) (desk.Pairing, error) { return p, nil }
	}
	return s, p
}

// stage waits until the linking of the number has come so far.
func (s *site) stage(want desk.LinkingStage) {
	s.t.Helper()
	for {
		l, changed, _ := s.Desk.Linking("main")
		if l.Stage == want {
			return
		}
		select {
		case <-changed:
		case <-time.After(patience):
			s.t.Fatalf("the linking stays %s", l.Stage)
		}
	}
}

// TestLinkByACodeToScan: the page of the number leads to the link. It shows the code to owners, and
// says when the phone has taken it.
func TestLinkByACodeToScan(t *testing.T) {
	s, p := linkable(t)
	s.get("/n/main/number").says("main is not linked to WhatsApp", "Link the number", "as soon as the number is linked")
	s.get("/n/main/number/link").says("Scan a code", "No camera?")
	s.ask("rui", http.MethodPost, "/n/main/number/link", url.Values{"way": {"scan"}}).is(http.StatusForbidden).says("is for an owner")
	s.post("/n/main/number/link", url.Values{"way": {"scan"}}).goesTo("/n/main/number/link")
	s.stage(desk.LinkingScan)
	page := s.get("/n/main/number/link").says("Scan the code", "Code 2 of 6.", "Linked devices")
	if !strings.Contains(page.body, `shape-rendering="crispEdges"`) || !strings.Contains(page.body, `http-equiv="refresh"`) {
		t.Error("there is no code, or it is not shown anew without a script")
	}
	s.ask("rui", http.MethodGet, "/n/main/number/link", nil).says("The code is shown to owners.").lacks("crispEdges")
	s.post("/n/main/number/link", url.Values{"way": {"scan"}}).is(http.StatusConflict).says("being linked already, by marta")
	p.takes <- shopPhone
	s.stage(desk.LinkingDone)
	s.get("/n/main/number/link").says("main is linked", shopPhone, "takes it up in a moment").lacks("crispEdges", "refresh")
	s.get("/n/main/number").says(shopPhone)
	s.ask("vera", http.MethodGet, "/n/main/number/link", nil).lacks(shopPhone)
	if !p.closed {
		t.Error("the session is held on to")
	}
}

// TestLinkByACodeToType: for a phone without a camera. What WhatsApp refuses is said, and tried
// again by the same form.
func TestLinkByACodeToType(t *testing.T) {
	s, p := linkable(t)
	s.post("/n/main/number/link", url.Values{"way": {"type"}, "phone": {" "}}).is(http.StatusConflict).says("write the phone of the number")
	typed := url.Values{"way": {"type"}, "phone": {shopPhone}}
	s.post("/n/main/number/link", typed).goesTo("/n/main/number/link")
	s.stage(desk.LinkingType)
	if p.typed != shopPhone {
		t.Errorf("a code for %q", p.typed)
	}
	s.get("/n/main/number/link").says("Type the code on the phone", "ABCD EFGH", "Good until 14:02", "Link with phone number instead")
	p.takes <- ""
	s.stage(desk.LinkingFailed)
	s.get("/n/main/number/link").says("Not linked.", "WhatsApp refused (<b>why</b>)", "Scan a code").lacks("<b>why")
	s.post("/n/main/number/link", typed).goesTo("/n/main/number/link")
	s.stage(desk.LinkingType)
	s.ask("vera", http.MethodPost, "/n/main/number/link/end", url.Values{}).is(http.StatusForbidden)
	s.post("/n/main/number/link/end", nil).goesTo("/n/main/number/link")
	s.stage(desk.LinkingEnded)
	s.get("/n/main/number/link").says("Scan a code").lacks("note bad")
}

// TestAnOpenPageSeesTheCode: each step of the linking is told to whoever looks.
func TestAnOpenPageSeesTheCode(t *testing.T) {
	s, p := linkable(t)
	s.post("/n/main/number/link", url.Values{"way": {"scan"}})
	s.stage(desk.LinkingScan)
	_, before := s.server.live.now()
	p.tell(bot.LinkStep{Kind: bot.LinkScan, Code: "the next code", Good: time.Minute, Which: 3, Of: 6})
	select {
	case <-before:
	case <-time.After(patience):
		t.Fatal("open pages are not told")
	}
	s.get("/n/main/number/link").says("Code 3 of 6.")
}

// TestReleaseAfterARestore: with a reason, by an owner.
func TestReleaseAfterARestore(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.get("/n/main/number/release").is(http.StatusOK).says("main has nothing to release")
	s.change("UPDATE numbers SET safe_mode = 1, backup_at = 1, restored_at = 2")
	s.get("/n/main/number").says("was restored", "Release…")
	s.get("/n/main/number/release").says("Let main send promotions again", "It goes into the ledger")
	reason := url.Values{"reason": {"<b>looked"}}
	s.ask("rui", http.MethodPost, "/n/main/number/release", reason).is(http.StatusForbidden).says("is for an owner").lacks("<b>looked")
	s.post("/n/main/number/release", url.Values{"reason": {" "}}).is(http.StatusConflict).says("the reason goes into the ledger")
	s.post("/n/main/number/release", reason).goesTo("/n/main/number?done=number_released")
	s.get("/n/main/number?done=number_released").says("may send promotions again").lacks("Release…")
	s.post("/n/main/number/release", reason).is(http.StatusConflict).says("is not in safe mode")
}

// TestTheUsualReleaseIsTheDesks: the page begins with the reason and the choice of the desk, and
// keeps what was typed when it has to be sent again.
func TestTheUsualReleaseIsTheDesks(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +12125550107 > I want promotions")
	if _, err := s.Act(t.Context(), s.Who("Ana"), bot.HoldForSafety); err != nil {
		t.Fatal(err)
	}
	s.change("UPDATE numbers SET safe_mode = 1, backup_at = 1, restored_at = 2")
	const ticked = `name="people" value="1" checked`
	usual := s.get("/n/main/number/release").is(http.StatusOK)
	if !strings.Contains(usual.body, `value="`+desk.UsualReleaseReason+`"`) || !strings.Contains(usual.body, ticked) {
		t.Errorf("not as usual: %s", usual.body)
	}
	again := s.post("/n/main/number/release", url.Values{"reason": {" "}}).is(http.StatusConflict)
	if strings.Contains(again.body, ticked) {
		t.Error("the people are ticked again")
	}
}

// change writes into the database behind the program's back.
func (s *site) change(statement string) {
	s.t.Helper()
	told(s.t, storetest.Edit(s.t.Context(), s.Dir, statement))
}

// TestTheChartOfTheWarmUp: a bar for each day on which anything may go out.
func TestTheChartOfTheWarmUp(t *testing.T) {
	for today, want := range map[int][3]int{0: {0, 0, 2}, 2: {0, 1, 1}, 3: {1, 1, 0}, 9: {2, 0, 0}} {
		c := newWarmUpChart([]int{0, 20, 30}, today)
		if got := [3]int{strings.Count(c.Past, "M"), strings.Count(c.Todays, "M"), strings.Count(c.Coming, "M")}; got != want || c.Over != (today == 9) {
			t.Errorf("day %d: %v bars, over %v", today, got, c.Over)
		}
	}
	if c := newWarmUpChart(nil, 1); len(c.Days) != 0 {
		t.Error("days from nowhere")
	}
}

// TestACodeThatIsTooLong: no QR code holds it.
func TestACodeThatIsTooLong(t *testing.T) {
	if _, err := qrCode(strings.Repeat("x", 5000), 0); err == nil {
		t.Error("it is drawn")
	}
	drawn, err := qrCode("https://wa.me/12125550100", 0)
	told(t, err)
	d := xml.NewDecoder(strings.NewReader(string(drawn)))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// TestNoCodeForACloudNumber: the page of a number on the Cloud API has no code, no phone and no warm-up.
func TestNoCodeForACloudNumber(t *testing.T) {
	t.Parallel()
	s := open(t, desktest.Setup{Unlinked: true, Config: "numbers:\n  - {name: main, flow: promotions, transport: cloud, cloud: {phone_number_id: 1001, " +
		"waba_id: 3001, token_file: a, app_secret_file: b, verify_token_file: c}}\n"})
	s.get("/n/main/number").is(http.StatusOK).says("At most 10 a second", "There is no warm-up").lacks("number change", "warm-up, day")
	s.get("/n/main/number/link").is(http.StatusOK).says("optinbot link --cloud").lacks(`value="scan"`, `name="phone"`)
}
