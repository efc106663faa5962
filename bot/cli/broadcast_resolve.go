package cli

import (
	"context"

	"optinbot/bot/text"
)

// BroadcastResolveCmd is `broadcast resolve`.
type BroadcastResolveCmd struct {
	ForNumber
	Confirmed
	Name    string     `arg:"" help:"The broadcast."`
	Phone   TypedPhone `arg:"" optional:"" help:"Only this person (default: everyone with an unknown result)."`
	Arrived bool       `help:"It arrived: count it as sent." xor:"word" required:""`
	Again   bool       `help:"It did not: send it again. Anyone who did get it gets it twice." xor:"word" required:""`
}

func (BroadcastResolveCmd) Example() string {
	return "optinbot broadcast resolve weekend-offer --arrived\n" +
		"optinbot broadcast resolve weekend-offer +5511900000001 --again --yes"
}

// Run settles deliveries that are unknown. They are never sent again by themselves.
func (c BroadcastResolveCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	unknown, err := d.UnknownDeliveries(ctx, n.Name, c.Name, c.Phone.String())
	if err != nil {
		return err
	}
	if err := a.ask(ctx, c.Confirmed, unknown.Questions(c.Arrived)); err != nil {
		return err
	}
	settled, err := d.ResolveUnknown(ctx, unknown, c.Arrived)
	if err != nil {
		return err
	}
	a.page().say("%s: settled for %s.", c.Name, text.People(settled))
	return nil
}
