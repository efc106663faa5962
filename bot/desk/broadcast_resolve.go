package desk

import (
	"context"
	"errors"

	"optinbot/bot"
)

// UnknownDeliveries are the deliveries of an occurrence whose result may be unknown: everybody's,
// or one contact's.
type UnknownDeliveries struct {
	Number     string
	Broadcast  string
	Occurrence int64
	Contact    int64 // 0: everybody
}

// UnknownDeliveries finds what ResolveUnknown would settle: of the newest occurrence of a
// broadcast, and of one person, unless phone is "". It refuses a broadcast that never went out. Not
// found: the contact. It changes nothing, and may be repeated.
func (d *Desk) UnknownDeliveries(ctx context.Context, number, name, phone string) (u UnknownDeliveries, err error) {
	o, err := d.Latest(ctx, number, name)
	if errors.Is(err, ErrNotFound) {
		return u, Misused{err} // nothing of it can be unknown
	}
	if err != nil {
		return u, err
	}
	u = UnknownDeliveries{Number: o.Number, Broadcast: name, Occurrence: o.ID}
	if phone != "" {
		found, err := d.Contact(ctx, number, phone)
		if err != nil {
			return u, err
		}
		u.Contact = found.ID
	}
	return u, nil
}

// Questions are what has to be answered with yes before the deliveries are settled so. Nothing, where
// they have arrived.
func (u UnknownDeliveries) Questions(arrived bool) []Question {
	if arrived {
		return nil
	}
	return []Question{{Asks: "Send it again to people who may have it?"}}
}

// ResolveUnknown settles deliveries whose result is unknown, which are never sent again by
// themselves, and returns for how many people. arrived: they count as sent. Else they are sent
// again, when gap and caps allow it, and whoever did get it gets it twice. It refuses where nothing
// is unknown, so it may be repeated.
func (d *Desk) ResolveUnknown(ctx context.Context, u UnknownDeliveries, arrived bool) (people int, err error) {
	ctx, end, err := d.begin(ctx, ActResolveBroadcast, u.Number)
	if err != nil {
		return 0, err
	}
	defer func() { end(err) }()
	about(ctx, u.Contact)
	to := bot.DeliverySent
	if !arrived {
		to = bot.DeliveryPlanned
	}
	settled, err := d.Store.ResolveUnknown(ctx, u.Number, u.Occurrence, u.Contact, to, d.Now())
	if err != nil {
		return 0, err
	}
	if settled == 0 {
		return 0, Refuse("nothing of %s is unknown there", u.Broadcast)
	}
	return int(settled), nil
}
