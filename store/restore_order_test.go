package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/flows"
	"optinbot/store"
)

// A folderShop is one number in a folder, at a time that the test moves.
type folderShop struct {
	*store.Store
	t       *testing.T
	folder  string
	now     time.Time
	ids     int
	machine *bot.Machine
}

func newFolderShop(t *testing.T) *folderShop {
	t.Helper()
	src, err := flows.Defaults.ReadFile("promotions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	flow, bad := flows.Load("promotions.yaml", src)
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	f := &folderShop{t: t, folder: t.TempDir(), now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), machine: bot.NewMachine(flow)}
	f.Store = open(t, f.folder, store.Options{})
	if err := f.EnsureNumber(t.Context(), "shop", "brand", f.machine.Version()); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *folderShop) envs(string) bot.Env {
	return bot.Env{Now: f.now, Machine: f.machine, NewID: func() string { f.ids++; return fmt.Sprintf("3EB0%04d", f.ids) }}
}

// writes lets a minute pass, and somebody write.
func (f *folderShop) writes(text string, from ...bot.Identity) bot.Contact {
	f.t.Helper()
	f.now = f.now.Add(time.Minute)
	return f.wrote(f.now.Add(-time.Second), text, from...)
}

// wrote hands over what somebody wrote at a time.
func (f *folderShop) wrote(at time.Time, text string, from ...bot.Identity) bot.Contact {
	f.t.Helper()
	m := bot.Message{ID: "IN" + f.envs("").NewID(), Identities: from, Kind: bot.KindText, Text: text, At: at}
	turn, err := f.HandleMessage(f.t.Context(), "shop", m, f.envs)
	if err != nil {
		f.t.Fatal(err)
	}
	return turn.Contact
}

func (f *folderShop) backup() *bytes.Buffer {
	f.t.Helper()
	var backup bytes.Buffer
	if _, err := f.Backup(f.t.Context(), f.t.TempDir(), &backup, f.now); err != nil {
		f.t.Fatal(err)
	}
	return &backup
}

// restored is a folder in which the backup was restored an hour later, with the log that outlived
// the database.
func (f *folderShop) restored(backup *bytes.Buffer) (folder string) {
	f.t.Helper()
	folder = f.t.TempDir()
	if _, err := store.Restore(f.t.Context(), folder, backup, f.folder+"/optouts.log", f.envs, f.now.Add(time.Hour)); err != nil {
		f.t.Fatal(err)
	}
	return folder
}

func phoneOf(n int) bot.Identity {
	return bot.Identity{Kind: bot.Phone, Value: fmt.Sprintf("+1212555010%d", n)}
}
func lidOf(n int) bot.Identity { return bot.Identity{Kind: bot.LID, Value: fmt.Sprint(70 + n)} }

