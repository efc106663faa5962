package storetest

import (
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/flows"
	"optinbot/store"
)

// schedules is what becomes of recurring broadcasts, and of each contact's own time: B4, B6, B7.
var schedules = map[string]func(*testing.T, *rig){
	"a firing makes its occurrence once": func(t *testing.T, r *rig) {
		s := r.repeats("UTC")
		r.happens(s, s.NextAt)
		r.happens(s, s.NextAt)                                           // what another look had read before
		r.must(r.s.Fire(r.ctx, s, nil, 0, s.NextAt, s.NextAt, r.limits)) // nor is the schedule moved back by that
		r.reopen()
		r.now = s.NextAt
		if due, err := r.s.DueSchedules(r.ctx, shop, r.now); err != nil || len(due) > 0 {
			t.Fatalf("due again: %v %v", due, err)
		}
		s.Version = "2"
		r.must(r.s.ArmSchedule(r.ctx, s, r.now)) // armed again for the same time
		r.happens(s, s.NextAt)
		list, err := r.s.Occurrences(r.ctx, shop, "weekly")
		r.must(err)
		if len(list) != 1 || list[0].Key != s.NextAt.Format("2006-01-02T15:04") || !list[0].DueAt.Equal(s.NextAt) {
			t.Fatalf("occurrences: %+v", list)
		}
	},
	"the clock wakes for a firing, and for everybody's own time": func(t *testing.T, r *rig) {
		a, b := r.subscribes(shop, anna), r.subscribes(shop, bob)
		_, err := r.s.Act(r.ctx, shop, a.ID, r.envs, func(e bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
			return bot.Reside(e, c, "Asia/Tokyo") // moved there
		})
		r.must(err)
		r.limits.Load = time.LoadLocation
		s := r.repeats(flows.ZoneContact)
		r.wakes(s.NextAt)
		r.now = s.NextAt
		r.happens(s, r.now)
		due, err := r.s.Due(r.ctx, shop, r.now)
		r.must(err)
		r.plans(due[0])
		for _, c := range []bot.Contact{a, b} {
			r.delivery(due[0], c, bot.DeliveryPlanned, "")
			at := r.delivery(due[0], c, bot.DeliveryPlanned, "").NotBefore
			r.claimsNothing(shop)
			r.wakes(at)
			r.now = at.Add(-time.Millisecond)
			r.claimsNothing(shop)
			r.now = at
			r.ends(r.claimed(shop, c), bot.SendAccepted)
		}
		if gap := r.delivery(due[0], b, bot.DeliverySent, "").NotBefore.Sub(r.delivery(due[0], a, bot.DeliverySent, "").NotBefore); gap < 12*time.Hour {
			t.Fatalf("New York is %s after Tokyo", gap)
		}
	},
	"who missed their own time waits for the operator": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		r.limits.Load = time.LoadLocation
		s := r.repeats(flows.ZoneContact)
		r.happens(s, s.NextAt)
		due, err := r.s.Due(r.ctx, shop, s.NextAt)
		r.must(err)
		r.now = due[0].NotBefore(&c, r.limits).Add(r.limits.Grace + time.Second)
		r.plans(due[0])
		r.delivery(due[0], c, bot.DeliveryHeld, bot.Late)
		r.claimsNothing(shop)
		released, err := r.s.ReleaseBroadcast(r.ctx, shop, "weekly", r.now)
		r.must(err)
		if r.claimed(shop, c); len(released.Occurrences) != 1 {
			t.Fatalf("released: %+v", released)
		}
	},
	"disarmed, with what has not begun": func(t *testing.T, r *rig) {
		s := r.repeats("UTC")
		r.happens(s, s.NextAt)
		r.must(r.s.Disarm(r.ctx, s, r.now))
		r.must(r.s.Disarm(r.ctx, s, r.now))
		if due, err := r.s.Due(r.ctx, shop, s.NextAt); err != nil || len(due) > 0 {
			t.Fatalf("due: %v %v", due, err)
		}
		r.notices(shop, string(bot.NoticeBroadcast))
		for verb, turn := range r.turns(s.NextAt) {
			if done, err := turn(); err != nil || done.Schedule {
				t.Fatalf("disarmed, and then %s: %v", verb, err)
			}
		}
	},
	"a broadcast is turned as a whole": func(t *testing.T, r *rig) {
		s := r.repeats("UTC")
		r.happens(s, s.NextAt)
		for _, step := range []struct {
			verb     string
			schedule bot.ScheduleStatus
			occurs   bot.OccurrenceStatus
		}{{"pause", bot.SchedulePaused, bot.OccurrencePaused}, {"resume", bot.ScheduleArmed, bot.OccurrenceScheduled}, {"cancel", bot.ScheduleCancelled, bot.OccurrenceCancelled}} {
			before := r.standsAs()
			deaths := 0
			for at := 1; ; at++ { // it dies at one statement after the other
				n := 0
				r.fault = func(string) error {
					if n++; n == at {
						return errTest
					}
					return nil
				}
				done, err := r.turns(s.NextAt)[step.verb]()
				r.fault = nil
				r.reopen()
				if err == nil {
					if !done.Schedule || len(done.Occurrences) != 1 {
						t.Fatalf("%s: %+v", step.verb, done)
					}
					break
				}
				if deaths++; r.standsAs() != before {
					t.Fatalf("%s died at statement %d: %s", step.verb, at, r.standsAs())
				}
			}
			if want := string(step.schedule) + " " + string(step.occurs); r.standsAs() != want || deaths < 4 {
				t.Fatalf("%s: %s after %d deaths, want %s", step.verb, r.standsAs(), deaths, want)
			}
		}
	},
}

