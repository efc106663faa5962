package pump_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"optinbot/bot"
	"optinbot/bot/pump"
	"optinbot/bot/pump/pumptest"
)

const (
	ana = "+12125550101"
	bob = "+12125550102"
)

func newNumber(t testing.TB, change ...func(*pump.Config)) *pumptest.Number {
	t.Helper()
	return pumptest.New(t, pumptest.Flow, change...)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// subscribers opt in, and read what the bot says to that.
func subscribers(t *testing.T, n *pumptest.Number, phones ...string) {
	t.Helper()
	for _, phone := range phones {
		n.Writes(phone, "I want promotions")
		n.Sends()
		n.Wants(phone, "You are in!")
	}
	n.Pass(time.Hour) // their last message is no open question any more
}

func TestT1AMessageIsAnsweredAndMarkedRead(t *testing.T) {
	n := newNumber(t)
	n.NoRead = true // a read receipt that fails is no reason to lose the message
	m := n.Message(ana, "hello")
	turn, err := n.Pump.HandleMessage(t.Context(), m)
	must(t, err)
	n.Sends()
	n.Wants(ana, "I want promotions", "card")
	if !slices.Equal(n.Read(), []string{m.ID}) || turn.Contact.Consent != bot.Pending {
		t.Errorf("marked read: %q, consent %s", n.Read(), turn.Contact.Consent)
	}
	again, err := n.Pump.HandleMessage(t.Context(), m)
	must(t, err)
	if n.Sends(); !again.Duplicate || len(n.Got(ana)) > 0 {
		t.Error("the same message had a second turn")
	}
}

func TestT1AMessageThatCannotBeKeptIsNotAcknowledged(t *testing.T) {
	n := newNumber(t, func(c *pump.Config) { c.Inbox = deafInbox{c.Inbox} })
	if _, err := n.Pump.HandleMessage(t.Context(), n.Message(ana, "2")); err == nil {
		t.Error("no error")
	}
	if err := n.Pump.Pairs(t.Context(), nil); err == nil {
		t.Error("no error")
	}
	if n.Sends(); n.Waiting()+len(n.Read()) > 0 {
		t.Errorf("sent %d, marked read %v", n.Waiting(), n.Read())
	}
}

type deafInbox struct{ pump.Inbox }

func (deafInbox) HandleMessage(context.Context, string, bot.Message, bot.Envs) (bot.Turn, error) {
	return bot.Turn{}, errors.New("the disk is full")
}

func (deafInbox) Learn(context.Context, string, []bot.Pair, bot.Envs) ([]bot.Turn, error) {
	return nil, errors.New("the disk is full")
}

// TestC2TheLastLookBeforeASend: somebody stops between the claim of a promotion to them and its
// send.
func TestC2TheLastLookBeforeASend(t *testing.T) {
	claimed := &stopAtClaim{}
	n := newNumber(t, func(c *pump.Config) { claimed.Outbox, c.Outbox = c.Outbox, claimed })
	subscribers(t, n, ana, bob)
	o := n.Arms("offer")
	must(t, n.Pump.Tick(t.Context()))
	claimed.after = func(k bot.Claim) {
		if bot.PhoneOf(k.Contact.Identities) == ana {
			n.Writes(ana, "2")
		}
	}
	n.Sends()
	n.Wants(bob, "offer is here")
	n.Wants(ana, "no more promotions")
	n.WantsDelivery(o, ana, bot.DeliveryVoided, bot.SkippedUnsubscribed)
	n.WantsDelivery(o, bob, bot.DeliverySent, "")
	if !slices.ContainsFunc(n.Changes(), func(c bot.Change) bool { return c.Status == bot.DeliveryVoided }) {
		t.Errorf("nobody was told: %+v", n.Changes())
	}

	claimed.after = nil
	n.Writes(ana, "I want promotions") // a new consent ends what is remembered of the stop
	n.Sends()
	n.Got(ana)
	n.Pass(time.Hour)
	n.Arms("other")
	must(t, n.Pump.Tick(t.Context()))
	n.Sends()
	n.Wants(ana, "other is here")
}

// stopAtClaim lets something happen when a promotion has been claimed.
type stopAtClaim struct {
	pump.Outbox
	after func(bot.Claim)
}

func (s *stopAtClaim) ClaimDeliveries(
	ctx context.Context,
	number string,
	now time.Time,
	l bot.Limits,
	envs bot.Envs,
	r bot.Render,
	most int,
) (bot.ClaimResult, error) {
	c, err := s.Outbox.ClaimDeliveries(ctx, number, now, l, envs, r, most)
	for _, k := range c.Claims {
		if s.after != nil {
			s.after(*k)
		}
	}
	return c, err
}

// TestC7AStopComesOverAPair: somebody known by two addresses stopped at one of them. The pair is
// learned, and the claim finds it.
func TestC7AStopComesOverAPair(t *testing.T) {
	n := newNumber(t)
	subscribers(t, n, ana)
	lid := bot.Identity{Kind: bot.LID, Value: "700000000000001"}
	m := n.Message("", "2")
	m.Identities = []bot.Identity{lid}
	_, err := n.Pump.HandleMessage(t.Context(), m)
	must(t, err)
	n.Sends()
	n.Got("")
	o := n.Arms("offer")
	must(t, n.Pump.Tick(t.Context()))
	must(t, n.Pump.Pairs(t.Context(), []bot.Pair{{Phone: bot.Identity{Kind: bot.Phone, Value: ana}, Account: lid}}))
	n.Sends()
	n.Wants(ana)
	if c := n.Contact(ana); c.Consent != bot.Unsubscribed || bot.LIDOf(c.Identities) != lid.Value {
		t.Errorf("%s, known by %v", c.Consent, c.Identities)
	}
	n.WantsDelivery(o, ana, bot.DeliveryVoided, bot.SkippedUnsubscribed)
}

// TestB7NothingGoesOutBeforeTheSync: replies wait for the connection, promotions for the end of the
// offline sync. What says nothing about the connection changes nothing.
func TestB7NothingGoesOutBeforeTheSync(t *testing.T) {
	n := newNumber(t)
	subscribers(t, n, ana)
	o := n.Arms("offer")
	n.Is(bot.NumberDisconnected)
	n.Writes(ana, "2")
	n.Writes(bob, "I want promotions")
	must(t, n.Pump.Tick(t.Context()))
	if n.Sends(); n.Waiting() > 0 {
		t.Fatalf("sent while disconnected: %d", n.Waiting())
	}
	n.Is(bot.NumberConnected)
	n.Is(bot.NumberPhoneSeen)
	must(t, n.Pump.Tick(t.Context()))
	n.Sends()
	n.Wants(bob, "You are in!")
	n.Wants(ana, "no more promotions")
	occurrences, err := n.Store.Occurrences(t.Context(), pumptest.Name, "offer")
	must(t, err)
	if !occurrences[0].PlannedAt.IsZero() {
		t.Error("the broadcast was planned before the offline sync had ended")
	}
	n.Is(bot.NumberSynced)
	n.Pass(time.Minute)
	must(t, n.Pump.Tick(t.Context()))
	n.Sends()
	n.Wants(ana)
	n.Wants(bob, "offer is here")
	if d, err := n.Store.Delivery(t.Context(), o.ID, n.Contact(ana).ID); err != nil ||
		d != nil && d.Status == bot.DeliverySent {
		t.Errorf("%+v %v", d, err)
	}
}

// TestB5ItRestsWhenWhatsAppIsBusy: after a "not now", and after a send that was not tried, nothing
// is sent for a second. The message is kept and goes out then. A clock that is set back does not
// make the rest longer.
func TestB5ItRestsWhenWhatsAppIsBusy(t *testing.T) {
	for name, result := range map[string]bot.SendResult{
		"busy":         {Status: bot.SendRefused, Cause: bot.CauseBusy, Code: 429},
		"disconnected": {Status: bot.SendNotTried},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNumber(t)
			subscribers(t, n, ana, bob)
			n.Writes(ana, "2")
			n.Answer = func(bot.Outgoing) bot.SendResult { return result }
			n.Sends()
			n.Wants(ana, "no more promotions")
			n.Answer = nil
			n.Writes(bob, "hello?")
			n.Pass(-time.Second) // it was written at this moment
			if n.Sends(); n.Waiting() > 0 {
				t.Fatalf("no rest: %d", n.Waiting())
			}
			n.Pass(time.Second)
			n.Sends()
			n.Wants(bob, "Somebody will read it.")
			if got := n.Got(ana); result.Status == bot.SendNotTried && len(got) == 0 {
				t.Errorf("what was not tried is sent later: %q", got)
			}

			n.Answer = func(bot.Outgoing) bot.SendResult { return bot.SendResult{Status: bot.SendNotTried} }
			n.Writes(bob, "and now?")
			n.Sends()
			n.Answer = nil
			n.Got(bob)
			n.Pass(-time.Hour)
			n.Sends()
			n.Pass(2 * time.Hour)
			n.Sends()
			n.Wants(bob, "Somebody will read it.")
		})
	}
}

