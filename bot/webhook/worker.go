package webhook

import (
	"context"
	"fmt"
	"slices"
	"time"

	"optinbot/bot"
	"optinbot/store"
)

// A worker sends to one endpoint. One goroutine runs it. Beside it up to atOnce requests are in
// flight.
type worker struct {
	Options
	settings store.Endpoint // as it was when the worker began
	wake     chan struct{}
	results  chan result

	cursors map[string]int64   // by number: how far all is settled
	windows map[string][]*item // by number: what follows the cursor, in order
	flying  map[key]lane       // in flight, and about whom
	sent    store.Sent         // what has not been noted yet
	noted   time.Time          // when something was last noted

	failing     time.Time     // the first failure after the last success
	failed      time.Time     // the last failure
	unlucky     map[lane]bool // whose events failed since the last success
	spared      time.Duration // the last pause
	sparedUntil time.Time     // nothing is tried before
	offWhy      string        // why the endpoint is to be switched off
	offNumber   string        // by an event of this number
}

// A key is an event.
type key struct {
	number string
	seq    int64
}

// A lane is what events have to follow each other in: those about one person, and those about nobody
// by their type.
type lane struct {
	number  string
	contact int64
	kind    bot.EventType
}

func laneOf(e store.EventRow) lane {
	if e.Contact != 0 {
		return lane{number: e.Number, contact: e.Contact}
	}
	return lane{number: e.Number, kind: e.Type}
}

// An item is an event after the cursor.
type item struct {
	store.EventRow
	settled bool // it was delivered, waits apart, or is not asked for
}

// A result is how an attempt ended.
type result struct {
	event  store.WaitingEvent
	fresh  *item // nil: it waited apart
	lane   lane
	at     time.Time
	answer Answer
}

// windowAtMost is how many events after the cursor are looked at: one that hangs keeps the cursor,
// and these can overtake it.
const windowAtMost = 256

// noteEvery is how often what was delivered is noted at most. What was not noted goes out again after
// a crash.
const noteEvery = time.Second

// afterTrouble is how long the worker waits when the store could not be read or written.
const afterTrouble = 2 * time.Second

// soonest is how soon the worker looks again by itself.
const soonest = 50 * time.Millisecond

func newWorker(o Options, e store.Endpoint) *worker {
	return &worker{
		Options: o, settings: e, wake: make(chan struct{}, 1), results: make(chan result, atOnce),
		windows: map[string][]*item{}, flying: map[key]lane{},
		sent: store.Sent{Endpoint: e.ID}, failing: e.Failing, failed: e.Failed, unlucky: map[lane]bool{},
	}
}

// wakeUp lets the worker look for events.
func (w *worker) wakeUp() {
	select {
	case w.wake <- struct{}{}:
	default: // it is about to look
	}
}

// run sends until ctx is done, or the endpoint has to be switched off.
func (w *worker) run(ctx context.Context) {
	defer w.leave(ctx)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
		case <-timer.C:
		case r := <-w.results:
			w.settle(r)
		}
		for more := true; more; { // what has come meanwhile shares a commit
			select {
			case r := <-w.results:
				w.settle(r)
			default:
				more = false
			}
		}
		if w.offWhy != "" {
			return
		}
		next, err := w.step(ctx, w.attemptBeside)
		if err != nil && ctx.Err() == nil {
			w.Log.Warn("a webhook waits: the store refused", "webhook", w.settings.ID, "error", err)
			next = w.Now().Add(afterTrouble)
		}
		timer.Stop()
		if !next.IsZero() {
			timer.Reset(max(next.Sub(w.Now()), soonest))
		}
	}
}

// leave notes what was done, and switches the endpoint off where that is due.
func (w *worker) leave(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	w.advance()
	err := w.note(ctx)
	if err == nil && w.offWhy != "" {
		err = w.switchOff(ctx)
	}
	if err != nil {
		w.Log.Warn("what a webhook has sent could not be noted, so it goes out again", "webhook", w.settings.ID,
			"error", err)
	}
}

func (w *worker) switchOff(ctx context.Context) error {
	notice := fmt.Sprintf("webhook %d is switched off: %s. What happens from now on is kept for it, for a month. "+
		"`optinbot webhook log %d` shows what was tried, and `optinbot webhook enable %d` lets it go on",
		w.settings.ID, w.offWhy, w.settings.ID, w.settings.ID)
	return w.Store.DisableEndpoint(ctx, w.settings.ID, w.offNumber, w.offWhy, notice, w.Now())
}

// attemptBeside makes an attempt beside the worker.
func (w *worker) attemptBeside(ctx context.Context, r result, req Request) {
	go func() {
		r.answer = w.Post(ctx, w.settings, req)
		if ctx.Err() == nil || r.answer.Failed == "" {
			w.results <- r
		}
	}()
}

// A starter begins an attempt, whose result is settled later.
type starter func(ctx context.Context, r result, req Request)

