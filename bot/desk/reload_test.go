package desk_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"weak"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/flows"
)

var update = flag.Bool("update", false, "write docs/reload.md")

// flowFile is where the flow of a shop lies.
const flowFile = "flows/promotions.yaml"

// running is a shop whose number runs with the shipped flow, as `run` leaves it, and Ana has joined.
func running(t *testing.T) *shop {
	t.Helper()
	s := shopOf(t, desktest.Setup{Config: oneNumber})
	s.Plays("Ana +5511900000001 > quero promoções")
	s.Start()
	return s
}

// edits writes a flow's file and lets the running bot look at it. It returns the notice that came of it, "" for none.
func (s *shop) edits(source []byte) string {
	s.t.Helper()
	if source == nil {
		s.Remove(flowFile)
	} else {
		s.Save(flowFile, string(source))
	}
	before := len(s.Notices())
	must(s.t, s.Reload(s.Ctx, s.Numbers["main"]))
	after := s.Notices()
	if len(after) == before {
		return ""
	}
	return strings.ReplaceAll(after[0], s.Path("flows"), "flows")
}

// badEdits are what happens to a file while the bot runs; docs/reload.md shows what the operator is told.
func badEdits(good []byte) []struct {
	what   string
	source []byte
} {
	change := func(old, new string) []byte {
		out := bytes.Replace(good, []byte(old), []byte(new), 1)
		if bytes.Equal(out, good) {
			panic("nothing to change: " + old)
		}
		return out
	}
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'i'; c++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", c-1), 9), ","))
	}
	return []struct {
		what   string
		source []byte
	}{
		{"a typo in a key", change("disclosure:", "disclosur:")},
		{"a wrong indent", change("  goodbye: ", "   goodbye: ")},
		{"a state renamed with people in it", bytes.ReplaceAll(bytes.ReplaceAll(good, []byte("\n  interests:\n"), []byte("\n  tastes:\n")), []byte("goto: interests"), []byte("goto: tastes"))},
		{"an option 2", change("\n      B:\n", "\n      2:\n")},
		{"a deleted file", nil},
		{"a half-written file", good[:len(good)/3]},
		{"10 MB", append(bytes.Clone(good), bytes.Repeat([]byte("# more and more\n"), 10<<20/16)...)},
		{"invalid UTF-8", change("Casa Aurora", "Casa \xff\xfe")},
		{"a YAML bomb", append([]byte(bomb), good...)},
		{"an alias cycle", append([]byte("x: &x [*x]\n"), good...)},
		{"a text that a conversation does not expect", change("card: true ", "card: false ")},
	}
}

// TestO2ABadEditNeverTakesTheBotDown: whatever is done to the file while the bot runs, it goes on as before, and the notice says what is
// wrong and what to do. With -update docs/reload.md gets what the operator is told.
func TestO2ABadEditNeverTakesTheBotDown(t *testing.T) {
	t.Parallel()
	s := running(t)
	good, err := flows.Defaults.ReadFile("promotions.yaml")
	must(t, err)
	version, told := s.Machine("main").Flow.Version, ""
	for i, bad := range badEdits(good) {
		notice := s.edits(bad.source)
		if notice == "" || !strings.Contains(notice, "goes on") {
			t.Errorf("%s: the operator is told %q", bad.what, notice)
		}
		told += fmt.Sprintf("**%s%s**\n\n    %s\n\n", strings.ToUpper(bad.what[:1]), bad.what[1:], strings.ReplaceAll(notice, "\n", "\n    "))
		if again := s.edits(bad.source); again != "" {
			t.Errorf("%s: the operator is told twice: %q", bad.what, again)
		}
		if got := s.Machine("main").Flow.Version; got != version {
			t.Fatalf("%s: the bot speaks version %s", bad.what, got)
		}
		s.Plays(fmt.Sprintf("P%d +4477009000%02d > hello", i, 10+i))
		if len(s.Events) == 0 {
			t.Errorf("%s: the bot is silent", bad.what)
		}
		s.Events = nil
		if bad.source == nil {
			s.Save(flowFile, string(good))
		}
	}
	documented(t, told)
	// A good edit is taken, and said.
	better := bytes.ReplaceAll(good, []byte("Take care!"), []byte("Farewell!"))
	if notice := s.edits(better); !strings.Contains(notice, "is in use as it was saved") || !strings.Contains(notice, "Farewell!") {
		t.Errorf("told %q", notice)
	}
	if s.Machine("main").Flow.Version == version {
		t.Error("the good edit was not taken")
	}
	if notice := s.edits(better); notice != "" {
		t.Errorf("nothing changed, and the operator is told %q", notice)
	}
}