// TestB7EditedLateAndRecurring: an edited draft does not go out, a late one waits for the operator,
// a recurring one makes its occurrence.
func TestB7EditedLateAndRecurring(t *testing.T) {
	edited := map[string]bool{"edited": true, "edited weekly": true}
	n := newNumber(t, func(c *pump.Config) { c.Edited = func(o bot.Occurrence) bool { return edited[o.Broadcast] } })
	subscribers(t, n, ana)
	n.Arms("edited")
	late := n.Arms("late")
	n.Pass(n.Limits.Grace + time.Hour)
	for _, name := range []string{"weekly", "edited weekly", "nonsense"} {
		d := pumptest.Draft(name)
		s := bot.Schedule{
			Number:    d.Number,
			Broadcast: name,
			Cron:      "0 10 * * *",
			Zone:      "UTC",
			Content:   d.Content,
			Version:   "1",
			NextAt:    n.Now(),
		}
		if name == "nonsense" {
			s.Zone = "Nowhere/Atall"
		}
		must(t, n.Store.ArmSchedule(t.Context(), s, n.Now().Add(-time.Hour)))
	}
	must(t, n.Pump.Tick(t.Context()))
	n.Sends()
	status := map[string]bot.OccurrenceStatus{}
	occurrences, err := n.Store.Occurrences(t.Context(), pumptest.Name, "")
	must(t, err)
	for _, o := range occurrences {
		status[o.Broadcast] = o.Status
	}
	if status["edited"] != bot.OccurrenceCancelled || status["late"] != bot.OccurrenceLate {
		t.Errorf("occurrences: %v", status)
	}
	if status["edited weekly"] != "" || status["nonsense"] != "" {
		t.Errorf("what cannot be told fired: %v", status)
	}
	n.Wants(ana)
	schedules, err := n.Store.Schedules(t.Context(), pumptest.Name, "edited weekly")
	must(t, err)
	if len(schedules) != 1 || schedules[0].Status == bot.ScheduleArmed {
		t.Errorf("an edited recurring broadcast stays armed: %+v", schedules)
	}
	if late.ID == 0 {
		t.Error("no occurrence")
	}
}

