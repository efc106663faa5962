package app

import (
	"fmt"

	"optinbot/store"
)

// OptoutCmd is `optout`.
type OptoutCmd struct {
	ForNumber
	Phone  string `arg:"" help:"Their phone, with country code; known or not."`
	Reason string `required:"" help:"How they said it: it goes into the ledger; - reads it from standard input."`
}

// Example is shown by --help.
func (OptoutCmd) Example() string {
	return `optinbot optout +5511900000001 --reason "asked at the till on Friday"`
}

// Run records the opt-out, in every spelling of the phone and for every number of the brand. No goodbye is sent.
func (c OptoutCmd) Run(a *App) error {
	reason, err := a.typed(c.Reason)
	if err != nil {
		return err
	}
	h, n, err := a.openNumber(c.Number)
	if err != nil {
		return err
	}
	defer h.close()
	phone, err := parsePhone(c.Phone)
	if err != nil {
		return err
	}
	turns, err := h.store.OptOutPhone(a.ctx, n.Name, phone, reason, h.envs)
	if err != nil {
		return err
	}
	if len(turns) == 0 {
		fmt.Fprintf(a.out, "%s is not a contact; should they ever write, they start as unsubscribed.\n", phone)
		return c.notKnownYet(a, h, n.Name)
	}
	fmt.Fprintf(a.out, "%s is unsubscribed. Nothing that was waiting for them will be sent, and no goodbye either.\n", phone)
	return nil
}

// notKnownYet says that the phone may be of a subscriber who is known by LID only: WhatsApp is asked, a few phones an hour.
func (OptoutCmd) notKnownYet(a *App, h *house, number string) error {
	phones, err := h.store.PhonesToAsk(a.ctx, number)
	if err != nil || phones == 0 {
		return err
	}
	fmt.Fprintf(a.out, "Some subscribers are known without their phone. Whether one of them is meant is not known yet for %s: "+
		"`run`, while it is connected, asks WhatsApp about %d an hour, the oldest first.\n", plural(phones, "phone", "phones"), store.AskAtMost)
	return nil
}