var reloadExamples = regexp.MustCompile(`(?s)<!-- what the operator is told -->\n.*<!-- end -->\n`)

// documented keeps docs/reload.md in step with what really comes.
func documented(t *testing.T, told string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/reload.md")
	must(t, err)
	block := "<!-- what the operator is told -->\n\n" + told + "<!-- end -->\n"
	want := reloadExamples.ReplaceAllLiteralString(string(text), block)
	if *update {
		must(t, os.WriteFile("../../docs/reload.md", []byte(want), 0o644))
	} else if want != string(text) {
		t.Error("docs/reload.md does not show what the operator is told: go test ./bot/desk -run TestO2ABadEdit -update")
	}
}

// TestT2RenamedStatesTakePeopleAlong: `moved:` carries everybody over in the write that accepts the flow.
func TestT2RenamedStatesTakePeopleAlong(t *testing.T) {
	t.Parallel()
	s := running(t)
	good, err := flows.Defaults.ReadFile("promotions.yaml")
	must(t, err)
	renamed := bytes.ReplaceAll(bytes.ReplaceAll(good, []byte("\n  interests:\n"), []byte("\n  tastes:\n")), []byte("goto: interests"), []byte("goto: tastes"))
	s.Remove("flows/tests") // they name the state
	if notice := s.edits(renamed); !strings.Contains(notice, `1 person on "interests"`) {
		t.Errorf("told %q", notice)
	}
	if notice := s.edits(append(bytes.Clone(renamed), []byte("moved: {interests: tastes}\n")...)); !strings.Contains(notice, "in use") {
		t.Errorf("told %q", notice)
	}
	s.Plays("Ana > A")
	if c, err := s.FindContact(s.People["Ana"]); err != nil || c.State != "place" || c.Flow != s.Machine("main").Version() {
		t.Errorf("%+v %v", c, err)
	}
}

var reloadTurns = flag.Int("reload.people", 200, "conversations under way in TestReloadUnderLoad")

// TestReloadUnderLoad: 200 conversations are under way while files, good and bad, are saved one after the other. No turn is lost, no answer
// is wrong or mixed of two versions, and nothing keeps a flow that nobody speaks any more.
func TestReloadUnderLoad(t *testing.T) {
	t.Parallel()
	s := running(t)
	s.Remove("flows/tests")
	good, err := flows.Defaults.ReadFile("promotions.yaml")
	must(t, err)
	// Each version says its name in every text of one conversation: "offers of A".
	texts := func(v string) []byte {
		out := bytes.ReplaceAll(good, []byte("two offers a week"), []byte("two offers a week "+v))
		out = bytes.ReplaceAll(out, []byte("Got it:"), []byte("Got it "+v+":"))
		return bytes.ReplaceAll(out, []byte("Thank you,"), []byte("Thank you "+v+","))
	}
	versions := [][]byte{texts("(A)"), good[:len(good)/2], texts("(B)"), bytes.Replace(good, []byte("say:"), []byte("sya:"), 1)}
	must(t, os.WriteFile(s.Path(flowFile), versions[0], 0o600))
	must(t, s.Reload(t.Context(), s.Numbers["main"]))
	var reloads atomic.Int64
	done, loaded := make(chan struct{}), make(chan []weak.Pointer[bot.Machine])
	go func() { // as a send does, which looks at the flow beside the writes
		for {
			select {
			case <-done:
				return
			default:
				if s.Envs("main").Machine == nil {
					t.Error("a number without a flow")
				}
			}
		}
	}()
	go func() {
		var spoken []weak.Pointer[bot.Machine]
		defer func() { loaded <- spoken }()
		for {
			select {
			case <-done:
				return
			default:
			}
			spoken = append(spoken, weak.Make(s.Machine("main")))
			_ = os.WriteFile(s.Path(flowFile), versions[len(spoken)%len(versions)], 0o600)
			if err := s.Reload(t.Context(), s.Numbers["main"]); err != nil {
				t.Error(err)
			}
			reloads.Add(1)
		}
	}()
	wrote := 0
	for wrote == 0 || reloads.Load() < 4 && !t.Failed() {
		var people sync.WaitGroup
		for i := range *reloadTurns {
			people.Go(func() { converse(t, s, wrote+i) })
		}
		people.Wait()
		wrote += *reloadTurns
	}
	close(done)
	spoken := <-loaded
	t.Logf("%d people, %d reloads", wrote, len(spoken))
	for range 3 { // what lies in a sync.Pool outlives the first
		runtime.GC()
	}
	for i, m := range spoken {
		if m := m.Value(); m != nil && m != s.Machine("main") {
			t.Errorf("the flow before reload %d of %d is still in memory", i+1, len(spoken))
		}
	}
}

