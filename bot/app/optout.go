package app

import (
	"context"
	"fmt"

	"optinbot/bot/text"
	"optinbot/store"
)

// OptoutCmd is `optout`.
type OptoutCmd struct {
	ForNumber
	AsJSON
	Phone  TypedPhone `arg:"" optional:"" help:"Their phone, as people write it; known or not. Without a country code it is of the number's country."`
	Reason string     `help:"How they said it: it goes into the ledger; - reads it from standard input."`
	From   string     `help:"A list of phones of people who have left elsewhere: a CSV file, or one phone a line; - reads it from standard input." placeholder:"FILE"`
	Column string     `help:"With --from: the name of the column with the phones (default: it is looked for)." placeholder:"NAME"`
}

// Example is shown by --help.
func (OptoutCmd) Example() string {
	return "optinbot optout +5511900000001 --reason \"asked at the till on Friday\"\noptinbot optout --from unsubscribed.csv --reason \"left at the tool before\""
}

// Run records the opt-out, in every spelling of the phone and for every number of the brand. No goodbye is sent.
func (c OptoutCmd) Run(ctx context.Context, a *App) error {
	if c.From == fromInput && c.Reason == fromInput {
		return refuse("standard input has either the reason or the list")
	}
	reason, err := a.typed(c.Reason)
	if err != nil {
		return err
	}
	switch {
	case c.From != "":
		return c.list(ctx, a, reason)
	case c.JSON || c.Column != "":
		return refuse("--json and --column are of --from")
	case len(c.Phone) == 0:
		return refuse("say whose phone, or --from with a list of phones")
	case reason == "":
		return refuse("say with --reason how they said it: it goes into the ledger")
	}
	h, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer h.close()
	phones, err := h.readings(ctx, c.Phone.String(), n.Name)
	if err != nil {
		return err
	}
	phone, err := h.one(ctx, c.Phone.String(), phones)
	if err != nil {
		return err
	}
	turns, err := h.store.OptOutPhone(ctx, n.Name, phone, reason, h.envs)
	if err != nil {
		return err
	}
	if len(turns) == 0 {
		fmt.Fprintf(a.out, "%s is not a contact; should they ever write, they start as unsubscribed.\n", phone)
		return c.notKnownYet(ctx, a, h, n.Name)
	}
	fmt.Fprintf(a.out, "%s is unsubscribed. Nothing that was waiting for them will be sent, and no goodbye either.\n", phone)
	return nil
}

// notKnownYet says that the phone may be of a subscriber who is known by LID only: WhatsApp is asked, a few phones an hour.
func (OptoutCmd) notKnownYet(ctx context.Context, a *App, h *house, number string) error {
	phones, err := h.store.PhonesToAsk(ctx, number)
	if err != nil || phones == 0 {
		return err
	}
	fmt.Fprintf(a.out, "Some subscribers are known without their phone. Whether one of them is meant is not known yet for %s: "+
		"`run`, while it is connected, asks WhatsApp about %d an hour, the oldest first.\n", text.Plural(phones, "phone", "phones"), store.AskAtMost)
	return nil
}
