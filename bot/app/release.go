package app

import (
	"fmt"

	"optinbot/bot"
)

// ContactsReleaseCmd is `contacts release`.
type ContactsReleaseCmd struct {
	ForNumber
	Phone  string `arg:"" help:"Their phone, with country code, in any spelling."`
	Reason string `required:"" help:"Why you know that they want the promotions: it goes into the ledger."`
}

// Example is shown by --help.
func (ContactsReleaseCmd) Example() string {
	return `optinbot contacts release +5511900000001 --reason "asked on the phone: they meant the newspaper"`
}

// Run ends the holds that wait for the operator's judgement. It makes nobody subscribed.
func (c ContactsReleaseCmd) Run(a *App) error {
	h, n, err := a.openNumber(c.Number)
	if err != nil {
		return err
	}
	defer h.close()
	contact, err := h.contact(n.Name, c.Phone)
	if err != nil {
		return err
	}
	_, err = h.store.Act(a.ctx, n.Name, contact.ID, h.envs, func(e bot.Env, b bot.Contact) (bot.Contact, []bot.Effect, error) {
		return bot.Release(e, b, c.Reason, bot.Releasable()...)
	})
	if err != nil {
		return refuse("%v", err)
	}
	fmt.Fprintln(a.out, "Promotions to them no longer wait for that. They are as subscribed as they were before.")
	return nil
}
