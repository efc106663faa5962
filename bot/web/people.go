package web

import (
	"net/url"
	"strconv"

	"optinbot/bot"
	"optinbot/bot/desk"
)

// people finds people, and shows who waits.
func (s *Server) people() screen {
	return screen{
		path: "/n/{number}/people", name: "people", area: "people", show: showPeople,
		acts: map[string]func(*visit) (string, error){"optout": func(v *visit) (string, error) {
			_, err := v.Desk.OptOut(v, v.number, v.r.PostForm.Get("phone"), v.r.PostForm.Get("reason"))
			return done(v.here(), "opted_out"), err
		}},
	}
}

// A peopleView is a page of people.
type peopleView struct {
	Search   string
	Consent  bot.Consent
	Waiting  bool
	Counts   map[bot.Consent]int
	All      int
	ForYou   int
	People   []desk.ContactView
	Waits    []desk.Waiting
	Next     string // the address of the next page. "": there is none
	MayStop  bool   // the visitor may record a stop
	Consents []bot.Consent
}

// peopleShown is how many people a page has.
const peopleShown = 50

func showPeople(v *visit) (any, error) {
	query := v.r.URL.Query()
	view := &peopleView{
		Search: query.Get("q"), Consent: bot.Consent(query.Get("consent")), Waiting: query.Has("waiting"), MayStop: v.who.May(desk.ActOptOut),
		Consents: []bot.Consent{bot.Subscribed, bot.Pending, bot.New, bot.Unsubscribed},
	}
	status, err := v.Desk.Status(v, v.Desk.Numbers[v.number], 0)
	if err != nil {
		return nil, err
	}
	view.Counts, view.ForYou = status.Contacts, status.ForYou
	for _, n := range view.Counts {
		view.All += n
	}
	if view.Waiting {
		view.Waits, err = v.Desk.WaitingWithLast(v, v.number)
		return view, err
	}
	after, _ := strconv.ParseInt(query.Get("after"), 10, 64)
	list, err := v.Desk.SearchContacts(v, v.number, desk.ContactSearch{
		Consent: view.Consent, Typed: view.Search, Limit: peopleShown, After: after, Hold: bot.Reason(query.Get("hold")),
		Tag: query.Get("tag"), State: query.Get("state"),
	})
	if err != nil {
		return nil, err
	}
	view.People = list.Contacts
	if list.Next > 0 {
		next := url.Values{"after": {strconv.FormatInt(list.Next, 10)}}
		for _, key := range []string{"q", "consent", "hold", "tag", "state"} {
			if query.Get(key) != "" {
				next.Set(key, query.Get(key))
			}
		}
		view.Next = v.here() + "?" + next.Encode()
	}
	return view, nil
}