// converse is one conversation, of which every turn has one right answer in each version.
func converse(t *testing.T, s *shop, i int) {
	id := []bot.Identity{{Kind: bot.Phone, Value: fmt.Sprintf("+1555010%04d", i)}}
	for turn, step := range []struct{ write, state, says string }{
		{"I want promotions", "interests", "two offers a week ("}, {"A", "place", "Got it ("}, {"B", "member", ""}, {"preferences", "interests", ""}, {"C D", "place", "Got it ("}, {"2", "welcome", ""},
	} {
		got, err := s.World.Engine.HandleMessage(s.Ctx, bot.Message{ID: fmt.Sprintf("L%d-%d", i, turn), Identities: id, Kind: bot.KindText, Text: step.write, At: s.World.Now()})
		if err != nil || got.Duplicate || got.Contact.State != step.state {
			t.Errorf("%d: %q led to %q, want %q: %v", i, step.write, got.Contact.State, step.state, err)
			return
		}
		said := ""
		for _, e := range got.Effects {
			if say, ok := e.(bot.Say); ok {
				said += say.Text + "\n"
			}
		}
		if said == "" || !strings.Contains(said, step.says) || strings.Contains(said, "(A)") && strings.Contains(said, "(B)") {
			t.Errorf("%d: to %q the bot says %q", i, step.write, said)
		}
	}
}

// renamed is the shipped flow with another name for the state in which Ana is asked what she likes.
func renamed(s *shop) string {
	return strings.ReplaceAll(strings.ReplaceAll(s.Read(flowFile), "\n  interests:\n", "\n  tastes:\n"), "goto: interests", "goto: tastes")
}

// TestPreviewReload: what becomes of an edit is said before it is taken, as often as one asks: what
// people will notice, and who moves. What would not be taken is refused.
func TestPreviewReload(t *testing.T) {
	t.Parallel()
	s := running(t)
	n := s.Numbers["main"]
	asks := func() error { _, err := s.PreviewReload(s.Ctx, n); return err }
	p, err := s.PreviewReload(s.Ctx, n)
	if err != nil || len(p.Changes)+len(p.Moves) > 0 {
		t.Errorf("nothing was edited: %+v %v", p, err)
	}
	s.Remove("flows/tests")
	s.Save(flowFile, renamed(s))
	s.refused(`people are still in a state that the new file of flow promotions no longer has: 1 person on "interests"`, asks)
	s.Save(flowFile, s.Read(flowFile)+"moved: {interests: tastes}\n")
	for range 2 {
		s.unchanged("a preview of a reload", func() { p, err = s.PreviewReload(s.Ctx, n) })
		if err != nil || len(p.Moves) != 1 || p.Moves[0] != "1 person would move: interests -> tastes" || len(p.Changes) == 0 {
			t.Errorf("%+v %v", p, err)
		}
	}
	s.Save(flowFile, "flow: [\n")
	s.refused("flow promotions was edited and has 1 problem", asks)
	s.Remove(flowFile)
	s.refused("the file of flow promotions is gone", asks)
	must(t, os.Mkdir(s.Path(flowFile), 0o700))
	s.refused("the file of flow promotions cannot be read: ", asks)
}

