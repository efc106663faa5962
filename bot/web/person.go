package web

import (
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
)

// person is one person: where they stand, what was said, agreed and sent, and what may be answered.
func (s *Server) person() screen {
	return screen{
		path: "/n/{number}/people/{id}", name: "person", area: "people", show: showPerson,
		acts: map[string]func(*visit) (string, error){
			"reply": replyTo,
			"take": func(v *visit) (string, error) {
				_, err := v.Desk.PauseContact(v, v.number, v.contact())
				return done(v.here(), "taken"), err
			},
			"give_back": func(v *visit) (string, error) {
				return done(v.here(), "given_back"), v.Desk.ResumeContact(v, v.number, v.contact())
			},
			"release": func(v *visit) (string, error) {
				err := v.Desk.ReleaseContact(v, v.number, v.contact(), v.r.PostForm.Get("reason"))
				return done(v.here(), "released"), err
			},
			"zone": func(v *visit) (string, error) {
				_, err := v.Desk.SetZone(v, v.number, v.contact(), v.r.PostForm.Get("zone"))
				return done(v.here(), "zone_set"), err
			},
			"quick": quickReply,
			"tag": func(v *visit) (string, error) {
				_, err := v.Desk.TagContact(v, v.number, v.r.PostForm.Get("tag"), v.contact())
				return done(v.here(), "tagged"), err
			},
			"untag": func(v *visit) (string, error) {
				_, err := v.Desk.UntagContact(v, v.number, v.r.PostForm.Get("tag"), v.contact())
				return done(v.here(), "untagged"), err
			},
		},
	}
}

// replyTo answers with what was typed, and with the picture that was chosen.
func replyTo(v *visit) (string, error) {
	seen, err := strconv.ParseInt(v.r.PostForm.Get("seen"), 10, 64)
	if err != nil {
		return "", desk.ErrNotFound
	}
	said := desk.Said{Text: v.r.PostForm.Get("text"), Seen: time.UnixMicro(seen)}
	if answered, err := strconv.ParseInt(v.r.PostForm.Get("answered"), 10, 64); err == nil {
		at := time.UnixMicro(answered)
		said.Answered = &at
	}
	if said.Picture, err = v.file("picture"); err != nil {
		return "", err
	}
	_, err = v.Desk.ReplyTo(v, v.number, v.contact(), said)
	return done(v.here(), "replied"), err
}

