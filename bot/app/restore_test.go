package app

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/store"
)

// monday is a shop whose backup was made on Monday; on Tuesday Ana left, Ben was erased, Carla stayed, and Dora opted out by letter.
func monday(t *testing.T) (s *stage, backup []byte) {
	t.Helper()
	s = newStage(t, conversation{title: t.Name()}, false)
	do := func(lines ...string) {
		t.Helper()
		for _, line := range lines {
			must(t, s.do(line))
		}
	}
	do("Ana +5511900000001 lid:71 > quero promoções", "Ben +447700900002 lid:72 > I want promotions", "Carla +525555010003 > quiero promociones",
		"Ana > A", "Ben > A", "Carla > A", "Ana > A", "Ben > A", "Carla > A", "optout +4915100000009", "+1h")
	var out bytes.Buffer
	_, err := s.store.Backup(s.ctx, &out, s.world.Now())
	must(t, err)
	do("+24h", "Ana > 2", "optout +4915100000004")
	erased, err := s.store.Erase(s.ctx, []bot.Identity{{Kind: bot.Phone, Value: "+447700900002"}}, s.envs)
	must(t, err)
	if len(erased) != 1 {
		t.Fatalf("erased %d", len(erased))
	}
	return s, out.Bytes()
}

// restoredHere restores into an empty folder, with or without the log, and opens what is there.
func restoredHere(t *testing.T, s *stage, backup []byte, log string) (*store.Store, store.Restored, string) {
	t.Helper()
	folder := t.TempDir()
	r, err := store.Restore(s.ctx, folder, bytes.NewReader(backup), log, s.envs, s.world.Now())
	must(t, err)
	again, err := store.Open(s.ctx, folder, store.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, again.Close()) })
	return again, r, folder
}

func consentOf(t *testing.T, s *store.Store, phone string) bot.Consent {
	t.Helper()
	c, err := s.Contact(t.Context(), "main", phone)
	must(t, err)
	if c == nil {
		return ""
	}
	return c.Consent
}

// TestB7RestoreKnowsWhoLeft: with optouts.log nobody's stop and no erasure of Tuesday is undone by the backup of Monday.
func TestB7RestoreKnowsWhoLeft(t *testing.T) {
	t.Parallel()
	s, backup := monday(t)
	again, r, folder := restoredHere(t, s, backup, filepath.Join(s.dir, "optouts.log"))
	if !r.Log || r.OptedOut != 1 || r.Erased != 1 || r.Held != 0 || r.Gap < 24*time.Hour {
		t.Errorf("%+v", r)
	}
	for phone, want := range map[string]bot.Consent{"+5511900000001": bot.Unsubscribed, "+447700900002": "", "+525555010003": bot.Subscribed} {
		if got := consentOf(t, again, phone); got != want {
			t.Errorf("%s is %q, want %q", phone, got, want)
		}
	}
	safe(t, again)
	// Ben and Dora write again: they start as unsubscribed.
	for i, id := range []bot.Identity{{Kind: bot.LID, Value: "72"}, {Kind: bot.Phone, Value: "+4915100000004"}} {
		turn, err := again.Take(s.ctx, "main", bot.Message{ID: "X" + string(rune('1'+i)), Identities: []bot.Identity{id}, Kind: bot.KindText, Text: "oi", At: s.world.Now()}, s.envs)
		must(t, err)
		if turn.Contact.Consent != bot.Unsubscribed {
			t.Errorf("%d: %s", i, turn.Contact.Consent)
		}
	}
	if v, err := again.Verify(s.ctx, "main", ""); err != nil || len(v.Problems) > 0 {
		t.Errorf("%+v %v", v, err)
	}
	if holdsAnywhere(t, folder, "7700900002") {
		t.Error("the restored files name somebody who was erased")
	}
}