// TestB6TheLoopsSurviveTheStore: Run settles what a crash left, sends what is due, and tries again
// while the store refuses.
func TestB6TheLoopsSurviveTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := &fullDisk{}
		p := pump.New(pump.Config{
			Number: pumptest.Name, Outbox: full, Timers: full, Schedule: full, Transport: &pumptest.Wire{}, Envs: func(string) bot.Env { return bot.Env{} }, Now: time.Now,
			Limits: bot.DefaultLimits, Inbox: full, Log: full.log(),
		})
		must(t, p.NumberEvent(t.Context(), bot.NumberEvent{Kind: bot.NumberSynced}))
		full.recover = errors.New("the disk is full")
		if err := p.Run(t.Context()); !errors.Is(err, full.recover) {
			t.Fatalf("it began with %v", err)
		}
		full.recover = nil
		full.refusing.Store(true)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- p.Run(ctx) }()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		looks := full.looks.Load()
		if looks < 8 || looks > 12 {
			t.Errorf("it looked %d times in ten seconds, want one a second", looks)
		}
		full.refusing.Store(false)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		looks = full.looks.Load()
		time.Sleep(59 * time.Second)
		synctest.Wait()
		if more := full.looks.Load() - looks; more > 1 {
			t.Errorf("it looked %d times in a minute in which nothing was due", more)
		}
		cancel()
		must(t, <-ended)
		if said := full.said.String(); !strings.Contains(said, "deliveries=3") ||
			!strings.Contains(said, "trying again") {
			t.Errorf("the log says\n%s", said)
		}
	})
}
