package cli

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/lock"
	"optinbot/bot/play"
	"optinbot/store"
)

// monday is a shop whose backup was made on Monday; on Tuesday Ana left, Ben was erased, Carla stayed, and Dora opted out by letter.
func monday(t *testing.T) (s *play.Player, backup []byte) {
	t.Helper()
	s = newStage(t, play.Conversation{Title: t.Name()}, false)
	do := func(lines ...string) {
		t.Helper()
		for _, line := range lines {
			must(t, s.Do(line))
		}
	}
	do("Ana +5511900000001 lid:71 > quero promoções", "Ben +447700900002 lid:72 > I want promotions", "Carla +525555010003 > quiero promociones",
		"Ana > A", "Ben > A", "Carla > A", "Ana > A", "Ben > A", "Carla > A", "optout +4915100000009", "+1h")
	var out bytes.Buffer
	_, err := s.Store.Backup(s.Ctx, t.TempDir(), &out, s.World.Now())
	must(t, err)
	do("+24h", "Ana > 2", "optout +4915100000004")
	erased, err := s.Store.Erase(s.Ctx, []bot.Identity{{Kind: bot.Phone, Value: "+447700900002"}}, s.Envs)
	must(t, err)
	if len(erased) != 1 {
		t.Fatalf("erased %d", len(erased))
	}
	return s, out.Bytes()
}

// restoredHere restores into an empty folder, with or without the log, and opens what is there.
func restoredHere(t *testing.T, s *play.Player, backup []byte, log string) (*store.Store, store.Restored, string) {
	t.Helper()
	folder := t.TempDir()
	r, err := store.Restore(s.Ctx, folder, bytes.NewReader(backup), log, s.Envs, s.World.Now())
	must(t, err)
	again, err := store.Open(s.Ctx, folder, store.Options{})
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
		"not a backup":      {[]byte("hello"), nil, "not a backup"},
		"cut":               {backup[:len(backup)/2], nil, "damaged"},
		"a leftover there":  {backup, map[string]string{"bot.db-wal": "x"}, "(bot.db-wal); move"},
		"a trigger":         {doctored(t, backup, "CREATE TRIGGER t AFTER UPDATE ON numbers BEGIN UPDATE numbers SET safe_mode = 0; END"), nil, "there is a trigger in it"},
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

// unzipped is what gzip has packed, with its check sum and its end looked at.
func unzipped(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
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

// another exchanges one file of a backup.
func another(file, content string) func(string, []byte) []byte {
	return func(name string, text []byte) []byte {
		if name == file {
			return []byte(content)
		}
		return text
	}
}

// packedAs is a backup that claims one file, and goes on with what is given.
func packedAs(t *testing.T, head *tar.Header, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	packed := gzip.NewWriter(&out)
	to := tar.NewWriter(packed)
	if head != nil {
		head.Mode = 0o600
		must(t, to.WriteHeader(head))
	} else {
		must(t, to.Close())
	}
	_, err := packed.Write(content)
	must(t, errors.Join(err, packed.Close()))
	return out.Bytes()
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
	s := newStage(t, play.Conversation{Title: t.Name()}, false)
	secrets := []string{"7700900002", "Benjamin", "99887766554", "my dog is called Rex", "BENMSG"}
	for _, line := range []string{"Ana +5511900000001 > quero promoções", "Ben +447700900002 lid:99887766554 [named Benjamin Example] > I want promotions",
		"Ben > A", "Ben [id BENMSG] > my dog is called Rex", "+1h", "broadcast weekend-offer", "Ben > hello?"} {
		must(t, s.Do(line))
	}
	for _, secret := range secrets {
		if !holdsAnywhere(t, s.Dir, secret) {
			t.Fatalf("%q is not there to begin with", secret)
		}
	}
	erased, err := s.Store.Erase(s.Ctx, []bot.Identity{{Kind: bot.Phone, Value: "+447700900002"}}, s.Envs)
	must(t, err)
	if len(erased) != 1 || bot.LIDOf(erased[0].Identities) != "99887766554" {
		t.Fatalf("%+v", erased)
	}
	for _, secret := range secrets {
		if holdsAnywhere(t, s.Dir, secret) {
			t.Errorf("%q is still there", secret)
		}
	}
	v, err := s.Store.Verify(s.Ctx, "main", "")
	must(t, err)
	if len(v.Problems) > 0 || v.Erased == 0 {
		t.Errorf("%+v", v)
	}
	// Whoever comes next under the freed number is somebody else, and Ben, by either address, starts as unsubscribed.
	must(t, s.Do("Eva +447700900009 > hello"))
	eva, err := s.FindContact(s.People["Eva"])
	must(t, err)
	if list, err := s.Store.Ledger(s.Ctx, "main", eva.ID); err != nil || len(list) != 1 {
		t.Errorf("%d entries about Eva, want the greeting: %v", len(list), err)
	}
	must(t, s.Do("Again lid:99887766554 > I am back"))
	if got := consentOf(t, s.Store, "99887766554"); got != bot.Unsubscribed {
		t.Errorf("who was erased starts as %s", got)
	}
}

// TestB7RestorePausesRecurringBroadcasts: what was armed when the backup was made does not fire by itself after a restore.
func TestB7RestorePausesRecurringBroadcasts(t *testing.T) {
	t.Parallel()
	s := newStage(t, play.Conversation{Title: t.Name()}, false)
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

// repacked is a backup whose files somebody changed, with a manifest that fits.
func repacked(t *testing.T, backup []byte, change func(name string, text []byte) []byte) []byte {
	t.Helper()
	zipped, err := gzip.NewReader(bytes.NewReader(backup))
	must(t, err)
	files, names := map[string][]byte{}, []string{}
	for in := tar.NewReader(zipped); ; {
		head, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		text, err := io.ReadAll(in)
		must(t, err)
		names, files[head.Name] = append(names, head.Name), change(head.Name, text)
	}
	var m map[string]any
	must(t, json.Unmarshal(files["manifest.json"], &m))
	m["sha256"] = fmt.Sprintf("%x", sha256.Sum256(files["bot.db"]))
	padding := files["manifest.json"][bytes.LastIndexByte(files["manifest.json"], '}')+1:]
	files["manifest.json"], err = json.Marshal(m)
	must(t, err)
	files["manifest.json"] = append(files["manifest.json"], padding...)
	var out bytes.Buffer
	packed := gzip.NewWriter(&out)
	to := tar.NewWriter(packed)
	for _, name := range names {
		must(t, to.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(files[name]))}))
		_, err := to.Write(files[name])
		must(t, err)
	}
	must(t, errors.Join(to.Close(), packed.Close()))
	return out.Bytes()
}

