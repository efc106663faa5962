package cli

import (
	"context"
	"fmt"

	"optinbot/bot/desk"
)

// NumberCmd is `number`.
type NumberCmd struct {
	Change  NumberChangeCmd  `cmd:"" help:"Link another phone to a number: everybody waits until they write to it."`
	Release NumberReleaseCmd `cmd:"" help:"End the safe mode that a restored backup starts in."`
}

// warnOfStrayNumbers says on standard error that a number may have been renamed.
func warnOfStrayNumbers(ctx context.Context, a *App, d *desk.Desk) error {
	others, err := desk.StrayNumbers(ctx, d.Config, d.Store)
	for _, o := range others {
		if o.Renamed {
			fmt.Fprintln(a.err, "warning:", o.Says)
		}
	}
	return err
}
