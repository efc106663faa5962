package app

import (
	"context"
	"fmt"

	"optinbot/bot"
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

// Example is shown by --help.
func (BroadcastResolveCmd) Example() string {
	return "optinbot broadcast resolve weekend-offer --arrived\noptinbot broadcast resolve weekend-offer +5511900000001 --again --yes"
}

// Run settles deliveries that are unknown. They are never sent again by themselves.
func (c BroadcastResolveCmd) Run(ctx context.Context, a *App) error {
	h, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer h.close()
	o, err := h.latest(ctx, n.Name, c.Name)
	if err != nil {
		return misused{err} // nothing of it can be unknown
	}
	var contact int64
	if len(c.Phone) > 0 {
		found, err := h.contact(ctx, n.Name, c.Phone.String())
		if err != nil {
			return err
		}
		contact = found.ID
	}
	to := bot.DeliverySent
	if c.Again {
		to = bot.DeliveryPlanned
		if err := c.confirm(ctx, a, "Send it again to people who may have it?"); err != nil {
			return err
		}
	}
	settled, err := h.store.ResolveUnknown(ctx, o.Number, o.ID, contact, to, a.now())
	if err != nil {
		return err
	}
	if settled == 0 {
		return refuse("nothing of %s is unknown there", c.Name)
	}
	fmt.Fprintf(a.out, "%s: settled for %s.\n", c.Name, text.People(int(settled)))
	return nil
}
