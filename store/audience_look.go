package store

import (
	"context"
	"time"

	"optinbot/bot"
	"optinbot/flows"
)

// An AudienceLook says which subscribers are looked for, and among how many contacts.
type AudienceLook struct {
	Number string
	In     *flows.Audience
	Now    time.Time
	After  int64 // only among those who follow the contact with this ID. 0: from the first on
	Among  int   // at most so many contacts are looked at
	Limit  int   // at most so many are found
}

// LookFor returns subscribers of an audience as they first wrote, how many contacts were looked at
// for them, and the last of those: what the next look goes on after. It is 0 where all were looked at.
func (s *Store) LookFor(ctx context.Context, l AudienceLook) (page []*bot.Contact, looked int, next int64, err error) {
	read := s.query(ctx)
	last, _, err := first(read, value[int64], `
		SELECT COALESCE(MAX(id), 0)
		FROM (SELECT id FROM contacts WHERE number = $1 AND id > $2 ORDER BY id LIMIT $3) AS some`, l.Number, l.After, l.Among)
	if err != nil || last == 0 {
		return nil, 0, 0, err
	}
	q := &audienceQuery{args: []any{l.Number, l.After, last}, now: l.Now}
	err = read(`
		SELECT `+contactColumns+`
		FROM contacts c
		WHERE c.number = $1 AND c.id > $2 AND c.id <= $3 AND c.consent = 'subscribed'
			AND `+q.cond(l.In.Cond)+`
		ORDER BY c.id LIMIT `+q.arg(l.Limit), q.args, func(scan scanner) error {
		c, err := scanContact(scan)
		if err == nil {
			page = append(page, c)
		}
		return err
	})
	if err != nil {
		return nil, 0, 0, err
	}
	if len(page) == l.Limit {
		last = page[len(page)-1].ID
	}
	if looked, _, err = first(read, value[int],
		"SELECT COUNT(*) FROM contacts WHERE number = $1 AND id > $2 AND id <= $3", l.Number, l.After, last); err != nil {
		return nil, 0, 0, err
	}
	more, _, err := first(read, value[bool],
		"SELECT EXISTS (SELECT 1 FROM contacts WHERE number = $1 AND id > $2)", l.Number, last)
	if more {
		next = last
	}
	return page, looked, next, err
}
