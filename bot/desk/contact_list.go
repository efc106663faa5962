package desk

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/flows/words"
)

// A ContactOrder is the order of a list of contacts.
type ContactOrder string

// The orders of contacts. Without one, they come as they first wrote.
const (
	ByName   ContactOrder = "name"
	ByJoined ContactOrder = "joined" // who signed up last comes first
	ByWrote  ContactOrder = "wrote"  // who wrote last comes first
)

// A ContactQuery says which contacts are listed, and in which order.
type ContactQuery struct {
	Consent bot.Consent // "": any
	Search  string      // is in their name, or in their phone however it is written, or begins their LID or BSUID
	Order   ContactOrder
	Limit   int   // at most so many. 0: all
	After   int64 // only who follows the contact with this ID, which was the last of the page before. 0: all
}

// A ContactList is what a query has found.
type ContactList struct {
	Contacts []ContactView
	More     int // how many Limit has left out
}

// ListContacts returns the contacts of a number that a query asks for. It is refused in an order of
// its own after a contact who is not among them any more. It changes nothing, and may be repeated.
func (d *Desk) ListContacts(ctx context.Context, number string, q ContactQuery) (*ContactList, error) {
	n, err := d.numberFor(ctx, number)
	if err != nil {
		return nil, err
	}
	list, found := &ContactList{Contacts: []ContactView{}}, q.finder()
	if !seesPhones(ctx) && namesAddress(q.Search) {
		page, err := d.wholly(ctx, n.Name, ContactSearch{Typed: q.Search, Consent: q.Consent, After: q.After})
		if err == nil {
			list.Contacts = page.Contacts
		}
		return list, err
	}
	ctx, end, err := d.Costly(ctx, n.Name)
	if err != nil {
		return nil, err
	}
	defer end()
	err = d.Store.Contacts(ctx, n.Name, q.Consent, func(c *bot.Contact) error {
		switch {
		case !found(c), q.Order == "" && c.ID <= q.After:
		case q.Order == "" && q.Limit > 0 && len(list.Contacts) == q.Limit:
			list.More++
		default:
			list.Contacts = append(list.Contacts, d.View(c))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	q.sort(list.Contacts)
	if list.Contacts, err = q.following(list.Contacts); err != nil {
		return nil, err
	}
	if n := len(list.Contacts); q.Limit > 0 && n > q.Limit {
		list.Contacts, list.More = list.Contacts[:q.Limit], n-q.Limit
	}
	return list, nil
}

// following are those of a sorted list who follow the page before.
func (q ContactQuery) following(list []ContactView) ([]ContactView, error) {
	if q.After == 0 || q.Order == "" {
		return list, nil
	}
	i := slices.IndexFunc(list, func(v ContactView) bool { return v.ID == q.After })
	if i < 0 {
		return nil, stale("the contact after whom the list goes on is not in it any more: begin it again")
	}
	return list[i+1:], nil
}

// finder reports whether a contact is searched for.
func (q ContactQuery) finder() func(*bot.Contact) bool {
	name, digits := words.Normalise(q.Search), digitsIn(q.Search)
	account, bsuid := strings.TrimSpace(q.Search), ""
	if !WithoutPhone(account) {
		account, bsuid = "", partOfBSUID().FindString(account)
	}
	return func(c *bot.Contact) bool {
		switch {
		case strings.TrimSpace(q.Search) == "":
			return true
		case name != "" && strings.Contains(words.Normalise(c.DisplayName()), name):
			return true
		case account != "":
			return strings.HasPrefix(NamedAs(bot.LIDOf(c.Identities)), account) ||
				strings.HasPrefix(NamedAs(bot.BSUIDOf(c.Identities)), account)
		case bsuid != "":
			_, id, _ := strings.Cut(bot.BSUIDOf(c.Identities), "/")
			return strings.HasPrefix(id, bsuid)
		case digits == "":
			return false
		}
		return strings.Contains(digitsIn(c.Phone()), digits) || strings.Contains(bot.LIDOf(c.Identities), digits)
	}
}

// digitsIn are the digits of a phone as somebody writes it. They are "" where it has letters.
func digitsIn(typed string) string {
	typed = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "", "/", "", "+", "").Replace(typed)
	if strings.IndexFunc(typed, func(r rune) bool { return r < '0' || r > '9' }) >= 0 {
		return ""
	}
	return typed
}

func (q ContactQuery) sort(list []ContactView) {
	last := func(at func(ContactView) time.Time) func(a, b ContactView) int {
		return func(a, b ContactView) int { return at(b).Compare(at(a)) }
	}
	switch q.Order {
	case ByName:
		names := map[string]string{}
		for _, v := range list {
			names[v.Name] = words.Normalise(v.Name)
		}
		slices.SortStableFunc(list, func(a, b ContactView) int {
			if (names[a.Name] == "") != (names[b.Name] == "") { // who has no name comes last
				return cmp.Compare(names[b.Name], names[a.Name])
			}
			return cmp.Compare(names[a.Name], names[b.Name])
		})
	case ByJoined:
		slices.SortStableFunc(list, last(func(v ContactView) time.Time { return v.OptedIn }))
	case ByWrote:
		slices.SortStableFunc(list, last(func(v ContactView) time.Time { return v.LastInbound }))
	}
}