// safe looks that nothing goes out by itself: safe mode, not linked, nothing to send.
func safe(t *testing.T, s *store.Store) {
	t.Helper()
	n, err := s.Number(t.Context(), "main")
	must(t, err)
	if !n.SafeMode || n.JID != "" || n.RestoredAt.IsZero() || n.BackupAt.IsZero() {
		t.Errorf("%+v", n)
	}
	if v := bot.NumberMaySend(n.NumberState, bot.DefaultLimits(), n.RestoredAt); v.Reason != bot.SafeMode {
		t.Errorf("%+v", v)
	}
	waiting, err := s.Waiting(t.Context(), "main")
	must(t, err)
	if waiting != 0 {
		t.Errorf("%d messages wait to be sent", waiting)
	}
}

// TestB7RestoreWithoutTheLog: nobody who was subscribed is written to before they write, or the operator releases them.
func TestB7RestoreWithoutTheLog(t *testing.T) {
	t.Parallel()
	s, backup := monday(t)
	again, r, _ := restoredHere(t, s, backup, "")
	if r.Log || r.Held != 3 || r.Subscribed != 3 {
		t.Fatalf("%+v", r)
	}
	safe(t, again)
	may := func(phone string) bot.Verdict {
		c, err := again.Contact(s.ctx, "main", phone)
		must(t, err)
		return bot.MaySend(c, bot.DefaultLimits(), s.world.Now().Add(48*time.Hour), s.world.Now().Add(96*time.Hour))
	}
	for _, phone := range []string{"+5511900000001", "+447700900002", "+525555010003"} {
		if v := may(phone); v.Reason != bot.SafeMode {
			t.Errorf("%s: %+v", phone, v)
		}
	}
	_, err := again.Take(s.ctx, "main", bot.Message{ID: "C1", Identities: []bot.Identity{{Kind: bot.Phone, Value: "+525555010003"}}, Kind: bot.KindText, Text: "hola", At: s.world.Now()}, s.envs)
	must(t, err)
	if v := may("+525555010003"); v.Reason == bot.SafeMode {
		t.Error("Carla wrote, and still waits")
	}
	// Releasing only the number leaves the people; releasing the people says so in the ledger.
	n, err := again.ReleaseNumber(s.ctx, "main", "looked", false, s.envs)
	must(t, err)
	if n != 0 || may("+5511900000001").Reason != bot.SafeMode {
		t.Errorf("released %d", n)
	}
	n, err = again.ReleaseNumber(s.ctx, "main", "asked everybody", true, s.envs)
	must(t, err)
	if n != 2 || may("+5511900000001").Reason == bot.SafeMode {
		t.Errorf("released %d: %+v", n, may("+5511900000001"))
	}
	ana, err := again.Contact(s.ctx, "main", "+5511900000001")
	must(t, err)
	list, err := again.Ledger(s.ctx, "main", ana.ID)
	must(t, err)
	if last := list[len(list)-1]; last.Public.Event != bot.EntryReleased || last.Personal.Reason != "asked everybody" || last.Public.To != bot.Subscribed {
		t.Errorf("%+v", last)
	}
}

// TestB7RestoreRefuses: whatever is wrong, nothing is changed.
func TestB7RestoreRefuses(t *testing.T) {
	t.Parallel()
	s, backup := monday(t)
	log := filepath.Join(s.dir, "optouts.log")
	text, err := os.ReadFile(log)
	must(t, err)
	for name, c := range map[string]struct {
		backup []byte
		folder map[string]string
		want   string
	}{
		"not a backup":      {[]byte("hello"), nil, "not a backup"},
		"cut":               {backup[:len(backup)/2], nil, "damaged"},
		"a database there":  {backup, map[string]string{"bot.db": "x"}, "there is a database"},
		"another key there": {backup, map[string]string{"secret.key": "00\n"}, "is not the key of this backup"},
		"a foreign log":     {backup, map[string]string{"optouts.log": strings.Repeat("x", len(text))}, "is not the log of the shop"},
		"a broken log":      {backup, map[string]string{"optouts.log": string(text) + "2026-03-03T00:00:00.000Z optout main\n"}, "not a line of optouts.log"},
	} {
		folder := t.TempDir()
		for file, content := range c.folder {
			must(t, os.WriteFile(filepath.Join(folder, file), []byte(content), 0o600))
		}
		_, err := store.Restore(s.ctx, folder, bytes.NewReader(c.backup), "", s.envs, s.world.Now())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		entries, err := os.ReadDir(folder)
		must(t, err)
		if len(entries) != len(c.folder) {
			t.Errorf("%s left %v", name, entries)
		}
	}
}

