package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// NumberReleaseCmd is `number release`.
type NumberReleaseCmd struct {
	Confirmed
	Name   string `arg:"" optional:"" help:"The number, as config.yaml calls it (default: its first)."`
	Reason string `help:"Why it is safe: it goes into the ledger." placeholder:"WHY" default:"${release_reason}"`
	Only   bool   `name:"only-number" aliases:"number" help:"Only the number: people who may have stopped meanwhile keep waiting until they write."`
}

func (NumberReleaseCmd) Example() string {
	return `optinbot number release
optinbot number release main --only-number
optinbot number release main --reason "asked at the till who stopped"`
}

// Run shows the gap and the count, asks, and releases.
func (c NumberReleaseCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Name)
	if err != nil {
		return err
	}
	defer d.Close()
	offer, err := d.OfferNumberRelease(ctx, n.Name, !c.Only)
	if err != nil {
		return err
	}
	printNumberRestored(a.out, offer, d.Limits(n.Name).Zone)
	if err := a.ask(ctx, c.Confirmed, offer.Questions()); err != nil {
		return err
	}
	released, err := d.ReleaseNumber(ctx, n.Name, c.Reason, !c.Only)
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

// printNumberRestored says from which backup a number was restored, and who waits for that reason.
func printNumberRestored(w io.Writer, o desk.NumberReleaseOffer, zone *time.Location) {
	fmt.Fprintf(w, "Number %s was restored at %s from a backup of %s.\n",
		o.Number, text.When(o.RestoredAt, zone), text.When(o.BackupAt, zone))
	if o.Waiting > 0 {
		fmt.Fprintf(w, "Whether somebody stopped in the %s between is not known. "+
			"Promotions to %s wait for that reason.\n",
			text.Duration(o.RestoredAt.Sub(o.BackupAt).Round(time.Minute)), text.People(o.Waiting))
	}
}
