package serve

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/store"
)

// forgetEvery is how often what belongs to no number is looked at for what is too old.
const forgetEvery = time.Hour

// doChores does what belongs to no number until ctx is done: the daily backups, what programs outside
// are told, and what is too old. Of the processes that share a database one does it, and writes
// through s.
func doChores(ctx context.Context, d *desk.Desk, s *store.Store, o Options, backups *desk.Daily) error {
	g, ctx := errgroup.WithContext(ctx)
	if backups != nil {
		g.Go(func() error { keepBackups(ctx, backups); return nil })
	}
	if o.Webhooks != nil {
		g.Go(func() error { return o.Webhooks(ctx, s) })
	}
	if s.Shared() { // in a file, whoever serves a number does it
		g.Go(func() error { keepForgetting(ctx, d, s); return nil })
	}
	return g.Wait()
}

// keepForgetting lets go of what is too old until ctx is done.
func keepForgetting(ctx context.Context, d *desk.Desk, s *store.Store) {
	ticker := time.NewTicker(forgetEvery)
	defer ticker.Stop()
	for {
		if err := s.ForgetOfNoNumber(ctx, retention(d.Config), d.Now()); err != nil && ctx.Err() == nil {
			d.Log.Warn("what is too old is still kept", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// retention is for how long what is not needed any more is kept.
func retention(c *config.Config) bot.Retention {
	r := c.Retention
	return bot.Retention{
		Messages: r.Messages.D(), Strangers: r.Strangers.D(), Events: r.Events.D(), Acts: r.Acts.D(),
		Sessions: r.Sessions.D(), Answers: r.Answers.D(),
	}
}
