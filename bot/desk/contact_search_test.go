package desk_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk"
)

// namedWrites lets a person with a name write to the first number.
func (s *shop) namedWrites(phone, name, text string) bot.Turn {
	s.t.Helper()
	return s.message("main", bot.Message{Text: text, Name: name, Identities: []bot.Identity{{Kind: bot.Phone, Value: phone}}})
}

// TestSearchContacts: by the beginnings of words and phones, with each filter, page by page, as a
// look at everybody finds them.
func TestSearchContacts(t *testing.T) {
	t.Parallel()
	s := newShop(t, twoNumbers)
	s.linked("main", "+12125550190")
	var phones []string
	for i, name := range []string{"Ana Souza", "Ána Andrade", "Ben", "Benedita da Silva", "Ana", "", "Zoë Souza", "Dan 12"} {
		phone := fmt.Sprintf("+1212555010%d", i)
		phones = append(phones, phone)
		s.namedWrites(phone, name, []string{phrase, "hello"}[i%2])
	}
	s.message("second", bot.Message{Text: "hello", Name: "Ana of the other number", Identities: []bot.Identity{{Kind: bot.Phone, Value: cy}}})
	s.namedWrites(cy, "Benno", "hello")
	phones = append(phones, cy)
	_, err := s.PauseContact(t.Context(), "main", phones[2])
	must(t, err)
	s.writes(phones[3], "this is horrible, I want to talk to a person")
	for name, row := range map[string]struct {
		q    desk.ContactSearch
		want []int // of phones, in order
	}{
		"everybody":                  {desk.ContactSearch{}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8}},
		"a word's beginning":         {desk.ContactSearch{Typed: "an"}, []int{0, 1, 4}},
		"without accents":            {desk.ContactSearch{Typed: "ZOE"}, []int{6}},
		"two words":                  {desk.ContactSearch{Typed: "sou an"}, []int{0}},
		"one in two words":           {desk.ContactSearch{Typed: "a"}, []int{0, 1, 4}},
		"in the order of the words":  {desk.ContactSearch{Typed: "ben"}, []int{2, 3, 8}},
		"not within a word":          {desk.ContactSearch{Typed: "ouza"}, nil},
		"nobody":                     {desk.ContactSearch{Typed: "xyz"}, nil},
		"nothing that a name has":    {desk.ContactSearch{Typed: "!!"}, nil},
		"few digits are of a name":   {desk.ContactSearch{Typed: "12"}, []int{7}},
		"a phone":                    {desk.ContactSearch{Typed: "+1 212 555-0103"}, []int{3}},
		"a phone's beginning":        {desk.ContactSearch{Typed: "+1 (212) 555"}, []int{0, 1, 2, 3, 4, 5, 6, 7}},
		"without the country":        {desk.ContactSearch{Typed: "212 555 0104"}, []int{4}},
		"of another country":         {desk.ContactSearch{Typed: "4477"}, []int{8}},
		"a word and a consent":       {desk.ContactSearch{Typed: "an", Consent: bot.Subscribed}, []int{0, 4}},
		"a phone and a consent":      {desk.ContactSearch{Typed: "1212", Consent: bot.Subscribed}, []int{0, 2, 4, 6}},
		"a consent":                  {desk.ContactSearch{Consent: bot.Pending}, []int{1, 3, 5, 7, 8}},
		"a takeover":                 {desk.ContactSearch{Hold: bot.HumanTakeover}, []int{2}},
		"who waits":                  {desk.ContactSearch{Waiting: true}, []int{3}},
		"who waits, and another":     {desk.ContactSearch{Waiting: true, Typed: "ana"}, nil},
		"a tag that nobody has":      {desk.ContactSearch{Tag: "vip"}, nil},
		"a phone that seems gone":    {desk.ContactSearch{Hold: bot.NotDelivering}, nil},
		"a hold that nobody has":     {desk.ContactSearch{Hold: bot.SafeMode}, nil},
		"a state that nobody is in":  {desk.ContactSearch{State: "nowhere"}, nil},
		"a question that is open":    {desk.ContactSearch{Hold: bot.QuestionOpen}, s.withHold(phones, bot.QuestionOpen)},
		"that, and a word":           {desk.ContactSearch{Hold: bot.QuestionOpen, Typed: "zoe"}, s.withHold(phones[6:7], bot.QuestionOpen, 6)},
		"awaiting the disclosure":    {desk.ContactSearch{Hold: bot.AwaitingDisclosure}, s.withHold(phones, bot.AwaitingDisclosure)},
		"the state of the first one": {desk.ContactSearch{State: s.contact(phones[0]).State}, s.inState(phones, s.contact(phones[0]).State)},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			for _, i := range row.want {
				want = append(want, phones[i])
			}
			for _, limit := range []int{1, 2, 3, 50} {
				var got []string
				for q := row.q; ; {
					q.Limit = limit
					page, err := s.SearchContacts(t.Context(), "main", q)
					must(t, err)
					for _, v := range page.Contacts {
						got = append(got, v.Phone)
					}
					if q.After = page.Next; q.After == 0 {
						break
					}
				}
				if !slices.Equal(got, want) {
					t.Fatalf("pages of %d: %v, want %v", limit, got, want)
				}
			}
		})
	}
	gone := s.contact(phones[0]).ID
	_, err = s.Store.Erase(t.Context(), []bot.Identity{{Kind: bot.Phone, Value: phones[0]}}, s.Envs)
	must(t, err)
	for _, typed := range []string{"an", "+1212"} {
		if _, err := s.SearchContacts(t.Context(), "main", desk.ContactSearch{Typed: typed, After: gone}); !errors.Is(err, desk.ErrStale) {
			t.Errorf("after somebody who was erased: %v", err)
		}
	}
	problems, err := s.Store.Miscounted(t.Context())
	if err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
}

