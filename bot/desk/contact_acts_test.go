package desk_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
)

// TestWhoIsUnknown: each use case about one person refuses a number that is not in the
// configuration and a phone that cannot be read, and does not find who has never written. Nothing
// changes.
func TestWhoIsUnknown(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.writes(ana, phrase)
	ctx := t.Context()
	for name, use := range map[string]func(number, phone string) error{
		"contact":        func(n, p string) error { _, err := s.Contact(ctx, n, p); return err },
		"show":           func(n, p string) error { _, err := s.ShowContact(ctx, n, p, 5); return err },
		"pause":          func(n, p string) error { _, err := s.PauseContact(ctx, n, p); return err },
		"resume":         func(n, p string) error { return s.ResumeContact(ctx, n, p) },
		"release":        func(n, p string) error { return s.ReleaseContact(ctx, n, p, "asked") },
		"reply":          func(n, p string) error { _, err := s.Reply(ctx, n, p, "hello"); return err },
		"untag":          func(n, p string) error { _, err := s.UntagContact(ctx, n, "vip", p); return err },
		"zone":           func(n, p string) error { _, err := s.SetZone(ctx, n, p, "Europe/Lisbon"); return err },
		"consent":        func(n, p string) error { _, err := s.ShowConsent(ctx, n, p); return err },
		"consent export": func(n, p string) error { _, err := s.ExportConsentOf(ctx, n, p); return err },
	} {
		t.Run(name, func(t *testing.T) {
			s.refused(`there is no number "nope" in the configuration; it has main`, func() error { return use("nope", ana) })
			s.refused(`"abc" is not a phone with its country code`, func() error { return use("main", "abc") })
			s.missing(nobody+" has never written to number main", func() error { return use("main", nobody) })
		})
	}
}

// TestWhichNumberIsUnknown: each use case about a whole number refuses one that is not in the
// configuration, and changes nothing.
func TestWhichNumberIsUnknown(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.writes(ana, phrase)
	ctx := t.Context()
	sheet := desk.Sheet{Name: "list.csv", Rows: []desk.SheetRow{{Line: 1, Fields: []string{ana}}}}
	for name, use := range map[string]func() error{
		"list":           func() error { _, err := s.ListContacts(ctx, "nope", desk.ContactQuery{}); return err },
		"cards":          func() error { return s.ExportCards(ctx, "nope", nil) },
		"waiting":        func() error { _, err := s.Waiting(ctx, "nope"); return err },
		"tagged":         func() error { _, err := s.Tagged(ctx, "nope", "vip"); return err },
		"untag":          func() error { return s.UntagEverybody(ctx, "nope", "vip", "x") },
		"import":         func() error { _, err := s.ImportContacts(ctx, "nope", sheet, false, nil); return err },
		"optout":         func() error { _, err := s.OptOut(ctx, "nope", ana, "by phone"); return err },
		"optout list":    func() error { _, err := s.OptOutSheet(ctx, "nope", sheet, "", "", nil); return err },
		"consent export": func() error { _, err := s.ExportConsent(ctx, "nope"); return err },
		"consent verify": func() error { _, err := s.VerifyConsent(ctx, "nope", "", nil); return err },
		"invite":         func() error { _, err := s.Invite(ctx, "nope", "", ""); return err },
		"number release": func() error { _, err := s.ReleaseNumber(ctx, "nope", "x", true); return err },
		"release offer":  func() error { _, err := s.OfferNumberRelease(ctx, "nope", true); return err },
		"change offer":   func() error { _, err := s.OfferNumberChange(ctx, "nope"); return err },
	} {
		t.Run(name, func(t *testing.T) { s.refused(`there is no number "nope" in the configuration`, use) })
	}
}

// TestListContacts: those of one number, all or by consent.
func TestListContacts(t *testing.T) {
	t.Parallel()
	s := newShop(t, twoNumbers)
	s.writes(ana, phrase)
	s.writes(ben, "hello")
	s.message("second", bot.Message{Text: "hello", Identities: []bot.Identity{{Kind: bot.Phone, Value: cy}}})
	listed := func(number string, consent bot.Consent) (phones []string) {
		list, err := s.ListContacts(t.Context(), number, desk.ContactQuery{Consent: consent})
		must(t, err)
		for _, v := range list.Contacts {
			phones = append(phones, v.Phone+" "+string(v.Consent))
		}
		return phones
	}
	for _, row := range []struct {
		number  string
		consent bot.Consent
		want    []string
	}{
		{"main", "", []string{ana + " subscribed", ben + " pending"}},
		{"", bot.Subscribed, []string{ana + " subscribed"}},
		{"main", bot.Unsubscribed, nil},
		{"second", "", []string{cy + " pending"}},
	} {
		if got := listed(row.number, row.consent); !slices.Equal(got, row.want) {
			t.Errorf("%s, %q: %v, want %v", row.number, row.consent, got, row.want)
		}
	}
}

