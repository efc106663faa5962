package app

import (
	"context"
	"fmt"
	"time"

	"optinbot/bot"
	"optinbot/bot/text"
)

// NumberCmd is `number`.
type NumberCmd struct {
	Change  NumberChangeCmd  `cmd:"" help:"Link another phone to a number: everybody waits until they write to it."`
	Release NumberReleaseCmd `cmd:"" help:"End the safe mode that a restored backup starts in."`
}

// NumberReleaseCmd is `number release`.
type NumberReleaseCmd struct {
	Confirmed
	Name   string `arg:"" optional:"" help:"The number, as config.yaml calls it (default: its first)."`
	Reason string `help:"Why it is safe: it goes into the ledger." default:"looked through after a restore"`
	Number bool   `help:"Only the number: people who may have stopped meanwhile keep waiting until they write."`
}

// Example is shown by --help.
func (NumberReleaseCmd) Example() string {
	return "optinbot number release\noptinbot number release main --number\noptinbot number release main --reason \"asked at the till who stopped\""
}

// Run shows the gap and the count, asks, and releases.
func (c NumberReleaseCmd) Run(ctx context.Context, a *App) error {
	h, n, err := a.openNumber(ctx, c.Name)
	if err != nil {
		return err
	}
	defer h.close()
	row, err := h.store.Number(ctx, n.Name)
	if err != nil {
		return err
	}
	held, err := h.store.HeldContacts(ctx, n.Name, a.now())
	if err != nil {
		return err
	}
	waiting := held[bot.SafeMode]
	if !row.SafeMode && (waiting == 0 || c.Number) {
		return refuse("number %s is not in safe mode", n.Name)
	}
	zone := h.limits[n.Name].Zone
	fmt.Fprintf(a.out, "Number %s was restored at %s from a backup of %s.\n", n.Name, text.When(row.RestoredAt, zone), text.When(row.BackupAt, zone))
	if waiting > 0 {
		fmt.Fprintf(a.out, "Whether somebody stopped in the %s between is not known. Promotions to %s wait for that reason.\n",
			row.RestoredAt.Sub(row.BackupAt).Round(time.Minute), text.People(waiting))
	}
	question := "Release the number and these people?"
	if c.Number || waiting == 0 {
		question = "Release the number?"
	}
	if err := c.confirm(ctx, a, question); err != nil {
		return err
	}
	released, err := h.store.ReleaseNumber(ctx, n.Name, c.Reason, !c.Number, h.envs)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "Number %s is released", n.Name)
	if released > 0 {
		fmt.Fprintf(a.out, ", and %s with it", text.People(released))
	}
	fmt.Fprintln(a.out, ". Nobody became subscribed by that.")
	return nil
}
