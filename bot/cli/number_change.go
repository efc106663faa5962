package cli

import (
	"context"
	"fmt"
	"io"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// NumberChangeCmd is `number change`.
type NumberChangeCmd struct {
	Confirmed
	Name      string `arg:"" optional:"" help:"The number, as config.yaml calls it (default: its first)."`
	PrintCode bool   `help:"Print one raw pairing string a line, for programs."`
	PhoneCode string `help:"Link by a code that you type on the new phone, instead of the QR code." placeholder:"PHONE"`
}

func (NumberChangeCmd) Example() string { return "optinbot number change\noptinbot number change main" }

// Run asks, links the new phone and notes the change. Nobody gets a promotion from a phone that
// they never wrote to.
func (c NumberChangeCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Name)
	if err != nil {
		return err
	}
	defer d.Close()
	offer, err := d.OfferNumberChange(ctx, n.Name)
	if err != nil {
		return err
	}
	sessions := a.newPairings("number change "+c.Name, c.PrintCode)
	printNumberChange(sessions.options.Words, offer)
	if err := a.ask(ctx, c.Confirmed, offer.Questions()); err != nil {
		return err
	}
	a.sayTestServer()
	made, err := d.ChangeNumber(ctx, n.Name, c.PhoneCode, sessions.to)
	if err != nil || c.PrintCode {
		return err
	}
	a.page().say("Number %s is %s now. Promotions to %s wait until they write to it themselves. "+
		"`optinbot run` starts the bot; `optinbot invite` shows the link for a new poster.",
		made.Number, made.Phone, text.People(made.Held))
	return nil
}

// printNumberChange says what the change means.
func printNumberChange(w io.Writer, o desk.NumberChangeOffer) {
	fmt.Fprintf(w, "Number %s is %s. Another phone is to be linked in its place.\n", o.Number, o.Phone)
	fmt.Fprintf(w, "Promotions to %s will wait (number_changed), each until they write to the new phone: "+
		"they asked the old one, and nothing else ends the wait.\n", text.People(o.Subscribed))
	fmt.Fprintln(w, "The warm-up begins anew. The change goes into the ledger. "+
		"For a phone beside the old one, add a number to config.yaml instead.")
	if o.Established {
		fmt.Fprintf(w, "config.yaml says that number %s is established: take that out, "+
			"unless the new phone has been used for months too.\n", o.Number)
	}
}