// TestShowContact: what the operator sees of somebody who joined by a tap on a source, told a
// preference and is known by a name of the shop's.
func TestShowContact(t *testing.T) {
	t.Parallel()
	s := newShop(t, "zone: Europe/Lisbon\n"+oneNumber)
	s.message("main", bot.Message{Text: phrase, Name: "Ana", Identities: []bot.Identity{
		{Kind: bot.Phone, Value: ana}, {Kind: bot.LID, Value: "71"},
	}})
	s.writes(ana, "A C")
	v, err := s.ShowContact(t.Context(), "", "(212) 555-0101", 2)
	says(t, err, "country code") // neither config.yaml nor the number's phone tells the country yet
	if v != nil {
		t.Error("shown")
	}
	v, err = s.ShowContact(t.Context(), "", "+1 (212) 555-0101", 2)
	must(t, err)
	likes, _ := v.Preferences["interests"].([]string)
	if v.Phone != ana || v.LID != "71" || v.Name != "Ana" || v.Consent != bot.Subscribed || !slices.Equal(likes, []string{"shoes", "clothes"}) {
		t.Errorf("%+v", v.ContactView)
	}
	if !slices.Equal(v.Zones, []string{"America/New_York"}) || v.ZoneBy != "phone" || v.ShopZone.String() != "Europe/Lisbon" {
		t.Errorf("zones %v by %s, the shop's %s", v.Zones, v.ZoneBy, v.ShopZone)
	}
	if len(v.Messages) != 2 || v.Contact.ID != s.contact(ana).ID || v.QuietUntil != (time.Time{}) || v.Fatigued {
		t.Errorf("%d messages, %+v", len(v.Messages), v)
	}
}

// TestPauseAndResumeAChat: the operator takes a chat over, twice, and gives it back. A chat that
// nobody has taken over cannot be given back.
func TestPauseAndResumeAChat(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.writes(ana, phrase)
	ctx := t.Context()
	resume := func() error { return s.ResumeContact(ctx, "main", ana) }
	s.refused("nobody of the shop has taken this chat over", resume)

	v, err := s.PauseContact(ctx, "main", ana)
	must(t, err)
	if want := s.Now().Add(bot.TakeoverLasts); !v.Until.Equal(want) {
		t.Errorf("quiet until %s, want %s", v.Until, want)
	}
	s.later(time.Hour)
	v, err = s.PauseContact(ctx, "main", ana)
	must(t, err)
	if want := s.Now().Add(bot.TakeoverLasts); !v.Until.Equal(want) || v.ShopZone != time.UTC {
		t.Errorf("the time begins again: %+v, want %s", v, want)
	}
	shown, err := s.ShowContact(ctx, "main", ana, 0)
	must(t, err)
	if !shown.QuietUntil.Equal(v.Until) || shown.Consent != bot.Subscribed {
		t.Errorf("shown %+v", shown.ContactView)
	}
	must(t, resume())
	if until := s.contact(ana).TakeoverUntil(); !until.IsZero() {
		t.Errorf("given back, and quiet until %s", until)
	}
	s.refused("nobody of the shop has taken this chat over", resume)

	_, err = s.PauseContact(ctx, "main", ana)
	must(t, err)
	s.later(bot.TakeoverLasts)
	s.refused("nobody of the shop has taken this chat over", resume) // it is over by itself
}

// TestReply: a person of the shop answers who wrote, each time with one more message. Who left, or
// has not written for a month, is not written to, and nobody gets an empty text.
func TestReply(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	ctx := t.Context()
	s.writes(ana, "do you have it in blue?")
	reply := func(text string) error { _, err := s.Reply(ctx, "main", ana, text); return err }
	for _, empty := range []string{"", "  \n", strings.Repeat("x", 4097)} {
		s.refused("there is nothing to say", func() error { return reply(empty) })
	}
	waits := func() int {
		n, err := s.Store.Waiting(ctx, "main")
		must(t, err)
		return n
	}
	before := waits()
	v, err := s.Reply(ctx, "main", ana, "We do.")
	must(t, err)
	if !v.Until.Equal(s.Now().Add(bot.TakeoverLasts)) || waits() != before+1 {
		t.Errorf("quiet until %s, %d more messages", v.Until, waits()-before)
	}
	must(t, reply("We do."))
	if waits() != before+2 {
		t.Errorf("%d more messages, want 2", waits()-before)
	}
	s.writes(ana, "stop")
	s.refused("they asked to stop and have not written since", func() error { return reply("Come back!") })
	s.writes(ana, "where is my parcel?")
	must(t, reply("It comes on Tuesday."))
	s.writes(ben, "hello")
	s.later(31 * 24 * time.Hour)
	s.refused("they have not written to this number in the last 30 days", func() error {
		_, err := s.Reply(ctx, "main", ben, "Still there?")
		return err
	})
}