// repeats arms a broadcast for Tuesdays and Thursdays at noon.
func (r *rig) repeats(zone string) bot.Schedule {
	r.t.Helper()
	s := bot.Schedule{Number: shop, Broadcast: "weekly", Cron: "0 12 * * 2,4", Zone: zone, Content: armedContent, Version: "1"}
	next, err := s.Next(r.now, 1, time.LoadLocation)
	r.must(err)
	s.NextAt = next[0].At
	r.must(r.s.ArmSchedule(r.ctx, s, r.now))
	return s
}

// turns are the verbs that change a broadcast.
func (r *rig) turns(next time.Time) map[string]func() (store.Turned, error) {
	return map[string]func() (store.Turned, error){
		"pause":  func() (store.Turned, error) { return r.s.PauseBroadcast(r.ctx, shop, "weekly", r.now) },
		"resume": func() (store.Turned, error) { return r.s.ResumeBroadcast(r.ctx, shop, "weekly", next, r.now) },
		"cancel": func() (store.Turned, error) { return r.s.CancelBroadcast(r.ctx, shop, "weekly", r.now) },
	}
}

// standsAs is the status of the schedule and of its one occurrence.
func (r *rig) standsAs() string {
	r.t.Helper()
	schedules, err := r.s.Schedules(r.ctx, shop, "weekly")
	r.must(err)
	occurrences, err := r.s.Occurrences(r.ctx, shop, "weekly")
	r.must(err)
	return string(schedules[0].Status) + " " + string(occurrences[0].Status)
}

// happens makes the occurrences that are due at a moment.
func (r *rig) happens(s bot.Schedule, now time.Time) {
	r.t.Helper()
	due, missed, next, err := s.Due(now, r.limits)
	r.must(err)
	r.must(r.s.Fire(r.ctx, s, due, missed, next, now, r.limits))
}

// wakes checks when the clock makes something happen next.
func (r *rig) wakes(want time.Time) {
	r.t.Helper()
	at, ok, err := r.s.NextDue(r.ctx, shop, r.limits, r.now)
	r.must(err)
	for ok && at.Before(want) && err == nil && at.Sub(r.now) <= time.Minute { // the pace
		r.now = at
		at, ok, err = r.s.NextDue(r.ctx, shop, r.limits, r.now)
	}
	if !ok || !at.Equal(want) {
		r.t.Fatalf("wakes at %s, want %s", at, want)
	}
}
