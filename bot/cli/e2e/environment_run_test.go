package e2e

import (
	"strings"
	"testing"
)

// TestRunTellsOfUnknownVariables drives the built program: standard error of a verb, `doctor`, and a notice of `run`, which runs.
func TestRunTellsOfUnknownVariables(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	_, b := linked(t)
	b.env = append(b.env, "OPTINBOT_HOURS_FORM=10:00")
	b.start()()
	b.env = without(b.env, "OPTINBOT_HOURS_FORM")
	const says = "OPTINBOT_HOURS_FORM, did you mean OPTINBOT_HOURS_FROM?"
	if out := b.do("status", "--notices", "20"); !strings.Contains(out, says) {
		t.Errorf("there is no notice:\n%s", out)
	}
	b.env = append(b.env, "OPTINBOT_HOURS_FORM=10:00")
	if _, out := b.both("doctor"); strings.Count(out, says) < 2 {
		t.Errorf("doctor:\n%s", out)
	}
	code, out := b.both("contacts", "list")
	if code != exitDone || !strings.Contains(out, says) {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}
