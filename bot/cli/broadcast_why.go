package cli

import (
	"context"
	"strings"
)

// BroadcastWhyCmd is `broadcast why`.
type BroadcastWhyCmd struct {
	ForNumber
	AsJSON
	Name       string     `arg:"" help:"The broadcast."`
	Phone      TypedPhone `arg:"" help:"${their_phone}"`
	Occurrence int64      `help:"The number of an older occurrence, as in 'broadcast list' (default: the newest)." placeholder:"ID"`
}

func (BroadcastWhyCmd) Example() string {
	return "optinbot broadcast why weekend-offer +5511900000001\n" +
		"optinbot broadcast why weekend-offer +5511900000001 --occurrence 3"
}

// Run tells the story of one delivery.
func (c BroadcastWhyCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	told, err := d.WhyBroadcast(ctx, n.Name, c.Name, c.Phone.String(), c.Occurrence)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, told)
	}
	a.page().say("%s", strings.Join(told.Why, "\n"))
	return nil
}
