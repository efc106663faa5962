package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"optinbot/bot"
	"optinbot/bot/text"
)

// ContactsEraseCmd is `contacts erase`.
type ContactsEraseCmd struct {
	Confirmed
	Phone TypedPhone `arg:"" help:"Their phone, as people write it; without a country code it is of the number's country."`
}

// Example is shown by --help.
func (ContactsEraseCmd) Example() string {
	return "optinbot contacts export +5511900000001 --json > ana.json\noptinbot contacts erase +5511900000001"
}

// Run erases a person on every number. What stays: the entries of the ledger without what names them, the outcomes of deliveries, and a
// keyed hash of phone and LID, so that nobody writes to them again unless they ask.
func (c ContactsEraseCmd) Run(ctx context.Context, a *App) error {
	h, phone, found, err := a.openPerson(ctx, c.Phone.String())
	if err != nil {
		return err
	}
	defer h.close()
	if len(found) == 0 {
		if waits, err := h.store.WaitsToBeAsked(ctx, phone); err != nil || waits {
			return errors.Join(err, c.forgetPhone(ctx, a, h, phone))
		}
		return refuse("%s has never written to any of your numbers: there is nothing to erase", phone)
	}
	fmt.Fprintf(a.out, "Erase all that is held on %s, %s, on %s? This cannot be undone; `contacts export` shows it first.\n",
		phone, cmp.Or(text.Fit(h.view(found[0]).Name, 60), "no name"), text.Plural(len(found), "number", "numbers"))
	if err := c.confirm(ctx, a, "Erase?"); err != nil {
		return err
	}
	ids := identitiesOf(found)
	erased, err := h.store.Erase(ctx, ids, h.envs)
	for _, n := range a.config.Numbers {
		err = errors.Join(err, h.sessions.erase(ctx, n.Name, ids, a.now()))
	}
	if err != nil {
		return err
	}
	if err := a.files().sweep(); err != nil {
		return err
	}
	fmt.Fprintf(a.out, `Erased: name, messages, preferences and what the ledger said of them, on %s.
Kept: an anonymous record of joining and leaving, so that the ledger still verifies, and a keyed hash of their phone, so that
nobody writes to them unless they ask for promotions again. Older backups still hold them: delete those, or let `+"`restore`"+`
read optouts.log, which erases them again.
`, text.Plural(len(erased), "number", "numbers"))
	return nil
}

// forgetPhone erases the phone of somebody who left off WhatsApp and never wrote.
func (c ContactsEraseCmd) forgetPhone(ctx context.Context, a *App, h *house, phone string) error {
	fmt.Fprintf(a.out, "%s has never written to any of your numbers. It opted out off WhatsApp, and waits until WhatsApp is asked whether a subscriber is meant who is known without their phone.\n", phone)
	if err := c.confirm(ctx, a, "Erase it, and not ask?"); err != nil {
		return err
	}
	if err := h.store.ForgetPhone(ctx, phone); err != nil {
		return err
	}
	fmt.Fprintln(a.out, "Erased. The keyed hash of the opt-out stays: should they ever write, they start as unsubscribed.")
	return nil
}

// identitiesOf are the addresses of a person on all numbers, each once.
func identitiesOf(contacts []*bot.Contact) (ids []bot.Identity) {
	seen := map[bot.Identity]bool{}
	for _, c := range contacts {
		for _, id := range c.Identities {
			if !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	return ids
}
