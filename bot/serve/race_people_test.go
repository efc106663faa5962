package serve

import (
	"fmt"
	"time"

	"optinbot/bot"
)

// A moment is when somebody stops, seen from the delivery to them.
type moment int

const (
	anyMoment    moment = iota // around the time when it is claimed and sent, left to chance
	beforeLook                 // after the claim has committed, before the last look in memory
	whileSending               // while it is being sent
	notTried                   // the same, and then the connection turns out to be down: it must not wait for the next one
	settledWrong               // the same, it ends unknown, and the operator says after the stop: send it again
)

// A racer is somebody who stops. The ticks tell what came first in this process; 0: it did not happen.
type racer struct {
	phone  string
	id     int64 // of the contact
	moment moment
	unsure bool // may have asked to stop: no claim after that either, but nothing is voided

	released bool // the stop is under way
	sends    int  // how often a promotion was handed to the transport

	acknowledged, handed, sent, recorded int64 // ticks: the stop, the claim before the last look, the send, its end
}

// text is what somebody writes to stop.
func (p *racer) text() string {
	if p.unsure {
		return "could you send fewer messages?"
	}
	return "2"
}

// newRacer chooses when somebody stops. The last one's delivery is always claimed: then everybody is released who still waits.
func (r *stopRace) newRacer(i, n int) *racer {
	p := &racer{phone: fmt.Sprintf("+1212%07d", 5550000+i)}
	switch {
	case i == n-1 || i%8 == 0:
		p.moment = beforeLook
	case i%8 == 1:
		p.moment = whileSending
	case i%50 == 2:
		p.moment = notTried
	case i%50 == 3:
		p.moment = settledWrong
	default:
		p.unsure = i%10 == 7
	}
	return p
}

// optIn makes everybody a subscriber whose disclosure was accepted, one after the other, so that their contacts are in this order.
func (r *stopRace) optIn() {
	r.t.Helper()
	for i, p := range r.people {
		must(r.t, r.way.write(r.ctx, i, "I want promotions"))
		c, err := r.desk.Store.Contact(r.ctx, mainNumber, p.phone)
		must(r.t, err)
		p.id = c.ID
		r.byID[c.ID] = i
		if i > 0 && p.id <= r.people[i-1].id {
			r.t.Fatal("the contacts are not in the order in which they wrote")
		}
	}
	r.await(len(r.people))
	must(r.t, r.way.settle(r.ctx)) // before that, promotions wait
}

// fictional is a phone of a range that is kept for fiction, a thousand in each.
func fictional(i int) string {
	ranges := []string{"+447700900", "+442079460"}
	return fmt.Sprintf("%s%03d", ranges[i/1000], i%1000)
}

// await waits until as many answers have been recorded.
func (r *stopRace) await(answers int) {
	r.t.Helper()
	for {
		r.mu.Lock()
		got := r.answers
		r.mu.Unlock()
		if got >= answers {
			return
		}
		select {
		case <-r.answered:
		case <-r.ctx.Done():
			r.t.Fatalf("%d of %d answers were sent", got, answers)
		}
	}
}

// tick is called with the lock held.
func (r *stopRace) tick() int64 {
	r.ticks++
	return r.ticks
}

// stop lets somebody stop and returns once that is acknowledged.
func (r *stopRace) stop(person int) {
	p := r.people[person]
	if err := r.way.write(r.ctx, person, p.text()); err != nil {
		r.t.Errorf("a stop was not acknowledged: %v", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p.acknowledged = r.tick()
}

// release lets some of the people whose turn is now, was just now or will be soon, stop beside what goes on here.
func (r *stopRace) release(around int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for range r.random.IntN(4) {
		r.releaseOne(around - 3 + r.random.IntN(12))
	}
	if around == len(r.people)-1 {
		for i := range r.people {
			r.releaseOne(i)
		}
	}
}

// releaseOne is called with the lock held.
func (r *stopRace) releaseOne(person int) {
	if person < 0 || person >= len(r.people) {
		return
	}
	p := r.people[person]
	if p.moment == anyMoment && !p.released {
		p.released = true
		r.stops.Go(func() { r.stop(person) })
	}
}

// claimed is called when a claim has committed, before the pump hears of it.
func (r *stopRace) claimed(k *bot.Claim) {
	person := r.byID[k.Contact.ID]
	p := r.people[person]
	r.release(person)
	if p.moment == beforeLook && !p.released {
		p.released = true
		r.stop(person)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.promotions[k.MessageID] = person
	p.handed = r.tick()
}

// recorded is called when the end of a send has been committed.
func (r *stopRace) recorded(k bot.Claim, result bot.SendResult) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k.Kind == bot.SayBroadcast {
		r.people[r.byID[k.Contact.ID]].recorded = r.tick()
		return
	}
	if result.Status != bot.SendAccepted {
		r.t.Errorf("an answer ended as %+v", result)
	}
	r.answers++
	select {
	case r.answered <- struct{}{}:
	default:
	}
}

// goOn is an operator who resumes at once whenever the guard has paused: with everybody stopping it does.
func (r *stopRace) goOn(now time.Time) error {
	occurrences, err := r.desk.Store.Occurrences(r.ctx, mainNumber, "")
	for _, o := range occurrences {
		if err == nil && o.Status == bot.OccurrencePaused {
			_, err = r.desk.Store.Resume(r.ctx, o.Number, o.ID, now)
		}
	}
	return err
}

// when tells where the stop fell.
func (p *racer) when() string {
	switch {
	case p.handed == 0:
		return "before the claim"
	case p.acknowledged < p.handed:
		return "between claim and last look"
	case p.sent == 0 || p.acknowledged < p.sent:
		return "around the last look"
	case p.acknowledged < p.recorded:
		return "while it was being sent"
	}
	return "after it was sent"
}
