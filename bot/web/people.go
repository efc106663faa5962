package web

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/flows"
)

// people finds people, and shows who waits.
func (s *Server) people() screen {
	return screen{
		path: "/n/{number}/people", name: "people", area: "people", show: showPeople,
		acts: map[string]func(*visit) (string, error){
			"find": findPeople,
			"optout": func(v *visit) (string, error) {
				_, err := v.Desk.OptOut(v, v.number, v.r.PostForm.Get("phone"), v.r.PostForm.Get("reason"))
				return done(v.here(), "opted_out"), err
			},
		},
	}
}

// A peopleView is a page of people.
type peopleView struct {
	Search   string // what was typed
	Forgot   bool   // what was typed is not known any more
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
	Holds    []heldBack // what holds promotions to people back, and how many
	Hold     bot.Reason
	Tag      string
	State    string

	Audience string // that is looked for
	Wrong    []wrongAt
	Looked   int // how many contacts were looked at for it, on all pages so far
	Hints    []string
}

// A heldBack is how many people have a hold.
type heldBack struct {
	Hold   bot.Reason
	People int
}

// A wrongAt is what is wrong with an audience, and where: Text is cut before and after that place.
type wrongAt struct {
	flows.Problem
	Before, At, After string
}

// peopleShown is how many people a page has.
const peopleShown = 50

func showPeople(v *visit) (any, error) {
	query := v.r.URL.Query()
	view := &peopleView{
		Consent: bot.Consent(query.Get("consent")), Waiting: query.Has("waiting"), MayStop: v.who.May(desk.ActOptOut),
		Consents: []bot.Consent{bot.Subscribed, bot.Pending, bot.New, bot.Unsubscribed},
	}
	if word := query.Get("s"); word != "" {
		typed, known := v.searches.text(v.who.Name, word)
		view.Search, view.Forgot = typed, !known
	}
	status, err := v.Desk.Status(v, v.Desk.Numbers[v.number], 0)
	if err != nil {
		return nil, err
	}
	view.Counts, view.ForYou = status.Contacts, status.ForYou
	view.Hold, view.Tag, view.State, view.Audience = bot.Reason(query.Get("hold")), query.Get("tag"), query.Get("state"), query.Get("audience")
	if v.again {
		view.Audience = v.r.PostForm.Get("audience")
	}
	for hold, n := range status.Holds {
		view.Holds = append(view.Holds, heldBack{hold, n})
	}
	slices.SortFunc(view.Holds, func(a, b heldBack) int { return cmp.Or(cmp.Compare(b.People, a.People), cmp.Compare(a.Hold, b.Hold)) })
	if view.Hints, err = v.Desk.AudienceHints(v, v.number); err != nil {
		return nil, err
	}
	for _, n := range view.Counts {
		view.All += n
	}
	if view.Waiting {
		view.Waits, err = v.Desk.WaitingWithLast(v, v.number)
		return view, err
	}
	after, _ := strconv.ParseInt(query.Get("after"), 10, 64)
	if strings.TrimSpace(view.Audience) != "" {
		return view, v.findAudience(view, after)
	}
	if view.Forgot { // all people are no answer to it
		return view, nil
	}
	list, err := v.Desk.SearchContacts(v, v.number, desk.ContactSearch{
		Consent: view.Consent, Typed: view.Search, Limit: peopleShown, After: after, Hold: view.Hold, Tag: view.Tag, State: view.State,
	})
	if err != nil {
		return nil, err
	}
	view.People = list.Contacts
	if list.Next > 0 {
		next := url.Values{"after": {strconv.FormatInt(list.Next, 10)}}
		for _, key := range []string{"s", "consent", "hold", "tag", "state"} {
			if query.Get(key) != "" {
				next.Set(key, query.Get(key))
			}
		}
		view.Next = v.here() + "?" + next.Encode()
	}
	return view, nil
}

// findAudience looks for those who are in the audience of the view, or says what is wrong with it.
func (v *visit) findAudience(view *peopleView, after int64) error {
	view.Consent = bot.Subscribed
	found, err := v.Desk.FindAudience(v, v.number, desk.AudienceSearch{Expression: view.Audience, After: after, Limit: peopleShown})
	if err != nil {
		return err
	}
	for _, p := range found.Problems {
		view.Wrong = append(view.Wrong, newWrongAt(strings.TrimSpace(view.Audience), p))
	}
	before, _ := strconv.Atoi(v.r.URL.Query().Get("looked"))
	view.People, view.Looked = found.Contacts, min(max(before, 0)+found.Looked, view.All)
	if found.Next > 0 {
		view.Next = v.here() + "?" + url.Values{
			"audience": {view.Audience}, "after": {strconv.FormatInt(found.Next, 10)}, "looked": {strconv.Itoa(view.Looked)},
		}.Encode()
	}
	return nil
}

// newWrongAt cuts a text where a problem is.
func newWrongAt(text string, p flows.Problem) wrongAt {
	lines := strings.Split(text, "\n")
	line := []rune(lines[min(max(p.Line, 1), len(lines))-1])
	at := min(max(p.Col-1, 0), len(line))
	end := at
	for end < len(line) && line[end] != ' ' {
		end++
	}
	return wrongAt{p, string(line[:at]), string(line[at:end]), string(line[end:])}
}
