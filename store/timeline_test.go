package store_test

import (
	"fmt"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/store"
	"optinbot/store/postgrestest"
)

// TestF4WhatAFailoverLostIsFoundAndHeld: a standby takes over, with a real server. Whoever serves a
// number knows what was acknowledged, and holds it where that is gone, or may be.
func TestF4WhatAFailoverLostIsFoundAndHeld(t *testing.T) {
	for _, test := range []struct {
		name              string
		is, says          bool // synchronous
		lost              bool
		safeA, safeB      bool
		stopped, promoted bool // the database knows it
	}{
		{name: "asynchronous, behind", lost: true, safeA: true, safeB: true},
		{name: "asynchronous, level", safeA: true, safeB: true, stopped: true, promoted: true},
		{name: "synchronous", is: true, says: true, stopped: true, promoted: true},
		{name: "not what the operator says", says: true, lost: true, safeA: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			pair := postgrestest.NewPair(t, test.is)
			f := &fleet{t: t, url: pair.URL, folder: t.TempDir(), synchronous: test.says}
			f.must(f.load("TEST"))
			s := f.opens()
			f.must(s.EnsureNumber(t.Context(), "b", "another brand", f.machine.Version())) // no stop is carried to it
			f.opensShop("a", "b")
			f.must(s.AddKey(t.Context(), store.APIKey{ID: "k1", Name: "till", Hash: "ab", Role: "operator"}))
			for i := range 4 {
				f.subscribes(s, "a", person(i))
				f.subscribes(s, "b", person(i))
			}
			p := f.joins(s, "here", store.DefaultLease())
			a, b := s.Owned(f.takes(p, "a")), s.Owned(f.takes(p, "b"))
			out := sentOnce{}
			f.sends(a, "a", 99, out) // what the bot has to say
			f.sends(b, "b", 99, out)
			for _, number := range []string{"a", "b"} {
				f.arms(s, number)
				f.must(f.tick(t.Context(), map[string]*store.Store{"a": a, "b": b}[number], number))
			}
			if test.lost {
				pair.Cut()
			}
			_, err := a.HandleMessage(t.Context(), "a", f.message("2", person(0)), f.envs)
			f.must(err)
			f.sends(a, "a", 2, out) // the goodbye and a promotion
			if !test.lost {
				pair.Level()
			}
			pair.FailOver()

			begun := time.Now()
			before := len(out)
			f.sends(a, "a", 99, out)
			f.sends(b, "b", 99, out)
			t.Logf("looked at %v after the failover", time.Since(begun).Round(time.Millisecond))
			for number, safe := range map[string]bool{"a": test.safeA, "b": test.safeB} {
				n, err := s.Number(t.Context(), number)
				f.must(err)
				if n.SafeMode != safe {
					t.Errorf("number %s is in safe mode: %v, want %v", number, n.SafeMode, safe)
				}
			}
			if goesOn := len(out) > before; goesOn == (test.safeA && test.safeB) {
				t.Errorf("promotions go on: %v", goesOn)
			}
			keys, err := s.Keys(t.Context())
			f.must(err)
			if off := keys[0].Off; off != (test.safeA || test.safeB) {
				t.Errorf("the key is off: %v", off)
			}
			if is := f.consent(s, person(0)); (is == bot.Unsubscribed) != test.stopped {
				t.Errorf("after the failover who left is %s", is)
			}
			_, err = s.ApplyOptouts(t.Context(), f.envs, time.Now())
			f.must(err)
			if is := f.consent(s, person(0)); is != bot.Unsubscribed {
				t.Errorf("after optouts.log was carried out who left is %s", is)
			}
			for number, owned := range map[string]*store.Store{"a": a, "b": b} {
				_, err := s.ReleaseNumber(t.Context(), number, "looked", false, f.envs)
				f.must(err)
				f.sends(owned, number, 99, out) // and nobody gets one twice
			}
		})
	}
}

// TestF4WhatGoesDownIsNotLost: a claim that never left is given back, and with it what counts for the
// day. Whoever serves the number next goes on: nothing was lost.
func TestF4WhatGoesDownIsNotLost(t *testing.T) {
	f := newFleet(t, "a")
	s := f.opens()
	f.subscribes(s, "a", person(1))
	f.subscribes(s, "a", person(2))
	p := f.joins(s, "here", store.DefaultLease())
	o := f.takes(p, "a")
	owned := s.Owned(o)
	f.sends(owned, "a", 99, sentOnce{}) // what the bot has to say
	f.arms(s, "a")
	f.sends(owned, "a", 1, sentOnce{})
	k, err := f.claim(t.Context(), owned, "a")
	f.must(err)
	f.must(owned.Record(t.Context(), *k, bot.SendResult{Status: bot.SendNotTried}, f.envs))
	f.must(p.Release(t.Context(), o))
	f.must(p.Leave(t.Context()))
	f.must(s.Close())

	again := f.opens() // the next process of the machine, which knows what the one before saw
	out := sentOnce{}
	f.sends(again.Owned(f.takes(f.joins(again, "here", store.DefaultLease()), "a")), "a", 99, out)
	n, err := again.Number(t.Context(), "a")
	f.must(err)
	if n.SafeMode || len(out) != 1 {
		t.Errorf("safe mode: %v, and %d promotions went out", n.SafeMode, len(out))
	}
}

func (f *fleet) consent(s *store.Store, who bot.Identity) bot.Consent {
	f.t.Helper()
	c, err := s.Contact(f.t.Context(), "a", who.Value)
	f.must(err)
	return c.Consent
}

// sentOnce are the promotions that went out.
type sentOnce map[string]bool

// sends sends what there is, at most so much.
func (f *fleet) sends(owned *store.Store, number string, most int, out sentOnce) {
	f.t.Helper()
	f.tries(func() error { return f.tick(f.t.Context(), owned, number) })
	for range most {
		var k *bot.Claim
		f.tries(func() (err error) {
			k, err = f.claim(f.t.Context(), owned, number)
			return err
		})
		if k == nil {
			return
		}
		if k.Occurrence != 0 {
			promotion := fmt.Sprint(number, " ", k.Occurrence, " ", k.Contact.ID)
			if out[promotion] {
				f.t.Errorf("sent twice: %s", promotion)
			}
			out[promotion] = true
		}
		f.tries(func() error {
			return owned.Record(f.t.Context(), *k, bot.SendResult{Status: bot.SendAccepted}, f.envs)
		})
	}
}

// tries does something again while lines of before the failover break.
func (f *fleet) tries(do func() error) {
	f.t.Helper()
	err := do()
	for range 100 {
		if err == nil {
			return
		}
		err = do()
	}
	f.must(err)
}
