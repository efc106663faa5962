package store_test

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/store"
)

// TestC2AStopOfTheBrandWaits: somebody stops on one number while another write of theirs is under way
// on another number of the brand. That one has read them, and will write what it has read. The stop
// has to wait for it, or it would be lost.
func TestC2AStopOfTheBrandWaits(t *testing.T) {
	f := newFleet(t, "outlet", "shop")
	operator := f.opens()
	for i, under := range []struct {
		way    string
		pauses string // before this statement
		write  func(*store.Store, bot.Identity) error
	}{
		{"a turn", "UPDATE contacts", func(s *store.Store, who bot.Identity) error {
			_, err := s.HandleMessage(t.Context(), "outlet", f.message("hello", who), f.envs)
			return err
		}},
		{"a claim", "UPDATE deliveries SET status = 'claimed'", func(s *store.Store, _ bot.Identity) error {
			k, err := f.claim(t.Context(), s, "outlet")
			if err == nil && k == nil {
				t.Error("nothing was claimed")
			}
			return err
		}},
	} {
		t.Run(under.way, func(t *testing.T) {
			who := person(i)
			f.subscribes(operator, "outlet", who)
			f.must(f.answersAll(operator, "outlet"))
			f.arms(operator, "outlet")
			f.must(f.tick(t.Context(), operator, "outlet"))
			begun, goesOn := make(chan struct{}), make(chan struct{})
			var once sync.Once
			other, err := store.Open(t.Context(), f.folder+"/data", store.Options{URL: f.url, Faults: func(statement string) error {
				if strings.HasPrefix(statement, under.pauses) {
					once.Do(func() { close(begun); <-goesOn })
				}
				return nil
			}})
			f.must(err)
			defer func() { f.must(other.Close()) }()
			wrote, stopped := make(chan error, 1), make(chan error, 1)
			go func() { wrote <- under.write(other, who) }()
			<-begun
			go func() {
				_, err := operator.HandleMessage(t.Context(), "shop", f.message("2", who), f.envs)
				stopped <- err
			}()
			ended := f.waitsForALock(stopped)
			close(goesOn)
			if err := <-wrote; err != nil {
				t.Error(err)
			}
			if ended {
				t.Error("the stop was done while another write about them was under way")
			} else {
				f.must(<-stopped)
			}
			for _, number := range []string{"outlet", "shop"} {
				c, err := operator.Contact(t.Context(), number, who.Value)
				f.must(err)
				if c == nil || c.Consent != bot.Unsubscribed {
					t.Errorf("on %s the stop is lost: %+v", number, c)
				}
			}
		})
	}
}

// answersAll lets whatever waits to be said on a number be said.
func (f *fleet) answersAll(s *store.Store, number string) error {
	for {
		k, err := s.ClaimReply(f.t.Context(), number, time.Now(), f.limits.AnswerBrake(), true)
		if err != nil || k == nil {
			return err
		}
		if err := s.Record(f.t.Context(), *k, bot.SendResult{Status: bot.SendAccepted}, f.envs); err != nil {
			return err
		}
	}
}

// waitsForALock returns once somebody waits for a lock in the database, or what should wait has ended.
func (f *fleet) waitsForALock(done chan error) (ended bool) {
	f.t.Helper()
	db, err := sql.Open("pgx", f.url)
	f.must(err)
	defer db.Close()
	ctx, cancel := context.WithTimeout(f.t.Context(), time.Minute)
	defer cancel()
	for waits := false; !waits; {
		select {
		case err := <-done:
			f.must(err)
			return true
		default:
		}
		f.must(db.QueryRowContext(ctx, `
			SELECT EXISTS (
				SELECT 1
				FROM pg_stat_activity
				WHERE datname = current_database() AND wait_event_type = 'Lock'
			)`).Scan(&waits))
	}
	return false
}
