package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
)

// A ContactSearch says which contacts of a number a page has. The zero value of a field asks
// nothing.
type ContactSearch struct {
	Number  string
	Words   []string       // each begins a word of their name. Normalised (words.Normalise)
	Begin   []bot.Identity // one of their phones or LIDs begins with one of these. Not together with Words
	Consent bot.Consent
	Hold    bot.Reason // keeps promotions to them waiting, as bot.Contact.HoldReasons says
	Tag     string
	State   string
	Waiting bool // they wait for a person of the shop

	Now   time.Time // of Hold
	After int64     // only who comes after the contact with this ID. 0: from the first on
	Limit int       // at most so many
}

// SearchContacts returns a page of contacts. Those who are searched for by words come in the order
// of the word, those by phone in the order of the phone, those who wait in the order of their
// waiting, and all others as they first wrote. A page reads little more than it returns, but where
// two rare things are asked for together, or a state alone: then it reads on until it is full.
// found is false where the contact After is not among those who are searched for any more.
func (s *Store) SearchContacts(ctx context.Context, q ContactSearch) (page []*bot.Contact, found bool, err error) {
	f := &search{ContactSearch: q, read: s.query(ctx), store: s}
	switch {
	case len(q.Words) > 0:
		found, err = f.byWords()
	case len(q.Begin) > 0:
		found, err = f.byIdentity()
	case q.Waiting:
		found, err = f.byWait()
	default:
		found, err = true, f.byID(ctx)
	}
	return f.page, found, err
}

// A search is one page under way.
type search struct {
	ContactSearch
	read  reader
	store *Store
	args  []any
	page  []*bot.Contact
}

// arg adds an argument and returns its place.
func (f *search) arg(v any) string {
	f.args = append(f.args, v)
	return fmt.Sprintf("$%d", len(f.args))
}

// filters are the conditions on c of what the order of the page does not answer.
func (f *search) filters() string {
	where := ""
	add := func(condition string) { where += " AND " + condition }
	if f.Consent != "" {
		add("c.consent = " + f.arg(f.Consent))
	}
	switch f.Hold {
	case "":
	case bot.NotDelivering:
		add("c.undelivering_from > 0 AND c.undelivering_from <= " + f.arg(millis(f.Now)))
	case bot.HumanTakeover:
		add("c.taken_until > 0 AND c.taken_until > " + f.arg(millis(f.Now)))
	default:
		add("c.holds <> '' AND ',' || c.holds || ',' LIKE '%,' || " + f.arg(f.Hold) + " || ',%'")
	}
	if f.Tag != "" {
		add("EXISTS (SELECT 1 FROM preferences p WHERE p.contact_id = c.id AND p.name = 'tags' AND p.value = " +
			f.arg(f.Tag) + ")")
	}
	if f.State != "" {
		add("c.state = " + f.arg(f.State))
	}
	if f.Waiting {
		add("c.waits_since > 0")
	}
	return where
}

// run reads contacts into the page.
func (f *search) run(query string) error {
	return f.read(query, f.args, func(scan scanner) error {
		c, err := scanContact(scan)
		if err == nil {
			f.page = append(f.page, c)
		}
		return err
	})
}

// last comes after every letter.
const last = "\U0010FFFF"

// manyWords is so many that which of two words is the rarer one does not matter any more.
const manyWords = 2000

// byWords goes along the words that begin with the rarest one.
func (f *search) byWords() (found bool, err error) {
	rarest, fewest := "", manyWords+1
	for _, word := range f.Words {
		n, _, err := first(f.read, value[int], `
			SELECT COUNT(*)
			FROM (SELECT 1 FROM name_words WHERE number = $1 AND word >= $2 AND word < $3 LIMIT $4) AS some`,
			f.Number, word, word+last, manyWords)
		if err != nil {
			return false, err
		}
		if n < fewest || n == fewest && len(word) > len(rarest) {
			rarest, fewest = word, n
		}
	}
	from := "w.word >= " + f.arg(rarest)
	if f.After != 0 {
		at, found, err := first(f.read, value[string], `
			SELECT word
			FROM name_words
			WHERE contact_id = $1 AND word >= $2 AND word < $3 AND number = $4
			ORDER BY word LIMIT 1`, f.After, rarest, rarest+last, f.Number)
		if err != nil || !found {
			return false, err
		}
		from = "(w.word, w.contact_id) > (" + f.arg(at) + ", " + f.arg(f.After) + ")"
	}
	// Whoever has two such words comes with the first.
	where := from + " AND w.word < " + f.arg(rarest+last) + `
			AND NOT EXISTS (
				SELECT 1
				FROM name_words e
				WHERE e.contact_id = w.contact_id AND e.word >= ` + f.arg(rarest) + ` AND e.word < w.word
			)`
	for _, word := range f.Words {
		if word != rarest {
			where += `
			AND EXISTS (
				SELECT 1
				FROM name_words o
				WHERE o.contact_id = w.contact_id AND o.word >= ` + f.arg(word) + " AND o.word < " + f.arg(word+last) + ")"
		}
	}
	return true, f.run(`
		SELECT ` + contactColumns + `
		FROM name_words w
		CROSS JOIN contacts c
		WHERE c.id = w.contact_id AND w.number = ` + f.arg(f.Number) + " AND " + where + f.filters() + `
		ORDER BY w.word, w.contact_id LIMIT ` + f.arg(f.Limit))
}

