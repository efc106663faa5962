// Package serve is `run` without the command line: it serves every number of a shop, watches the
// flows and the database, and makes the daily backups. It prints nothing: it logs, and returns
// errors. It knows no wire by name, for the wiring gives it what opens one.
package serve

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/lock"
	"optinbot/bot/pump"
	"optinbot/store"
)

// poll is how often a number that is served looks whether a verb in another process has written.
const poll = 250 * time.Millisecond

// Options are what the wiring gives Run.
type Options struct {
	// Connect opens the wire of a number.
	Connect bot.OpenConnection
	// ConnectShared is the same for the owner of a number in a database that processes share, who writes
	// through the store. Nil: Connect.
	ConnectShared func(*store.Store, store.Owner) bot.OpenConnection
	// SessionFile is the file in which a number's wire keeps its session. It is empty where the
	// wire keeps none.
	SessionFile func(number string) string
	// Begins is called when the folder is this process's to serve, before anybody is served. Its error
	// ends Run. Nil: nobody wants to know.
	Begins func(context.Context) error
	// Meter is told how long turns and sends take. Nil: nobody wants to know.
	Meter pump.Meter
	// MaxIdle is how long it sleeps at most when nothing is due, where the desk's clock goes faster than
	// the machine's. 0: the clocks go alike.
	MaxIdle time.Duration
	// Webhooks tells programs outside what happened, until its context is done, and writes through the
	// store. In a fleet one process does. Nil: nobody is told.
	Webhooks func(context.Context, *store.Store) error
	// Lease is that of the processes which share the database. Nil: store.DefaultLease.
	Lease *store.Lease
	// Heartbeat tells a watcher that all is well, until its context is done. Nil: nobody is told.
	Heartbeat func(context.Context)
}

// Run serves every number of a desk that is linked, or will be, until ctx is done. Then it finishes
// what is in hand and returns nil. The trouble of one number is logged and told to the operator,
// and the other numbers are served.
//
// It is refused (desk.ErrRefused) when no number's session may be used here. It is an error where
// another process serves the folder, where no number has a flow, and when the files of the database
// are taken away. It does not close the desk, and may be called again.
func Run(ctx context.Context, d *desk.Desk, o Options) error {
	if err := anyHome(ctx, d); err != nil {
		return err
	}
	release, err := lock.Take(d.Files.RunLock())
	if err != nil {
		return fmt.Errorf("another `optinbot run` serves this folder: %w", err)
	}
	defer release()
	if o.Begins != nil {
		if err := o.Begins(ctx); err != nil {
			return err
		}
	}
	if err := d.Files.Sweep(); err != nil {
		d.Log.Warn(err.Error())
	}
	if err := prepare(ctx, d); err != nil {
		return err
	}
	return serveAll(ctx, d, o)
}

// anyHome refuses when every number's session is refused, because it belongs to the other side. One
// that is refused alone is told when it cannot be served.
func anyHome(ctx context.Context, d *desk.Desk) (err error) {
	for _, n := range d.Config.Numbers {
		if err = d.Sessions.Home(ctx, n.Name); err == nil {
			return nil
		}
	}
	return err
}

// prepare brings the store up to what the files say, before anybody is served.
func prepare(ctx context.Context, d *desk.Desk) error {
	if err := d.SettleAll(ctx); err != nil {
		return err
	}
	if err := d.ApplyOptouts(ctx); err != nil {
		return err
	}
	unknown := d.Config.Unknown()
	if unknown == "" {
		return nil
	}
	return d.Store.NotifyOnce(ctx, d.Config.Numbers[0].Name, bot.NoticeNumber, unknown, d.Now())
}

// serveAll serves the numbers, beside the watchers and the backups.
func serveAll(ctx context.Context, d *desk.Desk, o Options) error {
	backups, err := d.Daily()
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	chores := func(ctx context.Context, s *store.Store) error { return doChores(ctx, d, s, o, backups) }
	asked := make(chan struct{}, 1)
	if d.Store.Shared() {
		g.Go(func() error { return serveShare(ctx, d, o, asked, chores) })
	} else {
		g.Go(func() error { return chores(ctx, d.Store) })
		for _, n := range d.Config.Numbers {
			s := &numberServer{Desk: d, Store: d.Store, options: o, number: n, asked: asked}
			g.Go(func() error { s.keep(ctx); return nil })
		}
	}
	if o.Heartbeat != nil {
		g.Go(func() error { o.Heartbeat(ctx); return nil })
	}
	g.Go(func() error { return watchDatabase(ctx, d.Store) })
	g.Go(func() error { watchFlows(ctx, d, asked, func() { d.ReloadAll(ctx) }); return nil })
	return g.Wait()
}

// watchDatabase returns an error when the files of the database were taken away: what would be
// acknowledged from then on would be lost.
func watchDatabase(ctx context.Context, s *store.Store) error {
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := s.Present(); err != nil {
			return err
		}
	}
}