// holdsAnywhere searches every file below a folder, free pages and journals included.
func holdsAnywhere(t *testing.T, folder string, what string) bool {
	t.Helper()
	found := false
	must(t, filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte(what)) {
			t.Logf("%s holds %q", filepath.Base(path), what)
			found = true
		}
		return err
	}))
	return found
}

// TestO4EraseLeavesNothing searches the database's file, free pages and journal included, for whatever told who Ben was.
func TestO4EraseLeavesNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t, conversation{title: t.Name()}, false)
	secrets := []string{"7700900002", "Benjamin", "99887766554", "my dog is called Rex", "BENMSG"}
	for _, line := range []string{"Ana +5511900000001 > quero promoções", "Ben +447700900002 lid:99887766554 [named Benjamin Example] > I want promotions",
		"Ben > A", "Ben [id BENMSG] > my dog is called Rex", "+1h", "broadcast weekend-offer", "Ben > hello?"} {
		must(t, s.do(line))
	}
	for _, secret := range secrets {
		if !holdsAnywhere(t, s.dir, secret) {
			t.Fatalf("%q is not there to begin with", secret)
		}
	}
	erased, err := s.store.Erase(s.ctx, []bot.Identity{{Kind: bot.Phone, Value: "+447700900002"}}, s.envs)
	must(t, err)
	if len(erased) != 1 || bot.LIDOf(erased[0].Identities) != "99887766554" {
		t.Fatalf("%+v", erased)
	}
	for _, secret := range secrets {
		if holdsAnywhere(t, s.dir, secret) {
			t.Errorf("%q is still there", secret)
		}
	}
	v, err := s.store.Verify(s.ctx, "main", "")
	must(t, err)
	if len(v.Problems) > 0 || v.Erased == 0 {
		t.Errorf("%+v", v)
	}
	// Whoever comes next under the freed number is somebody else, and Ben, by either address, starts as unsubscribed.
	must(t, s.do("Eva +447700900009 > hello"))
	eva, err := s.contact(s.people["Eva"])
	must(t, err)
	if list, err := s.store.Ledger(s.ctx, "main", eva.ID); err != nil || len(list) != 1 {
		t.Errorf("%d entries about Eva, want the greeting: %v", len(list), err)
	}
	must(t, s.do("Again lid:99887766554 > I am back"))
	if got := consentOf(t, s.store, "99887766554"); got != bot.Unsubscribed {
		t.Errorf("who was erased starts as %s", got)
	}
}

// TestB7RestorePausesRecurringBroadcasts: what was armed when the backup was made does not fire by itself after a restore.
func TestB7RestorePausesRecurringBroadcasts(t *testing.T) {
	t.Parallel()
	s := newStage(t, conversation{title: t.Name()}, false)
	must(t, s.do("Ana +5511900000001 > quero promoções"))
	now := s.world.Now()
	must(t, s.store.ArmSchedule(s.ctx, bot.Schedule{Number: "main", Broadcast: "weekly", Cron: "0 10 * * *", Zone: "UTC", Version: "1", NextAt: now.Add(time.Hour)}, now))
	var backup bytes.Buffer
	_, err := s.store.Backup(s.ctx, &backup, now)
	must(t, err)
	again, _, _ := restoredHere(t, s, backup.Bytes(), "")
	due, err := again.DueSchedules(s.ctx, "main", now.Add(2*time.Hour))
	must(t, err)
	list, err := again.Schedules(s.ctx, "main", "")
	must(t, err)
	if len(due) != 0 || len(list) != 1 || list[0].Status != bot.SchedulePaused || list[0].Note == "" {
		t.Errorf("due %v, schedules %+v", due, list)
	}
}
