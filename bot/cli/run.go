package cli

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/serve"
	"optinbot/bot/text"
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
	lines := a.runLines()
	if lines != nil {
		a.log = slog.New(*lines)
	}
	o := a.options()
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
	options := serve.Options{Connect: a.connections(server), SessionFile: a.config.SessionFile}
	if lines == nil {
		return serve.Run(ctx, d, options)
	}
	end, err := lines.follow(ctx, a, d)
	if err != nil {
		return err
	}
	err = serve.Run(ctx, d, options)
	end(err)
	return err
}

// runLines are what `run` shows on a terminal. Nil where the log is to be shown as it is: in a
// pipe, and where config.yaml says in which format.
func (a *App) runLines() *runLines {
	if !terminal(a.err) || a.config.Log.Format != "auto" {
		return nil
	}
	zones := map[string]*time.Location{"": a.config.Limits(a.config.Numbers[0]).Zone}
	for _, n := range a.config.Numbers {
		zones[n.Name] = a.config.Limits(n).Zone
	}
	return &runLines{
		page: a.pageOn(a.err), now: a.now, zones: zones, level: logLevel(a.config.Log), shown: &lastLines{},
	}
}

// follow shows the banner, and from then on what happens, until end is called with how serving
// ended. Where another process serves the folder it shows nothing.
func (r *runLines) follow(ctx context.Context, a *App, d *desk.Desk) (end func(error), err error) {
	followers := map[string]*desk.Follower{}
	for _, n := range a.config.Numbers {
		if followers[n.Name], err = d.Follow(ctx, n.Name); err != nil {
			return nil, err
		}
	}
	statuses, err := d.Statuses(ctx, 0)
	if err != nil {
		return nil, err
	}
	if statuses[0].Runs {
		return func(error) {}, nil
	}
	folder, err := filepath.Abs(a.config.Path("."))
	if err != nil {
		return nil, err
	}
	r.banner(programVersion(), text.Line(folder), statuses)
	tell := func(ctx context.Context) {
		for _, n := range a.config.Numbers {
			if news, err := followers[n.Name].News(ctx); err == nil { // else the next look tells of it
				r.tell(n.Name, news)
			}
		}
	}
	over := make(chan struct{})
	var looks sync.WaitGroup
	looks.Go(func() {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-over:
				return
			case <-ticker.C:
				tell(context.WithoutCancel(ctx))
			}
		}
	})
	sayItEnds := sync.OnceFunc(func() {
		r.say("", "It ends: what is being sent is finished first.", nil)
	})
	stop := context.AfterFunc(ctx, sayItEnds)
	return func(err error) {
		if !stop() {
			sayItEnds() // it may be about to be said
		}
		close(over)
		looks.Wait()
		tell(context.WithoutCancel(ctx))
		if err == nil {
			r.say("", "It has ended. Nobody is answered until the next `optinbot run`.", nil)
		}
	}, nil
}

// banner says what runs, and where to look.
func (r *runLines) banner(version, folder string, numbers []desk.NumberStatus) {
	fmt.Fprintf(r.page, "%s\n\n", r.page.bold("optinbot "+version))
	r.page.below("  folder:     ", "%s", folder)
	for _, n := range numbers {
		zone := r.zones[n.Name]
		linked := "not linked yet: `optinbot link` in another terminal"
		if n.Linked {
			linked = "linked since " + n.LinkedAt.In(zone).Format(time.DateOnly)
		}
		r.page.below("  number:     ", "%s, %s", n.Name, linked)
		subscribed := fmt.Sprintf("%d subscribed", n.Contacts[bot.Subscribed])
		if n.Flow != "" {
			subscribed = "flow " + flowName(n.Flow) + ", " + subscribed
		}
		r.page.below("              ", "%s", subscribed)
		r.page.below("              ", "%s", nextBroadcast(n, zone))
	}
	r.page.below("  look at it: ", "`optinbot status`, in another terminal in this folder")
	r.page.below("  stop it:    ", "Ctrl-C")
	fmt.Fprintln(r.page)
}

// nextBroadcast says what is under way, or goes out next.
func nextBroadcast(n desk.NumberStatus, zone *time.Location) string {
	name, at := n.NextBroadcast()
	switch {
	case name == "":
		return "no broadcast is scheduled"
	case at.IsZero():
		return fmt.Sprintf("broadcast %s is under way", name)
	}
	return fmt.Sprintf("next broadcast: %s, %s", name, text.When(at, zone))
}
