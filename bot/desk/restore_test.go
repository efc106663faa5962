package desk_test

import (
	"archive/tar"
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
	"optinbot/bot/lock"
	"optinbot/store"
)

// TestB7RestoreKnowsWhoLeft: with optouts.log nobody's stop and no erasure of Tuesday is undone by the backup of Monday.
func TestB7RestoreKnowsWhoLeft(t *testing.T) {
	t.Parallel()
	s, backup := monday(t)
	again, r, folder := restoredHere(t, s, backup, filepath.Join(s.Dir, "optouts.log"))
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
		turn, err := again.HandleMessage(s.Ctx, "main", bot.Message{ID: "X" + string(rune('1'+i)), Identities: []bot.Identity{id}, Kind: bot.KindText, Text: "oi", At: s.World.Now()}, s.Envs)
		must(t, err)
		if turn.Contact.Consent != bot.Unsubscribed {
			t.Errorf("%d: %s", i, turn.Contact.Consent)
		}
	}
	if v, err := again.Verify(s.Ctx, "main", ""); err != nil || len(v.Problems) > 0 {
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
	may := func(phone string) bot.Decision {
		c, err := again.Contact(s.Ctx, "main", phone)
		must(t, err)
		return bot.MaySend(c, bot.DefaultLimits(), s.World.Now().Add(48*time.Hour), s.World.Now().Add(96*time.Hour))
	}
	for _, phone := range []string{"+5511900000001", "+447700900002", "+525555010003"} {
		if v := may(phone); v.Reason != bot.SafeMode {
			t.Errorf("%s: %+v", phone, v)
		}
	}
	_, err := again.HandleMessage(s.Ctx, "main", bot.Message{ID: "C1", Identities: []bot.Identity{{Kind: bot.Phone, Value: "+525555010003"}}, Kind: bot.KindText, Text: "hola", At: s.World.Now().Add(time.Second)}, s.Envs)
	must(t, err)
	if v := may("+525555010003"); v.Reason == bot.SafeMode {
		t.Error("Carla wrote, and still waits")
	}
	// Releasing only the number leaves the people; releasing the people says so in the ledger.
	n, err := again.ReleaseNumber(s.Ctx, "main", "looked", false, s.Envs)
	must(t, err)
	if n != 0 || may("+5511900000001").Reason != bot.SafeMode {
		t.Errorf("released %d", n)
	}
	n, err = again.ReleaseNumber(s.Ctx, "main", "asked everybody", true, s.Envs)
	must(t, err)
	if n != 2 || may("+5511900000001").Reason == bot.SafeMode {
		t.Errorf("released %d: %+v", n, may("+5511900000001"))
	}
	ana, err := again.Contact(s.Ctx, "main", "+5511900000001")
	must(t, err)
	list, err := again.Ledger(s.Ctx, "main", ana.ID)
	must(t, err)
	if last := list[len(list)-1]; last.Public.Event != bot.EntryReleased || last.Personal.Reason != "asked everybody" || last.Public.To != bot.Subscribed {
		t.Errorf("%+v", last)
	}
}

