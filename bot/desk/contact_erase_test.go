package desk_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk"
)

// onBoth is a shop with two numbers to which Ana wrote both, and Ben one.
func onBoth(t *testing.T) *shop {
	t.Helper()
	s := newShop(t, twoNumbers)
	s.message("main", bot.Message{Text: phrase, Name: "Ana", Identities: []bot.Identity{{Kind: bot.Phone, Value: ana}, {Kind: bot.LID, Value: "71"}}})
	s.message("second", bot.Message{Text: "hello", Identities: []bot.Identity{{Kind: bot.Phone, Value: ana}}})
	s.writes(ben, phrase)
	return s
}

// TestErasePerson: what names them goes, on every number and in the files of the sessions. The
// proof without them stays, and so does everybody else. There is nothing to erase a second time.
func TestErasePerson(t *testing.T) {
	t.Parallel()
	s := onBoth(t)
	ctx := t.Context()
	copied := s.data("playing-1") // a copy that a killed process has left
	write(t, copied+"/lock", "1\n")
	write(t, copied+"/bot.db", "names and messages")
	var shown desk.ErasePreview
	s.unchanged("a preview", func() {
		var err error
		shown, err = s.PreviewErase(ctx, "+1 (212) 555-0101")
		must(t, err)
	})
	if shown.Phone != ana || shown.Name != "Ana" || shown.Numbers != 2 || shown.Version == "" {
		t.Errorf("%+v", shown)
	}
	n, err := s.ErasePerson(ctx, ana, shown.Version)
	must(t, err)
	if n != 2 || s.contact(ana) != nil || s.contact(ben) == nil {
		t.Errorf("erased on %d numbers", n)
	}
	if left := s.held(); strings.Contains(left, ana[1:]) || !strings.Contains(left, ben) {
		t.Error("the database still names who was erased, or not who was not")
	}
	if erased := s.WhatsApp.Erased; bot.PhoneOf(erased["main"]) != ana || bot.PhoneOf(erased["second"]) != ana {
		t.Errorf("of the sessions: %v", erased)
	}
	if _, err := os.Stat(copied); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the copy is still there: %v", err)
	}
	results, err := s.VerifyConsent(ctx, "", "", nil)
	must(t, err)
	if len(results[0].Problems) > 0 || results[0].Erased == 0 {
		t.Errorf("%+v", results[0])
	}
	s.refused("has changed since it was shown", func() error { _, err := s.ErasePerson(ctx, ana, shown.Version); return err })
	s.refused(ana+" has never written to any of your numbers: there is nothing to erase", func() error {
		_, err := s.PreviewErase(ctx, ana)
		return err
	})
	if turn := s.writes(ana, "hello"); turn.Contact.Consent != bot.Unsubscribed {
		t.Errorf("they write again, and are %s", turn.Contact.Consent)
	}
}

// TestEraseWhatWasShown: the version of somebody else, or of before they wrote to another number,
// erases nobody.
func TestEraseWhatWasShown(t *testing.T) {
	t.Parallel()
	s := onBoth(t)
	ctx := t.Context()
	shown, err := s.PreviewErase(ctx, ben)
	must(t, err)
	s.message("second", bot.Message{Text: "hello", Identities: []bot.Identity{{Kind: bot.Phone, Value: ben}}})
	for _, phone := range []string{ana, ben, nobody} {
		s.refused("what is held on "+phone+" has changed since it was shown", func() error {
			_, err := s.ErasePerson(ctx, phone, shown.Version)
			return err
		})
	}
	s.refused("is not a phone with its country code", func() error { _, err := s.ErasePerson(ctx, "abc", ""); return err })
}

// TestEraseTellsWhatStays: a session's file, or a copy, that cannot be changed is an error, and the
// person is erased where it was possible.
func TestEraseTellsWhatStays(t *testing.T) {
	t.Parallel()
	s := onBoth(t)
	shown, err := s.PreviewErase(t.Context(), ben)
	must(t, err)
	s.WhatsApp.Failing = errors.New("the disk is full")
	_, err = s.ErasePerson(t.Context(), ben, shown.Version)
	says(t, err, "the disk is full")
	if s.contact(ben) != nil {
		t.Error("they are still in the database")
	}
}

// TestEraseAPhoneThatWaits: somebody who never wrote opted out by phone, and WhatsApp is to be asked
// about them. That phone can be erased too.
func TestEraseAPhoneThatWaits(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	ctx := t.Context()
	s.message("main", bot.Message{Text: phrase, Identities: []bot.Identity{{Kind: bot.LID, Value: "71"}}})
	_, err := s.OptOut(ctx, "main", nobody, "a letter")
	must(t, err)
	shown, err := s.PreviewErase(ctx, nobody)
	must(t, err)
	if shown.Numbers != 0 || shown.Name != "" {
		t.Errorf("%+v", shown)
	}
	n, err := s.ErasePerson(ctx, nobody, shown.Version)
	must(t, err)
	if waits, err := s.Store.PhonesToAsk(ctx, "main"); n != 0 || waits != 0 || err != nil {
		t.Errorf("erased on %d, %d phones wait: %v", n, waits, err)
	}
	s.refused("there is nothing to erase", func() error { _, err := s.PreviewErase(ctx, nobody); return err })
}

