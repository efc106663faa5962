package serve

import (
	"slices"

	"optinbot/bot"
	"optinbot/store"
	"optinbot/store/storetest"
)

// rows are the positions of somebody's rows in the outbox. A row gets its position in the transaction that writes it, after all
// that were written before, so positions are the order of commits: of a promotion's claim, and of a stop, which writes its answer.
type rows struct {
	claims  []int64
	answers []int64
	kinds   []bot.SayKind // of the answers
}

func (r *stopRace) rows() map[int64]*rows {
	r.t.Helper()
	db, err := storetest.Beside(r.dir)
	must(r.t, err)
	defer db.Close()
	found, err := db.QueryContext(r.ctx, "SELECT position, contact_id, kind FROM outbox ORDER BY position")
	must(r.t, err)
	defer found.Close()
	all := map[int64]*rows{}
	for found.Next() {
		var position, contact int64
		var kind bot.SayKind
		must(r.t, found.Scan(&position, &contact, &kind))
		if all[contact] == nil {
			all[contact] = &rows{}
		}
		of := all[contact]
		if kind == bot.SayBroadcast {
			of.claims = append(of.claims, position)
		} else {
			of.answers, of.kinds = append(of.answers, position), append(of.kinds, kind)
		}
	}
	must(r.t, found.Err())
	return all
}

// verify looks at everybody, and that the race was one.
func (r *stopRace) verify(o bot.Occurrence) {
	r.t.Helper()
	all, happened := r.rows(), map[string]int{}
	for i, p := range r.people {
		d, err := r.desk.Store.Delivery(r.ctx, o.ID, p.id)
		must(r.t, err)
		c, err := r.desk.Store.Contact(r.ctx, mainNumber, p.phone)
		must(r.t, err)
		if (c.Consent == bot.Unsubscribed) == p.unsure {
			r.t.Errorf("%d wrote %q and is %s", i, p.text(), c.Consent)
		}
		r.verifyOrder(i, p, all[p.id])
		r.verifyEnd(i, p, d)
		happened[p.when()]++
	}
	r.t.Logf("%d people; the stop was acknowledged: %v", len(r.people), happened)
	for _, when := range []string{"before the claim", "between claim and last look", "while it was being sent", "after it was sent"} {
		if happened[when] == 0 {
			r.t.Errorf("nobody stopped %s", when)
		}
	}
}

// verifyOrder is the promise.
func (r *stopRace) verifyOrder(i int, p *racer, of *rows) {
	r.t.Helper()
	if of == nil || len(of.answers) != 2 || !p.unsure && of.kinds[1] != bot.SayGoodbye {
		r.t.Fatalf("%d: answers %+v", i, of)
	}
	for _, claim := range of.claims {
		if claim > of.answers[1] {
			r.t.Errorf("%d (%+v): a claim committed after the stop had", i, *p)
		}
	}
	if p.sends > 1 || p.sends > len(of.claims) {
		r.t.Errorf("%d (%+v): %d promotions were sent on %d claims", i, *p, p.sends, len(of.claims))
	}
	if got := r.way.promotions(i); got > p.sends || got != p.sends && p.moment != notTried {
		r.t.Errorf("%d (%+v): %d promotions arrived", i, *p, got)
	}
	// The last look: what was acknowledged before it is not sent.
	if p.sends > 0 && p.acknowledged < p.handed && !p.unsure {
		r.t.Errorf("%d (%+v): the stop was acknowledged before the last look, and the promotion was sent", i, *p)
	}
}

// verifyEnd looks at what became of the delivery: a stop voids what waits, in its own transaction.
func (r *stopRace) verifyEnd(i int, p *racer, d *store.Delivery) {
	r.t.Helper()
	sent, voided := string(bot.DeliverySent), string(bot.DeliveryVoided)+" "+string(bot.SkippedUnsubscribed)
	want := []string{sent, voided}
	switch {
	case p.unsure:
		want[1] = string(bot.DeliveryHeld) + " " + string(bot.UnsureStop)
	case p.moment == settledWrong:
		// A receipt may come before the operator's word; then there is nothing to settle.
		want[1] = string(bot.DeliverySkipped) + " " + string(bot.SkippedUnsubscribed)
	case p.moment == whileSending:
		want = want[:1]
	case p.moment == beforeLook || p.moment == notTried:
		want = want[1:]
	}
	got := string(d.Status)
	if d.Status.Sent() {
		got = sent
	}
	if d.Reason != "" {
		got += " " + string(d.Reason)
	}
	if !slices.Contains(want, got) {
		r.t.Errorf("%d (%+v): the delivery is %q, want one of %q", i, *p, got, want)
	}
}