// file is what was chosen in a field of the form. Nil: nothing.
func (v *visit) file(field string) ([]byte, error) {
	if v.r.MultipartForm == nil || len(v.r.MultipartForm.File[field]) == 0 {
		return nil, nil
	}
	f, err := v.r.MultipartForm.File[field][0].Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// personErase asks before somebody is erased: how they are named has to be typed.
func (s *Server) personErase() screen {
	return screen{
		path: "/n/{number}/people/{id}/erase", name: "person_erase", area: "people", show: showPersonErase,
		acts: map[string]func(*visit) (string, error){"": func(v *visit) (string, error) {
			who, err := v.Desk.PreviewErase(v, v.contact())
			if err != nil {
				return "", err
			}
			if !names(who.Phone, v.r.PostForm.Get("typed")) {
				return "", inWords(v.lang.say("erase.type_it", "who", who.Phone))
			}
			_, err = v.Desk.ErasePerson(v, who.Phone, v.r.PostForm.Get("version"))
			return done("/n/"+v.number+"/people", "erased"), err
		}},
	}
}

// names reports whether what was typed names whom a command names so: a phone however it is written.
func names(who, typed string) bool {
	typed = strings.TrimSpace(typed)
	return typed == who || strings.HasPrefix(who, "+") && digits(typed) != "" && digits(typed) == digits(who)
}

func showPersonErase(v *visit) (any, error) {
	return v.Desk.PreviewErase(v, v.contact())
}

// contact is the person of the address, as the desk takes it in place of a phone.
func (v *visit) contact() string { return "id:" + v.r.PathValue("id") }

// A personView is what there is to know about one person.
type personView struct {
	*desk.ContactDetail
	Timeline []moment
	Earlier  string // the address of what was before. "": this is all
	Needs    []bot.Wait
	Takes    bool  // a person of the shop has the chat
	Seen     int64 // when they last wrote, and when somebody of the shop did, in microseconds since 1970
	Answered int64
	Quick    desk.QuickReplies
	Unsure   bool // something holds promotions until an owner releases them
	Proof    *yes
	Chat     bool // the visitor may take the chat over, give it back and set the zone
	Reply    bool // and answer: not who has left, until they write again
	Tag      bool
	Release  bool
	Erase    bool
	Export   bool
	Test     bool // the visitor may keep the chat as a test
}

// A moment of a timeline, with its day where that is a new one.
type moment struct {
	desk.Moment
	Day   time.Time // zero: the same day as the moment before
	State string    // of the mark of what is no message
}

// A yes is the newest entry of the ledger by which somebody is subscribed.
type yes struct {
	Seq   int64
	At    time.Time
	Words string
	Saw   string
}

// momentsShown is how many moments a page of a timeline has.
const momentsShown = 60

func showPerson(v *visit) (any, error) {
	detail, err := v.Desk.ShowContact(v, v.number, v.contact(), 1)
	if err != nil {
		return nil, err
	}
	view := &personView{
		ContactDetail: detail, Takes: !detail.QuietUntil.IsZero(), Seen: detail.LastInbound.UnixMicro(), Answered: detail.LastHuman.UnixMicro(),
		Chat: v.who.May(desk.ActPauseContact), Tag: v.who.May(desk.ActTagContact),
		Release: v.who.May(desk.ActReleaseContact), Erase: v.who.May(desk.ActEraseContact),
		Export: v.who.May(desk.ActExportContact), Test: v.who.May(desk.ActRecordTest),
	}
	view.Reply = view.Chat && (detail.Consent != bot.Unsubscribed || detail.LastInbound.After(detail.OptedOut))
	if view.Reply {
		// The person is answered also where that file cannot be read: `flow check` says what is wrong.
		if view.Quick, err = v.Desk.QuickReplies(v, v.number); err != nil {
			v.Log.Warn("the quick replies cannot be read", failure(err))
			view.Quick = desk.QuickReplies{}
		}
	}
	for _, hold := range detail.Holds {
		view.Unsure = view.Unsure || hold == bot.UnsureStop
	}
	before := v.r.URL.Query().Get("before")
	line, err := v.Desk.Timeline(v, v.number, v.contact(), before, momentsShown)
	if err != nil {
		return nil, err
	}
	if line.Next != "" {
		view.Earlier = v.here() + "?before=" + url.QueryEscape(line.Next)
	}
	zone := v.Desk.Limits(v.number).Zone
	var day time.Time
	for _, e := range slices.Backward(line.Moments) {
		m := moment{Moment: e, State: "info"}
		if at := e.At.In(zone); day.IsZero() || daysBetween(day, at) != 0 {
			m.Day, day = at, at
		}
		if e.Consent != nil {
			m.State = "ok"
		}
		view.Timeline = append(view.Timeline, m)
	}
	proof, err := v.Desk.ShowConsent(v, v.number, v.contact())
	if err != nil {
		return nil, err
	}
	for _, e := range proof.Entries {
		if e.Public.To == bot.Subscribed && e.Public.From != bot.Subscribed {
			view.Proof = &yes{Seq: e.Public.Seq, At: e.Public.ServerTime, Words: e.Personal.Words, Saw: e.Public.Shown}
		}
	}
	waiting, err := v.Desk.Waiting(v, v.number)
	for _, w := range waiting {
		if w.ID == detail.ID {
			view.Needs = w.Waits
		}
	}
	return view, err
}
