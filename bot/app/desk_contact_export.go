package app

import (
	"cmp"
	"context"

	"optinbot/bot"
	"optinbot/store"
)

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

// exportPerson returns everything held on a person, on every number. It changes nothing. It is
// refused where nothing is held.
func (h *house) exportPerson(ctx context.Context, typed string) ([]held, error) {
	phone, contacts, err := h.person(ctx, typed)
	if err != nil {
		return nil, err
	}
	if len(contacts) == 0 {
		return nil, refuse("nothing is held on %s but, if they were erased or opted out elsewhere, a hash that only tells it again", phone)
	}
	all := []held{}
	for _, contact := range contacts {
		one, err := h.held(ctx, contact)
		if err != nil {
			return nil, err
		}
		all = append(all, *one)
	}
	return all, nil
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

// contactCard is what a phone saves of a subscriber.
type contactCard struct {
	Phone string `json:"phone"`
	Name  string `json:"name"` // the phone where no name is known
	Brand string `json:"brand"`
}

// exportCards calls each for the card of every subscriber of a number whose phone is known. It
// changes nothing. An error of each ends it.
func (h *house) exportCards(ctx context.Context, number string, each func(contactCard) error) error {
	n, err := h.number(number)
	if err != nil {
		return err
	}
	brand := h.machine(n.Name).Flow.Brand
	return h.store.Contacts(ctx, n.Name, bot.Subscribed, func(c *bot.Contact) error {
		phone := c.Phone()
		if phone == "" {
			return nil
		}
		return each(contactCard{Phone: phone, Name: cmp.Or(c.DisplayName(), phone), Brand: brand})
	})
}
