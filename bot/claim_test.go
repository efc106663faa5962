package bot_test

import (
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/pump/pumptest"
	"optinbot/store/storetest"
)

// next lets a broadcast go out that is another one each time, and returns its occurrence.
func (r room) next() bot.Occurrence {
	r.t.Helper()
	o := r.Arms("news-" + strings.ToLower(r.NewID()))
	r.goesOn()
	return o
}

// claim is what the store answers when the next promotion is claimed.
func (r room) claim() bot.ClaimResult {
	r.t.Helper()
	c, err := r.Store.ClaimDeliveries(r.t.Context(), pumptest.Name, r.Now(), r.Limits, r.Envs, r.Render, 2)
	r.must(err)
	return c
}

// numberHolds checks that the number may send nothing now, why, and that nothing reaches the
// person.
func (r room) numberHolds(reason bot.Reason) {
	r.t.Helper()
	o := r.next()
	switch c := r.claim(); {
	case len(c.Claims) > 0 || c.Number.Reason != "" && c.Number.Reason != reason:
		r.t.Fatalf("claimed %+v; the number: %+v, want it held because of %s", c.Claims, c.Number, reason)
	case c.Number.Reason == "": // until the day is over: every delivery of it says so
		r.WantsDelivery(o, ana, bot.DeliveryHeld, reason)
	}
	r.Wants(ana)
}

// edit changes the database behind the store's back.
func (r room) edit(statement string, args ...any) {
	r.t.Helper()
	r.must(storetest.Edit(r.t.Context(), r.Folder, statement, args...))
}

// doubts lets a broadcast be planned for somebody subscribed, changes what the store says of them
// behind its back, so that nothing takes the delivery away, and checks that the claim refuses for
// that reason and nothing reaches them.
func (r room) doubts(reason bot.Reason, statements ...string) {
	r.t.Helper()
	o := r.Arms("offer")
	r.must(r.Pump.Tick(r.t.Context()))
	r.WantsDelivery(o, ana, bot.DeliveryPlanned, "")
	for _, statement := range statements {
		r.edit(statement, r.Contact(ana).ID)
	}
	r.goesOn()
	r.WantsDelivery(o, ana, bot.DeliverySkipped, reason)
	r.Wants(ana)
}

// subscribed is a number without limits that has a subscriber, with nothing under way.
func subscribed(t *testing.T) room {
	t.Helper()
	r := newRoom(t)
	r.subscribes(ana)
	r.Pass(time.Hour)
	return r
}

// limited is the same with the limits that a shop has, on a Tuesday at noon.
func limited(t *testing.T) room {
	t.Helper()
	r := subscribed(t)
	r.Limits = bot.DefaultLimits()
	r.Pass(time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC).Sub(r.Now()))
	return r
}

