package desk_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk/desktest"
)

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
	s := shopOf(t, desktest.Setup{Config: oneNumber})
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
