package web

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/store"
)

// broadcastNow is one broadcast: how far it is, what people say, who has not got it and why.
func (s *Server) broadcastNow() screen {
	return screen{
		path: "/n/{number}/broadcasts/{name}", name: "broadcast", area: "broadcasts", show: showBroadcast,
		acts: map[string]func(*visit) (string, error){
			"arrived":     func(v *visit) (string, error) { return v.resolve(true) },
			"not_arrived": func(v *visit) (string, error) { return v.resolve(false) },
			"why":         askWhy,
			"take_back":   takeItBack,
		},
	}
}

// A broadcastView is how a broadcast stands.
type broadcastView struct {
	Name     string
	State    string         // of its mark
	Progress *desk.Progress // of the occurrence. Nil where there was none yet
	PausedBy string         // the reason of its pause, in words
	Coming   *desk.Coming   // a recurring one that has not gone out yet
	Others   []desk.OccurrenceView
	Draft    bool // there is a draft of that name

	Sent, Left             int
	Funnel                 []step
	NotYet                 []because // who has not got it, most first
	Guard                  *guardPicture
	Hours                  *bars
	Unknown                int
	UnknownLink            string // to these people
	Newest                 bool   // it is the newest occurrence, which is the one that can be settled here
	Pause, Resume, Release bool   // what may be done with it now
	Cancel                 bool
	TakeBack               bool // it was armed, and nobody has it yet
	OneClick               bool // it was armed so lately that nothing is asked before it is taken back
	Story                  *desk.DeliveryStory
	Told                   []string           // the story, in a language that the desk does not speak
	Asked                  int64              // about whom: the ID of the contact
	AskedName              string             // and what they are called
	Several                []desk.ContactView // who may be meant by what was typed
	NoStory                string             // why there is none
}

// A step is how many people got how far.
type step struct {
	Key    string // of words/
	People int
	State  string
	Link   string // to these people
}

// A because is why people do not have it.
type because struct {
	Says   string
	People int
	Never  bool // they will not get it
	Link   string
	Share  int // of the most, in hundredths
}

// drawnBars adds how long the bar of each is. The first has most people.
func drawnBars(list []because) []because {
	for i := range list {
		list[i].Share = list[i].People * 100 / max(1, list[0].People)
	}
	return list
}

func showBroadcast(v *visit) (any, error) {
	name := v.r.PathValue("name")
	view := &broadcastView{Name: name, State: "wait"}
	list, err := v.Desk.ListBroadcasts(v, v.number)
	if err != nil {
		return nil, err
	}
	view.Draft = slices.Contains(list.Drafts, name)
	occurrence, _ := strconv.ParseInt(v.r.FormValue("occurrence"), 10, 64)
	for _, o := range list.Occurrences {
		if o.Broadcast == name {
			view.Others = append(view.Others, o)
		}
	}
	if len(view.Others) == 0 && !slices.ContainsFunc(list.Schedules, func(s desk.ScheduleView) bool { return s.Broadcast == name }) {
		if view.Draft {
			return view, nil
		}
		return nil, desk.ErrNotFound
	}
	at, err := v.Desk.BroadcastStatus(v, v.Desk.Numbers[v.number], name, occurrence)
	if err != nil {
		return nil, err
	}
	view.Coming, view.Progress = at.Coming, at.Progress
	view.may(v, list)
	if view.Progress != nil {
		view.fill(v)
	}
	return view, v.why(view)
}

// may says what the visitor may do with it now.
func (view *broadcastView) may(v *visit, list *desk.BroadcastList) {
	for _, o := range view.Others {
		switch o.Status {
		case bot.OccurrenceRunning, bot.OccurrenceScheduled:
			view.Pause, view.Cancel = true, true
		case bot.OccurrencePaused:
			view.Resume, view.Cancel = true, true
		case bot.OccurrenceLate:
			view.Release, view.Cancel = true, true
		}
	}
	for _, s := range list.Schedules {
		if s.Broadcast == view.Name && s.Status == bot.ScheduleArmed {
			view.Pause, view.Cancel = true, true
		} else if s.Broadcast == view.Name && s.Status == bot.SchedulePaused {
			view.Resume, view.Cancel = true, true
		}
	}
	view.Pause = view.Pause && v.who.May(desk.ActPauseBroadcast)
	view.Resume = view.Resume && v.who.May(desk.ActResumeBroadcast)
	view.Release = view.Release && v.who.May(desk.ActReleaseBroadcast)
	view.Cancel = view.Cancel && v.who.May(desk.ActCancelBroadcast)
}

