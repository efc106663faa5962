// Package desktest is a shop for tests of what an operator does: a folder as `init` makes it, an
// open desk, and people who write to its number. Only the test moves the clock.
package desktest

import (
	"context"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/play"
	"optinbot/bot/pump"
	"optinbot/flows"
	"optinbot/store"
	"optinbot/store/storetest"
)

// Main is the name of the number that a shop has, unless its configuration says otherwise.
const Main = "main"

// Begin is when the clock of a shop starts. It is a Monday.
var Begin = time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)

// A Setup is what a shop has beside what `init` makes.
type Setup struct {
	Config   string            // config.yaml. The defaults are below it
	Files    map[string]string // by path in the folder. "" takes a file of `init` away
	Linked   int               // for how many days the number has been linked. 0 is 90
	Unlinked bool              // no number has ever been linked
	Choose   func(ctx context.Context, typed string, phones []string) (string, error)
}

// A Shop is a desk in a folder of its own, whose numbers are served while the clock is moved. Do
// plays a line of a conversation, such as "Ana +447700900001 > I want promotions", "+2h" or
// "broadcast weekend-offer".
type Shop struct {
	*play.Player
	WhatsApp *Sessions
	Logged   *Log

	t   testing.TB
	dir string
}

// Open makes the folder and opens the desk at Begin. The end of the test closes it, and fails where
// the log holds something personal, or somebody got a promotion who must not.
func Open(t testing.TB, setup Setup) *Shop {
	t.Helper()
	o := Folder(t, setup)
	return open(t, o, setup)
}

func open(t testing.TB, o desk.Options, setup Setup) *Shop {
	t.Helper()
	var world func() time.Time
	o.Now = func() time.Time {
		if world == nil {
			return Begin
		}
		return world()
	}
	d, err := desk.Open(t.Context(), o)
	must(t, err)
	linked := setup.Linked
	if linked == 0 {
		linked = 90
	}
	played := &play.Simulation{Desk: d, NumberName: o.Config.Numbers[0].Name, Dir: o.Config.Path(o.Config.Data)}
	played.World = played.NewWorld(t.Context(), o.Config.Numbers[0], linked)
	s := &Shop{
		Player: play.On(t.Context(), played, t.Name(), linked, false), t: t, dir: o.Config.Path("."),
		WhatsApp: o.Sessions.(*Sessions), Logged: o.Log.Handler().(*Log),
	}
	for _, w := range s.Worlds {
		serving := s.PumpConfig(w)
		serving.Edited = func(o bot.Occurrence) bool { return d.Edited(s.Ctx, o) }
		w.Engine = pump.New(serving)
		if setup.Unlinked {
			w.Memory = unlinked{d.Store}
		}
	}
	t.Cleanup(func() {
		for _, failure := range s.Failures {
			t.Error(failure)
		}
		must(t, d.Close())
	})
	must(t, s.Do("at "+Begin.Format(time.RFC3339)))
	world = s.World.Now
	return s
}

// Folder makes the folder of a shop, and returns what a desk is opened with. Its clock stands at
// Begin.
func Folder(t testing.TB, setup Setup) desk.Options {
	t.Helper()
	dir := t.TempDir()
	must(t, os.CopyFS(filepath.Join(dir, "flows"), flows.Defaults))
	files := maps.Clone(setup.Files)
	if files == nil {
		files = map[string]string{}
	}
	files["config.yaml"] = setup.Config + "\n"
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if files[name] == "" {
			must(t, os.Remove(file))
			continue
		}
		must(t, os.MkdirAll(filepath.Dir(file), 0o755))
		must(t, os.WriteFile(file, []byte(files[name]), 0o600))
	}
	c, err := config.Load(Defaults(t), filepath.Join(dir, "config.yaml"), true, nil)
	must(t, err)
	o := Options(t, c, setup)
	o.Database = storetest.In(t, c.Path(c.Data)).URL
	return o
}

// Options are what a desk is opened with that has these settings. Its clock stands at Begin.
func Options(t testing.TB, c *config.Config, setup Setup) desk.Options {
	log := newLog(t)
	logger := slog.New(log)
	o := desk.Options{
		Config: c, Files: &desk.Files{Config: c, Log: logger}, Sessions: &Sessions{}, Log: logger,
		Now: func() time.Time { return Begin }, NewID: countedIDs(), Choose: setup.Choose,
	}
	o.Replay = func(ctx context.Context, f *desk.Files, n config.Number) ([]desk.TestResult, error) {
		o := o
		o.Files = f
		return play.Replay(ctx, o, n)
	}
	o.Talk = func(ctx context.Context, f *desk.Files, n config.Number, as desk.Customer) (desk.Talk, error) {
		o := o
		o.Files = f
		return play.NewTalk(ctx, o, n, as)
	}
	on := o
	o.Record = play.Recorder{On: func(f *desk.Files) desk.Options { on.Files = f; return on }}
	return o
}

