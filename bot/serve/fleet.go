package serve

import (
	"context"
	"fmt"
	"os"

	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/store"
)

// serveShare serves this process's share of the numbers, where others may have the same database. Each
// number is served until ctx is done, or another process may have it.
func serveShare(
	ctx context.Context, d *desk.Desk, o Options, asked chan<- struct{},
	chores func(context.Context, *store.Store) error,
) error {
	host, err := nameOf(d.Config)
	if err != nil {
		return err
	}
	p, err := d.Store.Join(host, o.lease())
	if err != nil {
		return err
	}
	numbers := map[string]config.Number{}
	for _, n := range d.Config.Numbers {
		numbers[n.Name] = n
	}
	var linked []string
	d.Log.Info("one of a fleet", "host", host, "process", p.ID())
	return p.Run(ctx, store.Serving{
		Numbers: func() []string { // one that is not linked is nobody's, so that any process can link it
			if now, err := linkedNumbers(ctx, d); err == nil {
				linked = now
			}
			return linked
		},
		Serve: func(ctx context.Context, owned *store.Store, owner store.Owner) {
			d.Log.Info("number taken", "number", owner.Number, "epoch", owner.Epoch)
			o := o
			if o.ConnectShared != nil {
				o.Connect = o.ConnectShared(owned, owner)
			}
			s := &numberServer{Desk: d, Store: owned, options: o, number: numbers[owner.Number], asked: asked}
			s.keep(ctx)
			d.Log.Info("number released", "number", owner.Number, "epoch", owner.Epoch)
		},
		Chores: func(ctx context.Context, owned *store.Store) {
			d.Log.Info("this process does the chores of the fleet")
			if err := chores(ctx, owned); err != nil && ctx.Err() == nil {
				d.Log.Warn("the chores of the fleet", "error", err)
			}
			d.Log.Info("this process has ended the chores of the fleet")
		},
		Moved: func(ctx context.Context) {
			d.Log.Warn("the database failed over, or was restored; optouts.log is carried out again")
			if err := d.ApplyOptouts(ctx); err != nil {
				d.Log.Warn("the fleet's database", "error", err)
			}
		},
		Failed: func(err error) { d.Log.Warn("the fleet's database", "error", err) },
	})
}

// linkedNumbers are the numbers of the configuration that can be served.
func linkedNumbers(ctx context.Context, d *desk.Desk) (linked []string, err error) {
	for _, n := range d.Config.Numbers {
		row, err := d.Store.Number(ctx, n.Name)
		if err != nil {
			return nil, err
		}
		if d.Config.LinkedTo(n, row.JID) {
			linked = append(linked, n.Name)
		}
	}
	return linked, nil
}

// nameOf is how this machine is called among the others.
func nameOf(c *config.Config) (string, error) {
	if c.Store.Host != "" {
		return c.Store.Host, nil
	}
	host, err := os.Hostname()
	if err != nil {
		err = fmt.Errorf("ask for the name of this machine: %w", err)
	}
	return host, err
}

// lease is the one that all processes of the fleet keep.
func (o Options) lease() store.Lease {
	if o.Lease != nil {
		return *o.Lease
	}
	return store.DefaultLease()
}