// fill adds what became of an occurrence.
func (view *broadcastView) fill(v *visit) {
	p := view.Progress
	view.Sent, view.Left = p.Sent, p.ToGo
	if p.Reason != "" {
		view.PausedBy = v.lang.reason(p.Reason)
	}
	view.Newest = len(view.Others) > 0 && view.Others[0].ID == p.ID
	view.State = map[bot.OccurrenceStatus]string{
		bot.OccurrenceRunning: "ok", bot.OccurrenceDone: "ok", bot.OccurrencePaused: "hold", bot.OccurrenceLate: "hold",
		bot.OccurrenceScheduled: "wait", bot.OccurrenceCancelled: "mut",
	}[p.Status]
	view.TakeBack = p.Status == bot.OccurrenceScheduled && view.Cancel
	view.OneClick = view.TakeBack && v.Now().Sub(p.ArmedAt) < takeBack
	var sum struct{ sent, delivered, read, replied, left, bad int }
	for _, o := range p.Variants {
		sum.sent += o.Sent
		sum.delivered += o.Delivered
		sum.read += o.Read
		sum.replied += o.Replied
		sum.left += o.OptedOut
		sum.bad += o.Bad
	}
	for _, step := range []struct {
		step
		reached store.Reached
	}{
		{step{"broadcast.sent", sum.sent, "", ""}, store.ReachedSent},
		{step{"broadcast.arrived", sum.delivered, "", ""}, store.ReachedDelivered},
		{step{"broadcast.read", sum.read, "", ""}, store.ReachedRead},
		{step{"broadcast.answered", sum.replied, "", ""}, store.ReachedReplied},
		{step{"broadcast.stopped", sum.left, "warn", ""}, store.ReachedOptedOut},
		{step{"broadcast.bad", sum.bad, "bad", ""}, store.ReachedBad},
	} {
		step.Link = view.figure(v, url.Values{"reached": {string(step.reached)}})
		view.Funnel = append(view.Funnel, step.step)
	}
	for _, c := range p.People {
		why := because{People: c.People, Link: view.figure(v, url.Values{"status": {string(c.Status)}, "reason": {string(c.Reason)}})}
		switch c.Status {
		case bot.DeliveryPlanned:
			why.Says = v.lang.say("broadcast.not_their_turn")
		case bot.DeliveryHeld:
			why.Says = v.lang.reason(c.Reason)
		case bot.DeliverySkipped, bot.DeliveryFailed:
			why.Says, why.Never = v.lang.reason(cmp.Or(c.Reason, bot.Failed)), true
		case bot.DeliveryVoided:
			why.Says, why.Never = v.lang.reason(bot.SkippedUnsubscribed), true
		case bot.DeliveryUnknown:
			view.Unknown += c.People
			view.UnknownLink = why.Link
			continue
		default:
			continue
		}
		view.NotYet = append(view.NotYet, why)
	}
	slices.SortStableFunc(view.NotYet, func(a, b because) int { return cmp.Compare(b.People, a.People) })
	view.NotYet = drawnBars(view.NotYet)
	if p.Status != bot.OccurrenceScheduled && p.Sent > 0 {
		view.Guard = newGuardPicture(p)
		view.Hours = hourBars(p.Hours, p.Location)
	}
}

