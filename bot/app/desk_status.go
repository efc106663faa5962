package app

import (
	"context"
	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/store"
	"time"
)

// A numberStatus is how one number is doing, and what needs the operator.
type numberStatus struct {
	Name     string              `json:"name"`
	Flow     string              `json:"flow"`
	Linked   bool                `json:"linked"`
	Served   bool                `json:"served"` // a process has the number now: `run`, or `link`
	Runs     bool                `json:"runs"`   // `run` runs
	LinkedAt time.Time           `json:"linked_at,omitzero"`
	Status   bot.NumberEventKind `json:"status"`
	Detail   string              `json:"detail,omitempty"`
	PhoneAt  time.Time           `json:"phone_seen_at,omitzero"` // the last sign of the phone itself
	Contacts map[bot.Consent]int `json:"contacts"`
	Holds    map[bot.Reason]int  `json:"holds"`
	Waiting  int                 `json:"waiting"` // messages in the outbox
	Today    int                 `json:"promotions_today"`
	PerDay   int                 `json:"promotions_a_day"`
	WarmUp   int                 `json:"warm_up_a_day"`           // promotions that the warm-up allows today
	WarmDay  int                 `json:"days_linked"`             // the day of linking is the first; 0: not linked
	ForYou   int                 `json:"people_for_you"`          // `contacts waiting`
	ToAsk    int                 `json:"phones_to_ask,omitempty"` // opted out by phone; whether somebody known without their phone is meant is not known yet
	BackedUp time.Time           `json:"backed_up_at,omitzero"`
	Waits    bot.Reason          `json:"promotions_wait,omitempty"` // why the number sends no promotions now
	Running  []occurrenceView    `json:"broadcasts"`
	Schedule []scheduleView      `json:"schedules"` // recurring broadcasts that may go out again
	Notices  []store.Notice      `json:"notices"`
	Head     string              `json:"ledger_head"`
}

// status returns how a number is doing, with its last notices. It changes nothing.
func (h *house) status(ctx context.Context, n config.Number, notices int) (numberStatus, error) {
	limits := h.limits[n.Name]
	row, err := h.store.Number(ctx, n.Name)
	if err != nil {
		return numberStatus{}, err
	}
	s := numberStatus{
		Name: n.Name, Flow: row.Flow, Linked: row.JID != "", LinkedAt: row.LinkedAt, Status: row.Status, Detail: row.Detail,
		PhoneAt: row.PhoneAt, BackedUp: row.BackedUpAt, Served: h.sessions.inUse(n.Name),
		Runs: h.files.runs(), Running: []occurrenceView{}, Notices: []store.Notice{},
	}
	_, s.Today = row.Today(limits, h.now())
	s.WarmUp, s.WarmDay = bot.WarmUpToday(row.LinkedAt, limits, h.now()), bot.DayLinked(row.LinkedAt, limits.Zone, h.now())
	s.PerDay = min(limits.NumberPerDay, s.WarmUp)
	if v := bot.NumberMaySend(row.NumberState, limits, h.now()); v.Action != bot.ActionSend && v.Reason != bot.Pace {
		s.Waits = v.Reason
	}
	if s.Contacts, err = h.store.CountConsents(ctx, n.Name); err != nil {
		return s, err
	}
	if s.Holds, err = h.store.HeldContacts(ctx, n.Name, h.now()); err != nil {
		return s, err
	}
	forYou, err := h.waiting(ctx, n.Name)
	if err != nil {
		return s, err
	}
	s.ForYou = len(forYou)
	if s.Waiting, err = h.store.Waiting(ctx, n.Name); err != nil {
		return s, err
	}
	if s.ToAsk, err = h.store.PhonesToAsk(ctx, n.Name); err != nil {
		return s, err
	}
	if s.Head, err = h.store.Head(ctx, n.Name); err != nil {
		return s, err
	}
	return s, h.addRunning(ctx, &s, n, notices)
}

// addRunning adds the broadcasts that are not over and the notices.
func (h *house) addRunning(ctx context.Context, s *numberStatus, n config.Number, notices int) error {
	occurrences, err := h.store.Occurrences(ctx, n.Name, "")
	if err != nil {
		return err
	}
	for _, o := range occurrences {
		if o.Status == bot.OccurrenceDone || o.Status == bot.OccurrenceCancelled {
			continue
		}
		v, err := h.occurrenceView(ctx, o)
		if err != nil {
			return err
		}
		s.Running = append(s.Running, v)
	}
	schedules, err := h.schedules(ctx, n.Name, "")
	if err != nil {
		return err
	}
	s.Schedule = []scheduleView{}
	for _, v := range schedules {
		if v.Status == bot.ScheduleArmed || v.Status == bot.SchedulePaused {
			s.Schedule = append(s.Schedule, v)
		}
	}
	list, err := h.store.Notices(ctx, n.Name, notices)
	s.Notices = append(s.Notices, list...)
	return err
}
