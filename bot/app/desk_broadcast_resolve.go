package app

import (
	"context"

	"optinbot/bot"
)

// unknownDeliveries are the deliveries of an occurrence whose result may be unknown: everybody's, or one contact's.
type unknownDeliveries struct {
	Number     string
	Broadcast  string
	Occurrence int64
	Contact    int64 // 0: everybody
}

// unknownDeliveries finds what resolveUnknown would settle: of the newest occurrence of a broadcast, and of one person,
// unless phone is "". It changes nothing. It refuses a broadcast that never went out. Not found: the contact.
func (h *house) unknownDeliveries(ctx context.Context, number, name, phone string) (u unknownDeliveries, err error) {
	o, err := h.latest(ctx, number, name)
	if err != nil {
		return u, misused{err} // nothing of it can be unknown
	}
	u = unknownDeliveries{Number: o.Number, Broadcast: name, Occurrence: o.ID}
	if phone != "" {
		found, err := h.contact(ctx, number, phone)
		if err != nil {
			return u, err
		}
		u.Contact = found.ID
	}
	return u, nil
}

// resolveUnknown settles deliveries whose result is unknown, which are never sent again by themselves, and returns for
// how many people. arrived: they count as sent. Else they are sent again, and whoever did get it gets it twice. It
// refuses where nothing is unknown, so it may be repeated.
func (h *house) resolveUnknown(ctx context.Context, u unknownDeliveries, arrived bool) (people int, err error) {
	to := bot.DeliverySent
	if !arrived {
		to = bot.DeliveryPlanned
	}
	settled, err := h.store.ResolveUnknown(ctx, u.Number, u.Occurrence, u.Contact, to, h.now())
	if err != nil {
		return 0, err
	}
	if settled == 0 {
		return 0, refuse("nothing of %s is unknown there", u.Broadcast)
	}
	return int(settled), nil
}
