package web

import (
	"cmp"
	"slices"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/store"
)

// today answers in five seconds whether all is well, what needs somebody, and what goes out next.
func (s *Server) today() screen {
	return screen{path: "/", name: "today", area: "today", show: showToday}
}

// A todayView is what Today shows, the number that needs most first.
type todayView struct {
	Needs   []need
	Numbers []numberToday
	Out     []goesOut
	Notices []store.Notice // what was told of late, the newest first
	Alone   bool           // there is one number
}

// Of what was told Today shows so many, and none that is older.
const (
	noticesShown = 5
	noticesFor   = 7 * 24 * time.Hour
)

// A numberToday is how one number is doing.
type numberToday struct {
	desk.NumberStatus
	desk.Day
	Needs    int
	Waits    string    // why it sends no promotions now. "" where it may
	State    string    // of its connection: ok, warn, bad
	Health   string    // a key of words/
	Warming  bool      // the warm-up allows less than the configuration
	Backup   string    // ok or warn
	HeardAt  time.Time // when who serves it last said that it lives. Zero: the database is this machine's own
	PhoneBad bool      // it gave no sign for so long that somebody has to know
	Most     int       // promotions a day, when the warm-up is over

	TokenSoon bool // its access token for the Cloud API is to be replaced

	Guard  *guardToday
	Ledger workFound[store.Verification]
}

// Subscribed is how many people are.
func (n numberToday) Subscribed() int { return n.Contacts[bot.Subscribed] }

// Fewer is by how many fewer people are subscribed than a week ago.
func (n numberToday) Fewer() int { return -n.Week }

// SentShare is how much of what may go out today has gone, in hundredths.
func (n numberToday) SentShare() int {
	if n.PerDay == 0 {
		return 0
	}
	return min(100, n.NumberStatus.Today*100/n.PerDay)
}

// WarmShare is how much the warm-up allows of what the number may send when it is over, in hundredths.
func (n numberToday) WarmShare() int { return min(100, n.WarmUp*100/max(1, n.Most)) }

// Intact reports whether the ledger was verified, and nothing was found.
func (n numberToday) Intact() bool {
	return !n.Ledger.At.IsZero() && n.Ledger.Err == nil && n.Ledger.Found.Holds()
}

// Entries is how many entries were verified.
func (n numberToday) Entries() int { return int(n.Ledger.Found.Entries) }

// A guardToday is what the guard sees in what goes out now: of several, where it is nearest to a
// pause.
type guardToday struct {
	Name        string
	Bad, Pauses int
	State       string // ok, warn, bad
}

// Share is how near it is to a pause, in hundredths.
func (g guardToday) Share() int { return min(100, g.Bad*100/max(1, g.Pauses)) }

// watches keeps what the guard sees in a broadcast that is under way, or was paused.
func (n *numberToday) watches(p *desk.Progress) {
	picture := newGuardPicture(p)
	g := &guardToday{Name: p.Broadcast, Bad: picture.Bad, Pauses: picture.Pauses, State: "ok"}
	switch p.Guard.Level {
	case bot.GuardPause:
		g.State = "bad"
	case bot.GuardWarned, bot.GuardSlowed:
		g.State = "warn"
	}
	if n.Guard == nil || urgency[g.State] < urgency[n.Guard.State] || g.State == n.Guard.State && g.Share() > n.Guard.Share() {
		n.Guard = g
	}
}

// needLedger is the need to look at a ledger that does not hold.
const needLedger desk.NeedKind = "ledger"

// ledger adds what the last verification of a number's ledger found.
func (v *visit) ledger(n *numberToday, view *todayView) {
	n.Ledger = v.verification(verifiedFor{number: n.Name}).look()
	if n.Ledger.At.IsZero() || n.Ledger.Err != nil || n.Ledger.Found.Holds() {
		return
	}
	broken := need{Need: desk.Need{Kind: needLedger, Number: n.Name}, State: "bad", Link: "/n/" + n.Name + "/proof", Act: "today.to_proof"}
	view.Needs = append([]need{broken}, view.Needs...)
}

