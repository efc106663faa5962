package cli

import (
	"context"
	"fmt"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// FleetDrainCmd is `fleet drain`.
type FleetDrainCmd struct {
	Awaited
	Host string `arg:"" help:"The machine, as 'fleet status' calls it."`
	End  bool   `help:"The machine takes numbers again."`
}

func (FleetDrainCmd) Example() string {
	return "optinbot fleet drain machine1\noptinbot fleet drain machine1 --end"
}

// Help is what follows.
func (FleetDrainCmd) Help() string {
	return `The numbers of the machine go to the others, two at a time, and it takes none until --end, also after it was started
again. Its page and its API go on. If all others die meanwhile, nobody serves what they had: end it then.`
}

// Run asks for it, and waits until it is done.
func (c FleetDrainCmd) Run(ctx context.Context, a *App) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	if c.End {
		if err := d.EndDrain(ctx, c.Host); err != nil {
			return err
		}
		a.page().say("%s takes numbers again.", desk.ShownHost(c.Host))
		return nil
	}
	if err := d.DrainHost(ctx, c.Host); err != nil {
		return err
	}
	done, err := c.await(ctx, a, d, func(f *desk.Fleet) string {
		if left := f.On(c.Host); len(left) > 0 {
			return fmt.Sprintf("%s serves %s still: %s", desk.ShownHost(c.Host),
				text.Plural(len(left), "number", "numbers"), several(left))
		}
		if nobody := f.Unserved(); len(nobody) > 0 {
			return fmt.Sprintf("%s served by nobody now: %s",
				text.Plural(len(nobody), "number is", "numbers are"), several(nobody))
		}
		return ""
	})
	switch {
	case err != nil:
		return err
	case !done:
		a.page().say("It is asked for. `optinbot fleet status` shows when it is done.")
	default:
		host := desk.ShownHost(c.Host)
		a.page().say("%s serves no number, and takes none. Back: `optinbot fleet drain %s --end`.", host, host)
	}
	return nil
}
