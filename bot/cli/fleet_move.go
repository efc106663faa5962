package cli

import (
	"context"
	"fmt"

	"optinbot/bot/desk"
)

// FleetMoveCmd is `fleet move`.
type FleetMoveCmd struct {
	Awaited
	Name string `arg:"" name:"number" help:"The number, as config.yaml calls it."`
	Host string `arg:"" optional:"" help:"The machine, as 'fleet status' calls it (default: any but the one that it is on)."`
}

func (FleetMoveCmd) Example() string {
	return "optinbot fleet move main machine2\noptinbot fleet move main"
}

// Help is what follows.
func (FleetMoveCmd) Help() string {
	return `What is being sent is finished, the number disconnects, and the other machine connects it: some seconds in which nobody
is answered, and nothing is lost. With a machine it stays there from now on, also beyond that machine's share, and is back
there when the machine is. Without one it leaves the machine that it is on, and is bound to none any more.`
}

// Run asks for it, and waits until it is done.
func (c FleetMoveCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Name)
	if err != nil {
		return err
	}
	defer d.Close()
	from := ""
	if f, err := d.Fleet(ctx); err == nil {
		from = f.Number(n.Name).Host
	}
	if err := d.MoveNumber(ctx, n.Name, c.Host); err != nil {
		return err
	}
	at := ""
	done, err := c.await(ctx, a, d, func(f *desk.Fleet) string {
		now := f.Number(n.Name)
		at = now.Host
		switch there := now.Host == c.Host || c.Host == "" && now.Host != from; {
		case there && now.Served:
			return ""
		case now.Served:
			return fmt.Sprintf("number %s is still served on %s", n.Name, desk.ShownHost(now.Host))
		}
		return fmt.Sprintf("number %s is served by nobody, and was on %s", n.Name, desk.ShownHost(now.Host))
	})
	switch {
	case err != nil:
		return err
	case !done:
		a.page().say("It is asked for. `optinbot fleet status` shows when it is done.")
	default:
		a.page().say("Number %s is served on %s.", n.Name, desk.ShownHost(at))
	}
	return nil
}
