package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// without is the environment of a binary without a setting.
func without(env []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(set string) bool { return strings.HasPrefix(set, name+"=") })
}

// both runs a verb, whatever becomes of it, and returns its exit code and what it printed.
func (b *binary) both(args ...string) (code int, printed string) {
	b.t.Helper()
	cmd := b.cmd(args...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		b.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// TestATestServerIsLoud: a setting that is forgotten delivers a campaign to nobody, so the verbs that tell how the bot is doing say
// that it is there; and a session never meets the other side.
func TestATestServerIsLoud(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	_, b := linked(t)
	for _, verb := range []string{"status", "doctor", "link"} {
		if _, printed := b.both(verb); !strings.Contains(printed, "TEST SERVER") {
			t.Errorf("optinbot %s says nothing of the test server:\n%s", verb, printed)
		}
	}
	kill := b.start()
	if !strings.Contains(b.said, "TEST SERVER") {
		t.Errorf("a bot that serves says nothing of the test server:\n%s", b.said)
	}
	kill()
	if t.Failed() {
		return // such a program would not look either where the session belongs, and knock at WhatsApp
	}
	set := b.env
	b.env = without(without(b.env, "OPTINBOT_WHATSAPP_TEST_SERVER"), "OPTINBOT_WHATSAPP_TEST_LIMITS")
	b.env = append(b.env, "HTTPS_PROXY=http://127.0.0.1:1", "https_proxy=http://127.0.0.1:1") // to be safe: a wall
	for verb, want := range map[string]int{"run": exitFile, "link": exitRefused} {
		code, printed := b.both(verb)
		if code != want || !strings.Contains(printed, "was linked at a test server") || !strings.Contains(printed, "optinbot init") {
			t.Errorf("optinbot %s with a session of a test server: exit code %d\n%s", verb, code, printed)
		}
	}
	if _, printed := b.both("doctor"); !strings.Contains(printed, "was linked at a test server") {
		t.Errorf("doctor does not see whose session it is:\n%s", printed)
	}

	// A session that an earlier version linked says nothing of its home: it is WhatsApp's.
	b.env = set
	db := b.databaseOf("session-main.db")
	_, err := db.Exec(`DELETE FROM optinbot_home`)
	must(t, err)
	must(t, db.Close())
	for verb, want := range map[string]int{"run": exitFile, "link": exitRefused} {
		if code, printed := b.both(verb); code != want || !strings.Contains(printed, "belongs to WhatsApp") {
			t.Errorf("optinbot %s with a session of WhatsApp at a test server: exit code %d\n%s", verb, code, printed)
		}
	}
	if _, err := os.Stat(filepath.Join(b.dir, "data", "session-main.db")); err != nil {
		t.Errorf("the session is gone: %v", err)
	}
}
