package desk_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/flows"
)

// TestCheck: every flow and every draft is checked, or the files that are named. What is wrong with
// a file is no error, and nothing stops at the first.
func TestCheck(t *testing.T) {
	t.Parallel()
	o := desktest.Folder(t, desktest.Setup{Config: oneNumber})
	path := func(name string) string { return o.Config.Path(name) }
	checks := func(names ...string) string {
		t.Helper()
		for i := range names {
			names[i] = path(names[i])
		}
		c, err := o.Files.Check(t.Context(), names)
		must(t, err)
		var found []string
		for _, p := range c.Problems {
			found = append(found, filepath.Base(p.File)+" "+p.Rule)
		}
		slices.Sort(found)
		if c.Refused() != slices.ContainsFunc(c.Problems, func(p flows.Problem) bool { return !p.Warning }) {
			t.Errorf("refused: %v, with %q", c.Refused(), found)
		}
		return strings.Join(append(found, c.NotRead...), ", ")
	}
	if got := checks(); got != "" {
		t.Errorf("as it is made: %s", got)
	}
	write(t, path("flows/broadcasts/hole.yaml"), "text: {en: \"Hi {first_name}!\", pt: Oi!, es: Hola}\n")
	write(t, path("flows/broadcasts/picture.yaml"), "media: {image: gone.jpg}\n"+offer)
	write(t, path("flows/broadcasts/zone.yaml"), "at: 2026-03-09 10:00\nzone: Europe/Nowhere\n"+offer)
	write(t, path("flows/broadcasts/old.yml"), offer)
	write(t, path("flows/._promotions.yaml"), "not the operator's")
	got := checks()
	for _, part := range []string{"hole.yaml empty-placeholder", "picture.yaml ", "zone.yaml ", "old.yml is not read"} {
		if !strings.Contains(got, part) {
			t.Errorf("not found: %s, in %s", part, got)
		}
	}
	if got := checks("flows/broadcasts/hole.yaml"); got != "hole.yaml empty-placeholder" {
		t.Errorf("one draft: %s", got)
	}
	write(t, path("elsewhere/other.yaml"), strings.Replace(string(readAll(t, path("flows/promotions.yaml"))), "start: welcome", "start: nowhere", 1))
	if got := checks("elsewhere/other.yaml"); !strings.HasPrefix(got, "other.yaml ") {
		t.Errorf("one flow: %s", got)
	}
	if got := checks("flows/promotions.yaml", "flows/broadcasts/weekend-offer.yaml"); got != "" {
		t.Errorf("a flow and its draft: %s", got)
	}
	write(t, path("flows/promotions.yaml"), "flow: [\n")
	if got := checks(); !strings.HasPrefix(got, "promotions.yaml ") || strings.Contains(got, "hole.yaml") {
		t.Errorf("the flow's own problems come first: %s", got)
	}
	if _, err := o.Files.Check(t.Context(), []string{path("nothing.yaml")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	_, err := o.Files.Check(t.Context(), []string{path("flows/broadcasts/hole.yaml")})
	says(t, err, "promotions.yaml:") // there is no flow to check it against
	must(t, os.RemoveAll(path("flows")))
	must(t, os.Mkdir(path("flows"), 0o700))
	_, err = o.Files.Check(t.Context(), nil)
	says(t, err, "there is no flow in ")
}

// TestExplain: a state of a number's flow in sentences. What the flow does not have is refused, with
// what it has.
func TestExplain(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	for range 2 {
		e, err := s.Files.Explain(s.Ctx, "", "welcome")
		if err != nil || e.Flow != "promotions" || e.State != "welcome" || e.Version != s.Machine("main").Flow.Version || len(e.Explained) == 0 {
			t.Errorf("%+v %v", e, err)
		}
	}
	s.refused(`flow promotions has no state "nowhere"; it has: `, func() error { _, err := s.Files.Explain(s.Ctx, "main", "nowhere"); return err })
	s.refused(`there is no number "nope"`, func() error { _, err := s.Files.Explain(s.Ctx, "nope", "welcome"); return err })
	states, err := s.Files.States(s.Ctx, "main")
	if err != nil || len(states) == 0 || states[0] != "welcome" {
		t.Errorf("%q %v", states, err)
	}
	_, err = s.Files.States(s.Ctx, "nope")
	says(t, err, `there is no number "nope"`)
}

// TestDrawFlow: a picture in each of three languages of pictures.
func TestDrawFlow(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	for format, begins := range map[string]string{"mermaid": "flowchart", "svg": "<svg", "dot": "digraph"} {
		for range 2 {
			if got, err := s.Files.DrawFlow(s.Ctx, "main", format); err != nil || !strings.Contains(got, begins) {
				t.Errorf("%s: %.80q %v", format, got, err)
			}
		}
	}
	s.refused(`there is no number "nope"`, func() error { _, err := s.Files.DrawFlow(s.Ctx, "nope", "svg"); return err })
	s.refused(`as mermaid, svg or dot, not as "png"`, func() error { _, err := s.Files.DrawFlow(s.Ctx, "main", "png"); return err })
}

// TestDiffFlows: what people will notice of an edit, against what the number runs with, or against a
// file. A number that has never run has nothing to compare with.
func TestDiffFlows(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	diff := func(d desk.FlowDiff) func() error {
		return func() error { _, err := desk.DiffFlows(s.Ctx, s.Options, d); return err }
	}
	s.refused("number main has never run, so there is nothing to compare with", diff(desk.FlowDiff{}))
	s.refused(`there is no number "nope"`, diff(desk.FlowDiff{Number: "nope"}))
	before := s.Path("before.yaml")
	write(t, before, s.Read(flowFile))
	s.Start()
	same := func(what string, d desk.FlowDiff) {
		t.Helper()
		if got, err := desk.DiffFlows(s.Ctx, s.Options, d); err != nil || got == nil || len(got) > 0 {
			t.Errorf("%s: %q %v", what, got, err)
		}
	}
	same("nothing was edited", desk.FlowDiff{})
	same("two files", desk.FlowDiff{Old: before, New: s.Path(flowFile)})
	s.Edit(flowFile, "Take care!", "Farewell!")
	for _, d := range []desk.FlowDiff{{}, {Number: "main"}, {Old: before}, {New: s.Path(flowFile)}} {
		got, err := desk.DiffFlows(s.Ctx, s.Options, d)
		if err != nil || len(got) != 1 || !strings.Contains(got[0], "Farewell!") {
			t.Errorf("%+v: %q %v", d, got, err)
		}
	}
	if err := diff(desk.FlowDiff{Old: s.Path("nothing.yaml")})(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	s.Save(flowFile, "flow: [\n")
	says(t, diff(desk.FlowDiff{})(), "promotions.yaml:")
	says(t, diff(desk.FlowDiff{Old: s.Path(flowFile), New: before})(), "promotions.yaml:")
}

// TestFlowVersions: what a number has run with, the newest first, each once.
func TestFlowVersions(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	if list, err := s.FlowVersions(s.Ctx, "main"); err != nil || list == nil || len(list) > 0 {
		t.Errorf("before it ran: %+v %v", list, err)
	}
	s.Start()
	first := s.Machine("main").Flow.Version
	s.later(time.Hour)
	s.Edit(flowFile, "Take care!", "Farewell!")
	s.Remove("flows/tests")
	for range 2 {
		must(t, s.Reload(s.Ctx, s.Numbers["main"]))
	}
	list, err := s.FlowVersions(s.Ctx, "main")
	if err != nil || len(list) != 2 || list[0].Version != s.Machine("main").Flow.Version || list[1].Version != first || !list[0].Accepted.After(list[1].Accepted) {
		t.Errorf("%+v %v", list, err)
	}
	offer, err := s.OfferRollback(s.Ctx, s.Numbers["main"], "")
	if err != nil || offer.Version != first || offer.Replaces != list[0].Version || !offer.Accepted.Equal(list[1].Accepted) || offer.File != s.Path(flowFile) {
		t.Errorf("%+v %v", offer, err)
	}
	s.refused("there is no such version of flow promotions", func() error { _, err := s.OfferRollback(s.Ctx, s.Numbers["main"], "000000000000"); return err })
	_, err = s.RollBack(s.Ctx, s.Numbers["main"], offer)
	must(t, err)
	s.refused("was edited meanwhile", func() error { _, err := s.RollBack(s.Ctx, s.Numbers["main"], offer); return err })
	must(t, s.Reload(s.Ctx, s.Numbers["main"]))
	if got := s.Machine("main").Flow.Version; got != first {
		t.Errorf("it speaks %s, want %s", got, first)
	}
}

// TestReplaceFile: where the new file cannot be written, the old one stays.
func TestReplaceFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a.yaml")
	must(t, desk.ReplaceFile(file, []byte("one")))
	must(t, desk.ReplaceFile(file, []byte("two")))
	must(t, os.Mkdir(file+".new", 0o700))
	if err := desk.ReplaceFile(file, []byte("three")); err == nil || string(readAll(t, file)) != "two" {
		t.Errorf("%v, and the file has %q", err, string(readAll(t, file)))
	}
}

// TestConversations: the files of conversations beside the flows, as they can be written again.
func TestConversations(t *testing.T) {
	t.Parallel()
	o := desktest.Folder(t, desktest.Setup{Files: map[string]string{"flows/tests/more.chat": "> hello\n", "flows/tests/._more.chat": "x"}})
	list, err := o.Files.Conversations()
	if err != nil || len(list) != 2 || list[0].Path != o.Config.Path("flows/tests/more.chat") || list[0].Text != "> hello\n" {
		t.Errorf("%+v %v", list, err)
	}
	must(t, os.RemoveAll(o.Config.Path("flows")))
	if list, err = o.Files.Conversations(); err != nil || len(list) == 0 || list[0].Path != "" || !strings.HasPrefix(list[0].Shown, "(built in)") {
		t.Errorf("built in: %+v %v", list, err)
	}
	o = desktest.Folder(t, desktest.Setup{Config: "flows: elsewhere"})
	_, err = o.Files.Conversations()
	says(t, err, "there is no folder ")
	_, err = o.Files.Drafts()
	says(t, err, "there is no folder ")
	_, err = o.Files.Check(t.Context(), nil)
	says(t, err, "there is no folder ")
}

// TestShownPath: a path below where you are is shown from there, another one whole.
func TestShownPath(t *testing.T) {
	wd, err := os.Getwd()
	must(t, err)
	for name, want := range map[string]string{
		filepath.Join(wd, "flows", "a.yaml"): filepath.Join("flows", "a.yaml"), filepath.Dir(wd): filepath.Dir(wd), "/elsewhere/a.yaml": "/elsewhere/a.yaml",
	} {
		if got := desk.ShownPath(name); got != want {
			t.Errorf("%s is shown as %s", name, got)
		}
	}
}

// TestErrors: each kind of error keeps its text and what it wraps, and says whether a file must be
// changed first.
func TestErrors(t *testing.T) {
	t.Parallel()
	cause := errors.New("the cause")
	for what, row := range map[string]struct {
		err                         error
		text                        string
		refused, notFound, file, is bool
	}{
		"refused":       {err: desk.Refuse("%d people", 2), text: "nothing was changed; 2 people", refused: true, file: true},
		"misused":       {err: desk.Misused{Err: cause}, text: "the cause", refused: true, file: true, is: true},
		"misconfigured": {err: desk.Misconfigured{Err: cause}, text: "the cause", file: true, is: true},
		"problems":      {err: desk.Problems{{File: "a.yaml", Line: 1, Col: 2, Rule: "rule", Message: "it is wrong"}}, text: "a.yaml:1:2: rule: it is wrong", file: true},
		"unplayable":    {err: desk.Unplayable{Says: "it cannot be played"}, text: "it cannot be played"},
		"another":       {err: cause, text: "the cause", is: true},
	} {
		if !strings.HasPrefix(row.err.Error(), row.text) || errors.Is(row.err, desk.ErrRefused) != row.refused || errors.Is(row.err, desk.ErrNotFound) != row.notFound ||
			desk.FileFirst(row.err) != row.file || errors.Is(row.err, cause) != row.is {
			t.Errorf("%s: %v", what, row.err)
		}
	}
}
