package store

import (
	"context"

	"optinbot/bot"
)

// A Reached is how far a promotion got: the figures of an Outcome, by name.
type Reached string

// The steps.
const (
	ReachedSent      Reached = "sent"
	ReachedDelivered Reached = "delivered"
	ReachedRead      Reached = "read"
	ReachedReplied   Reached = "replied"
	ReachedOptedOut  Reached = "opted_out"
	ReachedBad       Reached = "bad"
)

// reached are the columns of deliveries that say it.
var reached = map[Reached]string{
	ReachedSent: "d.sent_at", ReachedDelivered: "d.delivered_at", ReachedRead: "d.read_at", ReachedReplied: "d.replied_at",
	ReachedOptedOut: "d.opted_out_at", ReachedBad: "d.bad_at",
}

// A DeliveryLook says which people of an occurrence are looked for: those whose promotion reached a
// step, or else has a status for a reason.
type DeliveryLook struct {
	Occurrence int64
	Reached    Reached
	Status     bot.DeliveryStatus
	Reason     bot.Reason
	After      int64 // only who follows the contact with this ID. 0: from the first on
	Among      int   // at most so many deliveries are looked at
	Limit      int   // at most so many are found
}

// Behind returns the people whom a figure of an occurrence counts, as they first wrote, and the
// contact after whom the next look goes on. It is 0 where all were looked at.
func (s *Store) Behind(ctx context.Context, l DeliveryLook) (page []*bot.Contact, next int64, err error) {
	read := s.query(ctx)
	last, _, err := first(read, value[int64], `
		SELECT COALESCE(MAX(contact_id), 0)
		FROM (
			SELECT contact_id
			FROM deliveries
			WHERE occurrence_id = $1 AND contact_id > $2
			ORDER BY contact_id LIMIT $3
		) AS some`, l.Occurrence, l.After, l.Among)
	if err != nil || last == 0 {
		return nil, 0, err
	}
	args := []any{l.Occurrence, l.After, last, l.Limit}
	is := "d.status = $5 AND d.reason = $6"
	if column, ok := reached[l.Reached]; ok {
		is = column + " > 0"
	} else {
		args = append(args, l.Status, l.Reason)
	}
	err = read(`
		SELECT `+contactColumns+`
		FROM deliveries d
		JOIN contacts c ON c.id = d.contact_id
		WHERE d.occurrence_id = $1 AND d.contact_id > $2 AND d.contact_id <= $3 AND `+is+`
		ORDER BY d.contact_id LIMIT $4`, args, func(scan scanner) error {
		c, err := scanContact(scan)
		if err == nil {
			page = append(page, c)
		}
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	if len(page) == l.Limit {
		last = page[len(page)-1].ID
	}
	more, _, err := first(read, value[bool],
		"SELECT EXISTS (SELECT 1 FROM deliveries WHERE occurrence_id = $1 AND contact_id > $2)", l.Occurrence, last)
	if more {
		next = last
	}
	return page, next, err
}