// why adds why somebody did or did not get it, where the visitor has asked, and who may be meant by
// what they typed. An address names a contact by its ID: a phone would stand in logs on its way.
func (v *visit) why(view *broadcastView) error {
	if view.Progress == nil {
		return nil
	}
	if typed := v.r.PostForm.Get("who"); typed != "" {
		_, several, err := v.whom(typed)
		view.Several = several
		if err != nil && statusOf(err) < 500 { // the screen says it where it was refused
			err = nil
		}
		return err
	}
	var err error
	if view.Asked, err = strconv.ParseInt(v.r.URL.Query().Get("who"), 10, 64); err != nil {
		return nil //nolint:nilerr // nobody was asked about
	}
	who := desk.ContactID(view.Asked)
	contact, err := v.Desk.ShowContact(v, v.number, who, 1)
	if err == nil {
		view.AskedName = contact.Name
		if view.Story, err = v.Desk.WhyBroadcast(v, v.number, view.Name, who, view.Progress.ID); err == nil {
			view.Told = v.tell(view.Story, view.Progress)
		}
	}
	if err != nil && statusOf(err) < 500 {
		view.NoStory, err = v.lang.refusal(err), nil
	}
	return err
}

// tell is a story in the language of whoever visits. Nil in the desk's own, which tells it better.
func (v *visit) tell(s *desk.DeliveryStory, p *desk.Progress) (told []string) {
	if v.lang.code == languageCodes[0] {
		return nil
	}
	d, clock := s.Delivery, v.page(nil)
	switch {
	case d == nil && p.Status == bot.OccurrenceLate:
		return []string{v.lang.say("why.not_begun"), v.lang.say("why.reason", "why", v.lang.reason(bot.Late))}
	case d == nil && p.Status == bot.OccurrenceScheduled:
		return []string{v.lang.say("why.not_begun")}
	case d == nil:
		return []string{v.lang.say("why.came_later")}
	}
	told = []string{v.lang.say("why." + string(d.Status))}
	if d.Reason != "" {
		told = append(told, v.lang.say("why.reason", "why", v.lang.reason(d.Reason)))
	}
	if p.Status == bot.OccurrencePaused && p.Reason != "" && !d.Status.Sent() {
		told = append(told, v.lang.say("why.paused", "why", v.lang.reason(p.Reason)))
	}
	for _, step := range []struct {
		key string
		at  time.Time
	}{
		{"why.until", d.Until}, {"why.sent_at", d.SentAt}, {"why.delivered_at", d.Delivered}, {"why.read_at", d.Read}, {"why.replied_at", d.Replied},
		{"why.opted_out_at", d.OptedOut},
	} {
		if !step.at.IsZero() {
			told = append(told, v.lang.say(step.key, "when", clock.At(step.at)))
		}
	}
	return told
}

// askWhy finds whom somebody asks about. Where several may be meant, the screen lets them choose.
func askWhy(v *visit) (string, error) {
	one, several, err := v.whom(v.r.PostForm.Get("who"))
	if err != nil {
		return "", err
	}
	if len(several) > 0 {
		v.again = true
		return "", nil
	}
	to := url.Values{"who": {strconv.FormatInt(one.ID, 10)}}
	if occurrence, err := strconv.ParseInt(v.r.PostForm.Get("occurrence"), 10, 64); err == nil {
		to.Set("occurrence", strconv.FormatInt(occurrence, 10))
	}
	return v.here() + "?" + to.Encode() + "#h-why", nil
}

// takeItBack cancels what was just armed, with one click: nobody has it yet. A second click does
// nothing.
func takeItBack(v *visit) (string, error) {
	name := v.r.PathValue("name")
	o, err := v.Desk.Latest(v, v.number, name)
	if err != nil {
		return "", err
	}
	back := done(v.here(), "broadcast_cancel")
	switch o.Status {
	case bot.OccurrenceCancelled:
		return back, nil
	case bot.OccurrenceScheduled:
		_, err := v.Desk.CancelBroadcast(v, v.number, name)
		return back, err
	}
	return "", inWords(v.lang.say("broadcast.begun"))
}

// resolve says what became of the deliveries of which WhatsApp said nothing.
func (v *visit) resolve(arrived bool) (string, error) {
	name := v.r.PathValue("name")
	if !arrived && v.r.PostForm.Get("sure") != "yes" {
		return "", inWords(v.lang.say("broadcast.sure"))
	}
	unknown, err := v.Desk.UnknownDeliveries(v, v.number, name, "")
	if err != nil {
		return "", err
	}
	if _, err := v.Desk.ResolveUnknown(v, unknown, arrived); err != nil {
		return "", err
	}
	return done(v.here(), "resolved"), nil
}
