package desk

import (
	"context"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/store"
)

// A NumberStatus is how one number is doing, and what needs the operator.
type NumberStatus struct {
	Name   string `json:"name"`
	Flow   string `json:"flow"`
	Linked bool   `json:"linked"`
	Served bool   `json:"served"` // a process has the number now: `run`, or `link`
	Runs   bool   `json:"runs"`   // `run` runs, on any machine of a fleet

	// Of a database that machines share: where the number is served, or was last, by the how manieth
	// owner, and how long ago that one said that it lives. Nil: nobody serves it.
	Host      string              `json:"host,omitempty"`
	Epoch     int64               `json:"epoch,omitempty"`
	Heartbeat *int64              `json:"heartbeat_age_ms,omitempty"`
	Here      bool                `json:"-"` // this process serves it
	LinkedAt  time.Time           `json:"linked_at,omitzero"`
	Status    bot.NumberEventKind `json:"status"`
	Detail    string              `json:"detail,omitempty"`
	PhoneAt   time.Time           `json:"phone_seen_at,omitzero"` // the last sign of the phone itself
	Contacts  map[bot.Consent]int `json:"contacts"`
	Holds     map[bot.Reason]int  `json:"holds"`
	Waiting   int                 `json:"waiting"` // messages in the outbox
	Today     int                 `json:"promotions_today"`
	PerDay    int                 `json:"promotions_a_day"`
	WarmUp    int                 `json:"warm_up_a_day"`  // promotions that the warm-up allows today
	WarmDay   int                 `json:"days_linked"`    // the day of linking is the first. 0: not linked
	ForYou    int                 `json:"people_for_you"` // `contacts waiting`
	// opted out by phone. Whether somebody known without their phone is meant is not known yet
	ToAsk    int              `json:"phones_to_ask,omitempty"`
	BackedUp time.Time        `json:"backed_up_at,omitzero"`
	Waits    bot.Reason       `json:"promotions_wait,omitempty"` // why the number sends no promotions now
	Running  []OccurrenceView `json:"broadcasts"`
	Schedule []ScheduleView   `json:"schedules"` // recurring broadcasts that may go out again
	Notices  []store.Notice   `json:"notices"`
	// of a number on the Cloud API: how many there are of each of WhatsApp's statuses
	Templates map[string]int    `json:"templates,omitempty"`
	Platform  *AtMeta           `json:"platform,omitempty"`            // how it stands at Meta
	NotReady  []WaitingTemplate `json:"templates_not_ready,omitempty"` // of what is armed
	// of the newest time that each broadcast went out: to so many it is unknown whether it came
	Unknown map[string]int `json:"unknown_deliveries,omitempty"`
	Head    string         `json:"ledger_head"`
}

// NextBroadcast is the broadcast of a number that is under way, with no time, or else the one that
// goes out next. It is "" where none does.
func (s NumberStatus) NextBroadcast() (name string, at time.Time) {
	for _, o := range s.Running {
		switch {
		case o.Status == bot.OccurrenceRunning:
			return o.Broadcast, time.Time{}
		case o.Status == bot.OccurrenceScheduled && (at.IsZero() || o.DueAt.Before(at)):
			name, at = o.Broadcast, o.DueAt
		}
	}
	for _, again := range s.Schedule {
		if again.Status == bot.ScheduleArmed && len(again.Next) > 0 && (at.IsZero() || again.Next[0].Before(at)) {
			name, at = again.Broadcast, again.Next[0]
		}
	}
	return name, at
}

// Statuses returns how each number is doing that whoever acts may see, in its order, with its last
// notices. It changes nothing, and may be repeated.
func (d *Desk) Statuses(ctx context.Context, notices int) ([]NumberStatus, error) {
	all := []NumberStatus{}
	fleet, err := d.lookAtFleet(ctx)
	if err != nil {
		return nil, err
	}
	for _, n := range d.numbersFor(ctx) {
		s, err := d.status(ctx, n, notices, fleet)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// Status returns how a number is doing, with its last notices. It changes nothing.
func (d *Desk) Status(ctx context.Context, n config.Number, notices int) (NumberStatus, error) {
	fleet, err := d.lookAtFleet(ctx)
	if err != nil {
		return NumberStatus{}, err
	}
	return d.status(ctx, n, notices, fleet)
}

func (d *Desk) status(ctx context.Context, n config.Number, notices int, fleet *seenFleet) (NumberStatus, error) {
	if err := d.mayRead(ctx, n.Name); err != nil {
		return NumberStatus{}, err
	}
	limits := d.limits[n.Name]
	row, err := d.Store.Number(ctx, n.Name)
	if err != nil {
		return NumberStatus{}, err
	}
	s := NumberStatus{
		Name: n.Name, Flow: row.Flow, Linked: d.Config.LinkedTo(n, row.JID), LinkedAt: row.LinkedAt, Status: row.Status, Detail: row.Detail,
		PhoneAt: row.PhoneAt, BackedUp: row.BackedUpAt, Running: []OccurrenceView{}, Notices: []store.Notice{},
	}
	s.addServing(fleet, d, n)
	_, s.Today = row.Today(limits, d.Now())
	s.WarmUp, s.WarmDay = bot.WarmUpToday(row.LinkedAt, limits, d.Now()), bot.DayLinked(row.LinkedAt, limits.Zone,
		d.Now())
	s.PerDay = min(limits.NumberPerDay, s.WarmUp)
	if s.Platform, err = d.platform(ctx, n, &row); err != nil {
		return s, err
	}
	if v := bot.NumberMaySend(row.NumberState, limits, d.Now()); v.Action != bot.ActionSend && v.Reason != bot.Pace {
		s.Waits = v.Reason
	}
	if s.Contacts, err = d.Store.CountConsents(ctx, n.Name); err != nil {
		return s, err
	}
	if s.Holds, err = d.Store.HeldContacts(ctx, n.Name, d.Now()); err != nil {
		return s, err
	}
	if s.ForYou, err = d.Store.CountWaiting(ctx, n.Name); err != nil {
		return s, err
	}
	if s.Waiting, err = d.Store.Waiting(ctx, n.Name); err != nil {
		return s, err
	}
	if s.ToAsk, err = d.Store.PhonesToAsk(ctx, n.Name); err != nil {
		return s, err
	}
	if s.Head, err = d.Store.Head(ctx, n.Name); err != nil {
		return s, err
	}
	return s, d.addRunning(ctx, &s, n, notices)
}

// addRunning adds the broadcasts that are not over and the notices.
func (d *Desk) addRunning(ctx context.Context, s *NumberStatus, n config.Number, notices int) error {
	occurrences, err := d.Store.Occurrences(ctx, n.Name, "")
	if err != nil {
		return err
	}
	for _, o := range occurrences {
		if o.Status.Over() {
			continue
		}
		v, err := d.occurrenceView(ctx, o)
		if err != nil {
			return err
		}
		s.Running = append(s.Running, v)
	}
	schedules, err := d.Schedules(ctx, n.Name, "")
	if err != nil {
		return err
	}
	s.Schedule = []ScheduleView{}
	for _, v := range schedules {
		if v.Status == bot.ScheduleArmed || v.Status == bot.SchedulePaused {
			s.Schedule = append(s.Schedule, v)
		}
	}
	if err := d.templates(ctx, s, n); err != nil {
		return err
	}
	if s.Unknown, err = d.Store.UnknownDeliveries(ctx, n.Name); err != nil {
		return err
	}
	list, err := d.Store.Notices(ctx, n.Name, notices)
	s.Notices = append(s.Notices, list...)
	return err
}