// TestC6AnyStopOutlivesTheDatabase: a stop of somebody who has left already moves the time that a
// later opt-in is compared with. So it is an entry and a line of optouts.log, and after a restore
// it stands as it did: from them, from another number, or from an operator.
func TestC6AnyStopOutlivesTheDatabase(t *testing.T) {
	t.Parallel()
	for what, again := range map[string]func(*folderShop){
		"they write it again": func(f *folderShop) { f.writes("2", phoneOf(1)) },
		"an operator records it": func(f *folderShop) {
			f.now = f.now.Add(time.Minute)
			if _, err := f.OptOutPhone(t.Context(), "shop", phoneOf(1).Value, "at the till", f.envs); err != nil {
				t.Fatal(err)
			}
		},
		"another number hears it": func(f *folderShop) {
			if err := f.EnsureNumber(t.Context(), "outlet", "brand", f.machine.Version()); err != nil {
				t.Fatal(err)
			}
			f.now = f.now.Add(time.Minute)
			m := bot.Message{ID: "THERE", Identities: []bot.Identity{phoneOf(1)}, Kind: bot.KindText, Text: "2", At: f.now.Add(-time.Second)}
			if _, err := f.HandleMessage(t.Context(), "outlet", m, f.envs); err != nil {
				t.Fatal(err)
			}
		},
	} {
		f := newFolderShop(t)
		f.writes("I want promotions", phoneOf(1))
		first := f.writes("2", phoneOf(1))
		backup := f.backup()
		again(f)
		had, err := f.Contact(t.Context(), "shop", phoneOf(1).Value)
		if err != nil || !had.OptedOut.After(first.OptedOut) {
			t.Fatalf("%s: the stop is of %v (%v)", what, had.OptedOut, err)
		}
		entries, err := f.Ledger(t.Context(), "shop", had.ID)
		if last := entries[len(entries)-1].Public; err != nil || last.Event != bot.EntryOptedOutAgain || !last.ServerTime.Equal(had.OptedOut) {
			t.Errorf("%s: the last entry is %+v (%v)", what, last, err)
		}
		if v, err := f.Verify(t.Context(), "shop", ""); err != nil || len(v.Problems) > 0 {
			t.Errorf("%s: %v %v", what, v.Problems, err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		f.Store = open(t, f.restored(backup), store.Options{})
		// Between the two stops they wrote the phrase, and it comes only now.
		if c := f.wrote(had.OptedOut, "I want promotions", phoneOf(1)); c.Consent != bot.Unsubscribed {
			t.Errorf("%s: after a restore a phrase of before it leaves them %s: the stop is of %v, and was of %v", what, c.Consent, c.OptedOut, had.OptedOut)
		}
		if v, err := f.Verify(t.Context(), "shop", ""); err != nil || len(v.Problems) > 0 {
			t.Errorf("%s, restored: %v %v", what, v.Problems, err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestO4AnErasureIsOfWhoHadTheAddress: somebody is erased, and their phone comes to somebody who is
// known by a LID for longer. A restore does not erase that one; the erased one is erased again
// where the backup has them.
func TestO4AnErasureIsOfWhoHadTheAddress(t *testing.T) {
	t.Parallel()
	f := newFolderShop(t)
	f.writes("hello", lidOf(2))
	f.writes("hello", phoneOf(1), lidOf(1))
	before := f.backup()
	f.now = f.now.Add(time.Minute)
	if erased, err := f.Erase(t.Context(), []bot.Identity{phoneOf(1)}, f.envs); err != nil || len(erased) != 1 {
		t.Fatal(erased, err)
	}
	f.writes("I want promotions", phoneOf(1), lidOf(2))
	after := f.backup()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for what, restored := range map[string]struct {
		folder  string
		theirs  bot.Identity
		consent bot.Consent
	}{
		"of before it": {f.restored(before), lidOf(2), bot.Unsubscribed}, // the erased phone was known as one that left
		"of after it":  {f.restored(after), phoneOf(1), bot.Subscribed},
	} {
		s := open(t, restored.folder, store.Options{})
		if c, err := s.Contact(t.Context(), "shop", restored.theirs.Value); err != nil || c == nil || c.Consent != restored.consent {
			t.Errorf("a backup %s: the other one is %+v, want %s (%v)", what, c, restored.consent, err)
		}
		if c, err := s.Contact(t.Context(), "shop", lidOf(1).Value); err != nil || c != nil {
			t.Errorf("a backup %s: who was erased is there: %+v (%v)", what, c, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestB7TheLogTellsTheTimesOfStops: people who left are known again with the message in which they
// opt in: as the same person under another address, or as the new owner of the phone. Or a stop was
// recorded by a clock that was ahead. The stop in optouts.log is the one of before, so a restored
// backup has them subscribed, as it was, and so has the folder of an earlier version.
func TestB7TheLogTellsTheTimesOfStops(t *testing.T) {
	f := newFolderShop(t)
	s, folder, envs, phone, lid, writes := f.Store, f.folder, f.envs, phoneOf, lidOf, f.writes
	writes("2", phone(1))
	writes("hello", lid(1))
	writes("I want promotions", phone(1), lid(1)) // one person
	writes("2", phone(2), lid(2))
	writes("I want promotions", phone(2), lid(3)) // the phone's new owner
	writes("I want promotions", phone(4))
	writes("2", phone(4))
	writes("I want promotions", phone(5))
	f.now = f.now.Add(time.Hour) // the machine's clock is ahead
	if _, err := s.OptOutPhone(t.Context(), "shop", phone(5).Value, "at the till", envs); err != nil {
		t.Fatal(err)
	}
	f.now = f.now.Add(-time.Hour)
	if n, err := s.SeeClock(t.Context(), "shop", time.Hour, envs); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	writes("I want promotions", phone(5))

	backup := f.backup()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	restored := f.restored(backup)
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
		if found, err := s.ApplyOptouts(t.Context(), envs, f.now); err != nil || found != (store.OptoutsLog{}) {
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

// TestNoContactHasTheIDOfALostOne: who wrote after the backup was made is lost with the database, and
// programs outside may know them by their ID. Nobody else gets it.
func TestNoContactHasTheIDOfALostOne(t *testing.T) {
	t.Parallel()
	f := newFolderShop(t)
	f.writes("oi", phoneOf(1))
	f.writes("2", phoneOf(1)) // makes the log
	backup := f.backup()
	lost := f.writes("oi", phoneOf(2))
	s, err := store.Open(t.Context(), f.restored(backup), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	m := bot.Message{ID: "NEW", Identities: []bot.Identity{phoneOf(3)}, Kind: bot.KindText, Text: "oi", At: f.now}
	turn, err := s.HandleMessage(t.Context(), "shop", m, f.envs)
	if err != nil {
		t.Fatal(err)
	}
	if turn.Contact.ID <= lost.ID {
		t.Errorf("a new contact is %d, and %d is the ID of one who is lost", turn.Contact.ID, lost.ID)
	}
}

// TestNoEventHasTheSeqOfALostOne: of two events about one contact a receiver believes the one with the
// higher seq. A stop after a restore has a higher one than what was told after the backup was made.
func TestNoEventHasTheSeqOfALostOne(t *testing.T) {
	t.Parallel()
	f := newFolderShop(t)
	f.writes("I want promotions", phoneOf(1))
	f.writes("2", phoneOf(2)) // makes the log
	backup := f.backup()
	for range 3 {
		f.writes("I want promotions", phoneOf(2))
		f.writes("2", phoneOf(2))
	}
	last, err := f.LastEvent(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), f.restored(backup), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	m := bot.Message{ID: "NEW", Identities: []bot.Identity{phoneOf(1)}, Kind: bot.KindText, Text: "2", At: f.now}
	if _, err := s.HandleMessage(t.Context(), "shop", m, f.envs); err != nil {
		t.Fatal(err)
	}
	events, err := s.EventsAfter(t.Context(), "shop", last, 100)
	if err != nil {
		t.Fatal(err)
	}
	stop := slices.IndexFunc(events, func(e store.EventRow) bool { return e.Type == bot.EventUnsubscribed })
	if len(events) == 0 || events[0].Type != bot.EventNotice || events[0].What != bot.WhatRestored || stop < 0 {
		t.Errorf("after the last event that was told, %d, there are %+v", last, events)
	}
}