// doctored is a backup in whose database somebody wrote.
func doctored(t *testing.T, backup []byte, statements string) []byte {
	t.Helper()
	return repacked(t, backup, func(name string, text []byte) []byte {
		if name != "bot.db" {
			return text
		}
		file := filepath.Join(t.TempDir(), name)
		must(t, os.WriteFile(file, text, 0o600))
		db, err := sql.Open("sqlite", file)
		must(t, err)
		_, err = db.Exec(statements)
		must(t, errors.Join(err, db.Close()))
		return readAll(t, file)
	})
}

// scribbled breaks pages of the database.
func scribbled(name string, text []byte) []byte {
	if name == "bot.db" {
		for i := len(text) / 4; i < len(text)/2; i++ {
			text[i] ^= 0x5a
		}
	}
	return text
}

func padded(name string, text []byte) []byte {
	if name == "manifest.json" {
		text = append(text, bytes.Repeat([]byte(" "), 2<<20)...)
	}
	return text
}

// twice is a backup with a second database in it.
func twice(t *testing.T, backup []byte) []byte {
	t.Helper()
	zipped, err := gzip.NewReader(bytes.NewReader(backup))
	must(t, err)
	text, err := io.ReadAll(zipped)
	must(t, err)
	var out bytes.Buffer
	packed := gzip.NewWriter(&out)
	_, err = packed.Write(text[:len(text)-1024]) // a tar ends with two empty blocks
	must(t, err)
	to := tar.NewWriter(packed)
	must(t, to.WriteHeader(&tar.Header{Name: "bot.db", Mode: 0o600, Size: 1}))
	_, err = to.Write([]byte("x"))
	must(t, errors.Join(err, to.Close(), packed.Close()))
	return out.Bytes()
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

// TestB7AnotherKeyIsRefused: the database knows its key, so that another valid one does not make every hash of an opt-out dead.
func TestB7AnotherKeyIsRefused(t *testing.T) {
	dir := olderFolder(t)
	if code, _, errs := verbIn(t, dir, "status"); code != exitDone {
		t.Fatal(errs)
	}
	key := filepath.Join(dir, "data", "secret.key")
	right := readAll(t, key)
	must(t, os.WriteFile(key, []byte(strings.Repeat("ab", 32)+"\n"), 0o600))
	if code, _, errs := verbIn(t, dir, "status"); code == exitDone || !strings.Contains(errs, "is not the key of this database") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	if code, out, _ := verbIn(t, dir, "doctor"); code == exitDone || !strings.Contains(out, "bring back the right secret.key") {
		t.Errorf("exit code %d: %s", code, out)
	}
	must(t, os.WriteFile(key, right, 0o600))
	if code, _, errs := verbIn(t, dir, "status"); code != exitDone {
		t.Error(errs)
	}
}

// TestB7RestoreWhileRunServes: what restore puts beside a running bot, that bot would go on writing over.
func TestB7RestoreWhileRunServes(t *testing.T) {
	dir := olderFolder(t)
	backup, err := filepath.Abs("testdata/upgrade/backup-2cfbdc0.tar.gz")
	must(t, err)
	data := filepath.Join(dir, "data")
	for _, name := range []string{"bot.db", "bot.db-wal", "bot.db-shm"} {
		if err := os.Remove(filepath.Join(data, name)); !errors.Is(err, os.ErrNotExist) {
			must(t, err)
		}
	}
	release, err := lock.Take(filepath.Join(data, "run.lock"))
	must(t, err)
	code, _, errs := verbIn(t, dir, "restore", backup, "--yes")
	if code != exitRefused || !strings.Contains(errs, "stop `optinbot run` first") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	if _, err := os.Stat(filepath.Join(data, "bot.db")); err == nil {
		t.Error("a database was restored")
	}
	must(t, release())
	if code, out, errs := verbIn(t, dir, "restore", backup, "--yes"); code != exitDone {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
}
