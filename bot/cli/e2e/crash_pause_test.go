package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/whatsapp/whatsapptest"
	"optinbot/store"
)

// A slowShop is the built program with people, at a server that keeps an acknowledgement back, so that a moment in the middle of a broadcast
// lasts as long as it has to.
type slowShop struct {
	*binary
	ctx    context.Context
	srv    *whatsapptest.Server
	people *crowdOf
	kill   func()
	kills  int
	asked  int
}

func newSlowShop(t *testing.T, people int) *slowShop {
	t.Helper()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	ctx := scene(t)
	srv, b := linked(t)
	s := &slowShop{binary: b, ctx: ctx, srv: srv, people: newCrowd(srv, people), kill: b.start()}
	s.people.optIn(ctx, t)
	return s
}

// dies is a kill -9, and a new start after what happens meanwhile.
func (s *slowShop) dies(meanwhile func()) {
	s.t.Helper()
	s.kill()
	s.kills++
	meanwhile()
	s.kill = s.start()
}

// holdAfter lets the server acknowledge n messages to its people; the next ones arrive, and their acknowledgement waits until they are let go.
func (s *slowShop) holdAfter(n int64) (letGo func()) {
	held := make(chan struct{})
	var sent atomic.Int64
	s.srv.Decide(func(m whatsapptest.Outbound) whatsapptest.Fate {
		if !slices.Contains(s.people.people, m.Contact) || sent.Add(1) <= n {
			return whatsapptest.Fate{}
		}
		return whatsapptest.Fate{Hold: held}
	})
	return sync.OnceFunc(func() { close(held) })
}

// got is how many people have a text.
func (s *slowShop) got(text string) (n int) {
	for _, p := range s.people.people {
		n += min(count(p, text), 1)
	}
	return n
}

func (s *slowShop) waitsFor(n int, text string) {
	s.t.Helper()
	if err := s.srv.WaitUntil(s.ctx, func() bool { return s.got(text) >= n }); err != nil {
		s.t.Fatalf("%d of %d have %q", s.got(text), n, text)
	}
}

// answers waits for answers to two messages, one after the other: what else the bot had to send then is out.
func (s *slowShop) answers() {
	s.t.Helper()
	for range 2 {
		s.asked++
		stranger := s.srv.Contact(fmt.Sprintf("+1312555%04d", s.asked))
		stranger.Send("hello")
		if _, err := stranger.WaitText(s.ctx, "I want promotions"); err != nil {
			s.t.Fatal(err)
		}
	}
}

// once checks that everybody got the one occurrence of a broadcast once, or it is unknown, as it may be of one delivery a kill.
func (s *slowShop) once(name string) {
	s.t.Helper()
	s.open(func(ctx context.Context, st *store.Store) {
		list, err := st.Occurrences(ctx, "main", name)
		must(s.t, err)
		if len(list) != 1 {
			s.t.Fatalf("%s has %d occurrences", name, len(list))
		}
		unknown := 0
		for _, p := range s.people.people {
			if verifyOnce(ctx, s.t, st, list[0], p.Number(), count(p, textOf(name))) {
				unknown++
			}
		}
		if unknown > s.kills {
			s.t.Errorf("%d deliveries are unknown after %d kills", unknown, s.kills)
		}
	})
}

// TestB7APauseOutlivesKills: once `broadcast pause` says that it is done, nothing more goes out but the one in flight, also not when the bot is
// killed and starts again, with that one in flight or after it. What was resumed goes on when the bot is killed right after.
func TestB7APauseOutlivesKills(t *testing.T) {
	t.Parallel()
	s := newSlowShop(t, 12)
	s.draft("halting", "at: now")
	text := textOf("halting")
	goesOn := func(until func()) { until(); s.do("broadcast", "schedule", "halting", "--yes") }
	for _, inFlight := range []bool{true, false} {
		var had int
		var letGo func()
		goesOn(func() { had, letGo = s.got(text)+4, s.holdAfter(3) })
		s.waitsFor(had, text) // the last of them is in flight
		s.do("broadcast", "pause", "halting")
		if !inFlight {
			letGo()
			s.answers()
		}
		s.dies(letGo)
		s.answers()
		if got := s.got(text); got != had {
			t.Errorf("paused when %d had it, and now %d have it", had, got)
		}
		letGo = s.holdAfter(0)
		s.do("broadcast", "resume", "halting")
		goesOn = func(until func()) { s.dies(func() { letGo(); until() }) }
	}
	goesOn(func() {})
	s.waitDone(s.ctx, "halting")
	s.kill()
	s.once("halting")
}