// TestAReplyWithAPicture: with a caption or without one, and without the name of its file. What phones
// do not show is refused, and nothing of it is kept.
func TestAReplyWithAPicture(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	ctx := t.Context()
	s.writes(ana, "do you have it in blue?")
	blue := picture(t, 30)
	for why, data := range map[string][]byte{
		"it is no picture":    []byte("words, words"),
		"it is a broken":      blue[:len(blue)/2],
		"it is a GIF picture": []byte("GIF89a and so on"),
		"it has 5.5 MB":       make([]byte, 5<<20+1<<19),
	} {
		s.refused(why, func() error {
			_, err := s.ReplyTo(ctx, "main", ana, desk.Said{Text: "Here", Picture: data})
			return err
		})
	}
	_, err := s.ReplyTo(ctx, "main", ana, desk.Said{Picture: blue})
	must(t, err)
	line, err := s.Timeline(ctx, "main", ana, "", 10)
	must(t, err)
	m := line.Moments[0].Message
	if m == nil || m.Media == nil || m.Media.MIME != "image/png" || m.Media.Name != "" || m.Text != "" {
		t.Fatalf("%+v", m)
	}
	kept, err := s.Store.Media(ctx, m.Media.Hash)
	if err != nil || !bytes.Equal(kept, blue) {
		t.Errorf("%d bytes are kept, %v", len(kept), err)
	}
}

// picture is a PNG of a size.
func picture(t *testing.T, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, png.Encode(&b, image.NewRGBA(image.Rect(0, 0, size, size))))
	return b.Bytes()
}

// TestReleaseAContact: promotions wait because something may have been a stop. The operator asked,
// and says so. There is nothing more to release then.
func TestReleaseAContact(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	ctx := t.Context()
	s.writes(ana, phrase)
	release := func() error { return s.ReleaseContact(ctx, "main", ana, "asked them at the till") }
	s.refused("none of their holds can be released by hand", release)
	hold(t, s, ana)
	for _, blank := range []string{"", " \n"} {
		s.refused("say why you know that they want the promotions: it goes into the ledger", func() error {
			return s.ReleaseContact(ctx, "main", ana, blank)
		})
	}
	must(t, release())
	c := s.contact(ana)
	if c.Has(bot.SafeMode) || c.Consent != bot.Subscribed {
		t.Errorf("%s, holds %v", c.Consent, c.Holds)
	}
	proof, err := s.ShowConsent(ctx, "main", ana)
	must(t, err)
	if last := proof.Entries[len(proof.Entries)-1]; last.Public.Event != bot.EntryReleased || last.Personal.Reason != "asked them at the till" {
		t.Errorf("the ledger ends with %+v", last)
	}
	s.refused("none of their holds can be released by hand", release)
}

// hold makes promotions to somebody wait as a restored backup does.
func hold(t *testing.T, s *shop, phone string) {
	t.Helper()
	_, err := s.Act(t.Context(), s.contact(phone), bot.HoldForSafety)
	must(t, err)
}

// TestSetZone: the operator knows where somebody lives whose phone is from elsewhere.
func TestSetZone(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	ctx := t.Context()
	s.writes(ana, phrase)
	for _, bad := range []string{"Lisbon", "Local", "../etc/passwd", "Europe/Atlantis"} {
		s.refused("is not a time zone such as Europe/Lisbon", func() error {
			_, err := s.SetZone(ctx, "main", ana, bad)
			return err
		})
	}
	for range 2 { // it may be repeated
		v, err := s.SetZone(ctx, "main", ana, "Europe/Lisbon")
		must(t, err)
		if !slices.Equal(v.Zones, []string{"Europe/Lisbon"}) || v.By != "operator" || s.contact(ana).Zone != "Europe/Lisbon" {
			t.Errorf("%+v", v)
		}
	}
	v, err := s.SetZone(ctx, "main", ana, "")
	must(t, err)
	if !slices.Equal(v.Zones, []string{"America/New_York"}) || v.By != "phone" {
		t.Errorf("by the phone again: %+v", v)
	}
}

