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
// LID that one of them knows.
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
			if lid := bot.LIDOf(c.Identities); lid != "" && !slices.Contains(names, lid) {
				names = append(names, lid)
			}
		}
	}
	return found, nil
}

// NotifiedAt returns when the operator was last told about each contact of a number that something needs
// a person, by kind of notice.
func (s *Store) NotifiedAt(ctx context.Context, number string) (map[int64]bot.NotifiedAt, error) {
	out := map[int64]bot.NotifiedAt{}
	args, places := []any{number}, ""
	for i, kind := range bot.ToldKinds() {
		args, places = append(args, kind), places+fmt.Sprintf(", $%d", i+2)
	}
	err := s.query(ctx)(`
		SELECT contact_id, kind, MAX(at)
		FROM notices
		WHERE number = $1 AND contact_id <> 0 AND kind IN (`+places[2:]+`)
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
