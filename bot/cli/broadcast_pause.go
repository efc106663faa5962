package cli

import (
	"context"
	"fmt"
	"io"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// BroadcastPauseCmd is `broadcast pause`.
type BroadcastPauseCmd struct {
	ForNumber
	Name string `arg:"" help:"The broadcast."`
}

func (BroadcastPauseCmd) Example() string { return "optinbot broadcast pause weekend-offer" }

// Run pauses what is scheduled or under way.
func (c BroadcastPauseCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	change, err := d.PauseBroadcast(ctx, n.Name, c.Name)
	if err != nil {
		return err
	}
	printChange(a.out, c.Name, "paused", change)
	return nil
}

// printChange says what an act has changed of a broadcast.
func printChange(w io.Writer, name, done string, change *desk.BroadcastChange) {
	if change.Schedule {
		fmt.Fprintf(w, "%s, which goes out again and again, is %s.\n", name, done)
	}
	for _, o := range change.Occurrences {
		fmt.Fprintf(w, "%s (number %d) is %s.%s\n", name, o.ID, done, goesOut(o.Goes))
	}
}

// goesOut says when something goes out, and to how many.
func goesOut(o *desk.Outlook) string {
	switch {
	case o == nil:
		return ""
	case o.Begun:
		return fmt.Sprintf(" It goes on now, for %s who may get it yet.", text.People(o.People))
	case o.Due != "":
		return fmt.Sprintf(" It goes out %s, to %s as of now.", o.Due, text.People(o.People))
	}
	return fmt.Sprintf(" It goes out now, to %s.", text.People(o.People))
}
