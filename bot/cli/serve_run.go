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
func serveAll(ctx context.Context, h *desk.Desk, connect bot.OpenConnection) error {
	if err := h.SettleAll(ctx); err != nil {
		return err
	}
	if err := h.ApplyOptouts(ctx); err != nil {
		return err
	}
	if unknown := h.Config.Unknown(); unknown != "" {
		if err := h.Store.NotifyOnce(ctx, h.Config.Numbers[0].Name, bot.NoticeNumber, unknown, h.Now()); err != nil {
			return err
		}
	}
	backups, err := h.Daily()
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	if backups != nil {
		g.Go(func() error { keepBackups(ctx, backups); return nil })
	}
	asked := make(chan struct{}, 1)
	for _, n := range h.Config.Numbers {
		s := &served{Desk: h, number: n, connect: connect, asked: asked}
		g.Go(func() error { s.keep(ctx); return nil })
	}
	g.Go(func() error { return watchDatabase(ctx, h.Store) })
	g.Go(func() error { watchFlows(ctx, h, asked, func() { reloadAll(ctx, h, h.Config.Numbers) }); return nil })
	return g.Wait()
}
