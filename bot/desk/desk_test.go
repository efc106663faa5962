package desk_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/store"
)

// offer is a draft without a time.
const offer = "text: {en: \"Hi {first_name|there}!\", pt: Oi!, es: Hola}\n"

// draft is where the draft called weekly lies.
const draft = "flows/broadcasts/weekly.yaml"

// selling is a shop that is linked and has a draft called weekly.
func selling(t *testing.T, settings, source string) *shop {
	t.Helper()
	return shopOf(t, desktest.Setup{Config: settings, Files: map[string]string{draft: source}})
}

// arms schedules the draft weekly as its preview shows it.
func (s *shop) arms() {
	s.t.Helper()
	p, err := s.Preview(s.Ctx, "main", "weekly", desk.PreviewOptions{})
	must(s.t, err)
	_, err = s.Schedule(s.Ctx, "main", "weekly", desk.ScheduleOptions{}, p.Version)
	must(s.t, err)
}

// TestNumberOf: a number is found by its name, "" is the first, and another is refused.
func TestNumberOf(t *testing.T) {
	t.Parallel()
	c := &config.Config{Numbers: []config.Number{{Name: "main"}, {Name: "second"}}}
	for name, want := range map[string]string{"": "main", "main": "main", "second": "second"} {
		if n, err := desk.NumberOf(c, name); err != nil || n.Name != want {
			t.Errorf("%q: %+v %v", name, n, err)
		}
	}
	var misused desk.Misused
	if _, err := desk.NumberOf(c, "third"); !errors.Is(err, desk.ErrRefused) || !errors.As(err, &misused) ||
		!strings.Contains(err.Error(), `no number "third" in the configuration; it has main, second`) {
		t.Errorf("a number that is not there: %v", err)
	}
}

// TestOpenIsRefused: where nothing says that this is a shop, no data folder is made.
func TestOpenIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, err := config.Load(desktest.Defaults(t), dir+"/config.yaml", false, nil)
	must(t, err)
	if _, err := desk.Open(t.Context(), desktest.Options(t, c, desktest.Setup{})); !errors.Is(err, desk.ErrRefused) {
		t.Errorf("in an empty folder: %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("it made %v %v", entries, err)
	}
}

// TestOpenWithoutAFlow: a shop none of whose numbers has a flow cannot be opened, until a file is
// changed.
func TestOpenWithoutAFlow(t *testing.T) {
	t.Parallel()
	for what, setup := range map[string]struct {
		setup desktest.Setup
		says  string
	}{
		"the file is not there": {desktest.Setup{Config: "numbers: [{name: main, flow: nowhere}]"}, "there is no flow nowhere.yaml in "},
		"the file breaks a rule": {desktest.Setup{Files: map[string]string{"flows/promotions.yaml": "flow: promotions\n"}},
			"promotions.yaml:1:1: "},
		"the folder is not there": {desktest.Setup{Config: "flows: elsewhere"}, "there is no folder "},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			o := desktest.Folder(t, setup.setup)
			_, err := desk.Open(t.Context(), o)
			says(t, err, setup.says)
			if !desk.FileFirst(err) {
				t.Errorf("it may go away by itself: %v", err)
			}
			_, err = desk.Load(t.Context(), o)
			says(t, err, setup.says)
		})
	}
}

// TestOpenAWrongDatabase: a file that is no database stays until somebody changes it.
func TestOpenAWrongDatabase(t *testing.T) {
	t.Parallel()
	o := desktest.Folder(t, desktest.Setup{Files: map[string]string{"data/bot.db": strings.Repeat("no database ", 1000)}})
	if _, err := desk.Open(t.Context(), o); !desk.FileFirst(err) || !errors.Is(err, store.ErrUnusable) {
		t.Errorf("%v", err)
	}
}