// TestB7RestoreRefuses: whatever is wrong, nothing is changed.
func TestB7RestoreRefuses(t *testing.T) {
	t.Parallel()
	s, backup := monday(t)
	log := filepath.Join(s.Dir, "optouts.log")
	text, err := os.ReadFile(log)
	must(t, err)
	for name, c := range map[string]struct {
		backup []byte
		folder map[string]string
		want   string
	}{
		"not a backup":     {[]byte("hello"), nil, "not a backup"},
		"cut":              {backup[:len(backup)/2], nil, "damaged"},
		"a leftover there": {backup, map[string]string{"bot.db-wal": "x"}, "(bot.db-wal); move"},
		"a trigger":        {doctored(t, backup, "CREATE TRIGGER t AFTER UPDATE ON numbers BEGIN UPDATE numbers SET safe_mode = 0; END"), nil, "there is a trigger in it"},
		"our trigger, doing something else": {doctored(t, backup, "DROP TRIGGER waits_counted; "+
			"CREATE TRIGGER waits_counted AFTER UPDATE ON numbers BEGIN UPDATE numbers SET safe_mode = 0; END"), nil, "there is a trigger in it"},
		"a view":            {doctored(t, backup, "CREATE VIEW v AS SELECT * FROM contacts"), nil, "there is a view in it"},
		"a table":           {doctored(t, backup, "CREATE TABLE t (x)"), nil, `"table t" in it is not as this program makes it`},
		"a column":          {doctored(t, backup, "ALTER TABLE contacts ADD COLUMN x TEXT"), nil, `"table contacts" in it is not`},
		"an index gone":     {doctored(t, backup, "DROP INDEX outbox_queued"), nil, `"index outbox_queued" is missing`},
		"consent by hand":   {doctored(t, backup, "UPDATE contacts SET consent = 'pending' WHERE id = 1"), nil, "and the ledger says subscribed"},
		"an edited entry":   {doctored(t, backup, "UPDATE ledger SET public = REPLACE(public, 'greeted', 'renewed') WHERE seq = 1; UPDATE ledger SET public = public || ' ' WHERE seq = 1"), nil, "its public part was edited"},
		"a cut chain":       {doctored(t, backup, "DELETE FROM ledger WHERE seq = (SELECT MAX(seq) FROM ledger WHERE number = 'main')"), nil, "the ledger of main ends with"},
		"a broken file":     {repacked(t, backup, scribbled), nil, "the backup does not hold together"},
		"a huge manifest":   {repacked(t, backup, padded), nil, "its manifest has more than"},
		"a file twice":      {twice(t, backup), nil, "it has bot.db twice"},
		"of a later one":    {doctored(t, backup, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)"), nil, "a newer version of optinbot made this database"},
		"a database there":  {backup, map[string]string{"bot.db": "x"}, "there is a database"},
		"another key there": {backup, map[string]string{"secret.key": "00\n"}, "is not the key of this backup"},
		"a foreign log":     {backup, map[string]string{"optouts.log": strings.Repeat("x", len(text))}, "is not the log of the shop"},
		"a broken log":      {backup, map[string]string{"optouts.log": string(text) + "2026-03-03T00:00:00.000Z optout main\n"}, "not a line of optouts.log"},
		"a cut log":         {backup, map[string]string{"optouts.log": string(text[:bytes.IndexByte(text, '\n')])}, "is not the log of the shop"},
		"the last byte":     {backup[:len(backup)-1], nil, "the backup is damaged: unexpected EOF"},
		"something after":   {append(bytes.Clone(backup), "more"...), nil, "the backup is damaged"},
		"more in the tar":   {packedAs(t, nil, []byte("more")), nil, "the backup is damaged"},
		"another key":       {repacked(t, backup, another("secret.key", strings.Repeat("ab", 32)+"\n")), nil, "its secret.key is not the one that its manifest describes"},
		"another log":       {repacked(t, backup, another("optouts.log", "")), nil, "its optouts.log is not the one that its manifest describes"},
		"1 GB of manifest":  {packedAs(t, &tar.Header{Name: "manifest.json", Size: 1 << 30}, make([]byte, 2<<20)), nil, "its manifest has more than"},
		"100 GB of bot.db":  {packedAs(t, &tar.Header{Name: "bot.db", Size: 100 << 30}, nil), nil, "its bot.db has 107374182400 bytes"},
		"1 GB of key":       {packedAs(t, &tar.Header{Name: "secret.key", Size: 1 << 30}, nil), nil, "its secret.key has 1073741824 bytes"},
		"nothing in it":     {packedAs(t, nil, nil), nil, "it has no bot.db"},
		"beside an old shm": {backup, map[string]string{"bot.db-shm": "x"}, "(bot.db-shm); move"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			for file, content := range c.folder {
				must(t, os.WriteFile(filepath.Join(folder, file), []byte(content), 0o600))
			}
			_, err := store.Restore(s.Ctx, folder, bytes.NewReader(c.backup), "", s.Envs, s.World.Now())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Error(err)
			}
			for file, content := range c.folder {
				if got := readAll(t, filepath.Join(folder, file)); string(got) != content {
					t.Errorf("%s was changed", file)
				}
			}
			entries, err := os.ReadDir(folder)
			must(t, err)
			if len(entries) != len(c.folder) {
				t.Errorf("it left %v", entries)
			}
		})
	}
}

// TestB7RestoreFindsABrokenBit: a backup with a broken bit is refused, also where only its check sums at the end are broken. The
// exception changes nothing, for gzip has several ways to write the same bytes: what stands in several places, such as zeros, can
// be copied from any of them, and any bits fill the byte before a stored block (RFC 1951, 3.2.3 and 3.2.4). One bit in 500 is such
// a bit, and what is unzipped is the same to the last byte.
func TestB7RestoreFindsABrokenBit(t *testing.T) {
	t.Parallel()
	s, backup := monday(t)
	whole, err := unzipped(backup)
	must(t, err)
	folder := t.TempDir()
	tried, same := 0, 0
	for at := 10; at < len(backup); at++ { // the first ten bytes are the header: a time, a system
		if at < len(backup)-300 && at%997 != 0 {
			continue
		}
		tried++
		broken := bytes.Clone(backup)
		broken[at] ^= 1 << (at % 8)
		r, err := store.Restore(s.Ctx, folder, bytes.NewReader(broken), "", s.Envs, s.World.Now())
		if err != nil {
			continue
		}
		if got, err := unzipped(broken); err != nil || !bytes.Equal(got, whole) {
			t.Fatalf("byte %d of %d has a broken bit, and what is in it is restored (%v): %+v", at, len(backup), err, r)
		}
		same, folder = same+1, t.TempDir()
	}
	if same > tried/10 {
		t.Errorf("%d of %d broken bits change nothing", same, tried)
	}
}

