package web

import (
	"cmp"
	"slices"
	"strconv"

	"optinbot/bot"
	"optinbot/bot/desk"
)

// broadcastNow is one broadcast: how far it is, what people say, who has not got it and why.
func (s *Server) broadcastNow() screen {
	return screen{
		path: "/n/{number}/broadcasts/{name}", name: "broadcast", area: "broadcasts", show: showBroadcast,
		acts: map[string]func(*visit) (string, error){
			"arrived":     func(v *visit) (string, error) { return v.resolve(true) },
			"not_arrived": func(v *visit) (string, error) { return v.resolve(false) },
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
	Newest                 bool // it is the newest occurrence, which is the one that can be settled here
	Pause, Resume, Release bool // what may be done with it now
	Cancel                 bool
	TakeBack               bool // it was armed, and nobody has it yet
	Story                  *desk.DeliveryStory
	Asked                  string // about whom
	NoStory                string // why there is none
}

// A step is how many people got how far.
type step struct {
	Key    string // of words/
	People int
	State  string
}

// A because is why people do not have it.
type because struct {
	Says   string
	People int
	Never  bool // they will not get it
}

func showBroadcast(v *visit) (any, error) {
	name := v.r.PathValue("name")
	view := &broadcastView{Name: name, State: "wait"}
	list, err := v.Desk.ListBroadcasts(v, v.number)
	if err != nil {
		return nil, err
	}
	view.Draft = slices.Contains(list.Drafts, name)
	occurrence, _ := strconv.ParseInt(v.r.URL.Query().Get("occurrence"), 10, 64)
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
	var sum struct{ sent, delivered, read, replied, left, bad int }
	for _, o := range p.Variants {
		sum.sent += o.Sent
		sum.delivered += o.Delivered
		sum.read += o.Read
		sum.replied += o.Replied
		sum.left += o.OptedOut
		sum.bad += o.Bad
	}
	view.Funnel = []step{
		{"broadcast.sent", sum.sent, ""}, {"broadcast.arrived", sum.delivered, ""}, {"broadcast.read", sum.read, ""},
		{"broadcast.answered", sum.replied, ""}, {"broadcast.stopped", sum.left, "warn"}, {"broadcast.bad", sum.bad, "bad"},
	}
	for _, c := range p.People {
		switch c.Status {
		case bot.DeliveryPlanned:
			view.NotYet = append(view.NotYet, because{v.lang.say("broadcast.not_their_turn"), c.People, false})
		case bot.DeliveryHeld:
			view.NotYet = append(view.NotYet, because{v.lang.reason(c.Reason), c.People, false})
		case bot.DeliverySkipped, bot.DeliveryFailed:
			view.NotYet = append(view.NotYet, because{v.lang.reason(cmp.Or(c.Reason, bot.Failed)), c.People, true})
		case bot.DeliveryVoided:
			view.NotYet = append(view.NotYet, because{v.lang.reason(bot.SkippedUnsubscribed), c.People, true})
		case bot.DeliveryUnknown:
			view.Unknown += c.People
		}
	}
	slices.SortStableFunc(view.NotYet, func(a, b because) int { return cmp.Compare(b.People, a.People) })
	if p.Status != bot.OccurrenceScheduled && p.Sent > 0 {
		view.Guard = newGuardPicture(p)
		view.Hours = hourBars(p.Hours, p.Location)
	}
}

// why adds why somebody did or did not get it, where the visitor has asked.
func (v *visit) why(view *broadcastView) error {
	view.Asked = v.r.URL.Query().Get("who")
	if view.Asked == "" || view.Progress == nil {
		return nil
	}
	story, err := v.Desk.WhyBroadcast(v, v.number, view.Name, view.Asked, view.Progress.ID)
	if err == nil {
		view.Story = story
		return nil
	}
	if statusOf(err) < 500 {
		view.NoStory = v.lang.refusal(err)
		return nil
	}
	return err
}

// resolve says what became of the deliveries of which WhatsApp said nothing.
func (v *visit) resolve(arrived bool) (string, error) {
	name := v.r.PathValue("name")
	if !arrived && v.r.PostForm.Get("sure") != "yes" {
		return "", desk.Refuse("%s", v.lang.say("broadcast.sure"))
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