// TestOpenBuiltIn: a folder without flows speaks the flow that the program has built in.
func TestOpenBuiltIn(t *testing.T) {
	t.Parallel()
	o := desktest.Folder(t, desktest.Setup{})
	must(t, os.RemoveAll(o.Config.Path("flows")))
	d, err := desk.Open(t.Context(), o)
	must(t, err)
	if m := d.Machine("main"); m == nil || m.Flow.Name != "promotions" {
		t.Errorf("it speaks %s", m.Version())
	}
	must(t, d.Close())
	must(t, d.Close())
}

// TestOpenGoesOn: while the file of a number that ran before is broken, the number speaks the
// version that it ran with, in every process.
func TestOpenGoesOn(t *testing.T) {
	t.Parallel()
	s := shopOf(t, desktest.Setup{Config: oneNumber})
	s.Start()
	before := s.Machine("main").Version()
	s.Edit("flows/promotions.yaml", "start: welcome", "start: nowhere")
	d := s.Reopen()
	if d.Machine("main").Version() != before || len(d.Broken) != 1 || len(d.Silent) > 0 {
		t.Errorf("it speaks %s; broken %v, silent %v", d.Machine("main").Version(), d.Broken, d.Silent)
	}
	if !strings.Contains(s.Logged.String(), "the version of before is") {
		t.Error("the log does not say so")
	}
}

// twoFlows is a shop whose second number, outlet, has a flow of its own, which is broken.
func twoFlows(t *testing.T) *shop {
	t.Helper()
	return shopOf(t, desktest.Setup{Config: oneNumber + "  - {name: outlet, flow: outlet}\n",
		Files: map[string]string{"flows/outlet.yaml": "flow: outlet\n"}})
}

// TestANumberWithoutAFlow: the other numbers are there, and an operator who asks for it hears what
// is wrong with its file. When the file is mended, the number is there too.
func TestANumberWithoutAFlow(t *testing.T) {
	t.Parallel()
	s := twoFlows(t)
	if n, err := s.Number("main"); err != nil || n.Name != "main" {
		t.Errorf("the other number: %+v %v", n, err)
	}
	_, err := s.Number("outlet")
	says(t, err, "outlet.yaml:1:1: ")
	if s.Machine("outlet") != nil || s.CardName("outlet") != "" || s.CardName("main") != "Casa Aurora" {
		t.Errorf("cards %q and %q", s.CardName("outlet"), s.CardName("main"))
	}

	s.Save("flows/outlet.yaml", strings.Replace(s.Read("flows/promotions.yaml"), "flow: promotions", "flow: outlet", 1))
	must(t, s.Reload(s.Ctx, s.Numbers["outlet"]))
	if _, err := s.Number("outlet"); err != nil || s.Machine("outlet") == nil {
		t.Errorf("the file is mended, and the number still says %v", err)
	}
}

// TestAFileThatIsMended: a number that went on with the version of before is not called broken when
// its file has been taken.
func TestAFileThatIsMended(t *testing.T) {
	t.Parallel()
	s := shopOf(t, desktest.Setup{Config: oneNumber})
	s.Start()
	good := s.Read("flows/promotions.yaml")
	s.Save("flows/promotions.yaml", "flow: [\n")
	d := s.Reopen()
	if len(d.Broken) != 1 {
		t.Fatalf("broken: %v", d.Broken)
	}
	s.Save("flows/promotions.yaml", "# mended\n"+good)
	must(t, d.Reload(s.Ctx, d.Numbers["main"]))
	if len(d.Broken) > 0 {
		t.Errorf("the file was taken, and it is still called broken: %v", d.Broken)
	}
}

// TestCardName: the configuration names the contact card, or else the brand does.
func TestCardName(t *testing.T) {
	t.Parallel()
	s := newShop(t, "numbers:\n  - {name: main, flow: promotions, card: The Corner}\n")
	if got := s.CardName("main"); got != "The Corner" {
		t.Errorf("the card says %q", got)
	}
	if env := s.Envs("main"); env.CardText != "The Corner" || !env.Now.Equal(s.Now()) || env.Machine != s.Machine("main") {
		t.Errorf("%+v", env)
	}
}

