package cli

import (
	"context"

	"golang.org/x/sync/errgroup"

	"optinbot/bot"
	"optinbot/bot/desk"
)

// serveAll serves every number of a desk that is linked, or will be, until ctx is done. Then it
// finishes what is in hand. It is an error where no number has a flow, and when the files of the
// database are taken away. The trouble of one number is none.
func serveAll(ctx context.Context, d *desk.Desk, connect bot.OpenConnection) error {
	if err := d.SettleAll(ctx); err != nil {
		return err
	}
	if err := d.ApplyOptouts(ctx); err != nil {
		return err
	}
	if unknown := d.Config.Unknown(); unknown != "" {
		if err := d.Store.NotifyOnce(ctx, d.Config.Numbers[0].Name, bot.NoticeNumber, unknown, d.Now()); err != nil {
			return err
		}
	}
	backups, err := d.Daily()
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	if backups != nil {
		g.Go(func() error { keepBackups(ctx, backups); return nil })
	}
	asked := make(chan struct{}, 1)
	for _, n := range d.Config.Numbers {
		s := &served{Desk: d, number: n, connect: connect, asked: asked}
		g.Go(func() error { s.keep(ctx); return nil })
	}
	g.Go(func() error { return watchDatabase(ctx, d.Store) })
	g.Go(func() error { watchFlows(ctx, d, asked, func() { reloadAll(ctx, d, d.Config.Numbers) }); return nil })
	return g.Wait()
}
