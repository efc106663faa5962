package web

import (
	"slices"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/store"
)

// broadcasts lists what is under way and comes next, the drafts, and how the last ones did.
func (s *Server) broadcasts() screen {
	return screen{path: "/n/{number}/broadcasts", name: "broadcasts", area: "broadcasts", show: showBroadcasts}
}

// A broadcastsView is what a number has to send, and what it has sent.
type broadcastsView struct {
	Coming []goesOut // under way and next, the soonest first
	Drafts []string  // none of them is armed or under way
	Done   []pastBroadcast
	Odd    []string // files that look like drafts and are not read
	Weeks  [][]calendarDay
	Editor bool // the visitor may write a draft
}

// A pastBroadcast is how one that is over did.
type pastBroadcast struct {
	*desk.Progress
	Link string
}

// Total is what became of all texts of it.
func (p pastBroadcast) Total() (sum store.Outcome) {
	for _, o := range p.Variants {
		sum.Read += o.Read
		sum.Replied += o.Replied
		sum.OptedOut += o.OptedOut
	}
	return sum
}

// A calendarDay is what goes out on one day, or went.
type calendarDay struct {
	At    time.Time
	Today bool
	Out   []goesOut
}

// doneShown is how many that are over the list has.
const doneShown = 10

func showBroadcasts(v *visit) (any, error) {
	list, err := v.Desk.ListBroadcasts(v, v.number)
	if err != nil {
		return nil, err
	}
	view := &broadcastsView{Odd: list.NotDrafts, Editor: v.who.May(desk.ActEditBroadcast)}
	status := desk.NumberStatus{Name: v.number, Schedule: list.Schedules}
	var past []goesOut
	for _, o := range list.Occurrences {
		if !o.Status.Over() {
			status.Running = append(status.Running, o)
			continue
		}
		past = append(past, goesOut{Name: o.Broadcast, Link: v.broadcast(o.Broadcast), Status: o.Status, At: o.DueAt})
		if len(view.Done) == doneShown {
			continue
		}
		at, err := v.Desk.BroadcastStatus(v, v.Desk.Numbers[v.number], o.Broadcast, o.ID)
		if err != nil {
			return nil, err
		}
		view.Done = append(view.Done, pastBroadcast{at.Progress, v.broadcast(o.Broadcast)})
	}
	if view.Coming, err = v.out(&numberToday{NumberStatus: status}); err != nil {
		return nil, err
	}
	for _, name := range list.Drafts {
		if !slices.ContainsFunc(view.Coming, func(g goesOut) bool { return g.Name == name }) {
			view.Drafts = append(view.Drafts, name)
		}
	}
	view.Weeks = v.calendar(append(past, view.Coming...), list.Schedules)
	return view, nil
}

// broadcast is the address of a broadcast.
func (v *visit) broadcast(name string) string { return "/n/" + v.number + "/broadcasts/" + name }

// calendar is this week and the next one, where the shop is.
func (v *visit) calendar(out []goesOut, schedules []desk.ScheduleView) (weeks [][]calendarDay) {
	now := v.Now().In(v.Desk.Limits(v.number).Zone)
	monday := now.AddDate(0, 0, -(int(now.Weekday())+6)%7)
	for _, again := range schedules {
		if again.Status != bot.ScheduleArmed {
			continue
		}
		for i, at := range again.Next {
			if i > 0 { // the first one is in the list
				out = append(out, goesOut{Name: again.Broadcast, Link: v.broadcast(again.Broadcast), Status: bot.OccurrenceScheduled, At: at})
			}
		}
	}
	for week := range 2 {
		var days []calendarDay
		for day := range 7 {
			at := monday.AddDate(0, 0, 7*week+day)
			c := calendarDay{At: at, Today: daysBetween(now, at) == 0}
			for _, g := range out {
				when := g.At
				if when.IsZero() { // it is under way
					when = now
				}
				if daysBetween(when.In(now.Location()), at) == 0 {
					c.Out = append(c.Out, g)
				}
			}
			days = append(days, c)
		}
		weeks = append(weeks, days)
	}
	return weeks
}
