package web

import (
	"errors"
	"net/http"
	"time"

	"optinbot/bot/desk"
)

// takeBack is how long a broadcast that is armed to go out at once waits before its first message,
// so that it can be taken back.
const takeBack = time.Minute

// broadcastAct asks before something is done to a broadcast: pause, resume, release, cancel. Each
// has an address of its own.
func (s *Server) broadcastAct() screen {
	return screen{
		path: "/n/{number}/broadcasts/{name}/{act}", name: "broadcast_act", area: "broadcasts", show: showBroadcastAct,
		acts: map[string]func(*visit) (string, error){"": doBroadcastAct},
	}
}

// A broadcastActView is what there is to know before something is done to a broadcast.
type broadcastActView struct {
	Name, Act  string
	Sent, Left int
	Says       []string // what there is to know first
	Questions  []desk.Question
	Back       string
	No         bool   // it ends something
	Cannot     string // why it cannot be done. "": it can
}

// broadcastActs are what may be done: with its right.
var broadcastActs = map[string]desk.Action{
	"pause": desk.ActPauseBroadcast, "resume": desk.ActResumeBroadcast, "release": desk.ActReleaseBroadcast, "cancel": desk.ActCancelBroadcast,
}

func showBroadcastAct(v *visit) (any, error) {
	name, act := v.r.PathValue("name"), v.r.PathValue("act")
	if _, ok := broadcastActs[act]; !ok {
		return nil, desk.ErrNotFound
	}
	at, err := v.Desk.BroadcastStatus(v, v.Desk.Numbers[v.number], name, 0)
	if err != nil {
		return nil, err
	}
	view := &broadcastActView{Name: name, Act: act, Back: v.broadcast(name), No: act == "cancel"}
	if at.Progress != nil {
		view.Sent, view.Left = at.Sent, at.ToGo
	}
	switch act {
	case "resume":
		offer, offered := v.Desk.OfferResume(v, v.number, name)
		view.Says, view.Questions, err = offer.Reminds, offer.Questions, offered
	case "release":
		_, err = v.Desk.OfferRelease(v, v.number, name)
	case "cancel":
		_, err = v.Desk.OfferCancel(v, v.number, name)
	}
	if errors.Is(err, desk.ErrRefused) { // where it was tried, the page has said so already
		if v.r.Method == http.MethodGet {
			view.Cannot = v.lang.refusal(err)
		}
		return view, nil
	}
	return view, err
}

func doBroadcastAct(v *visit) (string, error) {
	name, act := v.r.PathValue("name"), v.r.PathValue("act")
	var err error
	switch act {
	case "pause":
		_, err = v.Desk.PauseBroadcast(v, v.number, name)
	case "cancel":
		_, err = v.Desk.CancelBroadcast(v, v.number, name)
	case "release":
		_, err = v.Desk.ReleaseBroadcast(v, v.number, name)
	case "resume":
		_, err = v.Desk.ResumeBroadcast(v, v.number, name, v.r.PostForm.Get("late") == "yes")
	default:
		err = desk.ErrNotFound
	}
	return done(v.broadcast(name), "broadcast_"+act), err
}
