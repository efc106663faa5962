// Package cli is the command line: a verb parses, calls the desk and prints. It also reads the
// configuration and wires flows, bot, store and WhatsApp together. Each verb of the command line is
// a file of its own.
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"os/user"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/play"
	"optinbot/bot/text"
)

// App is one run of the program: what the verbs share.
type App struct {
	in        io.Reader
	out       io.Writer // what was asked for
	err       io.Writer // the log, and what went wrong
	now       func() time.Time
	environ   map[string]string
	defaults  []byte
	config    *config.Config
	broken    error // why the configuration cannot be used. Only `doctor` goes on then
	log       *slog.Logger
	sessions  desk.Sessions                        // of WhatsApp
	demoSpeed int                                  // of the clock of `demo --web`. 0: the usual one
	rest      func(context.Context, time.Duration) // waits, or until the context ends. Of what is told at reading pace
}

// files are the operator's files.
func (a *App) files() *desk.Files {
	return &desk.Files{Config: a.config, Log: a.log, Database: a.config.Database()}
}

// options are what the desk is built from.
func (a *App) options() desk.Options {
	return desk.Options{
		Config: a.config, Files: a.files(), Sessions: a.sessions, Log: a.log, Now: a.now, NewID: newMessageID, Choose: a.choose,
		Database: a.config.Database(), SharedSessions: a.sharedSessions, PostWebhook: a.postWebhook, Cloud: a.openCloud,
		TemplateManagers: a.openTemplateManager,
		Replay: func(ctx context.Context, f *desk.Files, n config.Number) ([]desk.TestResult, error) {
			return play.Replay(ctx, a.optionsOn(f), n)
		},
		Talk: func(ctx context.Context, f *desk.Files, n config.Number, as desk.Customer) (desk.Talk, error) {
			return play.NewTalk(ctx, a.optionsOn(f), n, as)
		},
		Record: play.Recorder{On: a.optionsOn},
	}
}

// optionsOn are the same on other files.
func (a *App) optionsOn(f *desk.Files) desk.Options {
	o := a.options()
	o.Files = f
	return o
}

// open opens the store and loads the flows.
func (a *App) open(ctx context.Context) (*desk.Desk, error) { return desk.Open(ctx, a.options()) }

// number finds a number of the configuration. The name "" is its first.
func (a *App) number(name string) (config.Number, error) { return desk.NumberOf(a.config, name) }

// Main runs one command line and returns the exit code. defaults is the embedded config.yaml.
func Main(args []string, defaults []byte) int {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // the terminal has closed. `nohup` lets a program outlive it
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	defer stop()
	return newApp(ctx, defaults).run(ctx, args)
}

// newApp is the program as its user meets it: standard streams, environment and the clock of the
// machine.
func newApp(ctx context.Context, defaults []byte) *App {
	return &App{
		in: &keyboard{ctx, os.Stdin}, out: screen(os.Stdout), err: screen(os.Stderr), now: func() time.Time { return time.Now().UTC().Truncate(bot.Tick) },
		environ: environ(), defaults: defaults, rest: rest,
	}
}

func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

func environ() map[string]string {
	out := map[string]string{}
	for _, kv := range os.Environ() {
		k, v, _ := strings.Cut(kv, "=")
		out[k] = v
	}
	return out
}

func (a *App) run(ctx context.Context, args []string) (code int) {
	cli := &CLI{}
	exited := -1
	parser, err := a.newParser(cli, kong.Writers(a.out, a.err), kong.Exit(func(code int) { exited = code }))
	if err != nil {
		fmt.Fprintln(a.err, "optinbot:", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	if exited >= 0 { // --help
		return max(exited, a.fail(ctx, a.told(nil)))
	}
	if err != nil {
		a.pageOn(a.err).say("optinbot: %s\nTry: %s --help", err, mistaken(err))
		return exitRefused
	}
	verb := k.Selected().Target.Interface()
	if _, alone := verb.(interface{ standsAlone() }); !alone {
		err = a.configure(cli)
	}
	fail := a.fail
	if _, runs := verb.(RunCmd); runs {
		fail = a.failRun
	}
	if _, diagnoses := verb.(DoctorCmd); err != nil && !diagnoses {
		return fail(ctx, err)
	}
	a.broken = err
	_, runs := verb.(RunCmd)
	_, plays := verb.(DemoCmd)
	if !runs && !plays { // what these do, the program does
		ctx = desk.As(ctx, desk.Who{Name: "cli:" + a.user(), Via: desk.ViaCLI, Role: desk.Owner})
	}
	k.BindTo(ctx, (*context.Context)(nil))
	return fail(ctx, a.told(k.Run(a)))
}

// user is whoever gives the commands, as the machine knows them.
func (a *App) user() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return cmp.Or(a.environ["USER"], "unknown")
}

// mistaken is the verb in which somebody made a mistake, as far as it was typed.
func mistaken(err error) string {
	var wrong *kong.ParseError
	if errors.As(err, &wrong) && wrong.Context.Selected() != nil {
		return wrong.Context.Selected().FullPath()
	}
	return "optinbot"
}

// configure reads the configuration. It is not called for verbs with a method standsAlone: they
// have nothing to do with the folder they are called in.
func (a *App) configure(cli *CLI) (err error) {
	file := cli.Config
	if file == "" {
		file = "config.yaml"
	}
	a.config, err = config.Load(a.defaults, file, cli.Config != "", a.environ)
	if err != nil {
		return desk.Misconfigured{Err: err}
	}
	if unknown := a.config.Unknown(); unknown != "" {
		fmt.Fprintln(a.err, "optinbot:", unknown)
	}
	a.log, a.sessions = newLog(a.err, a.config.Log), sessionFiles{a.config}
	return nil
}

// screen is a standard stream as the verbs write to it.
func screen(f *os.File) *text.Screen { return &text.Screen{To: f, Colour: terminal(f)} }

// clear empties the terminal, where standard output is one.
func (a *App) clear() error {
	s, ok := a.out.(*text.Screen)
	if !ok {
		return nil
	}
	if !a.moves(s) {
		return nil
	}
	_, err := io.WriteString(s.To, "\x1b[H\x1b[2J") // to its top, and nothing below
	return err
}

// live replaces the line that the terminal's cursor is in.
func (a *App) live(line string) {
	if s, ok := a.out.(*text.Screen); ok && a.moves(s) {
		_, _ = io.WriteString(s.To, "\r\x1b[K") // to its beginning, and nothing behind
	}
	fmt.Fprint(a.out, line)
}

// terminal reports whether a stream is a terminal.
func terminal(stream any) bool {
	switch s := stream.(type) {
	case *text.Screen:
		stream = s.To
	case *keyboard:
		stream = s.from
	}
	if _, ok := stream.(sized); ok {
		return true
	}
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func newLog(w io.Writer, c config.Log) *slog.Logger {
	o := &slog.HandlerOptions{Level: logLevel(c)}
	if c.Format == "json" || c.Format == "auto" && !terminal(w) {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

func logLevel(c config.Log) slog.Level {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		return slog.LevelInfo
	}
	return level
}