// TestExportPerson: everything that is held, number by number, with what the session's file counts.
func TestExportPerson(t *testing.T) {
	t.Parallel()
	s := onBoth(t)
	ctx := t.Context()
	s.WhatsApp.People = map[string]map[string]int{"main": {"whatsmeow_sessions": 2}}
	s.unchanged("an export", func() {
		all, err := s.ExportPerson(ctx, ana)
		must(t, err)
		if len(all) != 2 || all[0].Number != "main" || all[1].Number != "second" {
			t.Fatalf("%+v", all)
		}
		first := all[0]
		if first.Contact.Name != "Ana" || first.Remembered.Consent != bot.Subscribed || len(first.Identities) != 2 ||
			len(first.Consent) == 0 || len(first.Messages) == 0 || first.SessionRows["whatsmeow_sessions"] != 2 {
			t.Errorf("%+v", first)
		}
	})
	s.refused("nothing is held on "+nobody, func() error { _, err := s.ExportPerson(ctx, nobody); return err })
	s.refused("is not a phone with its country code", func() error { _, err := s.ExportPerson(ctx, "abc"); return err })
	s.WhatsApp.Failing = errors.New("the file is locked")
	_, err := s.ExportPerson(ctx, ana)
	says(t, err, "the file is locked")
}

// TestExportCards: the cards of subscribers whose phone is known, by the name that the shop or they
// use, and no further than the reader wants.
func TestExportCards(t *testing.T) {
	t.Parallel()
	s := onBoth(t)
	s.writes(cy, "hello") // not subscribed
	s.message("main", bot.Message{Text: phrase, Identities: []bot.Identity{{Kind: bot.LID, Value: "99"}}})
	var cards []desk.ContactCard
	take := func(c desk.ContactCard) error { cards = append(cards, c); return nil }
	must(t, s.ExportCards(t.Context(), "main", take))
	want := []desk.ContactCard{{Phone: ana, Name: "Ana", Brand: "Casa Aurora"}, {Phone: ben, Name: ben, Brand: "Casa Aurora"}}
	if !slices.Equal(cards, want) {
		t.Errorf("%+v, want %+v", cards, want)
	}
	strange := desk.ContactCard{Phone: ana, Name: "A;n,a\\\r\nTEL:1", Brand: "Casa; flores"}
	card := "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\\;n\\,a\\\\ TEL:1\r\nN:;A\\;n\\,a\\\\ TEL:1;;;\r\nTEL;TYPE=CELL:" + ana +
		"\r\nCATEGORIES:Casa\\; flores\r\nEND:VCARD\r\n"
	if got := strange.VCard(); got != card {
		t.Errorf("%q, want %q", got, card)
	}
	enough := errors.New("enough")
	if err := s.ExportCards(t.Context(), "", func(desk.ContactCard) error { return enough }); !errors.Is(err, enough) {
		t.Error(err)
	}
}

// TestAnErasureThatWasCutOffIsFinished: the store has forgotten somebody, and the process ended before
// the sessions of WhatsApp did. The same command finishes it.
func TestAnErasureThatWasCutOffIsFinished(t *testing.T) {
	t.Parallel()
	s := onBoth(t)
	shown, err := s.PreviewErase(s.Ctx, ana)
	must(t, err)
	s.WhatsApp.People = map[string]map[string]int{"main": {"whatsmeow_contacts": 1}}
	s.WhatsApp.Failing = errors.New("the process ends here")
	if _, err := s.ErasePerson(s.Ctx, ana, shown.Version); err == nil || s.contact(ana) != nil {
		t.Fatalf("%v", err)
	}
	s.WhatsApp.Failing = nil
	shown, err = s.PreviewErase(s.Ctx, ana)
	must(t, err)
	if shown.What != desk.ErasesRest || shown.Questions()[0].Asks != "Erase?" {
		t.Errorf("%+v", shown)
	}
	if _, err := s.ErasePerson(s.Ctx, ana, shown.Version); err != nil {
		t.Error(err)
	}
	if erased := s.WhatsApp.Erased; bot.PhoneOf(erased["main"]) != ana || bot.PhoneOf(erased["second"]) != ana {
		t.Errorf("of the sessions: %v", erased)
	}
	s.refused("there is nothing to erase", func() error { _, err := s.PreviewErase(s.Ctx, ana); return err })
}