// A need is something that somebody has to do, and where.
type need struct {
	desk.Need
	State string // bad, warn, hand
	Link  string
	Act   string // what the link says: a key of words/
	Who   []desk.Waiting
}

// goesOut is a broadcast that is under way or comes next.
type goesOut struct {
	Number, Name string
	Link         string
	Status       bot.OccurrenceStatus
	State        string
	At           time.Time
	Sent, Of     int
	Over         time.Time // about when it is done
}

// saidElsewhere are the kinds of notices about somebody who waits, which the page says above.
var saidElsewhere = map[bot.NoticeKind]bool{bot.NoticeNeedsPerson: true, bot.NoticeUnsureStop: true, bot.NoticeOrder: true}

// showToday reads how every number is doing.
func showToday(v *visit) (any, error) {
	var found []desk.NumberStatus
	for _, name := range v.numbers() {
		status, err := v.Desk.Status(v, v.Desk.Numbers[name], 4*noticesShown)
		if err != nil {
			return nil, err
		}
		found = append(found, status)
	}
	view := &todayView{Alone: len(found) == 1}
	overview, err := v.Desk.Overview(v, found)
	if err != nil {
		return nil, err
	}
	for _, n := range overview.Needs {
		needed, err := v.need(n)
		if err != nil {
			return nil, err
		}
		view.Needs = append(view.Needs, needed)
	}
	numbers := make([]numberToday, len(found))
	for i, status := range found {
		numbers[i].NumberStatus = status
		v.ledger(&numbers[i], view)
	}
	slices.SortStableFunc(view.Needs, func(a, b need) int { return cmp.Compare(urgency[a.State], urgency[b.State]) })
	for i, status := range found {
		n := numbers[i]
		n.judge(v, view.Needs)
		var err error
		if n.Day, err = v.Desk.Today(v, status.Name); err != nil {
			return nil, err
		}
		goes, err := v.out(&n)
		if err != nil {
			return nil, err
		}
		view.Numbers = append(view.Numbers, n)
		view.Out = append(view.Out, goes...)
		view.Notices = append(view.Notices, status.Notices...)
	}
	view.Notices = slices.DeleteFunc(view.Notices, func(n store.Notice) bool {
		return v.Now().Sub(n.At) > noticesFor || saidElsewhere[bot.NoticeKind(n.Kind)]
	})
	slices.SortStableFunc(view.Notices, func(a, b store.Notice) int { return b.At.Compare(a.At) })
	view.Notices = view.Notices[:min(noticesShown, len(view.Notices))]
	slices.SortStableFunc(view.Numbers, func(a, b numberToday) int { return cmp.Compare(b.Needs, a.Needs) })
	slices.SortStableFunc(view.Out, func(a, b goesOut) int { return a.At.Compare(b.At) })
	return view, nil
}

// urgency is the order of what needs somebody.
var urgency = map[string]int{"bad": 0, "hand": 1, "warn": 2, "ok": 3}

// need says where something is done.
func (v *visit) need(n desk.Need) (need, error) {
	number := cmp.Or(n.Number, v.number)
	at := "/n/" + number
	out := need{Need: n, State: "warn"}
	switch n.Kind {
	case desk.NeedRun, desk.NeedConnect, desk.NeedLink, desk.NeedServe:
		out.State, out.Link, out.Act = "bad", at+"/number", "today.to_number"
	case desk.NeedPhone:
		out.State, out.Link, out.Act = "bad", at+"/number", "today.how"
	case desk.NeedPerson:
		out.State, out.Link, out.Act = "hand", at+"/people?waiting=1", "today.all_waiting"
		who, err := v.Desk.WaitingWithLast(v, number)
		if err != nil {
			return out, err
		}
		out.Who = who[:min(3, len(who))]
	case desk.NeedTest:
		out.State, out.Link, out.Act = "bad", "/settings", "today.to_settings"
	case desk.NeedRename:
		out.Link, out.Act = "/doctor", "today.to_doctor"
	case desk.NeedRelease:
		out.Link, out.Act = at+"/number", "today.to_number"
	case desk.NeedUnknown:
		out.Link, out.Act = at+"/broadcasts/"+n.About, "today.to_broadcast"
	case desk.NeedBroadcast, desk.NeedLate:
		out.State, out.Link, out.Act = "bad", at+"/broadcasts/"+n.About, "today.to_broadcast"
	case desk.NeedTemplate:
		out.Link, out.Act = at+"/broadcasts/"+n.About+"/draft#h-templates", "today.to_draft"
	case desk.NeedRoom, desk.NeedBackup, desk.NeedOldBackup:
		out.Link, out.Act = "/doctor", "today.to_doctor"
	}
	return out, nil
}

