package app

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/text"
	"optinbot/store"
)

// ContactsExportCmd is `contacts export`.
type ContactsExportCmd struct {
	ForNumber
	AsJSON
	ToFile
	Phone TypedPhone `arg:"" optional:"" help:"Everything held on this person, on every number."`
	VCard bool       `name:"vcard" help:"The subscribers as contact cards (vCard 3.0), so that the shop's phone can save them."`
}

// Example is shown by --help.
func (ContactsExportCmd) Example() string {
	return "optinbot contacts export +5511900000001\noptinbot contacts export +5511900000001 --json --out ana.json\noptinbot contacts export --vcard --out subscribers.vcf"
}

// Run exports.
func (c ContactsExportCmd) Run(ctx context.Context, a *App) error {
	switch {
	case c.VCard == (len(c.Phone) > 0):
		return refuse("say whose data, by their phone, or --vcard for the subscribers' cards")
	case c.VCard:
		return c.write(a, func() error { return c.cards(ctx, a) })
	}
	return c.write(a, func() error { return c.person(ctx, a) })
}

// held is everything held on one person by one number.
type held struct {
	Number      string              `json:"number"`
	Contact     contactView         `json:"contact"`
	Identities  []bot.Identity      `json:"identities"`
	Remembered  *bot.Contact        `json:"remembered"` // all that decisions rest on
	Consent     []store.LedgerEntry `json:"consent"`
	Messages    []store.Line        `json:"messages"`
	Deliveries  []store.Delivery    `json:"deliveries"`
	Notices     []store.Notice      `json:"notices"`
	SessionRows map[string]int      `json:"session_rows"` // of WhatsApp's own file: keys and tokens, counted by table
}

// person exports everything on one person.
func (c ContactsExportCmd) person(ctx context.Context, a *App) error {
	h, phone, contacts, err := a.openPerson(ctx, c.Phone.String())
	if err != nil {
		return err
	}
	defer h.close()
	if len(contacts) == 0 {
		return refuse("nothing is held on %s but, if they were erased or opted out elsewhere, a hash that only tells it again", phone)
	}
	all := []held{}
	for _, contact := range contacts {
		one, err := h.held(ctx, contact)
		if err != nil {
			return err
		}
		all = append(all, *one)
	}
	if c.JSON {
		return printJSON(a.out, all)
	}
	for _, one := range all {
		one.print(a, h)
	}
	return nil
}

// everything is more messages than anybody has.
const everything = 1 << 30

func (h *house) held(ctx context.Context, c *bot.Contact) (one *held, err error) {
	one = &held{Number: c.Number, Contact: h.view(c), Identities: c.Identities, Remembered: c}
	if one.Consent, err = h.store.Ledger(ctx, c.Number, c.ID); err != nil {
		return nil, err
	}
	if one.Messages, err = h.store.Conversation(ctx, c.ID, everything); err != nil {
		return nil, err
	}
	if one.Deliveries, err = h.store.DeliveriesOf(ctx, c.ID); err != nil {
		return nil, err
	}
	if one.Notices, err = h.store.NoticesAbout(ctx, c.ID); err != nil {
		return nil, err
	}
	one.SessionRows, err = h.sessions.holds(ctx, c.Number, c.Identities)
	return one, err
}

// print says it in words a person can read.
func (one held) print(a *App, h *house) {
	zone := h.limits[one.Number].Zone
	fmt.Fprintf(a.out, "What is held by number %s\n\n", one.Number)
	printContact(a.out, h, one.Remembered)
	fmt.Fprintf(a.out, "\nConsent\n")
	for _, e := range one.Consent {
		fmt.Fprintf(a.out, "  %s %s: %s -> %s", text.When(e.Public.ServerTime, zone), e.Public.Event, e.Public.From, e.Public.To)
		if e.Personal.Words != "" {
			fmt.Fprint(a.out, ", wrote ", text.Line(fmt.Sprintf("%q", e.Personal.Words)))
		}
		fmt.Fprintln(a.out)
	}
	fmt.Fprintf(a.out, "\nMessages\n")
	for _, l := range one.Messages {
		arrow := ">"
		if l.FromUs {
			arrow = "<"
		}
		fmt.Fprintf(a.out, "  %s %s %s\n", text.When(l.At, zone), arrow, cmp.Or(text.Line(l.Words()), "["+l.Kind+"]"))
	}
	fmt.Fprintf(a.out, "\nPromotions\n")
	for _, d := range one.Deliveries {
		fmt.Fprintf(a.out, "  %s %s: %s %s\n", text.When(laterOf(d.PlannedAt, d.DoneAt), zone), d.Broadcast, d.Status, d.Reason)
	}
	fmt.Fprintf(a.out, "\nNotices\n")
	for _, n := range one.Notices {
		fmt.Fprintf(a.out, "  %s %s: %s\n", text.When(n.At, zone), n.Kind, text.Line(n.Text))
	}
	fmt.Fprintf(a.out, "\nRows of WhatsApp's session (keys and tokens): %d\n\n", total(one.SessionRows))
}

func total(rows map[string]int) (n int) {
	for _, count := range rows {
		n += count
	}
	return n
}

func laterOf(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// cards writes a contact card for every subscriber whose phone is known. Only who is subscribed now is in it.
func (c ContactsExportCmd) cards(ctx context.Context, a *App) error {
	h, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer h.close()
	brand := h.machine(n.Name).Flow.Brand
	return h.store.Contacts(ctx, n.Name, bot.Subscribed, func(contact *bot.Contact) error {
		phone := contact.Phone()
		if phone == "" {
			return nil
		}
		name := vcardText(cmp.Or(h.view(contact).Name, phone))
		_, err := fmt.Fprintf(a.out, "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:%s\r\nN:;%s;;;\r\nTEL;TYPE=CELL:%s\r\nCATEGORIES:%s\r\nEND:VCARD\r\n", name, name, phone, vcardText(brand))
		return err
	})
}

// vcardText escapes a name as RFC 2426 wants it.
func vcardText(s string) string {
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`).Replace(text.Name(s))
}
