package cli

import (
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"

	"optinbot/bot/cli/clitest"
	"optinbot/store/storetest"

	"pgregory.net/rapid"
)

// TestProperty drives random interleavings of everything that can happen, with crashes at every statement of every write, and
// compares the store with a model of its own (property_model_test.go) after each step. It is about C1, C2, C4, C5, C7, C8, T1,
// B1 and B6. docs/testing.md says how to run it for long, and which mutations of the code it was shown to find.
func TestProperty(t *testing.T) {
	checks := 40
	if raceDetector {
		checks = 10
	}
	if testing.Short() {
		checks = 50 // of which rapid does a fifth
	}
	if strings.HasPrefix(t.Name(), storetest.OnPostgres) {
		checks = 3 // each of them opens the store some dozen times
	}
	property(t, checks)
}

// TestPropertyLong is the same at length.
func TestPropertyLong(t *testing.T) {
	clitest.Long(t)
	property(t, 5000)
}

// property makes so many checks, or as many as -rapid.checks says.
func property(t *testing.T, checks int) {
	t.Helper()
	shop := propertyFlows(t)
	propertyChecks(t, checks)
	did := tally{}
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		place, done := storetest.InForNow(t, dir)
		defer done()
		w := newPropertyWorld(rt, shop, dir, place, did)
		defer w.close()
		w.prelude()
		rt.Repeat(map[string]func(*rapid.T){
			"write":       w.in(w.write),
			"write 2":     w.in(w.write),
			"write 3":     w.in(w.write),
			"again":       w.in(w.again),
			"arrive":      w.in(w.arrive),
			"arrive 2":    w.in(w.arrive),
			"clock":       w.in(w.clock),
			"send":        w.in(w.send),
			"send 2":      w.in(w.send),
			"send 3":      w.in(w.send),
			"broadcast":   w.in(w.broadcast),
			"broadcast 2": w.in(w.broadcast),
			"turn":        w.in(w.turnOccurrence),
			"template":    w.in(w.template),
			"operator":    w.in(w.operator),
			"receipt":     w.in(w.receipt),
			"learn":       w.in(w.learn),
			"learn 2":     w.in(w.learn),
			"":            w.in(w.check),
		})
	})
	t.Logf("%v", did)
	for what, turns := range map[string]int{"promotion": 300, "stop": 300, "opt-in": 300, "duplicate": 300, "crash": 300, "claim beside another": 300,
		"stop while a promotion was under way": 3000, "stop while many are under way": 3000} {
		if did[what] == 0 && did["turn"] > turns && !t.Failed() {
			t.Errorf("no %s happened: the test shows nothing", what)
		}
	}
}

// A tally counts what happened, so that nobody takes an idle run for a proof.
type tally map[string]int

// propertyChecks sets how long the test runs, where -rapid.checks does not.
func propertyChecks(t *testing.T, checks int) {
	t.Helper()
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == "rapid.checks" })
	if set {
		return
	}
	before := flag.Lookup("rapid.checks").Value.String()
	if err := flag.Set("rapid.checks", strconv.Itoa(checks)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set("rapid.checks", before) })
}
