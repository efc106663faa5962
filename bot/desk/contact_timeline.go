package desk

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/store"
)

// A Moment is one thing of a person's timeline. One of its fields says what it was.
type Moment struct {
	At       time.Time          `json:"at"`
	Message  *store.Line        `json:"message,omitempty"`  // of theirs, of the bot or of a person of the shop
	Consent  *store.LedgerEntry `json:"consent,omitempty"`  // the proof of what they decided
	Delivery *store.Delivery    `json:"delivery,omitempty"` // as it stands, at its last change
	Says     string             `json:"says,omitempty"`     // of a delivery: why it has its status
}

// A Timeline is a part of what happened with a person, the newest first.
type Timeline struct {
	Moments []Moment `json:"moments"`
	Next    string   `json:"next,omitempty"` // Before of the next page. "": this was the last

	ShopZone *time.Location `json:"-"`
}

// Timeline returns what happened with a contact: the messages of both sides, the entries of the
// ledger, and what became of every broadcast for them. before is Next of the page before, "" for
// the newest. A phone that has never written is not found, and what is no Next is refused. It
// changes nothing, and may be repeated.
func (d *Desk) Timeline(ctx context.Context, number, phone, before string, limit int) (*Timeline, error) {
	c, err := d.Contact(ctx, number, phone)
	if err != nil {
		return nil, err
	}
	from, skip, err := readPlace(before)
	if err != nil {
		return nil, err
	}
	if limit <= 0 {
		limit = pageLimit
	}
	lines, err := d.Store.ConversationBefore(ctx, c.ID, from, limit+skip+1)
	if err != nil {
		return nil, err
	}
	var all []Moment
	for _, l := range lines {
		all = append(all, Moment{At: l.At, Message: &l})
	}
	entries, err := d.Store.Ledger(ctx, c.Number, c.ID)
	if err != nil {
		return nil, err
	}
	for _, e := range slices.Backward(entries) {
		all = append(all, Moment{At: e.Public.Recorded, Consent: &e})
	}
	deliveries, err := d.Store.DeliveriesOf(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	for _, v := range slices.Backward(deliveries) {
		m := Moment{At: LastChange(v), Delivery: &v}
		if v.Reason != "" {
			m.Says = v.Reason.Info().Says
		}
		all = append(all, m)
	}
	return pageOf(all, from, skip, limit, d.shopZone(c.Number)), nil
}

// pageOf cuts a page out of moments, each kind of which is in its order, the newest first.
func pageOf(all []Moment, from time.Time, skip, limit int, zone *time.Location) *Timeline {
	all = slices.DeleteFunc(all, func(m Moment) bool { return !from.IsZero() && inMillis(m.At) > inMillis(from) })
	slices.SortStableFunc(all, func(a, b Moment) int { return cmp.Compare(inMillis(b.At), inMillis(a.At)) })
	all = all[min(skip, len(all)):]
	t := &Timeline{Moments: append([]Moment{}, all[:min(limit, len(all))]...), ShopZone: zone}
	if len(all) <= limit {
		return t
	}
	end := t.Moments[limit-1].At
	same := 0 // of that moment were shown
	for _, m := range slices.Backward(t.Moments) {
		if inMillis(m.At) != inMillis(end) {
			break
		}
		same++
	}
	if same == limit && inMillis(end) == inMillis(from) {
		same += skip
	}
	t.Next = strconv.FormatInt(inMillis(end), 10) + "." + strconv.Itoa(same)
	return t
}

// inMillis is the precision of what is stored.
func inMillis(at time.Time) int64 { return at.UnixMilli() }

// readPlace reads Next of a page: the moment at which it ended, and how many of that it had.
func readPlace(next string) (from time.Time, skip int, err error) {
	if next == "" {
		return from, 0, nil
	}
	at, had, _ := strings.Cut(next, ".")
	ms, err := strconv.ParseInt(at, 10, 64)
	if err == nil {
		skip, err = strconv.Atoi(had)
	}
	if err != nil || skip < 0 || skip > mostAtOnce {
		return from, 0, Refuse("%q is not where a timeline goes on", next)
	}
	return time.UnixMilli(ms).UTC(), skip, nil
}

// mostAtOnce bounds how many things can have happened within a millisecond.
const mostAtOnce = 100_000

// LastChange is when a delivery came to its status.
func LastChange(d store.Delivery) time.Time {
	at := d.PlannedAt
	moments := []time.Time{d.ClaimedAt, d.DoneAt, d.SentAt, d.Delivered, d.Read, d.Replied, d.OptedOut}
	if d.Status == bot.DeliveryHeld {
		for _, h := range d.Holds {
			moments = append(moments, h.Since)
		}
	}
	for _, moment := range moments {
		if moment.After(at) {
			at = moment
		}
	}
	return at
}
