package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"optinbot/bot/whatsapp/whatsapptest"
)

// TestOperatorsGuide does what docs/operators.md says, from `init` to a scheduled broadcast, and compares what is printed. It reads the fenced
// blocks of the document in order:
//
//	console       "$ COMMAND" and what it prints; a line of … stands for any lines, … in a line for any text. "> TEXT" is typed into it.
//	              What shows something is asked again until it prints that: the running bot needs a moment. `run` goes on to the end.
//	diff FILE     in the file, what stands behind - becomes what stands behind +
//	text          what only a terminal shows: TestRunScreens has the like
//	chat          "NAME > TEXT" is sent by a customer's phone; "< TEXT" has to arrive there, * stands for any text
func TestOperatorsGuide(t *testing.T) {
	if testing.Short() {
		t.Skip("talks to a WhatsApp server; with -race the library's own races may show (docs/testing.md)")
	}
	text, err := os.ReadFile("../../docs/operators.md")
	must(t, err)
	defaults, err := os.ReadFile("../../config.yaml")
	must(t, err)
	g := newGuide(t, defaults)
	blocks := regexp.MustCompile("(?ms)^```([a-z]+) ?([^\n]*)\n(.*?)^```$").FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 15 {
		t.Fatalf("%d blocks", len(blocks))
	}
	for _, m := range blocks {
		switch m[1] {
		case "console":
			for _, c := range consoleOf(m[3]) {
				g.command(c)
			}
		case "diff":
			g.edit(m[2], m[3])
		case "chat":
			g.chat(m[3])
		case "yaml":
			must(t, os.WriteFile(m[2], []byte(m[3]), 0o600))
		case "text":
		default:
			t.Errorf("nobody knows what to do with a block of %s", m[1])
		}
	}
	g.end()
}

// A guide is a shop that somebody opens by the book.
type guide struct {
	t        *testing.T
	defaults []byte
	srv      *whatsapptest.Server
	server   string
	ctx      context.Context
	stop     func()
	ended    chan int // the exit code of `run`
	log      *printed // what it prints
	people   map[string]*whatsapptest.Contact
	last     *whatsapptest.Contact
}

func newGuide(t *testing.T, defaults []byte) *guide {
	t.Helper()
	t.Chdir(t.TempDir())
	srv := whatsapptest.NewServer()
	t.Cleanup(srv.Close)
	srv.Hasty(true)
	srv.SetClock(guideTime)
	g := &guide{t: t, defaults: defaults, srv: srv, server: filepath.Join(t.TempDir(), "server.json"), people: map[string]*whatsapptest.Contact{}, log: &printed{}}
	must(t, srv.WriteFile(g.server))
	g.ctx, g.stop = context.WithCancel(t.Context())
	return g
}

// guidePatience is how long one thing may take that the document shows.
const guidePatience = 2 * time.Minute

// guideTime is when the document plays: a Tuesday.
func guideTime() time.Time { return time.Date(2026, 12, 1, 14, 0, 0, 0, time.UTC) }

// A console is one command with what was typed into it and what it has to print.
type console struct{ command, typed, prints string }

func consoleOf(block string) (out []console) {
	for line := range strings.Lines(block) {
		switch text, isCommand := strings.CutPrefix(line, "$ "); {
		case isCommand:
			out = append(out, console{command: strings.TrimSpace(text)})
		case strings.HasPrefix(line, "> ") && out[len(out)-1].command == "optinbot chat":
			out[len(out)-1].typed += line[2:]
		default:
			out[len(out)-1].prints += line
		}
	}
	return out
}

// pattern matches what a command has to print.
func (c console) pattern() *regexp.Regexp {
	p := regexp.QuoteMeta(c.prints)
	p = regexp.MustCompile(`(?m)^…\n`).ReplaceAllString(p, `(?:.*\n)*?`)
	return regexp.MustCompile(`\A` + strings.ReplaceAll(p, "…", ".*") + `\z`)
}

// freePort is where the page of the test is, in place of that of the guide.
var freePort = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// argsOf are the words of a command line, with quotes around what has spaces.
func argsOf(line string) (out []string) {
	for _, m := range regexp.MustCompile(`"([^"]*)"|(\S+)`).FindAllStringSubmatch(line, -1) {
		out = append(out, m[1]+m[2])
	}
	return out
}

func (g *guide) command(c console) {
	g.t.Helper()
	args := argsOf(c.command)
	if args[0] == "cd" {
		must(g.t, os.Chdir(args[1]))
		return
	}
	if args[0] != "optinbot" {
		g.t.Fatalf("this guide knows optinbot and cd only, not %q", c.command)
	}
	if args[1] == "run" {
		g.run(c)
		return
	}
	deadline, got, want := time.Now().Add(guidePatience), "", c.pattern()
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for again := true; again; again = !want.MatchString(got) && g.shows(args[1:]) && time.Now().Before(deadline) {
		<-ticker.C
		out := &printed{typed: g.srv.Phone().EnterCode}
		a := g.app(out)
		if args[1] == "link" {
			a.err = g.log // it writes while WhatsApp answers: where its lines stand is chance
		}
		a.in = strings.NewReader(c.typed)
		a.run(g.ctx, args[1:])
		got = asOfARealNumber(freePort.ReplaceAllString(out.String(), "127.0.0.1:8420"))
	}
	if !want.MatchString(got) {
		g.t.Errorf("the running bot:\n%s\n%s\nprints:\n%s\ndocs/operators.md says:\n%s", g.log.String(), c.command, got, c.prints)
	}
}