// TestB7RestoreAnOldLog: a copy of optouts.log that is no newer than the backup says nothing of who left since.
func TestB7RestoreAnOldLog(t *testing.T) {
	t.Parallel()
	s, backup := monday(t)
	log := filepath.Join(t.TempDir(), "optouts.log")
	repacked(t, backup, func(name string, text []byte) []byte {
		if name == "optouts.log" {
			must(t, os.WriteFile(log, text, 0o600))
		}
		return text
	})
	_, r, _ := restoredHere(t, s, backup, log)
	if r.Log || r.Held != 3 || r.LogEnds.IsZero() || r.LogEnds.After(r.Made) {
		t.Errorf("%+v", r)
	}
	_, r, _ = restoredHere(t, s, backup, filepath.Join(s.Dir, "optouts.log"))
	if !r.Log || r.Held != 0 || r.LogEnds.Before(r.Made) {
		t.Errorf("%+v", r)
	}
}

// TestB7RestorePausesRecurringBroadcasts: what was armed when the backup was made does not fire by itself after a restore.
func TestB7RestorePausesRecurringBroadcasts(t *testing.T) {
	t.Parallel()
	s := shopOf(t, desktest.Setup{Config: oneNumber})
	must(t, s.Do("Ana +5511900000001 > quero promoções"))
	now := s.World.Now()
	must(t, s.Store.ArmSchedule(s.Ctx, bot.Schedule{Number: "main", Broadcast: "weekly", Cron: "0 10 * * *", Zone: "UTC", Version: "1", NextAt: now.Add(time.Hour)}, now))
	var backup bytes.Buffer
	_, err := s.Store.Backup(s.Ctx, t.TempDir(), &backup, now)
	must(t, err)
	again, _, _ := restoredHere(t, s, backup.Bytes(), "")
	due, err := again.DueSchedules(s.Ctx, "main", now.Add(2*time.Hour))
	must(t, err)
	list, err := again.Schedules(s.Ctx, "main", "")
	must(t, err)
	if len(due) != 0 || len(list) != 1 || list[0].Status != bot.SchedulePaused || list[0].Note == "" {
		t.Errorf("due %v, schedules %+v", due, list)
	}
}

// TestB7RestoreShowsTheHeads: what is restored says where its ledgers end, to be compared with a head from elsewhere.
func TestB7RestoreShowsTheHeads(t *testing.T) {
	t.Parallel()
	s, backup := monday(t)
	m, err := store.ManifestOf(bytes.NewReader(backup))
	must(t, err)
	_, r, _ := restoredHere(t, s, backup, "")
	if len(r.Heads) != 1 || r.Heads[0].Head != m.Heads["main"] || r.Heads[0].Head == "" || r.Heads[0].Noted != "" {
		t.Errorf("%+v, the manifest says %v", r.Heads, m.Heads)
	}
	old := repacked(t, backup, func(name string, text []byte) []byte { // a backup of an earlier version, made while people wrote
		if name == "manifest.json" {
			text = bytes.Replace(text, []byte(m.Heads["main"]), []byte(strings.Repeat("0", 64)), 1)
			text = bytes.Replace(text, []byte(`"format": 3`), []byte(`"format": 0`), 1)
		}
		return text
	})
	if _, r, _ := restoredHere(t, s, old, ""); len(r.Heads) != 1 || r.Heads[0].Noted != strings.Repeat("0", 64) {
		t.Errorf("%+v", r.Heads)
	}
}

// TestB7AnotherKeyIsRefused: the database knows its key, so that another valid one does not make
// every hash of an opt-out dead.
func TestB7AnotherKeyIsRefused(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	key := s.Read("data/secret.key")
	s.Save("data/secret.key", strings.Repeat("ab", 32)+"\n")
	_, err := desk.Open(s.Ctx, s.Options)
	says(t, err, "is not the key of this database")
	if found := s.finding("database"); found.OK || found.Do != "bring back the right secret.key" {
		t.Errorf("doctor says %+v", found)
	}
	s.Save("data/secret.key", key)
	s.Reopen()
}

// finding is what `doctor` says of one thing.
func (s *shop) finding(check string) desk.Finding {
	s.t.Helper()
	built := desk.Build{Library: "v1.2.3", LibraryDate: s.Now()}
	for _, f := range desk.Examine(s.Ctx, s.Options, built, nil).Findings {
		if f.Check == check {
			return f
		}
	}
	return desk.Finding{}
}