// TestPreviewReloadPlaysConversations: an edit that a conversation does not expect is refused, and so
// is one whose conversations cannot be played.
func TestPreviewReloadPlaysConversations(t *testing.T) {
	t.Parallel()
	s := running(t)
	asks := func() error { _, err := s.PreviewReload(s.Ctx, s.Numbers["main"]); return err }
	s.Edit(flowFile, "card: true ", "card: false ")
	s.refused("flow promotions was edited and 2 conversations are not as expected", asks)
	s.Edit(flowFile, "card: false ", "card: true ")
	must(t, asks())
	s.Save("flows/tests/broken.chat", "# one\nlinked many\n> hello\n")
	s.refused("a conversation of flow promotions cannot be played: ", asks)
	s.Save("flows/tests/broken.chat", "> hello\n~~~\n")
	s.refused("the conversations of flow promotions cannot be read: ", asks)
	s.Replay = func(context.Context, *desk.Files, config.Number) ([]desk.TestResult, error) {
		return nil, errors.New("the disk is full")
	}
	if err := asks(); err == nil || errors.Is(err, desk.ErrRefused) {
		t.Errorf("what has nothing to do with the edit is refused: %v", err)
	}
}

// TestPreviewReloadOfASilentNumber: a number that is not served does not go on as before.
func TestPreviewReloadOfASilentNumber(t *testing.T) {
	t.Parallel()
	s := twoFlows(t)
	_, err := s.PreviewReload(s.Ctx, s.Numbers["outlet"])
	if !errors.Is(err, desk.ErrRefused) || !strings.Contains(err.Error(), "the number is not served") {
		t.Errorf("%v", err)
	}
}

// TestRequestReload: the bot that runs is asked, as often as one likes, for what it would take.
func TestRequestReload(t *testing.T) {
	t.Parallel()
	s := running(t)
	for range 2 {
		s.Plays("+1s")
		_, err := s.RequestReload(s.Ctx, "main")
		must(t, err)
		if at, err := s.Store.ReloadAsked(s.Ctx, "main"); err != nil || !at.Equal(s.Now()) {
			t.Errorf("%s %v", at, err)
		}
	}
	s.Save(flowFile, "flow: [\n")
	s.refused("flow promotions was edited and has 1 problem", func() error {
		_, err := s.RequestReload(s.Ctx, "main")
		return err
	})
}

// TestRequestReloadOfASilentNumber: a desk that has found no flow to use for a number looks at the
// file itself, also before the watcher has.
func TestRequestReloadOfASilentNumber(t *testing.T) {
	t.Parallel()
	s := twoFlows(t)
	asks := func() error { _, err := s.RequestReload(s.Ctx, "outlet"); return err }
	s.refused("the number is not served", asks)
	s.Save("flows/outlet.yaml", strings.Replace(s.Read("flows/promotions.yaml"), "flow: promotions", "flow: outlet", 1))
	must(t, asks())
	if at, err := s.Store.ReloadAsked(s.Ctx, "outlet"); err != nil || !at.Equal(s.Now()) {
		t.Errorf("%s %v", at, err)
	}
}

// TestAPreviewDoesNotChangeWhatIsSpoken: whoever looks at an edit while the bot runs leaves it the
// flow that it speaks.
func TestAPreviewDoesNotChangeWhatIsSpoken(t *testing.T) {
	t.Parallel()
	s := running(t)
	s.Remove("flows/tests")
	s.Save(flowFile, renamed(s)+"moved: {interests: tastes}\n")
	must(t, s.Reload(s.Ctx, s.Numbers["main"]))
	speaks := bot.NewMachine(s.Machine("main").Flow)
	s.Swap("main", speaks)
	_, err := s.PreviewReload(s.Ctx, s.Numbers["main"])
	must(t, err)
	if s.Machine("main") != speaks {
		t.Error("a look at the file has swapped the flow")
	}
}