// step notes what was done and starts what may be started. It returns when to look again, zero: when
// something happens.
func (w *worker) step(ctx context.Context, start starter) (next time.Time, err error) {
	if err := w.load(ctx); err != nil {
		return next, err
	}
	w.advance()
	if w.mustNote() {
		if err := w.note(ctx); err != nil {
			return next, err
		}
	}
	if err := w.follow(ctx); err != nil {
		return next, err
	}
	if err := w.startDue(ctx, start); err != nil {
		return next, err
	}
	if err := w.startFresh(ctx, start); err != nil {
		return next, err
	}
	if w.advance(); len(w.sent.Waiting) > 0 || len(w.flying) == 0 {
		if err := w.note(ctx); err != nil {
			return next, err
		}
	}
	return w.next(ctx)
}

// load reads what follows in each number, as far as the windows have room.
func (w *worker) load(ctx context.Context) (err error) {
	if w.cursors == nil {
		if w.cursors, err = w.Store.Cursors(ctx, w.settings.ID); err != nil {
			return err
		}
	}
	for number, cursor := range w.cursors {
		window := w.windows[number]
		if !w.settings.Serves(number) || len(window) >= windowAtMost {
			continue
		}
		if len(window) > 0 {
			cursor = window[len(window)-1].Seq
		}
		events, err := w.Store.EventsFor(ctx, w.settings.ID, number, cursor, windowAtMost-len(window))
		if err != nil {
			return err
		}
		for _, e := range events {
			window = append(window, &item{EventRow: e.EventRow, settled: e.Apart || !w.settings.Wants(e.EventRow)})
		}
		w.windows[number] = window
	}
	return nil
}

// follow learns about whom the events are now that are in memory: since they were read two people
// may have turned out to be one, or somebody was erased. An event that is no longer kept is settled.
func (w *worker) follow(ctx context.Context) error {
	for k := range w.flying {
		e, found, err := w.Store.Event(ctx, k.number, k.seq)
		if err != nil {
			return err
		}
		if found {
			w.flying[k] = laneOf(e)
		}
	}
	for number, window := range w.windows {
		if len(window) == 0 || w.room() <= 0 {
			continue
		}
		people, err := w.Store.EventContacts(ctx, number, window[0].Seq, window[len(window)-1].Seq)
		if err != nil {
			return err
		}
		for _, i := range window {
			var kept bool
			if i.Contact, kept = people[i.Seq]; !kept {
				i.settled = true
			}
		}
	}
	return nil
}

// flies reports whether something about a person is in flight.
func (w *worker) flies(who lane) bool {
	for _, l := range w.flying {
		if l == who {
			return true
		}
	}
	return false
}

// advance brings the cursors up to the first event that is not settled.
func (w *worker) advance() {
	for number, window := range w.windows {
		n := 0
		for n < len(window) && window[n].settled {
			n++
		}
		if n == 0 {
			continue
		}
		w.cursors[number] = window[n-1].Seq
		w.windows[number] = slices.Delete(window, 0, n)
		if w.sent.Cursors == nil {
			w.sent.Cursors = map[string]int64{}
		}
		w.sent.Cursors[number] = w.cursors[number]
	}
}

// mustNote reports whether something has to be noted before more is started: what waits apart, and
// what has waited apart and was delivered. The rest can wait a little.
func (w *worker) mustNote() bool {
	s := w.sent
	return len(s.Waiting) > 0 || len(s.Delivered) > 0 || w.Now().Sub(w.noted).Abs() >= noteEvery
}

// note writes down what was done.
func (w *worker) note(ctx context.Context) error {
	s := w.sent
	if len(s.Cursors)+len(s.Delivered)+len(s.Waiting)+len(s.Attempts) == 0 {
		return nil
	}
	if err := w.Store.NoteSent(ctx, s); err != nil {
		return err
	}
	w.sent, w.noted = store.Sent{Endpoint: w.settings.ID}, w.Now()
	return nil
}

// room is how many attempts may be started now.
func (w *worker) room() int {
	if wait := w.sparedUntil.Sub(w.Now()); wait > 0 && wait <= longestRetryAfter { // longer: the clock was set back
		return 0
	}
	if w.spared > 0 { // one is enough to see whether it is well again
		return 1 - len(w.flying)
	}
	return atOnce - len(w.flying)
}

// startDue starts what waits apart and may be tried again.
func (w *worker) startDue(ctx context.Context, start starter) error {
	if w.room() <= 0 {
		return nil
	}
	due, err := w.Store.DueWaiting(ctx, w.settings.ID, w.Now(), 2*atOnce)
	if err != nil {
		return err
	}
	for _, e := range due {
		if w.room() <= 0 {
			return nil
		}
		if _, flies := w.flying[key{e.Number, e.Seq}]; flies || w.flies(laneOf(e.EventRow)) {
			continue
		}
		if err := w.begin(ctx, start, e, nil); err != nil {
			return err
		}
	}
	return nil
}

