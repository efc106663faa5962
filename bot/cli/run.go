package cli

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"optinbot/bot/desk"
	"optinbot/bot/heartbeat"
	"optinbot/bot/serve"
	"optinbot/bot/text"
	"optinbot/bot/web"
	"optinbot/bot/web/metrics"
	"optinbot/bot/whatsapp"
)

// RunCmd is `run`.
type RunCmd struct{}

func (RunCmd) Example() string { return "optinbot run" }

// Help is what a supervisor has to know.
func (RunCmd) Help() string {
	return `On a terminal it shows one line for each thing that happens, naming nobody. In a pipe, under a supervisor, or
where config.yaml sets log.format, it writes a log.

It ends with 0 when it is told to stop (Ctrl-C, SIGTERM), and with 78 where somebody has to change a
file first: do not start it again by itself after 78. What happens to a number does not end it.`
}

// Run serves every number that is linked, or will be, until it is told to stop (Ctrl-C, SIGTERM,
// SIGHUP). Then it finishes what is in hand.
func (RunCmd) Run(ctx context.Context, a *App) error {
	a.sayTestServer()
	told := a.runLines()
	if told != nil {
		a.log = slog.New(*told)
	}
	o := a.options()
	library, date := whatsapp.Version()
	o.Built = desk.Build{Library: library, LibraryDate: date}
	o.Choose, o.Pair = nil, a.pairHere // who is asked sits before a page, not before this terminal
	d, err := desk.Open(ctx, o)
	if err != nil {
		return err
	}
	defer d.Close()
	server, err := a.testServer()
	if err != nil {
		return err
	}
	lines, err := a.newCloudNumbers(d)
	if err != nil {
		return err
	}
	meter := metrics.New(d.Figures, programVersion(), library, a.now)
	if lines.hook != nil {
		meter.CountHooks(lines.outcomes)
	}
	checkup := d.NewCheckup()
	options := serve.Options{
		Connect: a.connections(server, lines), ConnectShared: a.sharedConnections(server, lines),
		SessionFile: a.sessionFile, Webhooks: a.webhooks(meter), Meter: meter,
	}
	if watcher := a.config.Health.HeartbeatURL; watcher != "" {
		unwell := func(ctx context.Context) []string { return checkup.Look(ctx).Unwell }
		options.Heartbeat = func(ctx context.Context) {
			heartbeat.Run(ctx, heartbeat.Options{URL: watcher, Unwell: unwell, Log: a.log})
		}
	}
	page, end, endHooks := runPage{end: func() {}}, func(error) {}, func() {}
	options.Begins = func(ctx context.Context) (err error) {
		if _, endHooks, err = lines.serve(ctx); err != nil {
			return err
		}
		if page, err = a.servePage(ctx, d, meter, checkup, told != nil, func(*web.Options) {}); err != nil || told == nil {
			return err
		}
		end, err = told.follow(ctx, a, d, page)
		return err
	}
	err = serve.Run(ctx, d, options)
	endHooks()
	page.end()
	end(err)
	return err
}

// runLines are what `run` shows on a terminal. Nil where the log is to be shown as it is: in a
// pipe, and where config.yaml says in which format.
func (a *App) runLines() *runLines {
	if !terminal(a.err) || a.config.Log.Format != "auto" {
		return nil
	}
	zones := map[string]*time.Location{"": a.config.ShopZone()}
	for _, n := range a.config.Numbers {
		zones[n.Name] = a.config.Limits(n).Zone
	}
	return &runLines{
		page: a.pageOn(a.err), now: a.now, zones: zones, level: logLevel(a.config.Log), shown: &lastLines{},
	}
}

// follow shows the banner, and from then on what happens, until end is called with how serving
// ended.
func (r *runLines) follow(ctx context.Context, a *App, d *desk.Desk, page runPage) (end func(error), err error) {
	end = func(error) {}
	feed, err := d.FollowAll(ctx)
	if err != nil {
		return end, err
	}
	numbers, err := d.Briefs(ctx)
	if err != nil {
		return end, err
	}
	folder, err := filepath.Abs(a.config.Path("."))
	if err != nil {
		return end, err
	}
	r.banner(programVersion(), text.Line(folder), numbers, page)
	endTelling := feed.Tell(ctx, r.tell)
	sayItEnds := sync.OnceFunc(func() {
		r.say("", "It ends: what is being sent is finished first.", nil)
	})
	stop := context.AfterFunc(ctx, sayItEnds)
	return func(err error) {
		if !stop() {
			sayItEnds() // it may be about to be said
		}
		endTelling()
		if err == nil {
			r.say("", "It has ended. Nobody is answered until the next `optinbot run`.", nil)
		}
	}, nil
}

// banner says what runs, and where to look.
func (r *runLines) banner(version, folder string, numbers []desk.NumberBrief, page runPage) {
	fmt.Fprintf(r.page, "%s\n\n", r.page.bold("optinbot "+version))
	r.page.below("  folder:     ", "%s", folder)
	for _, n := range numbers {
		linked := "not linked yet: `optinbot link` in another terminal"
		if !n.Linked.IsZero() {
			linked = "linked since " + n.Linked.In(n.Zone).Format(time.DateOnly)
		}
		r.page.below("  number:     ", "%s, %s", n.Name, linked)
		subscribed := fmt.Sprintf("%d subscribed", n.Subscribed)
		if n.Flow != "" {
			subscribed = "flow " + n.Flow + ", " + subscribed
		}
		r.page.below("              ", "%s", subscribed)
		r.page.below("              ", "%s", nextBroadcast(n))
	}
	if page.address != "" {
		r.page.below("  page:       ", "%s", page.address)
	}
	if page.first != "" {
		r.page.below("  log in:     ", "%s", page.first)
		r.page.below("              ", "this link lets the first operator in, once, for %.0f minutes", desk.LinkLasts.Minutes())
	}
	r.page.below("  look at it: ", "`optinbot status`, in another terminal in this folder")
	r.page.below("  stop it:    ", "Ctrl-C")
	fmt.Fprintln(r.page)
}

// nextBroadcast says what is under way, or goes out next.
func nextBroadcast(n desk.NumberBrief) string {
	switch {
	case n.Broadcast == "":
		return "no broadcast is scheduled"
	case n.At.IsZero():
		return fmt.Sprintf("broadcast %s is under way", n.Broadcast)
	}
	return fmt.Sprintf("next broadcast: %s, %s", n.Broadcast, text.When(n.At, n.Zone))
}