// Defaults is the config.yaml that the program has built in.
func Defaults(t testing.TB) []byte {
	t.Helper()
	dir, err := os.Getwd()
	must(t, err)
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	defaults, err := os.ReadFile(filepath.Join(dir, "config.yaml"))
	must(t, err)
	return defaults
}

// Reopen opens the folder once more, as another process does, beside the desk that is open. The end
// of the test closes it.
func (s *Shop) Reopen() *desk.Desk {
	s.t.Helper()
	d, err := desk.Open(s.Ctx, s.Options)
	must(s.t, err)
	s.t.Cleanup(func() { must(s.t, d.Close()) })
	return d
}

// Start does what `run` does with every number before it is served.
func (s *Shop) Start() {
	s.t.Helper()
	must(s.t, s.SettleAll(s.Ctx))
}

// Plays plays lines of a conversation.
func (s *Shop) Plays(lines ...string) {
	s.t.Helper()
	for _, line := range lines {
		if err := s.Do(line); err != nil {
			s.t.Fatalf("%s: %v", line, err)
		}
	}
}

// Sleeps lets time pass while the bot does not run. What came due meanwhile is done when the clock
// is moved again.
func (s *Shop) Sleeps(d time.Duration) {
	s.t.Helper()
	for _, w := range s.Worlds {
		engine, memory := w.Engine, w.Memory
		w.Engine, w.Memory = asleep{}, asleepMemory{memory}
		must(s.t, w.Advance(s.Ctx, w.Now().Add(d)))
		w.Engine, w.Memory = engine, memory
	}
}

// Path is where a file of the folder lies.
func (s *Shop) Path(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

// Save writes a file of the folder.
func (s *Shop) Save(name, content string) {
	s.t.Helper()
	must(s.t, os.MkdirAll(filepath.Dir(s.Path(name)), 0o755))
	must(s.t, os.WriteFile(s.Path(name), []byte(content), 0o600))
}

// Read reads a file of the folder.
func (s *Shop) Read(name string) string {
	s.t.Helper()
	content, err := os.ReadFile(s.Path(name))
	must(s.t, err)
	return string(content)
}

// Edit replaces a part of a file of the folder, which must be there.
func (s *Shop) Edit(name, old, with string) {
	s.t.Helper()
	content := s.Read(name)
	if !strings.Contains(content, old) {
		s.t.Fatalf("%s does not have %q", name, old)
	}
	s.Save(name, strings.Replace(content, old, with, 1))
}

// Remove takes a file or a folder of the folder away.
func (s *Shop) Remove(name string) {
	s.t.Helper()
	must(s.t, os.RemoveAll(s.Path(name)))
}

// Who is what the store has about somebody who has written.
func (s *Shop) Who(name string) *bot.Contact {
	s.t.Helper()
	p := s.People[name]
	if p == nil {
		s.t.Fatalf("nobody called %s has written", name)
	}
	c, err := s.FindContact(p)
	must(s.t, err)
	if c == nil {
		s.t.Fatalf("the store does not know %s", name)
	}
	return c
}

// Got is what somebody got since the last look at them.
func (s *Shop) Got(name string) (texts []string) {
	s.t.Helper()
	who := s.Who(name)
	s.Events = slices.DeleteFunc(s.Events, func(e play.Event) bool {
		theirs := e.Contact.ID == who.ID && e.Text != ""
		if theirs {
			texts = append(texts, e.Text)
		}
		return theirs
	})
	return texts
}

// Promotions is how many promotions went out since the last look.
func (s *Shop) Promotions() (n int) {
	s.Events = slices.DeleteFunc(s.Events, func(e play.Event) bool {
		if e.Kind == bot.SayBroadcast {
			n++
		}
		return e.Kind == bot.SayBroadcast
	})
	return n
}

// Occurrences are those of a broadcast of the first number, the newest first.
func (s *Shop) Occurrences(broadcast string) []bot.Occurrence {
	s.t.Helper()
	list, err := s.Store.Occurrences(s.Ctx, s.NumberName, broadcast)
	must(s.t, err)
	return list
}

// Statuses are how the occurrences of a broadcast stand, the newest first, in a line.
func (s *Shop) Statuses(broadcast string) string {
	s.t.Helper()
	var all []string
	for _, o := range s.Occurrences(broadcast) {
		all = append(all, string(o.Status))
	}
	return strings.Join(all, " ")
}

// Notices are what the operator of the first number was told, the newest first.
func (s *Shop) Notices() (texts []string) {
	s.t.Helper()
	list, err := s.Store.Notices(s.Ctx, s.NumberName, 1000)
	must(s.t, err)
	for _, n := range list {
		texts = append(texts, n.Text)
	}
	return texts
}

// Delivery is the delivery of an occurrence to somebody. It is nil where none was planned.
func (s *Shop) Delivery(occurrence int64, name string) *store.Delivery {
	s.t.Helper()
	d, err := s.Store.Delivery(s.Ctx, occurrence, s.Who(name).ID)
	must(s.t, err)
	return d
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
