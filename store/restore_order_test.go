package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/flows"
	"optinbot/store"
)

// TestB7TheLogTellsTheTimesOfStops: people who left are known again with the message in which they
// opt in: as the same person under another address, or as the new owner of the phone. Or a stop was
// recorded by a clock that was ahead. The stop in optouts.log is the one of before, so a restored
// backup has them subscribed, as it was, and so has the folder of an earlier version.
func TestB7TheLogTellsTheTimesOfStops(t *testing.T) {
	src, err := flows.Defaults.ReadFile("promotions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	flow, bad := flows.Load("promotions.yaml", src)
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	machine, now, ids := bot.NewMachine(flow), time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), 0
	envs := func(string) bot.Env {
		return bot.Env{Now: now, Machine: machine, NewID: func() string { ids++; return fmt.Sprintf("3EB0%04d", ids) }}
	}
	phone := func(n int) bot.Identity { return bot.Identity{Kind: bot.Phone, Value: fmt.Sprintf("+1212555010%d", n)} }
	lid := func(n int) bot.Identity { return bot.Identity{Kind: bot.LID, Value: fmt.Sprint(70 + n)} }
	folder := t.TempDir()
	s := open(t, folder, store.Options{})
	if err := s.EnsureNumber(t.Context(), "shop", "brand", machine.Version()); err != nil {
		t.Fatal(err)
	}
	writes := func(text string, from ...bot.Identity) bot.Contact {
		t.Helper()
		now = now.Add(time.Minute)
		m := bot.Message{ID: "IN" + envs("").NewID(), Identities: from, Kind: bot.KindText, Text: text, At: now.Add(-time.Second)}
		turn, err := s.Take(t.Context(), "shop", m, envs)
		if err != nil {
			t.Fatal(err)
		}
		return turn.Contact
	}
	writes("2", phone(1))
	writes("hello", lid(1))
	writes("I want promotions", phone(1), lid(1)) // one person
	writes("2", phone(2), lid(2))
	writes("I want promotions", phone(2), lid(3)) // the phone's new owner
	writes("I want promotions", phone(4))
	writes("2", phone(4))
	writes("I want promotions", phone(5))
	now = now.Add(time.Hour) // the machine's clock is ahead
	if _, err := s.OptOutPhone(t.Context(), "shop", phone(5).Value, "at the till", envs); err != nil {
		t.Fatal(err)
	}
	now = now.Add(-time.Hour)
	if n, err := s.SeeClock(t.Context(), "shop", time.Hour, envs); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	writes("I want promotions", phone(5))

	var backup bytes.Buffer
	if _, err := s.Backup(t.Context(), t.TempDir(), &backup, now); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	restored := t.TempDir()
	if _, err := store.Restore(t.Context(), restored, &backup, folder+"/optouts.log", envs, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	upgraded := folder // as an earlier version leaves it, which did not note how far the log is carried out
	db, err := sql.Open("sqlite", filepath.Join(upgraded, "bot.db"))
	if err == nil {
		_, err = db.Exec("UPDATE files SET optouts_length = 0, optouts_hash = ''")
	}
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	for _, place := range []string{restored, upgraded} {
		s := open(t, place, store.Options{})
		if found, err := s.ApplyOptouts(t.Context(), envs, now); err != nil || found != (store.OptoutsLog{}) {
			t.Errorf("the log says nothing new, and the operator hears of %+v (%v)", found, err)
		}
		for id, want := range map[bot.Identity]bot.Consent{
			phone(1): bot.Subscribed, lid(1): bot.Subscribed, phone(2): bot.Subscribed, lid(2): bot.Unsubscribed,
			phone(4): bot.Unsubscribed, phone(5): bot.Subscribed,
		} {
			if c, err := s.Contact(t.Context(), "shop", id.Value); err != nil || c == nil || c.Consent != want {
				t.Errorf("%s in %s: %+v, want %s (%v)", id, place, c, want, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