// edit puts another text into a draft.
func (b *binary) edit(name string) {
	b.t.Helper()
	file := filepath.Join(b.dir, "flows", "broadcasts", name+".yaml")
	text, err := os.ReadFile(file)
	must(b.t, err)
	must(b.t, os.WriteFile(file, []byte(strings.ReplaceAll(string(text), "The offer called", "Another offer called")), 0o600))
}

// edited waits until the bot has seen that a draft was edited: there is the notice, and what has not begun will not.
func (s *slowShop) edited(name string) {
	s.t.Helper()
	s.open(func(ctx context.Context, st *store.Store) {
		err := eventually(s.ctx, func() bool {
			schedules, err := st.Schedules(ctx, "main", name)
			must(s.t, err)
			occurrences, err := st.Occurrences(ctx, "main", name)
			must(s.t, err)
			if len(schedules) > 0 {
				return schedules[0].Status == bot.ScheduleDisarmed
			}
			return occurrences[0].Status == bot.OccurrenceCancelled
		})
		if err != nil {
			s.t.Fatalf("%s was edited, and the bot does not see it", name)
		}
	})
}

// told counts the notices of an edit.
func (s *slowShop) told(name string) (n int) {
	s.t.Helper()
	s.open(func(ctx context.Context, st *store.Store) {
		list, err := st.Notices(ctx, "main", 100)
		must(s.t, err)
		for _, notice := range list {
			if strings.HasPrefix(notice.Text, "broadcast "+name+" was edited") {
				n++
			}
		}
	})
	return n
}

// TestB7EditsOutliveKills: a draft that was armed is edited, before an occurrence and during one, and the bot is killed after that. What has
// not begun does not, and one notice says so; what is under way finishes with the text as it was armed; nobody gets the other text.
func TestB7EditsOutliveKills(t *testing.T) {
	t.Parallel()
	s := newSlowShop(t, 6)
	tomorrow := time.Now().UTC().AddDate(0, 0, 1).Format("at: 2006-01-02 15:04")
	s.draft("tomorrow", tomorrow)
	s.do("broadcast", "schedule", "tomorrow", "--yes")
	letGo := s.holdAfter(1)
	s.daily("under-way")
	s.waitsFor(2, textOf("under-way")) // the second is in flight
	s.edit("tomorrow")
	s.edit("under-way")
	s.edited("tomorrow")
	s.edited("under-way")
	s.dies(func() {
		letGo()
		s.draft("meanwhile", "at: now")
		s.do("broadcast", "schedule", "meanwhile", "--yes")
		s.daily("meanwhile-daily")
		s.edit("meanwhile")
		s.edit("meanwhile-daily")
	})
	s.edited("meanwhile")
	s.edited("meanwhile-daily")
	s.waitDone(s.ctx, "under-way")
	s.dies(func() {})
	s.answers()
	s.kill()

	s.once("under-way")
	for _, name := range []string{"tomorrow", "under-way", "meanwhile", "meanwhile-daily"} {
		if n := s.told(name); n != 1 {
			t.Errorf("%d notices that %s was edited", n, name)
		}
	}
	for _, text := range []string{"Another offer called", textOf("tomorrow"), textOf("meanwhile"), textOf("meanwhile-daily")} {
		if n := s.got(text); n > 0 {
			t.Errorf("%d people got %q", n, text)
		}
	}
}