// byIdentity goes along the identities that begin so, one beginning after the other.
func (f *search) byIdentity() (found bool, err error) {
	begin, at := 0, ""
	if f.After != 0 {
		c, err := f.contact(f.After)
		if err != nil || c == nil {
			return false, err
		}
		if begin, at = f.place(c); begin < 0 {
			return false, nil
		}
	}
	for ; begin < len(f.Begin) && len(f.page) < f.Limit; begin, at = begin+1, "" {
		if err := f.beginning(begin, at); err != nil {
			return false, err
		}
	}
	f.page = f.page[:min(len(f.page), f.Limit)]
	return true, nil
}

// beginning adds to the page those of one beginning whose identity comes after another. Some of
// them have come before with another identity, so it reads until the page is full.
func (f *search) beginning(begin int, after string) error {
	for {
		f.args = nil
		var values []string
		read := 0
		query := `
			SELECT ` + contactColumns + `, i.value
			FROM identities i
			CROSS JOIN contacts c
			WHERE c.id = i.contact_id AND i.number = ` + f.arg(f.Number) + " AND i.kind = " + f.arg(f.Begin[begin].Kind) +
			" AND i.value >= " + f.arg(f.Begin[begin].Value) + " AND i.value < " + f.arg(f.Begin[begin].Value+last) +
			" AND i.value > " + f.arg(after) + f.filters() + `
			ORDER BY i.value LIMIT ` + f.arg(f.Limit)
		err := f.read(query, f.args, func(scan scanner) error {
			var value string
			c, err := scanContactAnd(scan, &value)
			if err != nil {
				return err
			}
			read++
			values = append(values, value)
			if where, first := f.place(c); where == begin && first == value {
				f.page = append(f.page, c)
			}
			return nil
		})
		if err != nil || read < f.Limit || len(f.page) >= f.Limit {
			return err
		}
		after = values[len(values)-1]
	}
}

// place is where a contact comes: with which beginning, and with which identity. Its beginning is
// -1 where it has none.
func (f *search) place(c *bot.Contact) (begin int, value string) {
	for i, b := range f.Begin {
		var fit []string
		for _, id := range c.Identities {
			if id.Kind == b.Kind && strings.HasPrefix(id.Value, b.Value) {
				fit = append(fit, id.Value)
			}
		}
		if len(fit) > 0 {
			return i, slices.Min(fit)
		}
	}
	return -1, ""
}

func (f *search) contact(id int64) (*bot.Contact, error) {
	c, _, err := first(f.read, scanContact,
		"SELECT "+contactColumns+" FROM contacts c WHERE c.id = $1 AND c.number = $2", id, f.Number)
	return c, err
}

// byWait goes along those who wait, who has waited longest first.
func (f *search) byWait() (found bool, err error) {
	from := ""
	if f.After != 0 {
		since, found, err := first(f.read, value[int64], `
			SELECT waits_since
			FROM contacts
			WHERE id = $1 AND number = $2 AND waits_since > 0`, f.After, f.Number)
		if err != nil || !found {
			return false, err
		}
		from = " AND (c.waits_since, c.id) > (" + f.arg(since) + ", " + f.arg(f.After) + ")"
	}
	return true, f.run(`
		SELECT ` + contactColumns + `
		FROM contacts c
		WHERE c.number = ` + f.arg(f.Number) + " AND c.waits_since > 0" + from + f.filters() + `
		ORDER BY c.waits_since, c.id LIMIT ` + f.arg(f.Limit))
}

// byID goes along the IDs of those whom an index has for the rarest thing that is asked for.
func (f *search) byID(ctx context.Context) error {
	switch {
	case f.Tag != "":
		return f.run(`
			SELECT ` + contactColumns + `
			FROM preferences t
			CROSS JOIN contacts c
			WHERE t.name = 'tags' AND t.value = ` + f.arg(f.Tag) + " AND t.contact_id > " + f.arg(f.After) + `
				AND c.id = t.contact_id AND c.number = ` + f.arg(f.Number) + f.filters() + `
			ORDER BY t.contact_id LIMIT ` + f.arg(f.Limit))
	case f.Hold == bot.NotDelivering || f.Hold == bot.HumanTakeover:
		// With + the order is not read from an index: the one of the hold has few.
		return f.run(`
			SELECT ` + contactColumns + `
			FROM contacts c
			WHERE c.number = ` + f.arg(f.Number) + " AND +c.id > " + f.arg(f.After) + f.filters() + `
			ORDER BY +c.id LIMIT ` + f.arg(f.Limit))
	case f.Hold != "":
		return f.byHolds(ctx)
	}
	return f.run(`
		SELECT ` + contactColumns + `
		FROM contacts c
		WHERE c.number = ` + f.arg(f.Number) + " AND c.id > " + f.arg(f.After) + f.filters() + `
		ORDER BY c.id LIMIT ` + f.arg(f.Limit))
}

// byHolds takes a page of each set of holds with the one that is asked for, and the first of those.
func (f *search) byHolds(ctx context.Context) error {
	sets, err := f.store.countHolds(ctx, f.Number)
	if err != nil {
		return err
	}
	for set := range sets {
		if !slices.Contains(strings.Split(set, ","), string(f.Hold)) {
			continue
		}
		f.args = nil
		err := f.run(`
			SELECT ` + contactColumns + `
			FROM contacts c
			WHERE c.number = ` + f.arg(f.Number) + " AND c.holds <> '' AND c.holds = " + f.arg(set) + " AND c.id > " + f.arg(f.After) +
			f.filters() + `
			ORDER BY c.id LIMIT ` + f.arg(f.Limit))
		if err != nil {
			return err
		}
	}
	slices.SortFunc(f.page, func(a, b *bot.Contact) int { return cmp.Compare(a.ID, b.ID) })
	f.page = f.page[:min(len(f.page), f.Limit)]
	return nil
}