// startFresh starts what has not been tried, and lets wait apart what is behind something that
// does.
func (w *worker) startFresh(ctx context.Context, start starter) error {
	for _, window := range w.windows {
		behind := map[lane]bool{} // about whom something earlier is not settled
		for _, i := range window {
			if w.room() <= 0 {
				return nil
			}
			if i.settled || behind[laneOf(i.EventRow)] {
				continue
			}
			if w.flies(laneOf(i.EventRow)) {
				behind[laneOf(i.EventRow)] = true
				continue
			}
			waits, err := w.Store.HasWaiting(ctx, w.settings.ID, i.Number, i.Seq)
			if err != nil {
				return err
			}
			if waits {
				i.settled = true
				w.sent.Waiting = append(w.sent.Waiting, store.WaitingEvent{EventRow: i.EventRow})
				continue
			}
			behind[laneOf(i.EventRow)] = true
			if err := w.begin(ctx, start, store.WaitingEvent{EventRow: i.EventRow}, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// begin starts an attempt.
func (w *worker) begin(ctx context.Context, start starter, e store.WaitingEvent, fresh *item) error {
	req, err := request(ctx, w.Store, w.settings, e.EventRow)
	if err != nil {
		return err
	}
	w.flying[key{e.Number, e.Seq}] = laneOf(e.EventRow)
	start(ctx, result{event: e, fresh: fresh, lane: laneOf(e.EventRow), at: w.Now()}, req)
	return nil
}

// settle takes how an attempt ended.
func (w *worker) settle(r result) {
	delete(w.flying, key{r.event.Number, r.event.Seq})
	if r.fresh != nil {
		r.fresh.settled = true
	}
	e := r.event
	w.sent.Attempts = append(w.sent.Attempts, store.AttemptRow{Endpoint: w.settings.ID, Number: e.Number, Seq: e.Seq,
		Type: e.Type, At: r.at, Took: r.answer.Took, Status: r.answer.Status, Failed: r.answer.Failed,
		Answer: r.answer.Body})
	if r.answer.Failed == "" {
		w.delivered(r)
		return
	}
	now := w.Now()
	if e.Attempts++; e.First.IsZero() {
		e.First = r.at
	}
	if e.Attempts >= attemptsAtMost {
		e.Dead = now
	} else {
		e.Next = now.Add(delay(e.Attempts, w.Random()))
	}
	w.sent.Waiting = append(w.sent.Waiting, e)
	w.failure(r, now)
}

func (w *worker) delivered(r result) {
	if r.fresh == nil {
		w.sent.Delivered = append(w.sent.Delivered, r.event.EventRow)
	}
	w.failing, w.failed, w.spared, w.sparedUntil = time.Time{}, time.Time{}, 0, time.Time{}
	clear(w.unlucky)
	w.sent.OK, w.sent.Failed, w.sent.Since = true, time.Time{}, time.Time{}
}

// failure is what a failed attempt says of the endpoint.
func (w *worker) failure(r result, now time.Time) {
	if w.failing.IsZero() || now.Sub(w.failed) > failureApart {
		w.failing = now
	}
	w.failed, w.unlucky[r.lane] = now, true
	w.sent.OK, w.sent.Failed, w.sent.Since = false, w.failed, w.failing
	switch {
	case r.answer.Status == gone:
		w.offWhy, w.offNumber = "it answered 410, which says that it wants no more events", r.event.Number
	case now.Sub(w.failing) >= failsFor:
		w.offWhy, w.offNumber = "nothing has arrived for 5 days, last because "+because(r.answer), r.event.Number
	case r.answer.RetryAfter > 0 || busy(r.answer.Status):
		w.spare(now, r.answer.RetryAfter, busySpared, 10*busySpared)
	case len(w.unlucky) >= manyFail:
		w.spare(now, 0, firstSpared, longSpared)
	}
}

// because is why an attempt failed, in our words only.
func because(a Answer) string {
	if a.Status > 0 {
		return fmt.Sprintf("it answered %d", a.Status)
	}
	return "it could not be reached"
}

// spare lets the endpoint rest: for as long as it asks, or else twice as long as the last time.
func (w *worker) spare(now time.Time, asked, first, longest time.Duration) {
	if w.sparedUntil.After(now) && asked == 0 {
		return // what was in flight when it began to rest
	}
	w.spared = min(max(first, 2*w.spared), longest)
	if asked > 0 {
		w.spared = min(asked, longestRetryAfter)
	}
	w.sparedUntil = now.Add(w.spared)
}

// next is when to look again.
func (w *worker) next(ctx context.Context) (next time.Time, err error) {
	if next, err = w.Store.NextWaiting(ctx, w.settings.ID); err != nil {
		return next, err
	}
	now := w.Now()
	if w.room() <= 0 && len(w.flying) > 0 || !next.IsZero() && !next.After(now) && len(w.flying) > 0 {
		next = time.Time{} // a result comes first
	}
	if w.sparedUntil.After(now) && (next.IsZero() || next.Before(w.sparedUntil)) {
		next = w.sparedUntil
	}
	if len(w.sent.Attempts)+len(w.sent.Cursors) > 0 {
		if at := now.Add(noteEvery); next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next, nil
}
