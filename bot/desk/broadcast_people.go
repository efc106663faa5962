package desk

import (
	"context"

	"optinbot/bot"
	"optinbot/store"
)

// A FigureOf names a figure of an occurrence: how many people it reached so far, or else how many have a
// status for a reason.
type FigureOf struct {
	Reached store.Reached
	Status  bot.DeliveryStatus
	Reason  bot.Reason
}

// BroadcastPeople returns a page of the people whom a figure of an occurrence counts: the newest,
// where its ID is 0. It looks at a part of the deliveries, in a time that does not grow with their
// number, and goes on after the contact that the page before names as its next. It changes nothing,
// and may be repeated.
func (d *Desk) BroadcastPeople(ctx context.Context, number, name string, id int64, of FigureOf, after int64) (*ContactPage, error) {
	if _, err := d.numberFor(ctx, number); err != nil {
		return nil, err
	}
	o, err := d.Occurrence(ctx, number, name, id)
	if err != nil {
		return nil, err
	}
	found, next, err := d.Store.Behind(ctx, store.DeliveryLook{
		Occurrence: o.ID, Reached: of.Reached, Status: of.Status, Reason: of.Reason, After: after, Among: lookedAt, Limit: pageLimit,
	})
	page := &ContactPage{Contacts: []ContactView{}, Next: next}
	for _, c := range found {
		page.Contacts = append(page.Contacts, d.View(c))
	}
	return page, err
}