// judge says of each part of a number whether it is well.
func (n *numberToday) judge(v *visit, needs []need) {
	for _, needed := range needs {
		if needed.Number == n.Name || needed.Number == "" {
			n.Needs++
		}
	}
	if n.Heartbeat != nil {
		n.HeardAt = v.Now().Add(-time.Duration(*n.Heartbeat) * time.Millisecond)
	}
	n.State, n.Health = "ok", "number.connected"
	switch {
	case !n.Linked:
		n.State, n.Health = "bad", "number.unlinked"
	case !n.Served:
		n.State, n.Health = "bad", "number.not_served"
	case n.Status == bot.NumberConnected:
		n.State, n.Health = "wait", "number.reading"
	case n.Status != bot.NumberSynced && n.Status != bot.NumberUnanswered && n.Status != "":
		n.State, n.Health = "bad", "number.trouble"
	}
	n.PhoneBad = !n.PhoneAt.IsZero() && v.Now().Sub(n.PhoneAt) >= bot.PhoneNotice
	n.Most = v.Desk.Limits(n.Name).NumberPerDay
	n.Warming = n.Linked && n.PerDay >= n.WarmUp
	n.TokenSoon = n.Platform != nil && n.Platform.TokenEndsSoon(v.Now())
	n.Backup = "ok"
	if slices.ContainsFunc(needs, func(x need) bool {
		return (x.Number == n.Name || x.Number == "") && (x.Kind == desk.NeedBackup || x.Kind == desk.NeedOldBackup)
	}) {
		n.Backup = "warn"
	}
	if n.NumberStatus.Waits != "" {
		n.Waits = v.lang.reason(n.NumberStatus.Waits)
	}
}

// out is what a number sends now and next. It keeps what the guard sees in it.
func (v *visit) out(n *numberToday) (list []goesOut, err error) {
	s := n.NumberStatus
	for _, o := range s.Running {
		g := goesOut{
			Number: s.Name, Name: o.Broadcast, Link: "/n/" + s.Name + "/broadcasts/" + o.Broadcast, Status: o.Status, At: o.DueAt, State: "wait",
		}
		if o.Status == bot.OccurrenceRunning || o.Status == bot.OccurrencePaused {
			at, err := v.Desk.BroadcastStatus(v, v.Desk.Numbers[s.Name], o.Broadcast, o.ID)
			if err != nil {
				return nil, err
			}
			g.Sent, g.Of, g.Over, g.At = at.Sent, at.Of, at.DoneAbout, time.Time{}
			n.watches(at.Progress)
		}
		switch o.Status {
		case bot.OccurrenceRunning:
			g.State = "ok"
		case bot.OccurrencePaused, bot.OccurrenceLate:
			g.State = "hold"
		}
		list = append(list, g)
	}
	for _, again := range s.Schedule {
		if again.Status == bot.ScheduleArmed && len(again.Next) > 0 {
			list = append(list, goesOut{
				Number: s.Name, Name: again.Broadcast, Link: "/n/" + s.Name + "/broadcasts/" + again.Broadcast,
				Status: bot.OccurrenceScheduled, At: again.Next[0], State: "wait",
			})
		}
	}
	return list, nil
}
