package desk_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/store"
)

// TestSomebodyWithoutAPhoneIsNamed: what is shown of a person who has only a LID or a BSUID is what a
// command takes, and what the shop is told to do has it already.
func TestSomebodyWithoutAPhoneIsNamed(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	for named, id := range withoutPhone {
		s.message("main", bot.Message{Kind: bot.KindCall, Identities: []bot.Identity{id}})
		list, err := s.WaitingWithLast(s.Ctx, "main")
		must(t, err)
		last := list[len(list)-1]
		if last.Named() != named {
			t.Fatalf("%+v", list)
		}
		if do := last.ToDo(last.Waits[0]); do != "call them, then: optinbot contacts resume "+named {
			t.Errorf("%q", do)
		}
		v, err := s.ShowContact(s.Ctx, "main", named, 1)
		must(t, err)
		if v.Named() != named || v.LID+v.BSUID != id.Value {
			t.Errorf("%+v", v)
		}
	}
	for _, typed := range []string{"lid:", "lid:7x", "lid:+71"} {
		s.refused("is not a LID", func() error { _, err := s.ShowContact(s.Ctx, "main", typed, 1); return err })
	}
	for _, typed := range []string{"bsuid:", "bsuid:US.1a2b", "bsuid:/US.1a2b", "bsuid:9001/US.", "bsuid:9001/USA.1", "bsuid:9001/US.1-2", "bsuid:9001/US.1 2"} {
		s.refused("is not a BSUID", func() error { _, err := s.ShowContact(s.Ctx, "main", typed, 1); return err })
	}
	s.missing("lid:72 has never written", func() error { _, err := s.ShowContact(s.Ctx, "main", "lid:72", 1); return err })
	s.missing("bsuid:9002/US.1a2b has never written", func() error { _, err := s.ShowContact(s.Ctx, "main", "bsuid:9002/US.1a2b", 1); return err })
}

// withoutPhone are people of whom no phone is known, by how commands name them.
var withoutPhone = map[string]bot.Identity{
	"lid:71": {Kind: bot.LID, Value: "71"}, "bsuid:9001/US.1a2b": {Kind: bot.BSUID, Value: "9001/US.1a2b"},
}

// TestO4WhoHasNoPhoneIsFoundAnsweredExportedAndErased: every use case takes the name of somebody of whom
// only the LID or the BSUID is known, and so does each by the contact's ID.
func TestO4WhoHasNoPhoneIsFoundAnsweredExportedAndErased(t *testing.T) {
	t.Parallel()
	for named, id := range withoutPhone {
		for _, by := range []string{"name", "ID"} {
			t.Run(named+" by "+by, func(t *testing.T) {
				t.Parallel()
				s := newShop(t, twoNumbers)
				s.Start()
				for _, number := range []string{"main", "second"} {
					s.message(number, bot.Message{Text: phrase, Name: "Dora", Identities: []bot.Identity{id}})
				}
				s.later(time.Minute)
				who, ctx := named, desk.As(s.Ctx, marta)
				c, err := s.Contact(ctx, "main", named)
				must(t, err)
				if by == "ID" {
					who = desk.ContactID(c.ID)
				}
				everyUseCase(t, s, ctx, who, named)
			})
		}
	}
}

// TestO4TheSamePersonIsFoundByTheirLIDOrBSUID: where one number knows the phone beside the LID or BSUID and
// another number this alone, an export and an erasure by the phone reach both.
func TestO4TheSamePersonIsFoundByTheirLIDOrBSUID(t *testing.T) {
	t.Parallel()
	for named, id := range withoutPhone {
		s := newShop(t, twoNumbers)
		s.message("main", bot.Message{Text: phrase, Identities: []bot.Identity{{Kind: bot.Phone, Value: ana}, id}})
		s.message("second", bot.Message{Text: phrase, Identities: []bot.Identity{id}})
		if all, err := s.ExportPerson(s.Ctx, ana); err != nil || len(all) != 2 {
			t.Errorf("%s: %d exported, %v", named, len(all), err)
		}
		v, err := s.PreviewErase(s.Ctx, ana)
		must(t, err)
		if n, err := s.ErasePerson(s.Ctx, v.Phone, v.Version); err != nil || n != 2 {
			t.Errorf("%s: erased on %d, %v", named, n, err)
		}
	}
}

