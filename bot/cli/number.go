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

// warnOfRenamed says on standard error that a number may have been renamed.
func warnOfRenamed(ctx context.Context, a *App, d *desk.Desk) error {
	renamed, err := d.RenamedNumbers(ctx)
	for _, says := range renamed {
		fmt.Fprintln(a.err, "warning:", says)
	}
	return err
}
