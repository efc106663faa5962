package desk_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/store"
)

// restoredShop is the desk of a shop of which a backup was restored, without its optouts.log. Ana
// is subscribed, and promotions to her wait.
func restoredShop(t *testing.T) *desk.Desk {
	t.Helper()
	s := newShop(t, oneNumber)
	s.writes(ana, phrase)
	s.later(time.Hour)
	file := s.backedUp()
	o := desktest.Folder(t, desktest.Setup{Config: oneNumber})
	must(t, restoredInto(t, o, desk.RestoreOrder{File: file}))
	d, err := desk.Open(t.Context(), o)
	must(t, err)
	t.Cleanup(func() { must(t, d.Close()) })
	return d
}

// TestReleaseNumber: after a restore the operator releases the number, and then the people. Each is
// shown first, what was shown changes nothing, and there is nothing to release a third time.
func TestReleaseNumber(t *testing.T) {
	t.Parallel()
	d := restoredShop(t)
	ctx := t.Context()
	held := func() bool {
		c, err := d.Contact(ctx, "main", ana)
		must(t, err)
		return c.Has(bot.SafeMode)
	}
	for range 2 {
		offer, err := d.OfferNumberRelease(ctx, "main", true)
		must(t, err)
		if offer.Number != "main" || offer.Waiting != 1 || !offer.People || offer.RestoredAt.IsZero() || offer.BackupAt.IsZero() {
			t.Errorf("%+v", offer)
		}
	}
	offer, err := d.OfferNumberRelease(ctx, "main", false)
	must(t, err)
	if offer.People || offer.Waiting != 1 {
		t.Errorf("the number alone: %+v", offer)
	}
	for _, blank := range []string{"", " \n"} {
		if _, err := d.ReleaseNumber(ctx, "main", blank, false); !errors.Is(err, desk.ErrRefused) {
			t.Errorf("the reason %q is none: %v", blank, err)
		}
	}
	n, err := d.ReleaseNumber(ctx, "main", " looked\n", false)
	must(t, err)
	row, err := d.Store.Number(ctx, "main")
	must(t, err)
	if n != 0 || row.SafeMode || !held() {
		t.Errorf("%d released, safe mode %v, Ana is held %v", n, row.SafeMode, held())
	}
	if _, err = d.OfferNumberRelease(ctx, "main", false); !errors.Is(err, desk.ErrRefused) {
		t.Errorf("the number is released already: %v", err)
	}
	n, err = d.ReleaseNumber(ctx, "main", "asked everybody", true)
	must(t, err)
	if n != 1 || held() {
		t.Errorf("%d released, Ana is held %v", n, held())
	}
	proof, err := d.ShowConsent(ctx, "main", ana)
	must(t, err)
	if last := proof.Entries[len(proof.Entries)-1]; last.Public.Event != bot.EntryReleased || last.Personal.Reason != "asked everybody" {
		t.Errorf("the ledger ends with %+v", last)
	}
	if _, err = d.OfferNumberRelease(ctx, "main", true); !errors.Is(err, desk.ErrRefused) {
		t.Errorf("nobody waits any more: %v", err)
	}
	for _, people := range []bool{true, false} {
		if _, err := d.ReleaseNumber(ctx, "main", "again", people); !errors.Is(err, desk.ErrRefused) || !strings.Contains(err.Error(), "is not in safe mode") {
			t.Errorf("there is nothing to release any more: %v", err)
		}
	}
}

// TestWhatANumberReleaseAsks: the offer has the reason and the choice of whoever says nothing else,
// and the question names the people only where some are released.
func TestWhatANumberReleaseAsks(t *testing.T) {
	t.Parallel()
	d := restoredShop(t)
	for people, asks := range map[bool]string{true: "Release the number and these people?", false: "Release the number?"} {
		offer, err := d.OfferNumberRelease(t.Context(), "main", people)
		must(t, err)
		if offer.UsualReason != "looked through after a restore" || !offer.UsualPeople {
			t.Errorf("%+v", offer)
		}
		if asked := offer.Questions(); len(asked) != 1 || asked[0] != (desk.Question{Asks: asks}) {
			t.Errorf("people %v: %+v", people, asked)
		}
	}
}

// TestRememberLink: the first phone that is linked is the number's. Another one is refused and
// changes nothing. The same one again only says that it was seen.
func TestRememberLink(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.linked("main", "+12125550100")
	first, err := s.Store.Number(s.Ctx, "main")
	must(t, err)
	if first.Phone != "+12125550100" || first.JID == "" || !first.LinkedAt.Equal(s.Now()) || !first.PhoneAt.Equal(s.Now()) {
		t.Errorf("%+v", first)
	}
	s.later(time.Hour)
	s.linked("main", "+12125550100")
	again, err := s.Store.Number(s.Ctx, "main")
	must(t, err)
	if !again.LinkedAt.Equal(first.LinkedAt) || !again.PhoneAt.Equal(s.Now()) {
		t.Errorf("%+v", again)
	}
	s.unchanged("another phone", func() {
		err := s.RememberLink(s.Ctx, "main", "2:1@s.whatsapp.net", "+12125550111")
		var other store.OtherPhone
		if !errors.As(err, &other) || other.Recorded != "+12125550100" {
			t.Errorf("%v", err)
		}
	})
}

