package desk

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"optinbot/bot"
	"optinbot/bot/text"
	"optinbot/store"
)

// PersonExport is everything held on one person by one number.
type PersonExport struct {
	Number      string              `json:"number"`
	Contact     ContactView         `json:"contact"`
	Identities  []bot.Identity      `json:"identities"`
	Remembered  *bot.Contact        `json:"remembered"` // all that decisions rest on
	Consent     []store.LedgerEntry `json:"consent"`
	Messages    []store.Line        `json:"messages"`
	Deliveries  []store.Delivery    `json:"deliveries"`
	Notices     []store.Notice      `json:"notices"`
	Events      []store.EventRow    `json:"events"`       // what webhooks told, or are to tell
	Acts        []store.ActRow      `json:"acts"`         // of operators, about them
	SessionRows map[string]int      `json:"session_rows"` // of WhatsApp's own file: keys and tokens, counted by table
}

// ExportPerson returns everything held on a person, on every number. It changes nothing. It is
// refused where nothing is held.
func (d *Desk) ExportPerson(ctx context.Context, typed string) (all []PersonExport, err error) {
	ctx, end, err := d.begin(ctx, ActExportContact, d.firstSeen(ctx))
	if err != nil {
		return nil, err
	}
	defer func() { end(err) }()
	phone, contacts, err := d.person(ctx, typed)
	if err != nil {
		return nil, err
	}
	if len(contacts) == 0 {
		return nil, Refuse("nothing is held on %s but, if they were erased or opted out elsewhere, a hash that only "+
			"tells it again", NamedAs(phone))
	}
	all = []PersonExport{}
	for _, contact := range contacts {
		one, err := d.held(ctx, contact)
		if err != nil {
			return nil, err
		}
		all = append(all, *one)
	}
	return all, nil
}

// everything is more messages than anybody has.
const everything = 1 << 30

func (d *Desk) held(ctx context.Context, c *bot.Contact) (one *PersonExport, err error) {
	one = &PersonExport{Number: c.Number, Contact: d.View(c), Identities: c.Identities, Remembered: c}
	if one.Consent, err = d.Store.Ledger(ctx, c.Number, c.ID); err != nil {
		return nil, err
	}
	if one.Messages, err = d.Store.Conversation(ctx, c.ID, everything); err != nil {
		return nil, err
	}
	if one.Deliveries, err = d.Store.DeliveriesOf(ctx, c.ID); err != nil {
		return nil, err
	}
	if one.Notices, err = d.Store.NoticesAbout(ctx, c.ID); err != nil {
		return nil, err
	}
	if one.Events, err = d.Store.EventsAbout(ctx, c.ID); err != nil {
		return nil, err
	}
	if one.Acts, err = d.Store.ActsAbout(ctx, c.ID); err != nil {
		return nil, err
	}
	one.SessionRows, err = d.Sessions.Holds(ctx, c.Number, c.Identities)
	return one, err
}

// ContactCard is what a phone saves of a subscriber.
type ContactCard struct {
	Phone string `json:"phone"`
	Name  string `json:"name"` // the phone where no name is known
	Brand string `json:"brand"`
}

// VCard is the card as phones and mail programs take it, a vCard 3.0 (RFC 2426).
func (c ContactCard) VCard() string {
	name := vcardText(c.Name)
	return fmt.Sprintf("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:%s\r\nN:;%s;;;\r\nTEL;TYPE=CELL:%s\r\n"+
		"CATEGORIES:%s\r\nEND:VCARD\r\n", name, name, c.Phone, vcardText(c.Brand))
}

// vcardText escapes a name as RFC 2426 wants it.
func vcardText(s string) string {
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`).Replace(text.Name(s))
}

// ExportCards calls each for the card of every subscriber of a number whose phone is known. It
// changes nothing. An error of each ends it.
func (d *Desk) ExportCards(ctx context.Context, number string, each func(ContactCard) error) (err error) {
	ctx, end, err := d.begin(ctx, ActExportContact, number)
	if err != nil {
		return err
	}
	defer func() { end(err) }()
	n, err := d.numberFor(ctx, number)
	if err != nil {
		return err
	}
	flow, err := d.flow(n.Name)
	if err != nil {
		return err
	}
	return d.Store.Contacts(ctx, n.Name, bot.Subscribed, func(c *bot.Contact) error {
		phone := c.Phone()
		if phone == "" {
			return nil
		}
		return each(ContactCard{Phone: phone, Name: cmp.Or(c.DisplayName(), phone), Brand: flow.Brand})
	})
}
