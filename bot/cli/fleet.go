package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// FleetCmd is `fleet`.
type FleetCmd struct {
	Status FleetStatusCmd `cmd:"" help:"Show the machines, and who serves which number."`
	Move   FleetMoveCmd   `cmd:"" help:"Have a number served on another machine."`
	Drain  FleetDrainCmd  `cmd:"" help:"Let a machine give up its numbers and take none, before it is upgraded or switched off."`
}

// Awaited is embedded in verbs that ask the processes of a fleet for something.
type Awaited struct {
	Wait time.Duration `help:"Wait so long until it is done. 0s: do not wait." default:"1m" placeholder:"TIME"`
}

// fleetLook is how often a verb looks whether it is done.
const fleetLook = 500 * time.Millisecond

// await looks until what was asked is done, and says on standard error what it sees. is returns what is
// to be said until then, and "" when it is done.
func (w Awaited) await(ctx context.Context, a *App, d *desk.Desk, is func(*desk.Fleet) string) (done bool, err error) {
	if w.Wait <= 0 {
		return false, nil
	}
	bound, cancel := context.WithTimeout(ctx, w.Wait)
	defer cancel()
	ticker := time.NewTicker(fleetLook)
	defer ticker.Stop()
	for said := ""; ; {
		f, err := d.Fleet(ctx)
		if err != nil {
			return false, err
		}
		says := is(f)
		if says == "" {
			return true, nil
		}
		if says != said {
			said = says
			a.pageOn(a.err).say("%s", says)
		}
		select {
		case <-ticker.C:
		case <-bound.Done():
			if ctx.Err() != nil {
				return false, ctx.Err()
			}
			return false, fmt.Errorf("not done after %s: %s. It stays asked for, and is done as soon as it can be; "+
				"`optinbot fleet status` shows how it is", text.Duration(w.Wait.Round(time.Second)), says)
		}
	}
}

// several are names in a sentence. Of many only the first are said.
func several(names []string) string {
	const most = 5
	shown := slices.Clone(names[:min(most, len(names))])
	if more := len(names) - len(shown); more > 0 {
		shown = append(shown, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(shown, ", ")
}
