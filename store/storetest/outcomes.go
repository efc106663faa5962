package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
)

// sent is a delivery of a fresh occurrence, sent to one contact.
func (r *rig) sent(number string, c bot.Contact) (bot.Occurrence, bot.Claim) {
	r.t.Helper()
	o := r.arms(number)
	r.plans(o)
	k := r.claimed(number, c)
	r.ends(k, bot.SendAccepted)
	return o, k
}

// outcomes is about what became of a promotion after it was sent.
var outcomes = map[string]func(*testing.T, *rig){
	"each step has its time": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		o, k := r.sent(shop, c)
		sent := r.now
		r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{Kind: bot.ReceiptDelivered, MessageIDs: []string{k.MessageID}, At: sent.Add(time.Minute)}, r.envs))
		r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{MessageIDs: []string{k.MessageID}, Kind: bot.ReceiptRead, At: sent.Add(2 * time.Minute)}, r.envs))
		r.now = sent.Add(3 * time.Minute)
		r.writes(shop, "preferences", anna)
		replied := r.now
		r.delivery(o, c, bot.DeliveryReplied, "")
		r.now = sent.Add(5 * time.Minute)
		r.writes(shop, "2", anna)
		r.delivery(o, c, bot.DeliveryOptedOut, "")
		r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{MessageIDs: []string{k.MessageID}, Kind: bot.ReceiptRead, At: r.now.Add(time.Minute)}, r.envs))
		d := r.delivery(o, c, bot.DeliveryOptedOut, "")
		want := []time.Time{sent, sent.Add(time.Minute), sent.Add(2 * time.Minute), replied, r.now, r.now}
		equal(t, "times", []time.Time{d.SentAt, d.Delivered, d.Read, d.Replied, d.OptedOut, d.BadAt}, want)
		if d.Reaction != bot.ReactionOptedOut {
			t.Errorf("the reaction is %q", d.Reaction)
		}
	},
	"a wire's own ID and its word that it was sent settle what was unknown": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		o := r.arms(shop)
		r.plans(o)
		k := r.claimed(shop, c)
		r.ends(k, bot.SendUnknown)
		r.delivery(o, c, bot.DeliveryUnknown, "")
		r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{
			Kind: bot.ReceiptSent, MessageIDs: []string{k.MessageID}, WireIDs: []string{"wamid.1"}, At: r.now,
		}, r.envs))
		r.delivery(o, c, bot.DeliverySent, "")
		r.must(r.s.Receipt(r.ctx, outlet, bot.Receipt{Kind: bot.ReceiptRead, WireIDs: []string{"wamid.1"}, At: r.now}, r.envs))
		r.delivery(o, c, bot.DeliverySent, "") // of another number
		r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{Kind: bot.ReceiptRead, WireIDs: []string{"wamid.2", "wamid.1", ""}, At: r.now}, r.envs))
		r.delivery(o, c, bot.DeliveryRead, "")
	},
	"the answer to the send tells the wire's ID": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		for _, first := range []bool{false, true} { // a receipt comes before the answer
			r.now = r.now.Add(time.Minute)
			o := r.arms(shop)
			r.plans(o)
			k := r.claimed(shop, c)
			if first {
				r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{Kind: bot.ReceiptSent, MessageIDs: []string{k.MessageID}, At: r.now}, r.envs))
			}
			wire := fmt.Sprint("wamid.", first)
			r.must(r.s.Record(r.ctx, k, bot.SendResult{Status: bot.SendAccepted, WireID: wire}, r.envs))
			r.delivery(o, c, bot.DeliverySent, "")
			r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{Kind: bot.ReceiptDelivered, WireIDs: []string{wire}, At: r.now}, r.envs))
			r.delivery(o, c, bot.DeliveryDelivered, "")
			r.now = r.now.Add(24 * time.Hour)
		}
	},
	"receipts come in any order": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		sent, delivered, read, failed := bot.ReceiptSent, bot.ReceiptDelivered, bot.ReceiptRead, bot.ReceiptFailed
		for _, order := range []struct {
			kinds []bot.ReceiptKind
			want  bot.DeliveryStatus
		}{
			{[]bot.ReceiptKind{sent, sent}, bot.DeliverySent},
			{[]bot.ReceiptKind{read, delivered, sent}, bot.DeliveryRead},
			{[]bot.ReceiptKind{delivered, sent, delivered}, bot.DeliveryDelivered},
			{[]bot.ReceiptKind{read, failed}, bot.DeliveryRead},
			{[]bot.ReceiptKind{delivered, failed, sent}, bot.DeliveryDelivered},
			{[]bot.ReceiptKind{sent, failed, failed}, bot.DeliveryFailed},
			{[]bot.ReceiptKind{failed, sent}, bot.DeliveryFailed},
		} {
			for _, answered := range []bool{false, true} { // before the answer to the send, or after it
				r.writes(shop, "thanks", anna) // a sign of her phone
				r.now = r.now.Add(8 * 24 * time.Hour)
				o := r.arms(shop)
				r.plans(o)
				k := r.claimed(shop, c)
				if answered {
					r.ends(k, bot.SendAccepted)
				}
				for _, kind := range order.kinds {
					r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{Kind: kind, MessageIDs: []string{k.MessageID}, At: r.now}, r.envs))
				}
				if !answered {
					r.ends(k, bot.SendAccepted)
				}
				if d := r.delivery(o, c, order.want, map[bool]bot.Reason{true: bot.Failed}[order.want == bot.DeliveryFailed]); d.SentAt.IsZero() && order.want != bot.DeliveryFailed {
					t.Errorf("%v: it was never sent", order.kinds)
				}
			}
		}
	},
	"what a phone has reported stands, whatever the server says": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		o, k := r.sent(shop, c)
		for _, kind := range []bot.ReceiptKind{bot.ReceiptDelivered, bot.ReceiptFailed} {
			r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{Kind: kind, MessageIDs: []string{k.MessageID}, At: r.now}, r.envs))
		}
		r.delivery(o, c, bot.DeliveryDelivered, "")
		if kinds := r.outbox(c, "failed"); len(kinds) > 0 {
			t.Errorf("the outbox says that %q have failed", kinds)
		}
	},
	"an ID that the wire gives twice stops nothing": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		var last bot.Claim
		for range 2 {
			r.now = r.now.Add(24 * time.Hour)
			o := r.arms(shop)
			r.plans(o)
			last = r.claimed(shop, c)
			r.must(r.s.Record(r.ctx, last, bot.SendResult{Status: bot.SendAccepted, WireID: "wamid.1"}, r.envs))
			r.delivery(o, c, bot.DeliverySent, "")
		}
		r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{
			Kind: bot.ReceiptRead, MessageIDs: []string{last.MessageID}, WireIDs: []string{"wamid.1"}, At: r.now,
		}, r.envs))
	},
	"what was taken and does not arrive is refused": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		o, k := r.sent(shop, c)
		r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{Kind: bot.ReceiptFailed, MessageIDs: []string{k.MessageID}, At: r.now,
			Cause: bot.CauseNeedsInbound, Code: 131026, Detail: "131026: cannot be delivered"}, r.envs))
		d := r.delivery(o, c, bot.DeliveryFailed, bot.Failed)
		if d.Detail != "131026: cannot be delivered" || d.Reaction != bot.ReactionRefused {
			t.Errorf("detail %q, reaction %q", d.Detail, d.Reaction)
		}
		if !r.contact(shop, anna).Has(bot.NeedsInbound) {
			t.Error("nothing holds what comes next")
		}
	},
	"C2 whom WhatsApp refuses because they stopped there has left the brand": func(t *testing.T, r *rig) {
		for name, late := range map[string]bool{"at once": false, "as a receipt": true} {
			who := phone(map[bool]string{false: "+12125550101", true: "+12125550102"}[late])
			c := r.subscribes(shop, who)
			r.subscribes(outlet, who)
			o := r.arms(shop)
			r.plans(o)
			k := r.claimed(shop, c)
			refused := bot.SendResult{Status: bot.SendRefused, Cause: bot.CauseOptedOut, Code: 131050, Detail: "131050: they stopped"}
			if late {
				r.ends(k, bot.SendAccepted)
				failed := bot.Receipt{Kind: bot.ReceiptFailed, MessageIDs: []string{k.MessageID}, At: r.now, Cause: refused.Cause, Detail: refused.Detail}
				r.must(r.s.Receipt(r.ctx, shop, failed, r.envs))
				r.must(r.s.Receipt(r.ctx, shop, failed, r.envs))
			} else {
				r.must(r.s.Record(r.ctx, k, refused, r.envs))
			}
			if d := r.delivery(o, c, bot.DeliveryFailed, bot.Failed); d.Reaction != bot.ReactionOptedOut {
				t.Errorf("%s: the guard sees %q", name, d.Reaction)
			}
			for _, number := range []string{shop, outlet} {
				r.wants(number, who, bot.Unsubscribed)
				if kinds := r.says(number); slices.Contains(kinds, bot.SayGoodbye) {
					t.Errorf("%s: %s says %q", name, number, kinds)
				}
			}
			r.now = r.now.Add(time.Hour)
			if again := r.subscribes(shop, who); again.Consent != bot.Subscribed {
				t.Errorf("%s: they cannot come back: %+v", name, again)
			}
			r.writes(shop, "2", who)
			r.now = r.now.Add(time.Hour)
		}
	},
	"an answer that does not arrive is told": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna)
		r.writes(shop, "preferences", anna)
		k := r.reply(shop)
		r.ends(*k, bot.SendAccepted)
		r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{Kind: bot.ReceiptFailed, MessageIDs: []string{k.MessageID}, At: r.now,
			Cause: bot.CauseWindow, Detail: "131047: they wrote too long ago"}, r.envs))
		if told := r.textsOf(shop, bot.NoticeNotDelivered); len(told) != 1 || !strings.Contains(told[0], "131047") {
			t.Errorf("told: %q", told)
		}
	},
	"a receipt is quicker than the word about the send": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		for _, read := range []bool{false, true} {
			want := map[bool]bot.DeliveryStatus{false: bot.DeliveryDelivered, true: bot.DeliveryRead}[read]
			for _, status := range []bot.SendStatus{bot.SendAccepted, bot.SendUnknown, bot.SendRefused, ""} {
				r.now = r.now.Add(time.Minute)
				o := r.arms(shop)
				r.plans(o)
				k := r.claimed(shop, c)
				r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{MessageIDs: []string{k.MessageID}, Kind: bot.DeliveredOrRead(read), At: r.now}, r.envs))
				if status == "" { // the bot dies before it hears how the send ended
					unknown, err := r.s.Recover(r.ctx, shop, r.now, r.envs)
					r.must(err)
					equal(t, "unknown", []int64{unknown}, []int64{0})
				} else {
					r.must(r.s.Record(r.ctx, k, bot.SendResult{Status: status, Cause: bot.CauseBusy, Code: 503}, r.envs))
				}
				if d := r.delivery(o, c, want, ""); d.SentAt.IsZero() || d.Delivered.IsZero() || d.Read.IsZero() == read {
					t.Errorf("%s, read %v: sent %v, delivered %v, read %v", status, read, d.SentAt, d.Delivered, d.Read)
				}
				r.claimsNothing(shop)
				if n := r.contact(shop, anna); len(n.UndeliveredSince) != 0 || read && n.UnreadPromotions != 0 {
					t.Errorf("%s, read %v: %d unread, one tick at %v", status, read, n.UnreadPromotions, n.UndeliveredSince)
				}
				equal(t, "refusals", []bot.Refusals{r.refusals()}, []bot.Refusals{{}})
			}
		}
	},
	"an answer that a phone has reported is not sent again": func(t *testing.T, r *rig) {
		for i, early := range []bool{true, false} { // before the time for the server's word is over, or after
			id := phone(fmt.Sprintf("+3460000010%d", i))
			r.writes(shop, "I want promotions", id)
			k := r.reply(shop)
			receipt := func() {
				r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{Kind: bot.ReceiptDelivered, MessageIDs: []string{k.MessageID}, At: r.now}, r.envs))
			}
			if early {
				receipt()
			}
			r.ends(*k, bot.SendUnknown)
			if !early {
				receipt()
			}
			if c := r.contact(shop, id); c.Has(bot.AwaitingDisclosure) {
				t.Errorf("early %v: the disclosure arrived and is still awaited", early)
			}
			for again := r.reply(shop); again != nil; again = r.reply(shop) {
				if again.MessageID == k.MessageID {
					t.Errorf("early %v: it goes out again", early)
				}
				r.ends(*again, bot.SendAccepted)
			}
			equal(t, "unknown", r.outbox(*r.contact(shop, id), "unknown"), nil)
		}
	},
	"read arrives first": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		o, k := r.sent(shop, c)
		r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{MessageIDs: []string{k.MessageID}, Kind: bot.ReceiptRead, At: r.now}, r.envs))
		if d := r.delivery(o, c, bot.DeliveryRead, ""); !d.Delivered.Equal(r.now) {
			t.Errorf("read, and delivered at %v", d.Delivered)
		}
	},
	"the newest one has the reaction": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		first, _ := r.sent(shop, c)
		r.now = r.now.Add(48 * time.Hour)
		second, _ := r.sent(shop, c)
		r.writes(shop, "preferences", anna)
		r.delivery(first, c, bot.DeliverySent, "")
		r.delivery(second, c, bot.DeliveryReplied, "")
	},
	"what came before it, or a week after it, is no reaction": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		o, _ := r.sent(shop, c)
		early := r.message("preferences", anna)
		early.At = r.now.Add(-time.Minute)
		r.takes(shop, early)
		r.delivery(o, c, bot.DeliverySent, "")
		r.now = r.now.Add(bot.ReactionWithin + time.Minute)
		r.writes(shop, "2", anna)
		r.delivery(o, c, bot.DeliverySent, "")
	},
	"a stop found in history": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		o, _ := r.sent(shop, c)
		m := r.message("2", anna)
		m.History = true
		r.takes(shop, m)
		r.delivery(o, c, bot.DeliveryOptedOut, "")
	},
	"a stop written to another number of the brand": func(t *testing.T, r *rig) {
		c := r.subscribes(outlet, anna)
		r.subscribes(shop, anna)
		o, _ := r.sent(outlet, c)
		r.writes(shop, "2", anna)
		r.delivery(o, c, bot.DeliveryOptedOut, "")
		if _, f, _, err := r.s.Guard(r.ctx, o.ID, r.now); err != nil || f.People != 1 {
			t.Errorf("the guard has seen %+v, %v", f, err)
		}
	},
	"a stop written to another number of the brand before": func(t *testing.T, r *rig) {
		c := r.subscribes(outlet, anna)
		r.subscribes(shop, anna)
		r.now = r.now.Add(time.Hour)
		o, _ := r.sent(outlet, c)
		early := r.message("2", anna)
		early.At = r.now.Add(-time.Minute)
		r.takes(shop, early)
		if got := r.contact(outlet, anna).Consent; got != bot.Unsubscribed {
			t.Errorf("they are %s", got)
		}
		r.delivery(o, c, bot.DeliverySent, "")
	},
	"who may have asked to stop": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		o, _ := r.sent(shop, c)
		r.writes(shop, "could you send fewer messages?", anna)
		if d := r.delivery(o, c, bot.DeliveryReplied, ""); d.Reaction != bot.ReactionUnsure || d.BadAt.IsZero() {
			t.Errorf("the reaction is %+v", d)
		}
		asked := r.now
		r.writes(shop, "yes", anna)
		if d := r.delivery(o, c, bot.DeliveryOptedOut, ""); d.Reaction != bot.ReactionOptedOut || !d.BadAt.Equal(asked) {
			t.Errorf("the reaction is %+v", d)
		}
	},
	"refused with 463": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		o := r.arms(shop)
		r.plans(o)
		r.must(r.s.Record(r.ctx, r.claimed(shop, c), bot.SendResult{Status: bot.SendRefused, Cause: bot.CauseNeedsInbound}, r.envs))
		if d := r.delivery(o, c, bot.DeliveryFailed, bot.Failed); d.Reaction != bot.ReactionRefused || !d.SentAt.IsZero() {
			t.Errorf("the reaction is %+v", d)
		}
	},
	"of what is unknown the operator's word decides": func(t *testing.T, r *rig) {
		for _, arrived := range []bool{true, false} {
			id := map[bool]bot.Identity{true: anna, false: bob}[arrived]
			c := r.subscribes(shop, id)
			o := r.arms(shop)
			r.plans(o)
			r.ends(r.claimed(shop, c), bot.SendUnknown)
			r.writes(shop, "preferences", id)
			if d := r.delivery(o, c, bot.DeliveryUnknown, ""); d.Replied.IsZero() {
				t.Errorf("it is not noted: %+v", d)
			}
			to, want := bot.DeliveryPlanned, bot.DeliveryPlanned
			if arrived {
				to, want = bot.DeliverySent, bot.DeliveryReplied
			}
			_, err := r.s.ResolveUnknown(r.ctx, o.Number, o.ID, c.ID, to, r.now)
			r.must(err)
			if d := r.delivery(o, c, want, ""); d.Replied.IsZero() == arrived || d.SentAt.IsZero() == arrived {
				t.Errorf("settled: %+v", d)
			}
			r.sets(o, bot.OccurrenceCancelled, true)
			r.now = r.now.Add(time.Second) // no answer slows the number down
		}
	},
	"a merge keeps the reaction": func(t *testing.T, r *rig) {
		a, b := r.subscribes(shop, anna), r.subscribes(shop, lid("101"))
		o := r.arms(shop)
		r.plans(o)
		r.ends(r.claimed(shop, a), bot.SendAccepted)
		r.ends(r.claimed(shop, b), bot.SendAccepted)
		r.writes(shop, "could you send fewer messages?", lid("101"))
		r.writes(shop, "oi", anna, lid("101"))
		kept := r.contact(shop, anna)
		if d := r.delivery(o, *kept, bot.DeliveryReplied, ""); d.Reaction != bot.ReactionUnsure {
			t.Errorf("the reaction is %+v", d)
		}
	},
	"what it waited for": func(t *testing.T, r *rig) {
		c := r.writes(shop, "I want promotions", anna)
		o := r.arms(shop)
		r.plans(o)
		began := r.now
		r.says(shop)
		r.claimsNothing(shop) // question_open
		r.answers(shop, anna)
		r.ends(r.claimed(shop, c), bot.SendAccepted)
		d := r.delivery(o, c, bot.DeliverySent, "")
		if len(d.Holds) != 2 || d.Holds[0].Reason != bot.AwaitingDisclosure || !d.Holds[0].Since.Equal(began) || d.Holds[1].Reason != bot.QuestionOpen {
			t.Errorf("it waited for %+v", d.Holds)
		}
	},
}