// TestTheCasesOfMaySend plays, for each reason for which a person or a number gets no promotion
// now, the claim in which it is the one that matters: what they got, and what the store says of the
// delivery.
func TestTheCasesOfMaySend(t *testing.T) {
	for name, c := range map[string]struct {
		room func(*testing.T) room
		play func(room)
	}{
		"unsubscribed": {subscribed, func(r room) {
			o := r.Arms("offer")
			r.must(r.Pump.Tick(t.Context()))
			r.says(ana, "2")
			r.Wants(ana, "no more promotions")
			r.WantsDelivery(o, ana, bot.DeliveryVoided, bot.SkippedUnsubscribed)
			r.WantsDelivery(r.next(), ana, bot.DeliverySkipped, bot.SkippedUnsubscribed)
			r.Wants(ana)
		}},
		"suppressed": {subscribed, func(r room) {
			_, err := r.Store.OptOutPhone(t.Context(), pumptest.Name, bob, "told us at the till", r.Envs)
			r.must(err)
			r.says(bob, "hello")
			r.Got(bob)
			r.WantsDelivery(r.next(), bob, bot.DeliverySkipped, bot.Suppressed)
			r.Wants(bob)
		}},
		"not_subscribed": {newRoom, func(r room) {
			r.says(ana, "hello")
			r.Got(ana)
			r.WantsDelivery(r.next(), ana, bot.DeliverySkipped, bot.NotSubscribed)
			r.Wants(ana)
		}},
		"a claim looks itself: unsubscribed": {subscribed, func(r room) {
			r.doubts(bot.SkippedUnsubscribed, "UPDATE contacts SET consent = 'unsubscribed' WHERE id = $1")
		}},
		"a claim looks itself: suppressed": {subscribed, func(r room) {
			r.doubts(bot.Suppressed, "UPDATE contacts SET consent = 'unsubscribed', suppressed = 1, "+
				"doc = '{\"suppressed\":true,' || SUBSTR(doc, 2) WHERE id = $1")
		}},
		"a claim looks itself: not_subscribed": {subscribed, func(r room) {
			r.doubts(bot.NotSubscribed, "UPDATE contacts SET consent = 'pending' WHERE id = $1")
		}},
		"a claim looks itself: consent that the ledger does not prove is none": {subscribed, func(r room) {
			r.doubts(bot.NotSubscribed, "DELETE FROM ledger WHERE contact_id = $1")
		}},
		"a claim looks itself: expired": {subscribed, func(r room) {
			o := r.Arms("offer")
			r.must(r.Pump.Tick(t.Context()))
			r.WantsDelivery(o, ana, bot.DeliveryPlanned, "")
			r.Pass(25 * time.Hour)
			r.Sends() // before the pump looks at what has expired
			r.WantsDelivery(o, ana, bot.DeliverySkipped, bot.Expired)
			r.Wants(ana)
		}},
		"expired": {subscribed, func(r room) {
			r.says(ana, "are you open?", fromTheShop)
			o := r.next()
			r.WantsDelivery(o, ana, bot.DeliveryHeld, bot.HumanTakeover)
			r.Pass(25 * time.Hour)
			r.goesOn()
			r.WantsDelivery(o, ana, bot.DeliverySkipped, bot.Expired)
			r.Wants(ana)
		}},
		"fatigued": {subscribed, func(r room) {
			for range bot.FatiguedAfter {
				r.WantsDelivery(r.next(), ana, bot.DeliverySent, "")
				r.Pass(time.Minute)
			}
			r.Got(ana)
			r.WantsDelivery(r.next(), ana, bot.DeliverySkipped, bot.Fatigued)
			r.Wants(ana)
		}},
		"number_reassigned": {newRoom, func(r room) {
			r.says(ana, "I want promotions", lid("700000000000001"))
			r.says(ana, "A", lid("700000000000001"))
			r.says(ana, "B", lid("700000000000001"))
			r.Got(ana)
			r.says(ana, "hi, who is this?", lid("700000000000002"))
			r.Got(ana)
			r.Pass(time.Hour)
			o := r.next()
			r.Wants(ana)
			r.Wants("700000000000001")
			r.WantsDelivery(o, "700000000000001", bot.DeliveryHeld, bot.NumberReassigned)
		}},
		"unsure_stop": {subscribed, func(r room) {
			r.says(ana, "could you send fewer messages?")
			r.Got(ana)
			r.Pass(time.Hour)
			r.WantsDelivery(r.next(), ana, bot.DeliveryHeld, bot.UnsureStop)
			r.Wants(ana)
		}},
		"undecryptable_message": {subscribed, func(r room) {
			r.says(ana, "", ofKind(bot.KindUndecryptable))
			r.WantsDelivery(r.next(), ana, bot.DeliveryHeld, bot.UndecryptableMessage)
			r.Wants(ana)
		}},
		"awaiting_disclosure": {newRoom, func(r room) {
			r.Answer = func(bot.Outgoing) bot.SendResult { return bot.SendResult{Status: bot.SendUnknown} }
			r.says(ana, "I want promotions")
			r.Answer = nil
			r.Got(ana)
			r.Pass(25 * time.Hour)
			r.WantsDelivery(r.next(), ana, bot.DeliveryHeld, bot.AwaitingDisclosure)
			r.Wants(ana)
		}},
		"needs_inbound": {subscribed, func(r room) {
			r.Answer = func(bot.Outgoing) bot.SendResult {
				return bot.SendResult{Status: bot.SendRefused, Cause: bot.CauseNeedsInbound, Code: 463}
			}
			r.next()
			r.Answer = nil
			r.Got(ana)
			r.Pass(time.Minute)
			r.WantsDelivery(r.next(), ana, bot.DeliveryHeld, bot.NeedsInbound)
			r.Wants(ana)
		}},
		"not_delivering": {subscribed, func(r room) {
			r.next()
			r.next()
			r.Got(ana)
			r.Pass(bot.NotDeliveringAfter + time.Hour)
			r.WantsDelivery(r.next(), ana, bot.DeliveryHeld, bot.NotDelivering)
			r.Wants(ana)
		}},
		"human_takeover": {subscribed, func(r room) {
			r.says(ana, "hi Ana, it is me", fromTheShop)
			o := r.next()
			r.WantsDelivery(o, ana, bot.DeliveryHeld, bot.HumanTakeover)
			r.Wants(ana)
			r.Pass(13 * time.Hour)
			r.goesOn()
			r.WantsDelivery(o, ana, bot.DeliverySent, "")
		}},
		"question_open": {newRoom, func(r room) {
			r.says(ana, "I want promotions")
			r.Got(ana)
			o := r.next()
			r.WantsDelivery(o, ana, bot.DeliveryHeld, bot.QuestionOpen)
			r.Wants(ana)
			r.Pass(31 * time.Minute)
			r.goesOn()
			r.WantsDelivery(o, ana, bot.DeliverySent, "")
		}},
		"min_gap": {limited, func(r room) {
			r.WantsDelivery(r.next(), ana, bot.DeliverySent, "")
			r.Got(ana)
			r.Limits.PerDay = 9
			r.Pass(time.Hour)
			o := r.next()
			r.WantsDelivery(o, ana, bot.DeliveryHeld, bot.MinGap)
			r.Wants(ana)
			r.Pass(20 * time.Hour) // the next morning
			r.goesOn()
			r.WantsDelivery(o, ana, bot.DeliverySent, "")
		}},
		"daily_cap": {limited, func(r room) {
			r.Limits.Gap = 0
			r.WantsDelivery(r.next(), ana, bot.DeliverySent, "")
			r.Got(ana)
			r.Pass(time.Hour)
			r.WantsDelivery(r.next(), ana, bot.DeliveryHeld, bot.DailyCap)
			r.Wants(ana)
		}},
		"weekly_cap": {limited, func(r room) {
			for range 2 {
				r.WantsDelivery(r.next(), ana, bot.DeliverySent, "")
				r.says(ana, "thank you")
				r.Pass(24 * time.Hour)
			}
			r.Got(ana)
			r.WantsDelivery(r.next(), ana, bot.DeliveryHeld, bot.WeeklyCap)
			r.Wants(ana)
		}},
		"quiet_hours": {limited, func(r room) {
			r.Pass(9 * time.Hour) // 21:00
			o := r.next()
			r.WantsDelivery(o, ana, bot.DeliveryHeld, bot.QuietHours)
			r.Wants(ana)
			r.Pass(12*time.Hour + time.Minute)
			r.goesOn()
			r.WantsDelivery(o, ana, bot.DeliverySent, "")
		}},
		"no_legal_hour": {limited, func(r room) {
			r.Limits.Expires = 2 * time.Hour
			r.Pass(9 * time.Hour)
			r.WantsDelivery(r.next(), ana, bot.DeliverySkipped, bot.NoLegalHour)
			r.Wants(ana)
		}},

		"number: safe_mode, until it is released": {subscribed, func(r room) {
			r.edit("UPDATE numbers SET safe_mode = 1 WHERE name = $1", pumptest.Name) // as a restored backup does
			r.numberHolds(bot.SafeMode)
			_, err := r.Store.ReleaseNumber(t.Context(), pumptest.Name, "they were asked", true, r.Envs)
			r.must(err)
			r.goesOn()
			r.Wants(ana, "is here")
		}},
		"safe_mode": {subscribed, func(r room) {
			r.must(r.act(ana, bot.HoldForSafety))
			r.WantsDelivery(r.next(), ana, bot.DeliveryHeld, bot.SafeMode)
			r.Wants(ana)
		}},
		"number_changed": {subscribed, func(r room) {
			r.must(r.act(ana, bot.ChangeNumber))
			r.WantsDelivery(r.next(), ana, bot.DeliveryHeld, bot.NumberChanged)
			r.Wants(ana)
		}},
		"number: restricted_until": {subscribed, func(r room) {
			until := r.Now().Add(24 * time.Hour)
			r.must(r.Pump.NumberEvent(t.Context(), bot.NumberEvent{Kind: bot.NumberRestricted, Until: until, At: r.Now()}))
			r.numberHolds(bot.RestrictedUntil)
		}},
		"number: offline_sync": {subscribed, func(r room) {
			r.must(r.Store.NumberEvent(t.Context(), pumptest.Name, bot.NumberEvent{Kind: bot.NumberConnected, At: r.Now()}))
			r.numberHolds(bot.OfflineSync)
		}},
		"number: number_disconnected": {subscribed, func(r room) {
			r.must(r.Store.NumberEvent(t.Context(), pumptest.Name, bot.NumberEvent{Kind: bot.NumberDisconnected, At: r.Now()}))
			r.numberHolds(bot.Disconnected)
		}},
		"number: a new link waits for the history": {subscribed, func(r room) {
			r.must(r.Store.NumberEvent(t.Context(), pumptest.Name, bot.NumberEvent{Kind: bot.NumberLoggedOut, At: r.Now()}))
			r.must(r.Store.Linked(t.Context(), pumptest.Name, "jid:2", "", r.Now()))
			r.Is(bot.NumberSynced)
			r.numberHolds(bot.OfflineSync)
			r.Pass(31 * time.Minute)
			r.goesOn()
			r.Wants(ana, "is here")
		}},
		"number: slow_down": {subscribed, func(r room) {
			r.Answer = func(bot.Outgoing) bot.SendResult {
				return bot.SendResult{Status: bot.SendRefused, Cause: bot.CauseBusy, Code: 429}
			}
			r.next()
			r.Answer = nil
			r.Got(ana)
			if c := r.claim(); len(c.Claims) > 0 || c.Number.Reason != bot.SlowDown {
				r.t.Fatalf("claimed %+v, the number: %+v", c.Claims, c.Number)
			}
			r.Pass(time.Hour)
			r.goesOn()
			r.Wants(ana, "is here")
		}},
		"number: warm_up": {limited, func(r room) {
			r.must(r.Pump.NumberEvent(t.Context(), bot.NumberEvent{Kind: bot.NumberRestricted, Until: r.Now().Add(time.Hour), At: r.Now()}))
			r.must(r.Pump.NumberEvent(t.Context(), bot.NumberEvent{Kind: bot.NumberReleased, At: r.Now()}))
			r.Pass(2 * time.Hour)
			r.numberHolds(bot.WarmUp)
		}},
		"number: number_cap": {limited, func(r room) {
			r.Limits.NumberPerDay = 0
			r.numberHolds(bot.NumberCap)
		}},
		"number: pace": {limited, func(r room) {
			r.subscribes(bob)
			r.Pass(time.Hour)
			o := r.next()
			if both := len(r.Got(ana)) + len(r.Got(bob)); both != 1 {
				r.t.Fatalf("%d promotions at one moment", both)
			}
			if c := r.claim(); len(c.Claims) > 0 || c.Number.Reason != bot.Pace {
				r.t.Fatalf("claimed %+v, the number: %+v", c.Claims, c.Number)
			}
			r.Pass(r.Limits.Every)
			r.goesOn()
			r.WantsDelivery(o, ana, bot.DeliverySent, "")
			r.WantsDelivery(o, bob, bot.DeliverySent, "")
		}},
	} {
		t.Run(name, func(t *testing.T) { c.play(c.room(t)) })
	}
}

func lid(value string) func(*bot.Message) {
	return func(m *bot.Message) { m.Identities = append(m.Identities, bot.Identity{Kind: bot.LID, Value: value}) }
}
