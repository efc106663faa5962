package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"optinbot/bot/config"
	"optinbot/bot/demo"
	"optinbot/bot/desk"
	"optinbot/bot/serve"
	"optinbot/bot/web"
	"optinbot/bot/web/metrics"
	"optinbot/bot/whatsapp"
)

// demoIdle is how long serving sleeps at most in the demo, whose clock goes faster.
const demoIdle = 50 * time.Millisecond

// demoOnThePage serves the page of a shop whose crowd lives on, until it is told to stop. It keeps
// nothing.
func (a *App) demoOnThePage(ctx context.Context) (err error) {
	fmt.Fprintln(a.out, "A shop is made, with a week of customers ...")
	live, err := demo.NewLive([]string{os.TempDir()}, a.defaults, a.demoSpeed)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, live.Close()) }()
	if a.config, err = config.Load(a.defaults, live.Config(), true, nil); err != nil {
		return err
	}
	a.now, a.sessions = live.Now, sessionFiles{a.config}
	a.log = slog.New(slog.DiscardHandler) // what happens is on the page
	problems := slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: slog.LevelError}))
	o := a.options()
	library, date := whatsapp.Version()
	o.Built = desk.Build{Library: library, LibraryDate: date}
	o.Choose, o.Pair = nil, a.pairHere
	if err := live.Open(ctx, o); err != nil {
		return unlessEnded(ctx, err)
	}
	server, err := a.testServer()
	if err != nil {
		return err
	}
	meter := metrics.New(live.Desk.Figures, programVersion(), library, a.now)
	g, ctx := errgroup.WithContext(ctx)
	page := runPage{end: func() {}}
	options := serve.Options{
		Connect: a.connections(server, &cloudNumbers{app: a, desk: live.Desk}), SessionFile: a.config.SessionFile,
		Webhooks: a.webhooks(meter), Meter: meter, MaxIdle: demoIdle,
	}
	options.Begins = func(ctx context.Context) (err error) {
		page, err = a.servePage(ctx, live.Desk, meter, live.Desk.NewCheckup(), false, func(o *web.Options) {
			o.Accounts, o.LetIn, o.Log = demoAccounts{live.Desk}, live.LetIn, problems
		})
		if err == nil && page.problem != "" {
			err = errors.New(page.problem)
		}
		if err != nil {
			return err
		}
		a.sayDemo(live, page.address)
		g.Go(func() error { live.Goes(ctx, problems); return nil })
		return nil
	}
	g.Go(func() error { return serve.Run(ctx, live.Desk, options) })
	err = g.Wait()
	page.end()
	return err
}

// unlessEnded is an error, unless somebody has ended the program.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// sayDemo says where the page is, and what to do there.
func (a *App) sayDemo(live *demo.Live, address string) {
	p := a.page()
	fmt.Fprintf(a.out, "\n  open this:  %s\n\n", address+live.Link()) // in one line, so that a click opens all of it
	p.below("  you see:    ", "a shop on a Tuesday, 14:00 in Madrid. Its customers write on, and half an hour takes a minute")
	p.below("  try:        ", "answer somebody who waits. Change the flow, and try it on the phone. Arm the broadcast spring, and watch "+
		"it end. Link the number outlet")
	p.below("  you are:    ", "the operator %s, with the password %s. You need it where something cannot be undone", live.Name, live.Passes)
	p.below("  nobody:     ", "gets anything. WhatsApp is a test server in this program, and its phone scans the codes on the page by itself")
	p.below("  stop it:    ", "Ctrl-C. Nothing is kept")
}

// demoAccounts are the desk's, but for authenticators: their clocks do not go as fast as the demo's.
type demoAccounts struct{ *desk.Desk }

// StartTOTP is refused.
func (demoAccounts) StartTOTP(context.Context, string) (secret, uri string, err error) {
	return "", "", desk.Refuse("an authenticator cannot be set up in the demo: its clock goes faster than that of your phone")
}