// TestRenderWritesWhatWasArmed: people get the text as it was armed, also after an edit of the draft.
// A text that does not fit the flow of today says so.
func TestRenderWritesWhatWasArmed(t *testing.T) {
	t.Parallel()
	s := selling(t, oneNumber, "at: 2026-03-09 10:00\n"+offer)
	s.Plays("Ana " + cy + " > I want promotions")
	s.arms()
	s.Edit(draft, "Hi ", "Hello ")
	o := s.Occurrences("weekly")[0]
	for range 2 {
		p, err := s.Render(o, s.Who("Ana"))
		if err != nil || !strings.HasPrefix(p.Text, "Hi Ana!") {
			t.Errorf("%q %v", p.Text, err)
		}
	}
	o.Content = "text: {en: \"Hi {nobody}!\"}\n"
	o.Version = "another"
	if _, err := s.Render(o, s.Who("Ana")); err == nil || !strings.Contains(err.Error(), "does not fit today's flow") {
		t.Errorf("%v", err)
	}
	o.Number = "outlet"
	if _, err := s.Render(o, &bot.Contact{}); err == nil {
		t.Error("a number without a flow writes a text")
	}
}

// TestNothingPanicsWithoutAFlow: what an operator may ask of a number without a flow either answers
// or says why not.
func TestNothingPanicsWithoutAFlow(t *testing.T) {
	t.Parallel()
	s := twoFlows(t)
	ctx, n := s.Ctx, s.Numbers["outlet"]
	must(t, s.Store.ArmSchedule(ctx, bot.Schedule{Number: "outlet", Broadcast: "weekly", Status: bot.ScheduleArmed, Cron: "0 10 * * *",
		Zone: "UTC", Content: offer, Version: "v", NextAt: s.Now().Add(20 * time.Hour)}, s.Now()))
	o, err := s.Store.Arm(ctx, bot.Occurrence{Number: "outlet", Broadcast: "once", Key: "k", DueAt: s.Now(), Content: offer, Version: "v"})
	must(t, err)
	_, err = s.Store.PauseBroadcast(ctx, "outlet", "once", s.Now())
	must(t, err)
	for what, use := range map[string]func() error{
		"preview":  func() error { _, err := s.Preview(ctx, "outlet", "weekend-offer", desk.PreviewOptions{}); return err },
		"samples":  func() error { _, err := s.SendSamples(ctx, "outlet", "weekend-offer", "", false); return err },
		"render":   func() error { _, err := s.Render(o, &bot.Contact{}); return err },
		"armed":    func() error { _, err := s.ArmedNow(o); return err },
		"explain":  func() error { _, err := s.Files.Explain(ctx, "outlet", "welcome"); return err },
		"draw":     func() error { _, err := s.Files.DrawFlow(ctx, "outlet", "svg"); return err },
		"flow of ": func() error { _, err := desk.DiffFlows(ctx, s.Options, desk.FlowDiff{Number: "outlet"}); return err },
	} {
		if err := use(); err == nil || !strings.Contains(err.Error(), "outlet.yaml") {
			t.Errorf("%s: %v", what, err)
		}
	}
	list, err := s.ListBroadcasts(ctx, "outlet")
	if err != nil || len(list.Schedules) != 1 || list.Schedules[0].Edited || len(list.Occurrences) != 1 {
		t.Errorf("list: %+v %v", list, err)
	}
	paused, err := s.Occurrence(ctx, "outlet", "once", o.ID)
	must(t, err)
	if p, err := s.Progress(ctx, n, *paused); err != nil || p.Status != bot.OccurrencePaused {
		t.Errorf("progress: %+v %v", p, err)
	}
	must(t, s.DisarmEdited(ctx, n))
	must(t, s.OlderDrafts(ctx, n))
	must(t, s.HearArmed(ctx, n))
	if _, err := s.CancelBroadcast(ctx, "outlet", "once"); err != nil {
		t.Errorf("cancel: %v", err)
	}
}
