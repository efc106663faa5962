package store

import (
	"context"
	"fmt"
	"slices"

	"optinbot/bot"
)

// DeliveriesOf returns what became of every broadcast for one contact, oldest first.
func (s *Store) DeliveriesOf(ctx context.Context, contact int64) (out []Delivery, err error) {
	occurrences, err := column[int64](s.query(ctx),
		"SELECT occurrence_id FROM deliveries WHERE contact_id = $1 ORDER BY occurrence_id", contact)
	if err != nil {
		return nil, err
	}
	for _, id := range occurrences {
		d, err := s.Delivery(ctx, id, contact)
		if err != nil {
			return nil, err
		}
		if d != nil { // else they were erased meanwhile
			out = append(out, *d)
		}
	}
	return out, nil
}

// NoticesAbout returns the notices about one contact, oldest first.
func (s *Store) NoticesAbout(ctx context.Context, contact int64) ([]Notice, error) {
	return s.notices(ctx, "WHERE contact_id = $1 ORDER BY id", contact)
}

// Find returns a person's contacts, on whatever number: by any spelling of their phone, and by the
// LID and the BSUID that one of them knows.
func (s *Store) Find(ctx context.Context, phone string) (found []*bot.Contact, err error) {
	numbers, err := s.Numbers(ctx)
	if err != nil {
		return nil, err
	}
	known, names := map[string]bool{}, []string{phone}
	for i := 0; i < len(names); i++ {
		for _, n := range numbers {
			c, err := s.Contact(ctx, n.Name, names[i])
			if err != nil {
				return nil, err
			}
			if c == nil || known[n.Name] {
				continue
			}
			known[n.Name] = true
			found = append(found, c)
			for _, id := range c.Identities {
				if id.Kind != bot.Phone && !slices.Contains(names, id.Value) {
					names = append(names, id.Value)
				}
			}
		}
	}
	return found, nil
}

// Waits calls each for every contact of a number who waits for a person of the shop, with when the
// operator was last told so, by kind of notice. Those come first who have waited longest.
func (s *Store) Waits(ctx context.Context, number string, each func(*bot.Contact, bot.NotifiedAt) error) error {
	type waiting struct {
		contact *bot.Contact
		told    bot.NotifiedAt
	}
	var all []waiting
	kinds := bot.ToldKinds()
	err := s.query(ctx)(`
		SELECT `+contactColumns+`, COALESCE(n.kind, ''), COALESCE(MAX(n.at), 0)
		FROM contacts c
		LEFT JOIN notices n ON n.contact_id = c.id AND n.contact_id <> 0
		WHERE c.number = $1 AND c.waits_since > 0
		GROUP BY c.waits_since, c.id, n.kind
		ORDER BY c.waits_since, c.id`, []any{number}, func(scan scanner) error {
		var kind bot.NoticeKind
		var at int64
		c, err := scanContactAnd(scan, &kind, &at)
		if err != nil {
			return err
		}
		if len(all) == 0 || all[len(all)-1].contact.ID != c.ID {
			all = append(all, waiting{c, bot.NotifiedAt{}})
		}
		if slices.Contains(kinds, kind) {
			all[len(all)-1].told[kind] = timeOf(at)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, w := range all {
		if err := each(w.contact, w.told); err != nil {
			return err
		}
	}
	return nil
}

// notifiedAt returns when the operator was last told about each contact that something needs a
// person, by kind of notice.
func notifiedAt(read reader) (map[int64]bot.NotifiedAt, error) {
	out := map[int64]bot.NotifiedAt{}
	var args []any
	places := ""
	for i, kind := range bot.ToldKinds() {
		args, places = append(args, kind), places+fmt.Sprintf(", $%d", i+1)
	}
	err := read(`
		SELECT contact_id, kind, MAX(at)
		FROM notices
		WHERE contact_id <> 0 AND kind IN (`+places[2:]+`)
		GROUP BY contact_id, kind`,
		args, func(scan scanner) error {
			var contact, at int64
			var kind bot.NoticeKind
			if err := scan(&contact, &kind, &at); err != nil {
				return err
			}
			if out[contact] == nil {
				out[contact] = bot.NotifiedAt{}
			}
			out[contact][kind] = timeOf(at)
			return nil
		})
	return out, err
}
