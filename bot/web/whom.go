package web

import (
	"errors"
	"strings"

	"optinbot/bot/desk"
)

// mostNamed is how many people of one name somebody can choose from.
const mostNamed = 10

// whom finds whom somebody means by a name or a phone. Where several may be meant, it returns them,
// and nobody.
func (v *visit) whom(typed string) (one *desk.ContactView, several []desk.ContactView, err error) {
	if typed = strings.TrimSpace(typed); typed == "" {
		return nil, nil, inWords(v.lang.say("whom.type"))
	}
	known, err := v.Desk.Contact(v, v.number, typed) // a whole phone, however it is written
	if err == nil {
		view := v.Desk.View(known)
		return &view, nil, nil
	}
	if !errors.Is(err, desk.ErrRefused) && !errors.Is(err, desk.ErrNotFound) {
		return nil, nil, err
	}
	page, err := v.Desk.SearchContacts(v, v.number, desk.ContactSearch{Typed: typed, Limit: mostNamed})
	switch {
	case err != nil:
		return nil, nil, err
	case len(page.Contacts) == 0:
		return nil, nil, inWords(v.lang.say("people.nobody", "search", typed))
	case len(page.Contacts) == 1:
		return &page.Contacts[0], nil, nil
	}
	return nil, page.Contacts, nil
}
