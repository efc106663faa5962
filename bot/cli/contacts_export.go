package cli

import (
	"context"
	"fmt"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// ContactsExportCmd is `contacts export`.
type ContactsExportCmd struct {
	ForNumber
	AsJSON
	ToFile
	Phone TypedPhone `arg:"" optional:"" help:"Everything held on this person, on every number."`
	VCard bool       `name:"vcard" help:"The subscribers as contact cards (vCard 3.0), so that the shop's phone can save them."`
}

func (ContactsExportCmd) Example() string {
	return "optinbot contacts export +5511900000001\noptinbot contacts export +5511900000001 --json --out ana.json\n" +
		"optinbot contacts export --vcard --out subscribers.vcf"
}

// Run exports.
func (c ContactsExportCmd) Run(ctx context.Context, a *App) error {
	switch {
	case c.VCard == (len(c.Phone) > 0):
		return desk.Refuse("say whose data, by their phone, or --vcard for the subscribers' cards")
	case c.VCard:
		return c.write(a, func() error { return c.cards(ctx, a) })
	}
	return c.write(a, func() error { return c.person(ctx, a) })
}

// person exports everything on one person.
func (c ContactsExportCmd) person(ctx context.Context, a *App) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	all, err := d.ExportPerson(ctx, c.Phone.String())
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, all)
	}
	for _, one := range all {
		printHeld(a.page(), one)
	}
	return nil
}

// printHeld prints what is held on a person in words.
func printHeld(p *page, one desk.PersonExport) {
	zone := one.Contact.ShopZone
	p.say("What is held by number %s\n", one.Number)
	printContact(p, one.Contact)
	p.say("\nConsent")
	for _, e := range one.Consent {
		wrote := ""
		if e.Personal.Words != "" {
			wrote = ", wrote " + text.Line(fmt.Sprintf("%q", e.Personal.Words))
		}
		p.below("  ", "%s %s: %s -> %s%s", text.When(e.Public.ServerTime, zone), e.Public.Event, e.Public.From,
			e.Public.To, wrote)
	}
	p.say("\nMessages")
	for _, l := range one.Messages {
		printMessage(p, "  ", l, one.Contact, 0)
	}
	p.say("\nPromotions")
	for _, d := range one.Deliveries {
		p.below("  ", "%s %s: %s %s", text.When(desk.LastChange(d), zone), d.Broadcast, d.Status, d.Reason)
	}
	p.say("\nNotices")
	for _, n := range one.Notices {
		p.below("  ", "%s %s: %s", text.When(n.At, zone), n.Kind, text.Line(n.Text))
	}
	p.say("\nRows of WhatsApp's session (keys and tokens): %d\n", total(one.SessionRows))
}

func total(rows map[string]int) (n int) {
	for _, count := range rows {
		n += count
	}
	return n
}

// cards prints a contact card for every subscriber whose phone is known.
func (c ContactsExportCmd) cards(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.ExportCards(ctx, n.Name, func(card desk.ContactCard) error {
		_, err := fmt.Fprint(a.out, card.VCard())
		return err
	})
}
