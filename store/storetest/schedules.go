package storetest

import (
	"fmt"
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
		r.happens(s, s.NextAt)                                                        // what another look had read before
		r.must(r.s.CreateOccurrences(r.ctx, s, nil, 0, s.NextAt, s.NextAt, r.limits)) // nor is the schedule moved back by that
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
			return bot.SetZone(e, c, "Asia/Tokyo") // moved there
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
		for verb, turn := range r.verbs(s.NextAt) {
			if done, err := turn(); err != nil || done.Schedule {
				t.Fatalf("disarmed, and then %s: %v", verb, err)
			}
		}
	},
	"a broadcast is paused, resumed and cancelled as a whole": func(t *testing.T, r *rig) {
		s := r.repeats("UTC")
		r.happens(s, s.NextAt)
		for _, step := range []struct{ verb, want string }{
			{"pause", "1 paused, paused"}, {"resume", "1 armed, scheduled"}, {"cancel", "1 cancelled, cancelled"},
		} {
			r.dies(func() error {
				done, err := r.verbs(s.NextAt)[step.verb]()
				if err == nil && (!done.Schedule || len(done.Occurrences) != 1) {
					t.Fatalf("%s: %+v", step.verb, done)
				}
				return err
			}, step.want)
		}
	},
	"a schedule is armed again as a whole": func(t *testing.T, r *rig) {
		s := r.repeats("UTC")
		r.happens(s, s.NextAt)
		s.Version = "2"
		r.dies(func() error { return r.s.ArmSchedule(r.ctx, s, r.now) }, "2 armed, cancelled")
	},
}

// dies lets the process die at one statement after the other of what changes a broadcast: until it
// is through, nothing has changed.
func (r *rig) dies(do func() error, want string) {
	r.t.Helper()
	before := r.standsAs()
	for at := 1; ; at++ {
		n := 0
		r.fault = func(string) error {
			if n++; n == at {
				return errTest
			}
			return nil
		}
		err := do()
		r.fault = nil
		if err != nil && n < at {
			r.t.Fatalf("without a death: %v", err)
		}
		r.reopen()
		switch got := r.standsAs(); {
		case err == nil && (got != want || at <= 4):
			r.t.Fatalf("%s after %d deaths, want %s", got, at-1, want)
		case err == nil:
			return
		case got != before:
			r.t.Fatalf("died at statement %d: %s, was %s", at, got, before)
		}
	}
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

// verbs are those that change a broadcast.
func (r *rig) verbs(next time.Time) map[string]func() (store.Affected, error) {
	return map[string]func() (store.Affected, error){
		"pause":  func() (store.Affected, error) { return r.s.PauseBroadcast(r.ctx, shop, "weekly", r.now) },
		"resume": func() (store.Affected, error) { return r.s.ResumeBroadcast(r.ctx, shop, "weekly", next, r.now) },
		"cancel": func() (store.Affected, error) { return r.s.CancelBroadcast(r.ctx, shop, "weekly", r.now) },
	}
}

// standsAs is the version and the status of the schedule, and the status of its one occurrence.
func (r *rig) standsAs() string {
	r.t.Helper()
	schedules, err := r.s.Schedules(r.ctx, shop, "weekly")
	r.must(err)
	occurrences, err := r.s.Occurrences(r.ctx, shop, "weekly")
	r.must(err)
	if len(schedules) != 1 || len(occurrences) != 1 {
		return fmt.Sprintf("%d schedules, %d occurrences", len(schedules), len(occurrences))
	}
	return fmt.Sprintf("%s %s, %s", schedules[0].Version, schedules[0].Status, occurrences[0].Status)
}

// happens makes the occurrences that are due at a moment.
func (r *rig) happens(s bot.Schedule, now time.Time) {
	r.t.Helper()
	due, missed, next, err := s.Due(now, r.limits)
	r.must(err)
	r.must(r.s.CreateOccurrences(r.ctx, s, due, missed, next, now, r.limits))
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
