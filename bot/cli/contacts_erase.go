package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// ContactsEraseCmd is `contacts erase`.
type ContactsEraseCmd struct {
	Confirmed
	Phone TypedPhone `arg:"" help:"${their_phone}"`
}

func (ContactsEraseCmd) Example() string {
	return "optinbot contacts export +5511900000001 --json > ana.json\noptinbot contacts erase +5511900000001"
}

// Run shows what would be erased, asks, and erases it.
func (c ContactsEraseCmd) Run(ctx context.Context, a *App) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	preview, err := d.PreviewErase(ctx, c.Phone.String())
	if err != nil {
		return err
	}
	printErasePreview(a.out, preview)
	if err := a.ask(ctx, c.Confirmed, preview.Questions()); err != nil {
		return err
	}
	numbers, err := d.ErasePerson(ctx, preview.Phone, preview.Version)
	if err != nil {
		return err
	}
	printErased(a.out, preview, numbers)
	if preview.What == desk.ErasesPerson && d.Store.Shared() {
		fmt.Fprint(a.out, onServer)
	}
	return nil
}

// onServer is what erasing leaves with whoever runs the server of PostgreSQL (O4).
const onServer = `On the PostgreSQL server no query reads it any more. Its pages go with the next VACUUM.
Its write-ahead log, archives and backups keep it as long as whoever runs the server keeps those.
`

// printErasePreview prints what would be erased.
func printErasePreview(w io.Writer, v desk.ErasePreview) {
	switch v.What {
	case desk.ErasesRest:
		fmt.Fprintf(w, "%s has never written to any of your numbers, or was erased before. WhatsApp's session still "+
			"holds something of them.\n", v.Phone)
		return
	case desk.ErasesWaiting:
		fmt.Fprintf(w, "%s has never written to any of your numbers. It opted out off WhatsApp, and waits until "+
			"WhatsApp is asked "+
			"whether a subscriber is meant who is known without their phone.\n", v.Phone)
		return
	}
	fmt.Fprintf(w, "Erase all that is held on %s, %s, on %s? This cannot be undone; `contacts export` shows it first.\n",
		v.Phone, cmp.Or(text.Fit(v.Name, 60), "no name"), text.Plural(v.Numbers, "number", "numbers"))
}

// printErased prints what was erased on so many numbers, and what is kept.
func printErased(w io.Writer, v desk.ErasePreview, numbers int) {
	switch v.What {
	case desk.ErasesRest:
		fmt.Fprintln(w, "Erased: what WhatsApp's session held of them.")
		return
	case desk.ErasesWaiting:
		fmt.Fprintln(w, "Erased. The keyed hash of the opt-out stays: should they ever write, they start as "+
			"unsubscribed.")
		return
	}
	fmt.Fprintf(w, `Erased: name, messages, preferences and what the ledger said of them, on %s.
Kept: an anonymous record of joining and leaving, so that the ledger still verifies, and a keyed hash of their phone, so that
nobody writes to them unless they ask for promotions again. Older backups still hold them: delete those, or let `+"`restore`"+`
read optouts.log, which erases them again.
`, text.Plural(numbers, "number", "numbers"))
}
