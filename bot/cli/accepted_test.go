package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/flows"
	"optinbot/store/storetest"
)

// acceptedIn makes a folder of the program of 2cfbdc0 one that runs with a flow which that program
// accepted.
func acceptedIn(t *testing.T, dir string, source []byte) {
	t.Helper()
	for _, other := range []string{"tests", "broadcasts"} {
		must(t, os.RemoveAll(filepath.Join(dir, "flows", other)))
	}
	must(t, os.WriteFile(filepath.Join(dir, "flows", "promotions.yaml"), source, 0o600))
	change(t, dir, "DELETE FROM flow_versions")
	change(t, dir, "INSERT INTO flow_versions (number, flow, version, source, accepted_at) SELECT name, 'promotions', ?, ?, 1700000000000 FROM numbers",
		flows.Version(source), string(source))
	change(t, dir, "UPDATE contacts SET state = 'hello', doc = json_set(doc, '$.state', 'hello') WHERE state <> ''")
}

// change writes into the database of a folder behind the program's back.
func change(t *testing.T, dir, statement string, args ...any) {
	t.Helper()
	must(t, storetest.Edit(t.Context(), filepath.Join(dir, "data"), statement, args...))
}

// olderSources are the files that 2cfbdc0 accepts and a newer rule does not; folder is "" or
// "broadcasts".
func olderSources(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	files, err := filepath.Glob(filepath.Join("../../flows/testdata/older", folder, "*.yaml"))
	must(t, err)
	for _, file := range files {
		source, err := os.ReadFile(file)
		must(t, err)
		out[strings.TrimSuffix(filepath.Base(file), ".yaml")] = source
	}
	return out
}

// servedIn opens a folder as `run` does, up to the connection, and looks at flow and drafts as it
// does when a file is saved. Whoever calls closes the store.
func servedIn(t *testing.T, dir string) (d *desk.Desk, n config.Number) {
	t.Helper()
	defaults, err := os.ReadFile("../../config.yaml")
	must(t, err)
	a := newApp(t.Context(), defaults)
	a.environ = map[string]string{}
	a.err = io.Discard
	must(t, a.configure(&CLI{Config: filepath.Join(dir, "config.yaml")}))
	d, err = a.open(t.Context())
	must(t, err)
	n, err = a.number("")
	must(t, err)
	must(t, d.SettleFlow(t.Context(), n))
	d.ReloadAll(t.Context())
	return d, n
}

// TestO5AnAcceptedFlowGoesOn: a number of 2cfbdc0 with a flow that breaks a newer rule goes on with
// it, in every verb, with one notice. The same file edited is refused, and the version of before
// can be brought back.
func TestO5AnAcceptedFlowGoesOn(t *testing.T) {
	t.Parallel()
	sources := olderSources(t, "")
	for name, source := range sources {
		t.Run(name, func(t *testing.T) {
			dir := olderFolder(t)
			acceptedIn(t, dir, source)
			for range 2 { // a second start tells nothing again
				d, n := servedIn(t, dir)
				notices, err := d.Store.Notices(t.Context(), n.Name, 100)
				must(t, err)
				if told := timesSaid(notices, "its next edit will be refused"); told != 1 || d.Machine(n.Name).Flow.Version != flows.Version(source) || len(d.Broken) > 0 {
					t.Errorf("%d notices, version %s, broken %v", told, d.Machine(n.Name).Flow.Version, d.Broken)
				}
				must(t, d.Store.Close())
			}
			for _, verb := range []string{"status", "contacts list", "flow check", "flow explain hello", "flow versions", "flow reload --dry-run", "simulate --days 1", "flow diff"} {
				if code, out, errs := verbIn(t, dir, strings.Fields(verb)...); code != exitDone {
					t.Errorf("%s: exit code %d: %s%s", verb, code, out, errs)
				}
			}
			if _, out, _ := verbIn(t, dir, "flow", "check"); !strings.Contains(out, "warning: ") || !strings.Contains(out, "goes on") {
				t.Error("flow check does not warn:", out)
			}
			backup := filepath.Join(dir, "backup.tar.gz")
			for _, verb := range []string{"backup " + backup, "restore --yes " + backup, "flow check", "status"} {
				if code, out, errs := verbIn(t, dir, strings.Fields(verb)...); code != exitDone {
					t.Errorf("%s: exit code %d: %s%s", verb, code, out, errs)
				}
				if strings.HasPrefix(verb, "backup") {
					must(t, os.RemoveAll(filepath.Join(dir, "data")))
				}
			}
			edited := append([]byte("# edited\n"), source...)
			must(t, os.WriteFile(filepath.Join(dir, "flows", "promotions.yaml"), edited, 0o600))
			if code, out, _ := verbIn(t, dir, "flow", "check"); code != exitFailed || strings.Contains(out, "warning: ") {
				t.Errorf("the edited file is checked with exit code %d: %s", code, out)
			}
			d, n := servedIn(t, dir)
			if d.Machine(n.Name).Flow.Version != flows.Version(source) {
				t.Error("the edited file is in use")
			}
			must(t, d.Store.Close())
			if code, out, errs := verbIn(t, dir, "flow", "rollback", "--yes"); code != exitDone {
				t.Fatal(out, errs)
			}
			if code, out, _ := verbIn(t, dir, "flow", "check"); code != exitDone {
				t.Error(out)
			}
		})
	}
}