// tag gives people a tag, as an import does.
func tag(t *testing.T, s *shop, name string, phones ...string) {
	t.Helper()
	for _, phone := range phones {
		_, err := s.Act(t.Context(), s.contact(phone), func(e bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
			return bot.SetProfile(e, c, "", []string{name})
		})
		must(t, err)
	}
}

// TestUntagContact: one person loses a tag, however it is written. They cannot lose it twice.
func TestUntagContact(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.writes(ana, phrase)
	s.writes(ben, phrase)
	tag(t, s, "vip", ana, ben)
	untag := func() error {
		kept, err := s.UntagContact(t.Context(), "main", " VIP ", ana)
		if kept != "vip" {
			t.Errorf("the tag is kept as %q", kept)
		}
		return err
	}
	must(t, untag())
	if len(s.contact(ana).Tags) != 0 || len(s.contact(ben).Tags) != 1 {
		t.Errorf("Ana has %v, Ben has %v", s.contact(ana).Tags, s.contact(ben).Tags)
	}
	s.refused(ana+` does not have the tag "vip"`, untag)
}

// TestUntagEverybody: what a preview showed is what is done. Where others have the tag meanwhile,
// or nobody has, nothing is.
func TestUntagEverybody(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	ctx := t.Context()
	s.writes(ana, phrase)
	s.writes(ben, phrase)
	untag := func(version string) error { return s.UntagEverybody(ctx, "main", "vip", version) }
	s.refused(`nobody has the tag "vip"; there are none`, func() error { return untag("") })
	tag(t, s, "vip", ana)
	shown, err := s.Tagged(ctx, "main", "VIP")
	must(t, err)
	if shown.Tag != "vip" || shown.People != 1 {
		t.Errorf("%+v", shown)
	}
	tag(t, s, "vip", ben)
	s.refused("has changed since it was shown", func() error { return untag(shown.Version) })
	shown, err = s.Tagged(ctx, "main", "vip")
	must(t, err)
	must(t, untag(shown.Version))
	if shown.People != 2 || len(s.contact(ana).Tags)+len(s.contact(ben).Tags) != 0 {
		t.Errorf("%d people; Ana has %v, Ben has %v", shown.People, s.contact(ana).Tags, s.contact(ben).Tags)
	}
	tag(t, s, "new", ana)
	s.refused(`nobody has the tag "vip"; there are: new`, func() error { return untag(shown.Version) })
	s.refused(`nobody has the tag "vip"`, func() error { _, err := s.Tagged(ctx, "main", "vip"); return err })
}

// TestUntagMoreThanACommit: everybody who has the tag loses it, also where they are more than share
// a transaction.
func TestUntagMoreThanACommit(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	for i := range desk.ACommit + 1 {
		phone := "+1212555" + string(rune('0'+i/100)) + "0" + string(rune('0'+i/10%10)) + string(rune('0'+i%10))
		s.writes(phone, "hello")
		tag(t, s, "vip", phone)
	}
	shown, err := s.Tagged(t.Context(), "main", "vip")
	must(t, err)
	must(t, s.UntagEverybody(t.Context(), "main", "vip", shown.Version))
	if shown.People != desk.ACommit+1 {
		t.Errorf("%d people", shown.People)
	}
	s.refused("nobody has the tag", func() error { _, err := s.Tagged(t.Context(), "main", "vip"); return err })
}

// TestWaiting: who waits for a person of the shop, longest first. Whoever is answered waits no more.
func TestWaiting(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	ctx := t.Context()
	if got, err := s.Waiting(ctx, ""); err != nil || got == nil || len(got) != 0 {
		t.Errorf("%v %v", got, err)
	}
	unhelped := func(phone, name string) {
		s.writes(phone, phrase)
		for range 4 {
			s.message("main", bot.Message{Name: name, Kind: bot.KindDocument, Identities: []bot.Identity{{Kind: bot.Phone, Value: phone}}})
		}
	}
	unhelped(ben, "Ben")
	s.later(time.Hour)
	unhelped(ana, "Ana")
	names := func() (out []string) {
		list, err := s.Waiting(ctx, "main")
		must(t, err)
		for _, w := range list {
			if len(w.Waits) == 0 || w.Phone == "" {
				t.Errorf("%+v", w)
			}
			out = append(out, w.Name)
		}
		return out
	}
	if got := names(); !slices.Equal(got, []string{"Ben", "Ana"}) {
		t.Errorf("waiting: %v", got)
	}
	s.later(time.Second)
	_, err := s.Reply(context.WithoutCancel(ctx), "main", ben, "Got it.")
	must(t, err)
	if got := names(); !slices.Equal(got, []string{"Ana"}) {
		t.Errorf("Ben was answered; waiting: %v", got)
	}
}