var (
	testServerNeed = regexp.MustCompile(`(?m)^  ! TEST SERVER.*\n`)
	needsNothing   = regexp.MustCompile(`(?m)^Needs you:\n([^ ])`)
)

// asOfARealNumber takes out of a status that the number of the test is at a test server.
func asOfARealNumber(status string) string {
	if !testServerNeed.MatchString(status) {
		return status
	}
	return needsNothing.ReplaceAllString(testServerNeed.ReplaceAllString(status, ""), "Nothing needs you.\n$1")
}

// shows reports whether a command may be repeated.
func (g *guide) shows(args []string) bool {
	switch strings.Join(args[:min(2, len(args))], " ") {
	case "status", "status --notices", "contacts list", "contacts waiting", "flow versions", "broadcast list", "broadcast status weekend-offer":
		return true
	}
	return false
}

func (g *guide) app(out *printed) *App {
	a := newApp(g.ctx, g.defaults)
	a.out, a.err, a.now = out, out, guideTime
	a.environ = map[string]string{"OPTINBOT_WHATSAPP_TEST_SERVER": g.server, "OPTINBOT_LOG_FORMAT": "text", "OPTINBOT_WEB_LISTEN": "127.0.0.1:0"}
	return a
}

// run starts the bot and waits until it has printed what it is to print.
func (g *guide) run(c console) {
	g.t.Helper()
	out, want := &printed{wrote: make(chan struct{}, 1)}, c.pattern()
	a := g.app(out)
	g.log = out
	g.ended = make(chan int, 1)
	go func() { g.ended <- a.run(g.ctx, []string{"run"}) }()
	ctx, cancel := context.WithTimeout(g.ctx, guidePatience)
	defer cancel()
	for !want.MatchString(out.String()) {
		select {
		case <-out.wrote:
		case <-ctx.Done():
			g.t.Fatalf("run prints:\n%s\ndocs/operators.md says:\n%s", out.String(), c.prints)
		}
	}
}

// end stops the bot as Ctrl-C does.
func (g *guide) end() {
	g.t.Helper()
	g.stop()
	if code := <-g.ended; code != exitDone {
		g.t.Errorf("run ended with exit code %d", code)
	}
	for _, secret := range []string{"2125550101", "5550000001", "Ana", "promotions #window", "brown bag", "two blues", "You are in!"} {
		if strings.Contains(g.log.String(), secret) { // O3
			g.t.Errorf("%q stands in the log:\n%s", secret, g.log.String())
		}
	}
}

// edit does what a person does in an editor.
func (g *guide) edit(file, block string) {
	g.t.Helper()
	text, err := os.ReadFile(file)
	must(g.t, err)
	lines := strings.Split(strings.TrimRight(block, "\n"), "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		before, after := strings.TrimPrefix(lines[i], "-"), strings.TrimPrefix(lines[i+1], "+")
		if !bytes.Contains(text, []byte(before)) {
			g.t.Fatalf("%s has no %q", file, before)
		}
		text = bytes.Replace(text, []byte(before), []byte(after), 1)
	}
	must(g.t, os.WriteFile(file, text, 0o600))
}

// chat plays a customer.
func (g *guide) chat(block string) {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(g.ctx, guidePatience)
	defer cancel()
	for line := range strings.Lines(block) {
		line = strings.TrimSpace(line)
		if part, ok := strings.CutPrefix(line, "< "); ok {
			if _, err := g.last.WaitText(ctx, strings.Trim(part, "*")); err != nil {
				g.t.Fatalf("%q does not arrive: %v; %q did", part, err, g.last.Texts())
			}
			continue
		}
		name, text, _ := strings.Cut(line, " > ")
		if g.people[name] == nil {
			g.people[name] = g.srv.Contact("+1212555010" + string(rune('1'+len(g.people))))
			g.people[name].SetName(name)
		}
		g.last = g.people[name]
		g.last.Send(text)
	}
}

// printed collects what a command prints, and types the code that `link` shows into the phone.
type printed struct {
	mu    sync.Mutex
	all   bytes.Buffer
	typed func(code string) error
	wrote chan struct{} // told of each write; nil: nobody waits
}

func (p *printed) Write(b []byte) (int, error) {
	if strings.HasPrefix(string(b), "TEST SERVER") { // the guide is of a real number
		return len(b), nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if m := regexp.MustCompile(`^\n {4}([0-9A-Z]{4}-[0-9A-Z]{4})\n`).FindSubmatch(b); m != nil && p.typed != nil {
		if err := p.typed(string(m[1])); err != nil {
			return 0, err
		}
	}
	select {
	case p.wrote <- struct{}{}:
	default:
	}
	return p.all.Write(b)
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all.String()
}
