package desk

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"optinbot/bot"
	"optinbot/flows"
	"optinbot/flows/words"
	"optinbot/store"
)

// A ContactSearch says which contacts of a number a page has. The zero value of a field asks
// nothing.
type ContactSearch struct {
	Typed   string // the beginnings of words of their name, or of their phone, LID or BSUID
	Consent bot.Consent
	Hold    bot.Reason // keeps promotions to them waiting
	Tag     string
	State   string
	Waiting bool // they wait for a person of the shop

	After int64 // only who follows the contact with this ID, which was the last of the page before. 0: from the first on
	Limit int   // at most so many. 0: pageLimit
}

// pageLimit is how many contacts a page has where nobody says it.
const pageLimit = 50

// A ContactPage is a part of what a search finds.
type ContactPage struct {
	Contacts []ContactView
	Next     int64 // After of the next page. 0: this was the last
}

// namesAddress reports whether what was typed is a phone, a LID or a BSUID, or a part of one.
func namesAddress(typed string) bool {
	typed = strings.TrimSpace(typed)
	return digitsIn(typed) != "" || WithoutPhone(typed) || partOfBSUID().MatchString(typed)
}

// partOfBSUID is a BSUID without its portfolio, or the beginning of one. A name ("Dr.Ana") has no digit.
var partOfBSUID = flows.Pattern(`^[A-Z]{2}\.[A-Za-z0-9]*[0-9][A-Za-z0-9]*$`)

// wholly is a page of whoever has the address that was typed: who may not see addresses would learn
// them sign by sign from what begins so.
func (d *Desk) wholly(ctx context.Context, number string, q ContactSearch) (*ContactPage, error) {
	page := &ContactPage{Contacts: []ContactView{}}
	c, err := d.Contact(ctx, number, strings.TrimSpace(q.Typed))
	switch {
	case errors.Is(err, ErrNotFound) || errors.Is(err, ErrRefused):
		return page, nil
	case err != nil:
		return nil, err
	}
	view := d.View(c)
	if (q.Consent == "" || q.Consent == c.Consent) && (q.Hold == "" || slices.Contains(view.Holds, q.Hold)) &&
		(q.Tag == "" || slices.Contains(view.Tags, q.Tag)) && (q.State == "" || q.State == c.State) && q.After == 0 && !q.Waiting {
		page.Contacts = append(page.Contacts, view)
	}
	return page, nil
}

// SearchContacts returns a page of the contacts of a number that a search asks for. It reads little
// more than it returns, but where two rare things are asked for together, or a state alone: then it
// reads on until the page is full. Those who are searched for by name come in the order of the word
// that was found, those by phone in the order of the phone, those who wait by how long, and all
// others as they first wrote. It is stale after a contact who is not among them any more. It changes
// nothing, and may be repeated.
func (d *Desk) SearchContacts(ctx context.Context, number string, q ContactSearch) (*ContactPage, error) {
	n, err := d.numberFor(ctx, number)
	if err != nil {
		return nil, err
	}
	limit := q.Limit
	if limit <= 0 {
		limit = pageLimit
	}
	search := store.ContactSearch{
		Number: n.Name, Consent: q.Consent, Hold: q.Hold, Tag: q.Tag, State: q.State, Waiting: q.Waiting,
		Now: d.Now(), After: q.After, Limit: limit + 1,
	}
	page := &ContactPage{Contacts: []ContactView{}}
	if !seesPhones(ctx) && namesAddress(q.Typed) {
		return d.wholly(ctx, n.Name, q)
	}
	if strings.TrimSpace(q.Typed) != "" {
		if search.Begin, err = d.beginnings(ctx, n.Name, q.Typed); err != nil {
			return nil, err
		}
		if search.Words = strings.Fields(words.Normalise(q.Typed)); len(search.Begin) > 0 {
			search.Words = nil
		} else if len(search.Words) == 0 { // nothing that a name has
			return page, nil
		}
	}
	found, in, err := d.Store.SearchContacts(ctx, search)
	if err != nil {
		return nil, err
	}
	if !in {
		return nil, stale("the contact after whom the list goes on is not in it any more: begin it again")
	}
	for _, c := range found[:min(limit, len(found))] {
		page.Contacts = append(page.Contacts, d.View(c))
		page.Next = c.ID
	}
	if len(found) <= limit {
		page.Next = 0
	}
	return page, nil
}

// leastDigits is how many digits look for a phone. Fewer may be a part of a name ("Table 12").
const leastDigits = 3

// beginnings are how a phone, a LID or a BSUID may begin that somebody types. They are empty where it is
// none. Without "+" it may be of the country of the number, or of any other.
func (d *Desk) beginnings(ctx context.Context, number, typed string) ([]bot.Identity, error) {
	typed = strings.TrimSpace(typed)
	if lid, is := strings.CutPrefix(typed, lidPrefix); is && digitsIn(lid) != "" {
		return []bot.Identity{{Kind: bot.LID, Value: lid}}, nil
	}
	if id, is := strings.CutPrefix(typed, bsuidPrefix); is && id != "" {
		return []bot.Identity{{Kind: bot.BSUID, Value: id}}, nil
	}
	if partOfBSUID().MatchString(typed) {
		n, err := d.Store.Number(ctx, number)
		if err != nil || n.Portfolio == "" {
			return nil, err
		}
		return []bot.Identity{{Kind: bot.BSUID, Value: n.Portfolio + "/" + typed}}, nil
	}
	digits := digitsIn(typed)
	if len(digits) < leastDigits {
		return nil, nil
	}
	begin := []bot.Identity{{Kind: bot.Phone, Value: "+" + digits}}
	if strings.Contains(typed, "+") {
		return begin, nil
	}
	region, err := d.country(ctx, number)
	if err != nil {
		return nil, err
	}
	if code := bot.CallingCode(region); code > 0 {
		begin = append(begin, bot.Identity{Kind: bot.Phone, Value: "+" + strconv.Itoa(code) + strings.TrimLeft(digits, "0")})
	}
	return append(begin, bot.Identity{Kind: bot.LID, Value: digits}), nil
}