// backedUp writes a backup of a shop, and returns its file.
func (s *shop) backedUp(to ...string) string {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), "shop.tar.gz")
	_, err := s.BackUp(s.Ctx, desk.BackupOrder{File: file, Recipients: to})
	must(s.t, err)
	return file
}

// TestRestore: the operator of a new machine restores a backup into an empty folder. It is open to
// be looked at first, and then everybody is there, in safe mode.
func TestRestore(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.writes(ana, phrase)
	s.later(time.Hour)
	file := s.backedUp()
	o := desktest.Folder(t, desktest.Setup{Config: oneNumber})
	for range 2 { // opening it changes nothing, and may be repeated
		r, err := desk.OpenRestore(t.Context(), o, desk.RestoreOrder{File: file})
		must(t, err)
		if r.File != file || r.Folder != o.Config.Path("data") {
			t.Errorf("%+v", r)
		}
		must(t, r.Close())
		if _, err := os.Stat(r.Folder); err == nil {
			t.Error("the data folder was made")
		}
	}
	r, err := desk.OpenRestore(t.Context(), o, desk.RestoreOrder{File: file})
	must(t, err)
	defer r.Close()
	restored, err := r.Restore(t.Context())
	must(t, err)
	if restored.Subscribed != 1 || restored.Held != 1 || restored.Log {
		t.Errorf("%+v", restored)
	}
	d, err := desk.Open(t.Context(), o)
	must(t, err)
	defer d.Close()
	c, err := d.Contact(t.Context(), "main", ana)
	must(t, err)
	if c.Consent != bot.Subscribed || !c.Has(bot.SafeMode) {
		t.Errorf("%s, holds %v", c.Consent, c.Holds)
	}
	again, err := desk.OpenRestore(t.Context(), o, desk.RestoreOrder{File: file})
	must(t, err)
	defer again.Close()
	_, err = again.Restore(t.Context())
	says(t, err, "nothing was restored: there is a database")
}

// TestRestoreKnowsTheOptoutsLog: the log that lies beside, or that the operator names, tells who
// left since.
func TestRestoreKnowsTheOptoutsLog(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.writes(ana, phrase)
	file := s.backedUp()
	s.later(time.Hour)
	s.writes(ana, "stop")
	o := desktest.Folder(t, desktest.Setup{Config: oneNumber})
	r, err := desk.OpenRestore(t.Context(), o, desk.RestoreOrder{File: file, OptoutsLog: s.data("optouts.log")})
	must(t, err)
	defer r.Close()
	restored, err := r.Restore(t.Context())
	must(t, err)
	if !restored.Log || restored.OptedOut != 1 || restored.Held != 0 {
		t.Errorf("%+v", restored)
	}
}

// TestB7RestoreWhileRunServes: while a bot runs in the folder, or serves a number of it, without the file,
// and where the flow cannot be used. Nothing lies in the folder then.
func TestB7RestoreWhileRunServes(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	file := s.backedUp()
	open := func(o desk.Options, file string) error {
		r, err := desk.OpenRestore(t.Context(), o, desk.RestoreOrder{File: file})
		if err == nil {
			err = r.Close()
		}
		return err
	}
	o := desktest.Folder(t, desktest.Setup{Config: oneNumber})
	served := o.Sessions.(*desktest.Sessions)
	served.Used = map[string]bool{"main": true}
	if err := open(o, file); !errors.Is(err, desk.ErrRefused) {
		t.Error(err)
	} else {
		says(t, err, "number main is served by a running bot; stop `optinbot run` first")
	}
	served.Used = nil
	if err := open(o, file+".not"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	must(t, os.Mkdir(o.Config.Path("data"), 0o700))
	release, err := lock.Take(o.Files.RunLock())
	must(t, err)
	if err := open(o, file); !errors.Is(err, desk.ErrRefused) {
		t.Error(err)
	} else {
		says(t, err, "a running bot has this folder; stop `optinbot run` first")
	}
	must(t, release())

	// It begins to run between the look and the restore.
	r, err := desk.OpenRestore(t.Context(), o, desk.RestoreOrder{File: file})
	must(t, err)
	defer r.Close()
	release, err = lock.Take(o.Files.RunLock())
	must(t, err)
	if _, err := r.Restore(t.Context()); !errors.Is(err, desk.ErrRefused) {
		t.Error(err)
	}
	must(t, release())
	if _, err := os.Stat(filepath.Join(o.Config.Path("data"), "bot.db")); err == nil {
		t.Error("a database was restored")
	}

	broken := desktest.Folder(t, desktest.Setup{Config: oneNumber, Files: map[string]string{"flows/promotions.yaml": "flow: promotions\n"}})
	var problems desk.Problems
	if err := open(broken, file); !errors.As(err, &problems) {
		t.Error(err)
	}
}