// TestInvite: the link opens the chat with a phrase that subscribes, in the language that is asked
// for, and with the source in it.
func TestInvite(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	if _, err := s.Invite(s.Ctx, "main", "", ""); err == nil || errors.Is(err, desk.ErrRefused) || !strings.Contains(err.Error(), "is not linked, so its phone is not known") {
		t.Errorf("of a number without a phone: %v", err)
	}
	s.linked("main", "+12125550100")
	for _, row := range []struct{ source, language, text, hint, link string }{
		{"", "", "I want promotions", "Reply 2 to stop.", "https://wa.me/12125550100?text=I%20want%20promotions"},
		{"", "pt", "quero promoções", "Responda 2 para sair.", "https://wa.me/12125550100?text=quero%20promo%C3%A7%C3%B5es"},
		{"window-2", "en", "I want promotions #window-2", "Reply 2 to stop.", "https://wa.me/12125550100?text=I%20want%20promotions%20%23window-2"},
	} {
		for range 2 { // it may be repeated
			v, err := s.Invite(s.Ctx, "", row.source, row.language)
			must(t, err)
			if v.Phone != "+12125550100" || v.Source != row.source || v.Text != row.text || v.Link != row.link || v.Hint != row.hint || v.Brand != "Casa Aurora" {
				t.Errorf("%+v, want %+v", v, row)
			}
		}
	}
	s.writes(ana, "I want promotions #window-2")
	proof, err := s.ShowConsent(s.Ctx, "main", ana)
	must(t, err)
	if last := proof.Entries[len(proof.Entries)-1]; !strings.Contains(last.Public.Shown, "window-2") && !strings.Contains(proof.Entries[0].Public.Shown, "window-2") {
		t.Errorf("the ledger does not say where they saw it: %+v", last)
	}
	for _, bad := range []string{"Window", "a b", "-x", "ü", strings.Repeat("x", 32), "a\nb"} {
		s.refused("a source is lower case letters, digits and -, at most 31 of them", func() error {
			_, err := s.Invite(s.Ctx, "main", bad, "")
			return err
		})
	}
	s.refused(`has no phrase in "de"; it speaks en, pt, es`, func() error {
		_, err := s.Invite(s.Ctx, "main", "flyer", "de")
		return err
	})
}

func TestAPosterIsANewFile(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.linked("main", "+12125550100")
	v, err := s.Invite(s.Ctx, "", "window", "en")
	must(t, err)
	if p := v.Poster(); p.Phrase != "I want promotions" || p.Phone != "+1 212-555-0100" || !strings.HasSuffix(p.Link, "%23window") {
		t.Errorf("the poster has %+v", p)
	}
	dir := t.TempDir()
	for name, begins := range map[string]string{"a.svg": "<svg", "b.PNG": "\x89PNG"} {
		file := filepath.Join(dir, name)
		must(t, v.WritePoster(file))
		before, err := os.ReadFile(file)
		if err != nil || !strings.HasPrefix(string(before), begins) {
			t.Errorf("%s begins with %.10q, %v", name, before, err)
		}
		s.refused("exists", func() error { return v.WritePoster(file) })
		if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
			t.Errorf("%s was written over: %v", name, err)
		}
	}
	s.refused("is neither", func() error { return v.WritePoster(filepath.Join(dir, "c.pdf")) })
}

func TestTheNextBroadcastOfANumber(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	scheduled := func(name string, due time.Time) desk.OccurrenceView {
		return desk.OccurrenceView{Broadcast: name, Status: bot.OccurrenceScheduled, DueAt: due}
	}
	again := desk.ScheduleView{Broadcast: "weekly", Status: bot.ScheduleArmed, Next: []time.Time{at.Add(2 * time.Hour)}}
	for name, c := range map[string]struct {
		status desk.NumberStatus
		next   string
		at     time.Time
	}{
		"none":       {},
		"the sooner": {desk.NumberStatus{Running: []desk.OccurrenceView{scheduled("late", at.Add(3*time.Hour)), scheduled("soon", at)}}, "soon", at},
		"one that comes again": {desk.NumberStatus{
			Running: []desk.OccurrenceView{scheduled("late", at.Add(3*time.Hour))}, Schedule: []desk.ScheduleView{again},
		}, "weekly", at.Add(2 * time.Hour)},
		"under way": {desk.NumberStatus{
			Running:  []desk.OccurrenceView{scheduled("soon", at), {Broadcast: "now", Status: bot.OccurrenceRunning, DueAt: at}},
			Schedule: []desk.ScheduleView{again},
		}, "now", time.Time{}},
	} {
		if next, when := c.status.NextBroadcast(); next != c.next || !when.Equal(c.at) {
			t.Errorf("%s: %q at %v", name, next, when)
		}
	}
}