// everyUseCase does with somebody without a phone what there is to do with a person.
func everyUseCase(t *testing.T, s *shop, ctx context.Context, who, named string) {
	t.Helper()
	for i, do := range []func() error{
		func() error { _, err := s.ShowContact(ctx, "main", who, 5); return err },
		func() error { _, err := s.Timeline(ctx, "main", who, "", 5); return err },
		func() error { _, err := s.ShowConsent(ctx, "main", who); return err },
		func() error { _, err := s.ExportConsentOf(ctx, "main", who); return err },
		func() error { _, err := s.ChatAsTest(ctx, "main", who, 0); return err },
		func() error { _, err := s.ReplyTo(ctx, "main", who, desk.Said{Text: "Here I am"}); return err },
		func() error { _, err := s.PauseContact(ctx, "main", who); return err },
		func() error { return s.ResumeContact(ctx, "main", who) },
		func() error { _, err := s.SetZone(ctx, "main", who, "Europe/Lisbon"); return err },
		func() error { _, err := s.TagContact(ctx, "main", "vip", who); return err },
	} {
		if err := do(); err != nil {
			t.Errorf("use case %d: %v", i, err)
		}
	}
	s.later(time.Minute)
	if got := s.said(named); !strings.Contains(got, "Here I am") {
		t.Errorf("they were not answered: %s", got)
	}
	all, err := s.ExportPerson(ctx, who)
	if err != nil || len(all) != 2 || len(all[0].Messages) == 0 {
		t.Errorf("exported: %d, %v", len(all), err)
	}
	out, err := s.OptOut(ctx, "main", who, "asked at the till")
	if err != nil || out.Contacts != 1 || out.Phone != named {
		t.Errorf("opted out: %+v, %v", out, err)
	}
	for _, number := range []string{"main", "second"} {
		if c, err := s.Contact(ctx, number, named); err != nil || c.Consent != bot.Unsubscribed {
			t.Errorf("after the stop on %s: %v", number, err)
		}
	}
	v, err := s.PreviewErase(ctx, who)
	if err != nil || v.Phone != named || v.Numbers != 2 {
		t.Fatalf("to be erased: %+v, %v", v, err)
	}
	if n, err := s.ErasePerson(ctx, v.Phone, v.Version); err != nil || n != 2 {
		t.Errorf("erased on %d: %v", n, err)
	}
	s.refused("nothing to erase", func() error { _, err := s.PreviewErase(ctx, named); return err })
	if id := bot.AddressOf(named[strings.Index(named, ":")+1:]); strings.Contains(s.held(), id.Value) && id.Kind == bot.BSUID {
		t.Error("the database still has it")
	}
	s.message("main", bot.Message{Text: "hello", Identities: []bot.Identity{bot.AddressOf(named[strings.Index(named, ":")+1:])}})
	if c, err := s.Contact(ctx, "main", named); err != nil || c.Consent != bot.Unsubscribed {
		t.Errorf("the stop did not outlive the data: %v", err)
	}
}

// said is what the number main has said to somebody.
func (s *shop) said(named string) string {
	s.t.Helper()
	v, err := s.ShowContact(s.Ctx, "main", named, 20)
	must(s.t, err)
	return fmt.Sprint(v.Messages)
}

// TestSomebodyWithoutAPhoneIsSearched: by LID or BSUID, or what these begin with. Whoever sees no phones
// finds them by the whole of it only.
func TestSomebodyWithoutAPhoneIsSearched(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	must(t, s.Store.LinkedCloud(s.Ctx, "main", "1", "+12125550100", "9001", s.Now()))
	for _, id := range withoutPhone {
		s.message("main", bot.Message{Text: phrase, Name: "Dr.Ana", Identities: []bot.Identity{id}})
	}
	s.writes(ana, phrase)
	for typed, row := range map[string]struct{ editor, viewer string }{
		"lid:71":             {"lid:71", "lid:71"},
		"lid:7":              {"lid:71", ""},
		"bsuid:9001/US.1a2b": {"bsuid:9001/US.1a2b", "bsuid:9001/US.1a2b"},
		"bsuid:9001/":        {"bsuid:9001/US.1a2b", ""},
		"US.1a":              {"bsuid:9001/US.1a2b", ""},
		"US.9":               {"", ""},
		"bsuid:71":           {"", ""},
		ana:                  {ana, ana},
		ana[:11]:             {ana, ""}, // ten digits, and not all of it
		ana[:6]:              {ana, ""},
	} {
		for role, want := range map[desk.Role]string{desk.Editor: row.editor, desk.Viewer: row.viewer} {
			ctx := desk.As(s.Ctx, desk.Who{Name: "rui", Via: desk.ViaWeb, Role: role})
			page, err := s.SearchContacts(ctx, "main", desk.ContactSearch{Typed: typed})
			must(t, err)
			list, err := s.ListContacts(ctx, "main", desk.ContactQuery{Search: typed})
			must(t, err)
			for how, found := range map[string][]desk.ContactView{"searched": page.Contacts, "listed": list.Contacts} {
				if got := namesOf(found); got != want {
					t.Errorf("%s for a %s, %s: %q, want %q", typed, role, how, got, want)
				}
			}
		}
	}
	page, err := s.SearchContacts(s.Ctx, "main", desk.ContactSearch{Typed: "Dr.Ana"})
	if err != nil || len(page.Contacts) != 2 {
		t.Errorf("a name with a dot: %v, %v", page, err)
	}
}

func namesOf(found []desk.ContactView) string {
	var names []string
	for _, v := range found {
		names = append(names, v.Named())
	}
	return strings.Join(names, " ")
}

// TestWhomAnEntryIsAbout: "erased" is said of nobody who was not.
func TestWhomAnEntryIsAbout(t *testing.T) {
	t.Parallel()
	ana := bot.Entry{Personal: bot.Personal{Name: "Ana", Identities: []bot.Identity{{Kind: bot.Phone, Value: "+447700900001"}}}}
	for want, e := range map[string]store.LedgerEntry{
		"phone:+447700900001 Ana": {Entry: ana}, "erased": {Erased: true},
		"": {Entry: bot.Entry{Public: bot.Public{Event: bot.EntryNumberChanged}}},
	} {
		if got := desk.About(e); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