// TestO5AnArmedDraftGoesOut: a draft that was armed before a rule was made goes out, once or again
// and again, with one notice. Edited it is refused, and does not go out.
func TestO5AnArmedDraftGoesOut(t *testing.T) {
	t.Parallel()
	for name, source := range olderSources(t, "broadcasts") {
		t.Run(name, func(t *testing.T) {
			dir := olderFolder(t)
			file := filepath.Join(dir, "flows", "broadcasts", name+".yaml")
			must(t, os.WriteFile(file, source, 0o600))
			version := flows.Version(source)
			if name == "media-file" { // what it attaches is part of it
				page, err := os.ReadFile("../../flows/testdata/older/broadcasts/page.jpg")
				must(t, err)
				must(t, os.WriteFile(filepath.Join(filepath.Dir(file), "page.jpg"), page, 0o600))
				version = flows.Version(append(slices.Clone(source), page...))
			}
			change(t, dir, "DELETE FROM schedules")
			change(t, dir, "UPDATE occurrences SET status = 'cancelled' WHERE planned_at = 0")
			change(t, dir, "INSERT INTO occurrences (id, number, broadcast, key, due_at, status, content, version, armed_at) SELECT 90, name, ?, 'k', 1956528000000, 'scheduled', ?, ?, 1 FROM numbers",
				name, string(source), version)
			change(t, dir, "INSERT INTO schedules (number, broadcast, status, cron, zone, content, version, armed_at, next_at) "+
				"SELECT name, ?, 'armed', '0 10 * * 1', 'UTC', ?, ?, 1, 1956528000000 FROM numbers", name, string(source), version)
			for range 2 {
				d, n := servedIn(t, dir)
				armed, err := d.ArmedDrafts(t.Context(), n)
				must(t, err)
				if len(armed) != 2 {
					t.Fatalf("%d are armed", len(armed))
				}
				for _, o := range armed {
					if d.Edited(t.Context(), o) {
						t.Error("it is taken for edited")
					}
					if text, err := d.Render(o, &bot.Contact{Number: n.Name, Language: "en", Name: "Ana"}); err != nil || text.Text == "" {
						t.Error(text, err)
					}
				}
				notices, err := d.Store.Notices(t.Context(), n.Name, 100)
				must(t, err)
				if told := timesSaid(notices, "It goes out as it was armed"); told != 1 {
					t.Errorf("the operator is told %d times", told)
				}
				must(t, d.Store.Close())
			}
			if code, out, _ := verbIn(t, dir, "flow", "check"); code != exitDone || !strings.Contains(out, "warning: ") {
				t.Errorf("flow check: exit code %d: %s", code, out)
			}
			must(t, os.WriteFile(file, append([]byte("# edited\n"), source...), 0o600))
			if code, out, _ := verbIn(t, dir, "flow", "check"); code != exitFailed {
				t.Errorf("the edited draft is checked with exit code %d: %s", code, out)
			}
			d, n := servedIn(t, dir)
			if armed, err := d.ArmedDrafts(t.Context(), n); err != nil || len(armed) > 0 {
				t.Error("the edited draft is armed", armed, err)
			}
		})
	}
}

// timesSaid counts the notices that say something.
func timesSaid(notices any, part string) int { return strings.Count(fmt.Sprintf("%+v", notices), part) }