// withHold are the places of those who have a hold, counted from first.
func (s *shop) withHold(phones []string, hold bot.Reason, first ...int) (places []int) {
	for i, phone := range phones {
		if s.contact(phone).Has(hold) {
			places = append(places, i+append(first, 0)[0])
		}
	}
	return places
}

func (s *shop) inState(phones []string, state string) (places []int) {
	for i, phone := range phones {
		if s.contact(phone).State == state {
			places = append(places, i)
		}
	}
	return places
}

// TestTimeline: both sides' messages and the proof of the consent, the newest first, and page by
// page the same as at once.
func TestTimeline(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.writes(ana, phrase)
	s.later(0)
	s.writes(ana, "hello?")
	s.writes(ana, "stop")
	s.later(0)
	whole, err := s.Timeline(t.Context(), "main", ana, "", 1000)
	must(t, err)
	var theirs, ours, consents int
	for i, m := range whole.Moments {
		if i > 0 && m.At.After(whole.Moments[i-1].At) {
			t.Errorf("%v comes after %v", m.At, whole.Moments[i-1].At)
		}
		switch {
		case m.Consent != nil:
			consents++
		case m.Message.FromUs:
			ours++
		default:
			theirs++
		}
	}
	if theirs != 3 || ours < 2 || consents < 2 || whole.Next != "" {
		t.Fatalf("%d of theirs, %d of ours, %d entries, next %q", theirs, ours, consents, whole.Next)
	}
	for limit := 1; limit < 4; limit++ {
		var got []desk.Moment
		for next, more := "", true; more; more = next != "" {
			page, err := s.Timeline(t.Context(), "main", ana, next, limit)
			must(t, err)
			if len(page.Moments) > limit {
				t.Fatalf("a page of %d has %d", limit, len(page.Moments))
			}
			got, next = append(got, page.Moments...), page.Next
		}
		if a, b := fmt.Sprint(spelt(got)), fmt.Sprint(spelt(whole.Moments)); a != b {
			t.Errorf("pages of %d:\n%s, want\n%s", limit, a, b)
		}
	}
	s.refused("is not where a timeline goes on", func() error {
		_, err := s.Timeline(t.Context(), "main", ana, "x", 1)
		return err
	})
}

func spelt(all []desk.Moment) (out []string) {
	for _, m := range all {
		switch {
		case m.Message != nil:
			out = append(out, fmt.Sprint(m.At, *m.Message))
		case m.Consent != nil:
			out = append(out, fmt.Sprint(m.At, m.Consent.Hash))
		default:
			out = append(out, fmt.Sprint(m.At, *m.Delivery))
		}
	}
	return out
}
