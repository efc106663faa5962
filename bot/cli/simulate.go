package cli

import (
	"context"
	"errors"

	"optinbot/bot/play"
)

// SimulateCmd is `simulate`.
type SimulateCmd struct {
	ForNumber
	AsJSON
	Days      int    `help:"How many days, 1 to 60." default:"7"`
	Broadcast string `help:"Only this one. A draft counts as scheduled: what happens if you schedule it?" placeholder:"NAME"`
	All       bool   `help:"Show everybody, not a few of each kind."`
}

func (SimulateCmd) Example() string {
	return "optinbot simulate\noptinbot simulate --broadcast weekend-offer --days 3\n" +
		"optinbot simulate --all --json > week.json"
}

// Run plays the coming days on a copy of the store, with a clock that is moved, and says what would
// go out. The store itself is read only, so it works while `run` runs.
func (c SimulateCmd) Run(ctx context.Context, a *App) error {
	if err := play.Ahead(c.Days); err != nil {
		return err
	}
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	r, err := play.Rehearse(ctx, d, n)
	if err = errors.Join(err, d.Close()); err != nil {
		return err
	}
	report, err := r.Play(ctx, c.Days, c.Broadcast, c.All)
	if err = errors.Join(err, r.Close()); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, report)
	}
	return printRehearsed(a.page(), report, r.Limits(r.NumberName).Zone, c.All)
}
