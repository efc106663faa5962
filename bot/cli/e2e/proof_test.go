package e2e

import (
	"os/exec"
	"strings"
	"testing"
)

// TestC6LedgerAgainstContacts: whoever can write the database makes nobody a subscriber by it. `consent verify` and `doctor` name the
// contact, and the promotion does not go there. The built program does it, on the folder of an earlier version.
func TestC6LedgerAgainstContacts(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds the program")
	}
	file, err := program()
	must(t, err)
	for edit, want := range map[string]string{
		"UPDATE contacts SET consent = 'subscribed' WHERE consent = 'unsubscribed'": "is subscribed in the database, and the ledger says unsubscribed",
		"UPDATE contacts SET consent = 'subscribed' WHERE consent = 'pending'":      "is subscribed in the database, and the ledger says pending",
		"UPDATE ledger SET contact_id = 77 WHERE seq = 1":                           "contact 77 is in the ledger and not in the database",
		"DELETE FROM suppressions":                                                  "optouts.log says that 1 addresses left",
	} {
		dir := olderFolder(t)
		verb := func(args ...string) (string, int) {
			cmd := exec.Command(file, args...)
			cmd.Dir = dir
			out, err := cmd.CombinedOutput()
			if err != nil && cmd.ProcessState == nil {
				t.Fatal(err)
			}
			return string(out), cmd.ProcessState.ExitCode()
		}
		if out, code := verb("consent", "verify"); code != exitDone {
			t.Fatalf("before: exit code %d: %s", code, out)
		}
		change(t, dir, edit)
		if out, code := verb("consent", "verify"); code != exitFailed || !strings.Contains(out, want) {
			t.Errorf("%s\nconsent verify ended with %d and does not say %q:\n%s", edit, code, want, out)
		}
		if out, _ := verb("doctor"); !strings.Contains(out, want) {
			t.Errorf("%s\ndoctor does not say %q:\n%s", edit, want, out)
		}
		if out, _ := verb("broadcast", "preview", "new-year"); strings.Contains(out, "+12125550103") || strings.Contains(out, "+12125550104") {
			t.Errorf("%s\nsomebody who did not opt in, or left, is shown as a receiver:\n%s", edit, out)
		}
	}
}
