package desk_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk"
)

// TestListContactsSearched: by name without accents and case, by phone however it is written, in
// each order, and no more than asked for.
func TestListContactsSearched(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	for _, p := range []struct{ phone, lid, name, text string }{
		{ben, "", "Zoë Ben", "hello"}, {ana, "", "ana", phrase}, {cy, "", "Álvaro", phrase}, {"", "771199", "", "hello"},
		{ben, "", "Zoë Ben", "hello"},
	} {
		id := bot.Identity{Kind: bot.Phone, Value: p.phone}
		if p.phone == "" {
			id = bot.Identity{Kind: bot.LID, Value: p.lid}
		}
		s.message("main", bot.Message{Text: p.text, Name: p.name, Identities: []bot.Identity{id}})
	}
	const nameless = "lid:771199"
	for _, row := range []struct {
		says  string
		query desk.ContactQuery
		want  []string
		more  int
	}{
		{"as they first wrote", desk.ContactQuery{}, []string{ben, ana, cy, nameless}, 0},
		{"so many", desk.ContactQuery{Limit: 3}, []string{ben, ana, cy}, 1},
		{"as many as there are", desk.ContactQuery{Limit: 4}, []string{ben, ana, cy, nameless}, 0},
		{"so many of an order", desk.ContactQuery{Limit: 1, Order: desk.ByName}, []string{cy}, 3},
		{"by name", desk.ContactQuery{Order: desk.ByName}, []string{cy, ana, ben, nameless}, 0},
		{"by who wrote last", desk.ContactQuery{Order: desk.ByWrote}, []string{ben, nameless, cy, ana}, 0},
		{"by who joined last", desk.ContactQuery{Order: desk.ByJoined}, []string{cy, ana, ben, nameless}, 0},
		{"a name without its accent", desk.ContactQuery{Search: "zoe"}, []string{ben}, 0},
		{"a part of a name", desk.ContactQuery{Search: "  ALV "}, []string{cy}, 0},
		{"a phone as people write it", desk.ContactQuery{Search: "(212) 555-01"}, []string{ben, ana}, 0},
		{"a whole phone", desk.ContactQuery{Search: cy}, []string{cy}, 0},
		{"a LID", desk.ContactQuery{Search: "7711"}, []string{nameless}, 0},
		{"signs that are no digits", desk.ContactQuery{Search: "+-"}, nil, 0},
		{"a name and a consent", desk.ContactQuery{Search: "a", Consent: bot.Subscribed}, []string{ana, cy}, 0},
	} {
		list, err := s.ListContacts(t.Context(), "main", row.query)
		must(t, err)
		var got []string
		for _, v := range list.Contacts {
			if v.Phone == "" {
				v.Phone = "lid:" + v.LID
			}
			got = append(got, v.Phone)
		}
		if !slices.Equal(got, row.want) || list.More != row.more {
			t.Errorf("%s: %v and %d more, want %v and %d", row.says, got, list.More, row.want, row.more)
		}
	}
}

// TestListContactsByPages: page by page it is the whole list, in every order. After somebody who is
// not in it an order of its own cannot go on.
func TestListContactsByPages(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	for _, phone := range []string{ben, ana, cy} {
		s.writes(phone, phrase)
	}
	for _, order := range []desk.ContactOrder{"", desk.ByName, desk.ByJoined, desk.ByWrote} {
		all, err := s.ListContacts(t.Context(), "main", desk.ContactQuery{Order: order})
		must(t, err)
		var got []desk.ContactView
		for after, more := int64(0), 1; more > 0; after = got[len(got)-1].ID {
			page, err := s.ListContacts(t.Context(), "main", desk.ContactQuery{Order: order, Limit: 2, After: after})
			must(t, err)
			got, more = append(got, page.Contacts...), page.More
		}
		if !reflect.DeepEqual(got, all.Contacts) || len(got) != 3 {
			t.Errorf("order %q: %+v, want %+v", order, got, all.Contacts)
		}
	}
	_, err := s.ListContacts(t.Context(), "main", desk.ContactQuery{Order: desk.ByName, After: 99})
	if !errors.Is(err, desk.ErrStale) || !errors.Is(err, desk.ErrRefused) {
		t.Errorf("after somebody who is not there: %v", err)
	}
}

// TestContactsByID: whoever is known can be named by their ID, also without a phone.
func TestContactsByID(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.writes(ana, phrase)
	s.message("main", bot.Message{Text: phrase, Name: "Zoë", Identities: []bot.Identity{{Kind: bot.LID, Value: "771199"}}})
	list, err := s.ListContacts(t.Context(), "main", desk.ContactQuery{})
	must(t, err)
	for _, v := range list.Contacts {
		c, err := s.Contact(t.Context(), "main", desk.ContactID(v.ID))
		if err != nil || c.ID != v.ID {
			t.Errorf("contact %d: %+v %v", v.ID, c, err)
		}
		if p, err := s.PreviewErase(t.Context(), desk.ContactID(v.ID)); err != nil || p.Numbers != 1 {
			t.Errorf("what is held on contact %d: %+v %v", v.ID, p, err)
		}
	}
	if _, err := s.Contact(t.Context(), "main", desk.ContactID(99)); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("nobody has that ID: %v", err)
	}
	if _, err := s.Contact(t.Context(), "main", "id:ana"); !errors.Is(err, desk.ErrRefused) {
		t.Errorf("no ID: %v", err)
	}
}

// TestWaitingWithLast: of who waits it shows the last message that they wrote, not what anybody
// answered.
func TestWaitingWithLast(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.writes(ana, phrase)
	s.writes(ana, "I think you send too many messages for a single shop")
	list, err := s.WaitingWithLast(t.Context(), "main")
	must(t, err)
	if len(list) != 1 || list[0].Last == nil || list[0].Last.Text != "I think you send too many messages for a single shop" {
		t.Errorf("%+v", list)
	}
}
