package bot

import (
	"fmt"
	"time"
)

// Refusals are the promotions of a number in a row that WhatsApp's server did not take, for now
// (429, 5xx), or left without an answer. The number sends none for a while after each, for longer
// each time, and then its broadcasts wait for the operator. Only a promotion that is accepted ends
// the row.
type Refusals struct {
	InRow   int
	Contact int64     // whose the last one was
	Until   time.Time // no promotion before. Zero: none was refused
}

// slowDowns are the pauses after the first to the fifth refusal in a row.
var slowDowns = [...]time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute}

// toldAt is the refusal in a row of which the operator hears.
const toldAt = 2

// slowDown is the pause after the n-th refusal, a second where limits are off.
func slowDown(n int, off bool) time.Duration {
	if off {
		return time.Second
	}
	return slowDowns[max(0, min(n, len(slowDowns))-1)]
}

// Plus counts one more. own reports that it was the same person's as the one before: it may be
// about them alone, so it does not count for the number. Nor does one that was under way when the
// number began to wait: of many at a time each is refused for the same reason.
func (r Refusals) Plus(contact int64, now time.Time, off bool) (after Refusals, own bool) {
	if r.InRow > 0 && r.Contact == contact {
		return r, true
	}
	if _, slow := r.slow(now); slow {
		return r, false
	}
	r.InRow, r.Contact = r.InRow+1, contact
	if !r.Pauses() {
		r.Until = now.Add(slowDown(r.InRow, off))
	}
	return r, false
}

// Pauses reports whether there were so many that the number's broadcasts wait for the operator.
func (r Refusals) Pauses() bool { return r.InRow > len(slowDowns) }

// Tells reports whether the operator is to hear of the last one.
func (r Refusals) Tells() bool { return r.InRow == toldAt || r.Pauses() }

// slow returns until when the number sends no promotion. A pause that ends later than any does was
// begun before the clock was set back: it is over.
func (r Refusals) slow(now time.Time) (until time.Time, slow bool) {
	return r.Until, now.Before(r.Until) && r.Until.Sub(now) <= slowDowns[len(slowDowns)-1]
}

// Sentence says what happened, for the operator. last is how the last one ended.
func (r Refusals) Sentence(last string) string {
	return fmt.Sprintf("WhatsApp's server has not taken %d promotions in a row (the last: %s)", r.InRow, last)
}

// accountTries is how long a number does not try again that WhatsApp has refused to let send.
const accountTries = 5 * time.Minute

// AccountRefused is until when a number waits that WhatsApp has refused to let send.
func AccountRefused(now time.Time) time.Time { return now.Add(accountTries) }

// AccountWaits reports whether the number does not try now to send. A wait that is longer than any was
// begun before the clock was set back: it is over.
func (n NumberState) AccountWaits(now time.Time) bool {
	return now.Before(n.AccountUntil) && n.AccountUntil.Sub(now) <= accountTries
}

// TriesAccount reports whether a message that is claimed now is the one that tries whether WhatsApp lets
// the number send: nothing else is claimed before AccountRefused.
func (n NumberState) TriesAccount() bool { return !n.AccountSince.IsZero() }

// personBusy is how long the promotion of one person waits who gets too many messages at a time.
const personBusy = time.Hour

// HoldsBusyPerson is until when their promotion waits.
func HoldsBusyPerson(now time.Time) time.Time { return now.Add(personBusy) }

// HoldsPerson is until when one person's promotion waits that was refused again, the n-th time, and
// no other in between.
func HoldsPerson(n int, now time.Time, off bool) time.Time { return now.Add(slowDown(n, off)) }

// NotTaken reports whether a message ended so that WhatsApp's server has not taken it and may take it
// later.
func (r SendResult) NotTaken() bool { return r.Status == SendRefused && r.Cause.Later() }
