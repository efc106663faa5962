package cli

import (
	"context"

	"optinbot/bot/desk"
	"optinbot/bot/text"
	"optinbot/store"
)

// OptoutCmd is `optout`.
type OptoutCmd struct {
	ForNumber
	AsJSON
	Phone  TypedPhone `arg:"" optional:"" help:"${any_phone}"`
	Reason *string    `help:"How they said it: it goes into the ledger; - reads it from standard input."`
	From   string     `help:"A list of phones of people who have left elsewhere: a CSV file, or one phone a line; - reads it from standard input." placeholder:"FILE"`
	Column string     `help:"With --from: the name of the column with the phones (default: it is looked for)." placeholder:"NAME"`
}

func (OptoutCmd) Example() string {
	return "optinbot optout +5511900000001 --reason \"asked at the till on Friday\"\n" +
		"optinbot optout --from unsubscribed.csv --reason \"left at the tool before\""
}

// usage refuses what cannot be meant together, and what is missing.
func (c OptoutCmd) usage() error {
	switch {
	case c.From == fromInput && c.Reason != nil && *c.Reason == fromInput:
		return desk.Refuse("standard input has either the reason or the list")
	case c.From != "" && len(c.Phone) > 0:
		return desk.Refuse("say either one phone, or --from with a file of phones")
	case c.From != "":
		return nil
	case c.JSON || c.Column != "":
		return desk.Refuse("--json and --column are of --from")
	case len(c.Phone) == 0:
		return desk.Refuse("say whose phone, or --from with a list of phones")
	case c.Reason == nil:
		return desk.Refuse("say with --reason how they said it: it goes into the ledger")
	}
	return nil
}

// Run records the opt-out for every number of the brand. No goodbye is sent.
func (c OptoutCmd) Run(ctx context.Context, a *App) error {
	if err := c.usage(); err != nil {
		return err
	}
	reason := ""
	if c.Reason != nil {
		said, err := a.typed(*c.Reason)
		if err != nil {
			return err
		}
		reason = said
	}
	if c.From != "" {
		return c.list(ctx, a, reason)
	}
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	out, err := d.OptOut(ctx, n.Name, c.Phone.String(), reason)
	if err != nil {
		return err
	}
	if out.Contacts == 0 {
		a.page().say("%s is not a contact; should they ever write, they start as unsubscribed.", out.Phone)
		printToAsk(a.page(), out.ToAsk)
		return nil
	}
	a.page().say("%s is unsubscribed. Nothing that was waiting for them will be sent, and no goodbye either.",
		out.Phone)
	return nil
}

// printToAsk prints that one of the phones may be of a subscriber who is known by LID only:
// WhatsApp is asked about a few an hour.
func printToAsk(p *page, phones int) {
	if phones == 0 {
		return
	}
	p.say("Some subscribers are known without their phone. Whether one of them is meant is not known yet for %s: "+
		"`run`, while it is connected, asks WhatsApp about %d an hour, the oldest first.",
		text.Plural(phones, "phone", "phones"), store.AskAtMost)
}
