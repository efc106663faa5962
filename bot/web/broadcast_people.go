package web

import (
	"net/url"
	"strconv"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/store"
)

// broadcastPeople are the people whom a figure of a broadcast counts.
func (s *Server) broadcastPeople() screen {
	return screen{path: "/n/{number}/broadcasts/{name}/people", name: "broadcast_people", area: "broadcasts", show: showBroadcastPeople}
}

// A broadcastPeopleView is a page of them.
type broadcastPeopleView struct {
	*desk.ContactPage
	Name       string
	Occurrence string
	Says       string // what they have in common
	More       string // the address of the next page. "": there is none
}

// reachedSays are what people have in common whose promotion reached a step: keys of words/.
var reachedSays = map[store.Reached]string{
	store.ReachedSent: "broadcast.sent", store.ReachedDelivered: "broadcast.arrived", store.ReachedRead: "broadcast.read",
	store.ReachedReplied: "broadcast.answered", store.ReachedOptedOut: "broadcast.stopped", store.ReachedBad: "broadcast.bad",
}

func showBroadcastPeople(v *visit) (any, error) {
	query := v.r.URL.Query()
	of := desk.FigureOf{
		Reached: store.Reached(query.Get("reached")), Status: bot.DeliveryStatus(query.Get("status")), Reason: bot.Reason(query.Get("reason")),
	}
	view := &broadcastPeopleView{Name: v.r.PathValue("name"), Occurrence: query.Get("occurrence")}
	key, known := reachedSays[of.Reached]
	switch {
	case known:
		view.Says = v.lang.say(key)
	case v.lang.has("delivery." + string(of.Status)):
		view.Says = v.lang.say("delivery." + string(of.Status))
		if of.Reason != "" {
			view.Says = v.lang.reason(of.Reason)
		}
	default:
		return nil, desk.ErrNotFound
	}
	id, _ := strconv.ParseInt(view.Occurrence, 10, 64)
	after, _ := strconv.ParseInt(query.Get("after"), 10, 64)
	page, err := v.Desk.BroadcastPeople(v, v.number, view.Name, id, of, after)
	if err != nil {
		return nil, err
	}
	view.ContactPage = page
	if page.Next > 0 {
		query.Set("after", strconv.FormatInt(page.Next, 10))
		view.More = v.here() + "?" + query.Encode()
	}
	return view, nil
}

// figure is the address of the people whom a figure of the view counts.
func (view *broadcastView) figure(v *visit, of url.Values) string {
	of.Set("occurrence", strconv.FormatInt(view.Progress.ID, 10))
	return v.broadcast(view.Name) + "/people?" + of.Encode()
}
