package web

import (
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
)

// try is a phone that talks to the flow.
func (s *Server) try() screen {
	return screen{
		path: "/n/{number}/try", name: "try", area: "try", show: showTry,
		acts: map[string]func(*visit) (string, error){"": actTry, "test": saveTry},
	}
}

// A tryView is the phone, with what can be sent to it.
type tryView struct {
	desk.TryView
	Drafts []string
	Says   int // messages of the customer
	Hears  int // messages of the bot
	Waits  int
	Kinds  []bot.Kind
	Edits  bool

	Countries [][2]string // and a phone that nobody has there
}

// tryCountries are the countries whose customers a phone can be of.
var tryCountries = [][2]string{
	{"gb", "+447700900001"}, {"pt", "+351900000001"}, {"br", "+5511900000001"}, {"es", "+34900000001"}, {"us", "+12125550101"},
}

// tryKinds are what a customer can send beside words.
var tryKinds = []bot.Kind{bot.KindImage, bot.KindAudio, bot.KindSticker, bot.KindLocation}

func showTry(v *visit) (any, error) {
	phone, err := v.Desk.Try(v, v.number, desk.TryAct{})
	if err != nil {
		return nil, err
	}
	view := tryView{TryView: phone, Kinds: tryKinds, Countries: tryCountries, Edits: v.who.May(desk.ActRecordTest)}
	for _, line := range phone.Lines {
		switch {
		case line.Waited > 0:
			view.Waits++
		case line.Mine:
			view.Says++
		case line.Held == "" && line.Skip == "":
			view.Hears++
		}
	}
	view.Drafts, err = v.Desk.Files.Drafts()
	return view, err
}

// actTry does one thing on the phone.
func actTry(v *visit) (string, error) {
	form := v.r.PostForm
	act := desk.TryAct{
		Text: form.Get("text"), Kind: bot.Kind(form.Get("kind")), Next: form.Has("next"), Send: form.Get("send"),
		Begin: form.Has("begin"), As: desk.Customer{Name: form.Get("name"), Phone: form.Get("phone")},
	}
	if wait := form.Get("wait"); wait != "" {
		by, err := time.ParseDuration(wait)
		if err != nil {
			return "", inWords(v.lang.say("try.no_time"))
		}
		act.Wait = by
	}
	if act.Kind != "" || act.Wait > 0 || act.Next || act.Begin || form.Has("broadcast") {
		act.Text = "" // what stood in the field is not said by another button
	}
	if !form.Has("broadcast") {
		act.Send = ""
	}
	_, err := v.Desk.Try(v, v.number, act)
	return v.here(), err
}

func saveTry(v *visit) (string, error) {
	_, err := v.Desk.SaveTry(v, v.number, v.r.PostForm.Get("title"))
	return done(v.here(), "test_saved"), err
}
