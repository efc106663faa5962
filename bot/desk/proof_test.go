package desk_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk/desktest"
	"optinbot/store"
	"optinbot/store/storetest"
)

// TestB1NoPromotionWithoutProof: a contact whose consent was written into the database by hand is skipped by the claim.
func TestB1NoPromotionWithoutProof(t *testing.T) {
	t.Parallel()
	s := shopOf(t, desktest.Setup{Config: oneNumber})
	for _, line := range []string{"Ana +5511900000001 > quero promoções", "Ben +447700900002 > I want promotions", "Ben > 2", "+1h"} {
		must(t, s.Do(line))
	}
	must(t, storetest.Edit(t.Context(), s.Dir, "UPDATE contacts SET consent = 'subscribed', doc = REPLACE(doc, 'opted_out', 'x')"))
	for phone, want := range map[string]bot.Decision{
		"+5511900000001": {Action: bot.ActionSend},
		"+447700900002":  {Action: bot.ActionSkip, Reason: bot.NotSubscribed},
	} {
		c, err := s.Store.Contact(s.Ctx, "main", phone)
		must(t, err)
		c.Holds, c.FlowQuestion = nil, nil
		limits := bot.DefaultLimits()
		limits.Unlimited = true
		if got := bot.MaySend(c, limits, s.World.Now(), s.World.Now().Add(time.Hour)); got != want {
			t.Errorf("%s: %+v, want %+v", phone, got, want)
		}
	}
}

// TestC6OptoutsLogIsCarriedOut: the database knows how much of optouts.log it has carried out. What a crash left between the two is
// carried out at the start, and a log that was cut, changed or exchanged is named. Stops go on being recorded in both.
func TestC6OptoutsLogIsCarriedOut(t *testing.T) {
	t.Parallel()
	people := func(t *testing.T) (s *shop, log string) {
		s = shopOf(t, desktest.Setup{Config: oneNumber})
		for _, line := range []string{"Ana +5511900000001 > quero promoções", "Ben +447700900002 > I want promotions", "Eva +447700900003 > I want promotions", "+1h", "Ben > 2"} {
			must(t, s.Do(line))
		}
		return s, filepath.Join(s.Dir, "optouts.log")
	}
	apply := func(t *testing.T, s *shop) store.OptoutsLog {
		t.Helper()
		found, err := s.Store.ApplyOptouts(s.Ctx, s.Envs, s.World.Now())
		must(t, err)
		return found
	}
	fault := func(t *testing.T, s *shop) string {
		t.Helper()
		f, err := s.Store.OptoutsFault(s.Ctx)
		must(t, err)
		return f
	}
	t.Run("nothing to do", func(t *testing.T) {
		s, _ := people(t)
		if got := apply(t, s); got != (store.OptoutsLog{}) {
			t.Errorf("%+v", got)
		}
	})
	t.Run("a crash between the log and the commit", func(t *testing.T) {
		s, log := people(t)
		older := t.TempDir() // the folder as it was before Ana's stop, with the log that has it
		must(t, storetest.Edit(t.Context(), s.Dir, "VACUUM INTO ?", filepath.Join(older, "bot.db")))
		must(t, os.WriteFile(filepath.Join(older, "secret.key"), readAll(t, filepath.Join(s.Dir, "secret.key")), 0o600))
		must(t, s.Do("Ana > 2"))
		must(t, os.WriteFile(filepath.Join(older, "optouts.log"), readAll(t, log), 0o600))
		other, err := store.Open(s.Ctx, older, store.Options{})
		must(t, err)
		defer other.Close()
		got, err := other.ApplyOptouts(s.Ctx, s.Envs, s.World.Now())
		must(t, err)
		if got.Lines == 0 || got.OptedOut != 1 || got.Fault != "" {
			t.Errorf("%+v", got)
		}
		if c := consentOf(t, other, "+5511900000001"); c != bot.Unsubscribed {
			t.Errorf("Ana is %s", c)
		}
		if got, err = other.ApplyOptouts(s.Ctx, s.Envs, s.World.Now()); err != nil || got != (store.OptoutsLog{}) {
			t.Errorf("again: %+v, %v", got, err)
		}
	})
	for name, change := range map[string]func([]byte) []byte{
		"shorter": func(b []byte) []byte { return b[:bytes.IndexByte(b, '\n')+1] },
		"a line of it was changed": func(b []byte) []byte {
			return bytes.Replace(b, []byte("optout"), []byte("erase "), 1)
		},
		"it is not the log of this database": func(b []byte) []byte {
			return append([]byte("2026-01-01T00:00:00.000Z erase main "+strings.Repeat("0", 64)+"\n"), b...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, log := people(t)
			must(t, s.Do("Eva > 2"))
			text, err := os.ReadFile(log)
			must(t, err)
			must(t, os.WriteFile(log, change(text), 0o600))
			if got := fault(t, s); !strings.Contains(got, name) {
				t.Errorf("the fault is %q", got)
			}
			if got := apply(t, s); got.Fault == "" || got.Lines > 0 {
				t.Errorf("%+v", got)
			}
			must(t, s.Do("Ana > 2")) // is heard all the same
			if c := consentOf(t, s.Store, "+5511900000001"); c != bot.Unsubscribed {
				t.Errorf("Ana is %s", c)
			}
			if fault(t, s) == "" {
				t.Error("the fault is forgotten")
			}
			must(t, os.Remove(log))
			if got := apply(t, s); !got.Rebuilt {
				t.Errorf("%+v", got)
			}
			if got := fault(t, s); got != "" {
				t.Errorf("after it was written anew: %s", got)
			}
			v, err := s.Store.Verify(s.Ctx, "main", "")
			must(t, err)
			if len(v.Problems) > 0 {
				t.Error(v.Problems)
			}
			text, err = os.ReadFile(log)
			must(t, err)
			if n := bytes.Count(text, []byte("\n")); n < 3 {
				t.Errorf("the log written anew has %d lines", n)
			}
		})
	}
}

// TestC6HeadsAreAnchored: the head of a ledger that grows goes to the number's own chat once a week, and verifies later.
func TestC6HeadsAreAnchored(t *testing.T) {
	t.Parallel()
	s := shopOf(t, desktest.Setup{Config: oneNumber})
	anchored := func() (heads []string) {
		notices, err := s.Store.Notices(s.Ctx, "main", 100)
		must(t, err)
		for _, n := range notices {
			if n.Kind == string(bot.NoticeLedgerHead) {
				heads = append(heads, n.Text[strings.LastIndex(n.Text, " ")+1:])
			}
		}
		return heads
	}
	must(t, s.Do("+1m")) // the world's clock begins with the first line
	at := s.World.Now()
	look := func(after time.Duration, want int) {
		t.Helper()
		at = at.Add(after)
		must(t, s.Store.AnchorHead(s.Ctx, "main", at))
		if got := len(anchored()); got != want {
			t.Fatalf("after %s: %d heads, want %d", after, got, want)
		}
	}
	look(0, 0)
	must(t, s.Do("Ana +5511900000001 > quero promoções"))
	look(0, 0)
	look(6*24*time.Hour, 0)
	look(2*24*time.Hour, 1)
	look(8*24*time.Hour, 1) // nothing has come since
	must(t, s.Do("Ana > 2"))
	look(0, 2)
	must(t, s.Do("Ana > quero promoções"))
	look(time.Hour, 2)
	for _, head := range anchored() {
		v, err := s.Store.Verify(s.Ctx, "main", head)
		if err != nil || !v.HeadSeen || len(v.Problems) > 0 {
			t.Error(fmt.Sprint(v, err))
		}
	}
}
