// Package pump moves what is to be moved: inbound messages into the store (take), the outbox to
// WhatsApp (send), and the clock (tick). It makes no decisions of its own: package bot decides, the
// store remembers. One Pump serves one number.
package pump

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"optinbot/bot"
)

// Inbox gives messages their turns.
type Inbox interface {
	HandleMessage(ctx context.Context, number string, m bot.Message, envs bot.Envs) (bot.Turn, error)
	Receipt(ctx context.Context, number string, r bot.Receipt, envs bot.Envs) error
	NumberEvent(ctx context.Context, number string, e bot.NumberEvent) error
	Learn(ctx context.Context, number string, pairs []bot.Pair, envs bot.Envs) ([]bot.Turn, error)
}

// Outbox hands out what is to be sent, and is told how it ended.
type Outbox interface {
	ClaimReplies(
		ctx context.Context, number string, now time.Time, brake bot.Brake, stale bool, most int,
	) ([]*bot.Claim, error)
	ClaimDeliveries(
		ctx context.Context,
		number string,
		now time.Time,
		limits bot.Limits,
		envs bot.Envs,
		render bot.Render,
		most int,
	) (bot.ClaimResult, error)
	Record(ctx context.Context, k bot.Claim, r bot.SendResult, envs bot.Envs) error
	VoidClaim(ctx context.Context, k bot.Claim, now time.Time) error
	Recover(ctx context.Context, number string, now time.Time, envs bot.Envs) (unknown int64, err error)
}

// Timers hold what the time alone makes happen.
type Timers interface {
	FireTimer(ctx context.Context, number string, now time.Time, envs bot.Envs) (fired bool, err error)
	MissPhone(ctx context.Context, number string, now time.Time) error
	EndHistoryWait(ctx context.Context, number string, now time.Time) error
	Forget(ctx context.Context, number string, r bot.Retention, now time.Time, envs bot.Envs) error
	NextDue(ctx context.Context, number string, limits bot.Limits, now time.Time) (at time.Time, ok bool, err error)
}

// Schedule holds the occurrences of broadcasts.
type Schedule interface {
	DueSchedules(ctx context.Context, number string, now time.Time) ([]bot.Schedule, error)
	CreateOccurrences(
		ctx context.Context,
		s bot.Schedule,
		due []bot.Firing,
		missed int,
		next, now time.Time,
		limits bot.Limits,
	) error
	Disarm(ctx context.Context, s bot.Schedule, now time.Time) error
	Due(ctx context.Context, number string, now time.Time) ([]bot.Occurrence, error)
	Plan(ctx context.Context, o bot.Occurrence, armed bot.Armed, limits bot.Limits, now time.Time) error
	Assess(
		ctx context.Context,
		number string,
		limits bot.Limits,
		now time.Time,
		changed func(bot.Change),
	) (more bool, err error)
	Finish(ctx context.Context, number string, limits bot.Limits, now time.Time, changed func(bot.Change)) error
	Postpone(ctx context.Context, o bot.Occurrence, to bot.OccurrenceStatus, now time.Time) error
}

// Observer sees what happens to each message and delivery. It must not block, and where several
// messages are under way at a time it is called from several goroutines.
type Observer interface {
	Sent(k bot.Claim, r bot.SendResult)
	Changed(c bot.Change)
}

// Meter is told how long what a pump does took, on its clock. It must not block, and is called from
// several goroutines.
type Meter interface {
	Turned(number string, turn bot.Turn, took time.Duration) // a message had its turn, durably
	Sent(k bot.Claim, r bot.SendResult, took time.Duration)  // WhatsApp's server answered, or did not
}

// Config is what a Pump is made of. All fields but Observer, Meter, MaxIdle and Asks must be set.
type Config struct {
	Number    string
	Inbox     Inbox
	Outbox    Outbox
	Timers    Timers
	Schedule  Schedule
	Transport bot.Transport
	Observer  Observer
	Meter     Meter
	MaxIdle   time.Duration // how long a loop sleeps at most. 0: a minute
	Envs      bot.Envs
	Now       func() time.Time
	Limits    func() bot.Limits
	Retention bot.Retention // zero: nothing is forgotten
	Render    bot.Render
	Armed     bot.Armed
	Edited    func(o bot.Occurrence) bool // whether the draft was edited after the occurrence was armed
	Asks      func(s bot.Schedule) error  // asks whether a recurring broadcast may go out again. Nil: it may
	Card      func() bot.Card
	Log       *slog.Logger

	// Stopped asks the store, right before a promotion leaves, whether the person may not get it any
	// more. Where several processes write to the store, another one may have recorded their stop, or
	// serve the number by now (bot.ErrNotOwner). Nil: no other process writes, and memory knows it.
	Stopped func(ctx context.Context, contact int64) (bool, error)
}

// A Pump serves one number. It is the bot.Inbound of its connection.
type Pump struct {
	config Config
	mu     sync.Mutex // guards what follows, but for wake

	// stops are the contacts that opted out since the send loop began to look for something to
	// send. A stop that was committed earlier is seen by the claim itself.
	stops map[int64]bool

	synced      bool            // the offline sync has ended since the last connect
	online      bool            // connected. Until then nothing is claimed
	pausedUntil time.Time       // see pause
	askAgain    time.Time       // no recurring broadcast goes out again until then. See asks
	file        <-chan struct{} // closed when the file that promotions wait for has been brought to WhatsApp. Nil: none

	sends    sync.WaitGroup // messages that are under way beside the send loop
	inFlight int            // how many
	running  atomic.Bool    // the loops run

	wake [2]chan struct{} // of the send and the tick loop
}

// New makes a Pump. Run starts its loops.
func New(c Config) *Pump {
	return &Pump{
		config: c,
		stops:  map[int64]bool{},
		wake:   [2]chan struct{}{make(chan struct{}, 1), make(chan struct{}, 1)},
	}
}

// HandleMessage gives a message its turn, like Message, and returns that turn. It is zero after an
// error.
func (p *Pump) HandleMessage(ctx context.Context, m bot.Message) (bot.Turn, error) {
	begun := p.config.Now()
	turn, err := p.config.Inbox.HandleMessage(ctx, p.config.Number, m, p.config.Envs)
	if err != nil {
		return bot.Turn{}, err
	}
	if p.config.Meter != nil {
		p.config.Meter.Turned(p.config.Number, turn, p.config.Now().Sub(begun))
	}
	p.remember(turn)
	for _, c := range turn.Changes {
		p.changed(c)
	}
	for _, e := range turn.Effects {
		if read, ok := e.(bot.MarkRead); ok {
			if err := p.config.Transport.MarkRead(ctx, read.MessageID, m.Identities); err != nil {
				p.config.Log.Debug("no read receipt", "error", err)
			}
		}
	}
	p.Wake()
	return turn, nil
}

// remember keeps a stop in memory, for the last look before a send.
func (p *Pump) remember(turn bot.Turn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if turn.Contact.Consent != bot.Unsubscribed {
		delete(p.stops, turn.Contact.ID)
		return
	}
	p.stops[turn.Contact.ID] = true
}

func (p *Pump) stopped(contact int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stops[contact]
}

// forgetStops is called before a claim begins, which finds in the store whatever was remembered
// until then.
func (p *Pump) forgetStops() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.stops)
}

// Message gives a message its turn. On nil it is durable and may be acknowledged.
func (p *Pump) Message(ctx context.Context, m bot.Message) error {
	_, err := p.HandleMessage(ctx, m)
	return err
}

// Receipt notes how far messages got.
func (p *Pump) Receipt(ctx context.Context, r bot.Receipt) error {
	return p.config.Inbox.Receipt(ctx, p.config.Number, r, p.config.Envs)
}

// Pairs takes pairs of phone and LID that did not come with a message.
func (p *Pump) Pairs(ctx context.Context, pairs []bot.Pair) error {
	turns, err := p.config.Inbox.Learn(ctx, p.config.Number, pairs, p.config.Envs)
	for _, turn := range turns {
		p.remember(turn)
		for _, c := range turn.Changes {
			p.changed(c)
		}
	}
	if len(turns) > 0 {
		p.Wake()
	}
	return err
}

// NumberEvent notes what happened to the number's connection. Nothing is claimed while it is not
// connected, and no promotion before the offline sync has ended.
func (p *Pump) NumberEvent(ctx context.Context, e bot.NumberEvent) error {
	p.mu.Lock()
	switch e.Kind {
	case bot.NumberConnected:
		p.online, p.synced, p.pausedUntil = true, false, time.Time{}
	case bot.NumberSynced:
		p.online, p.synced = true, true
	case bot.NumberRestricted,
		bot.NumberReleased,
		bot.NumberHistoryRead,
		bot.NumberPhoneSeen,
		bot.NumberUnanswered,
		bot.NumberQuality,
		bot.NumberStanding,
		bot.NumberTrouble:
		// The connection stays as it is. What WhatsApp does not answer holds promotions by the
		// number's state.
	default:
		p.online, p.synced = false, false
	}
	p.mu.Unlock()
	err := p.config.Inbox.NumberEvent(ctx, p.config.Number, e)
	p.Wake()
	return err
}

func (p *Pump) state() (online, synced bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.online, p.synced
}

// SendNext sends the one message whose turn it is: a reply, or else a promotion. sent is false when
// nothing is to be sent now. Only one goroutine may call it at a time, and not beside Run.
func (p *Pump) SendNext(ctx context.Context) (sent bool, err error) {
	p.forgetStops()
	claims, did, err := p.claim(ctx, 1)
	if err != nil || len(claims) == 0 {
		return did, err
	}
	return true, p.send(ctx, claims[0])
}

// claim claims what is next: as many replies as most, and promotions where no reply waits. did is true
// when something was decided, also where there is nothing to send.
func (p *Pump) claim(ctx context.Context, most int) (claims []*bot.Claim, did bool, err error) {
	limits, synced, ok := p.mayClaim()
	if !ok {
		return nil, false, nil
	}
	claims, err = p.config.Outbox.ClaimReplies(
		ctx, p.config.Number, p.config.Now(), limits.AnswerBrake(), synced, most)
	if err != nil || len(claims) > 0 {
		return claims, len(claims) > 0, err
	}
	return p.claimDeliveries(ctx, limits, synced, most)
}

// mayClaim reports whether anything may go out now, by which limits, and whether the offline sync has
// ended.
func (p *Pump) mayClaim() (limits bot.Limits, synced, ok bool) {
	online, synced := p.state()
	if !online || p.pauseLeft() > 0 {
		return bot.Limits{}, false, false
	}
	return p.config.Limits(), synced, true
}

// claimDeliveries claims several promotions in one transaction, as many as most.
func (p *Pump) claimDeliveries(
	ctx context.Context, limits bot.Limits, synced bool, most int,
) (claims []*bot.Claim, did bool, err error) {
	if !synced || p.fileUnderWay() != nil {
		return nil, false, nil // not synced: a stop may be among what is still being read
	}
	r, err := p.config.Outbox.ClaimDeliveries(
		ctx,
		p.config.Number,
		p.config.Now(),
		limits,
		p.config.Envs,
		p.config.Render,
		most,
	)
	if err != nil {
		return nil, false, err
	}
	for _, c := range r.Changes {
		p.changed(c)
	}
	return r.Claims, len(r.Claims) > 0 || len(r.Changes) > 0, nil
}

// send sends what was claimed. Order of a send: pace, claim with MaySend, a last look at the stops
// in memory, and in the store where other processes write to it, send.
func (p *Pump) send(ctx context.Context, k *bot.Claim) error {
	overtaken, err := p.overtaken(ctx, k)
	if err != nil || overtaken {
		return err
	}
	return p.bring(ctx, k)
}

// overtaken takes a promotion back whose person has stopped since it was claimed.
func (p *Pump) overtaken(ctx context.Context, k *bot.Claim) (bool, error) {
	if k.Kind != bot.SayBroadcast || !p.stopped(k.Contact.ID) {
		return false, nil
	}
	return true, p.takeBack(ctx, k)
}

// askWithin is how long the store may take to say whether somebody has stopped. A process that stood
// still meanwhile asks before it sends what it claimed.
const askWithin = 10 * time.Second

// lookAgain asks the store whether a promotion may still leave. over is true where it does not leave
// now: it is taken back, or goes out later where the store does not answer. What another process has
// to decide by now is left to that one.
func (p *Pump) lookAgain(ctx context.Context, k *bot.Claim) (over bool, err error) {
	if p.config.Stopped == nil || k.Kind != bot.SayBroadcast {
		return false, nil
	}
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), askWithin)
	defer cancel()
	stopped, err := p.config.Stopped(asking, k.Contact.ID)
	switch {
	case errors.Is(err, bot.ErrNotOwner):
		return true, err
	case err != nil:
		p.pause()
		return true, p.record(ctx, k, bot.SendResult{
			Status: bot.SendNotTried, Detail: "the database did not say whether they have stopped meanwhile",
		})
	case stopped:
		return true, p.takeBack(ctx, k)
	}
	return false, nil
}

// takeBack voids what was claimed for somebody who has stopped since.
func (p *Pump) takeBack(ctx context.Context, k *bot.Claim) error {
	p.changed(
		bot.Change{
			Contact:    k.Contact,
			Occurrence: k.Occurrence,
			Broadcast:  k.Broadcast,
			Status:     bot.DeliveryVoided,
			Reason:     bot.SkippedUnsubscribed,
		},
	)
	return p.config.Outbox.VoidClaim(context.WithoutCancel(ctx), *k, p.config.Now())
}

// bring brings a message to WhatsApp and records how that ended.
func (p *Pump) bring(ctx context.Context, k *bot.Claim) error {
	if over, err := p.lookAgain(ctx, k); over || err != nil {
		return err
	}
	// What was claimed is finished and recorded, even while the process is shutting down: a claim
	// without an outcome is unknown, and is never sent again. The transport has a deadline of its
	// own.
	unhurried := context.WithoutCancel(ctx)
	if k.Media != nil {
		ready, failed := p.config.Transport.Prepare(*k.Media)
		if ready != nil && k.Kind == bot.SayHuman {
			return p.record(ctx, k, pictureWaits(failed))
		}
		if ready != nil {
			p.awaitFile(ready)
			if p.fileUnderWay() == nil { // it did not get there
				p.pause()
			}
			postponed := bot.SendResult{Status: bot.SendNotTried, Detail: "its file is being brought to WhatsApp"}
			if failed != nil {
				postponed.Detail = "its file could not be brought to WhatsApp, which is tried again: " + failed.Error()
			}
			return p.record(ctx, k, postponed)
		}
	}
	out := bot.Outgoing{
		ID:      k.MessageID,
		To:      k.Contact.Identities,
		Text:    k.Text,
		Poll:    k.Poll,
		Buttons: k.Buttons, Template: k.Template,
		Media:   k.Media,
		Expires: k.Contact.Expires,
	}
	if k.Kind == bot.SayCard {
		card := p.config.Card()
		out.Card, out.Text = &card, ""
	}
	begun := p.config.Now()
	var r bot.SendResult
	if untried := p.config.Limits().Wire.OutsideWindow(k, begun); untried != nil {
		r = *untried
	} else {
		r = p.config.Transport.Send(unhurried, out)
		if p.config.Meter != nil {
			p.config.Meter.Sent(*k, r, p.config.Now().Sub(begun))
		}
	}
	p.observe(func(o Observer) { o.Sent(*k, r) })
	err := p.record(ctx, k, r)
	switch {
	case r.NotTaken() && r.Cause.HoldsNumber():
		p.pauseFor(accountWait)
	case r.Status == bot.SendNotTried, r.NotTaken() && r.Cause == bot.CauseBusy:
		p.pause()
	}
	return err
}

// pictureWaits is how the send of a reply ends whose picture is not at WhatsApp yet. It goes out
// later, and everybody else meanwhile. Where a try has failed it counts as one: at last the reply has
// failed, too.
func pictureWaits(failed error) bot.SendResult {
	if failed == nil {
		return bot.SendResult{Status: bot.SendNotTried, Detail: "its picture is being brought to WhatsApp"}
	}
	const notNow = 503 // as in HTTP
	return bot.SendResult{Status: bot.SendRefused, Cause: bot.CauseBusy, Code: notNow,
		Detail: "its picture could not be brought to WhatsApp: " + failed.Error()}
}

// record notes how a send ended. While the pump runs it is tried until the store takes it: before
// that nothing else goes to that person. Where another process serves the number by now, it is that
// one that knows.
func (p *Pump) record(ctx context.Context, k *bot.Claim, r bot.SendResult) error {
	for {
		err := p.config.Outbox.Record(context.WithoutCancel(ctx), *k, r, p.config.Envs)
		if err == nil || !p.running.Load() || errors.Is(err, bot.ErrNotOwner) {
			return err
		}
		p.config.Log.Error("the store refused the end of a send; trying again", "number", p.config.Number, "error", err)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(retryAfter):
		}
	}
}

// awaitFile keeps promotions back until a file has been brought to WhatsApp. Replies go on.
func (p *Pump) awaitFile(ready <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.file = ready
}

// fileUnderWay returns the channel that is closed when the file that promotions wait for is there.
// Nil: they wait for none.
func (p *Pump) fileUnderWay() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.file:
		p.file = nil
	default:
	}
	return p.file
}

// pause keeps the number from sending for a moment: the connection is down and has not said so yet,
// or WhatsApp is busy.
func (p *Pump) pause() { p.pauseFor(retryAfter) }

func (p *Pump) pauseFor(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pausedUntil = p.config.Now().Add(d)
}

// pauseLeft is how long the pause still lasts. One that lasts longer than a pause does was begun
// before the clock was set back: it is over.
func (p *Pump) pauseLeft() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if left := p.pausedUntil.Sub(p.config.Now()); left > 0 && left <= accountWait {
		return left
	}
	return 0
}

func (p *Pump) changed(c bot.Change) { p.observe(func(o Observer) { o.Changed(c) }) }

func (p *Pump) observe(tell func(Observer)) {
	if p.config.Observer != nil {
		tell(p.config.Observer)
	}
}

// Tick lets happen what is due: timers, occurrences, expiries. A big occurrence is assessed in
// pieces, and before each of them timers ring and other occurrences begin.
func (p *Pump) Tick(ctx context.Context) error {
	if err := p.fireDue(ctx, p.config.Now()); err != nil {
		return err
	}
	for more := true; more; {
		now := p.config.Now()
		if err := p.ring(ctx, now); err != nil {
			return err
		}
		if err := p.startDue(ctx, now); err != nil {
			return err
		}
		var err error
		if more, err = p.config.Schedule.Assess(ctx, p.config.Number, p.config.Limits(), now, p.changed); err != nil {
			return err
		}
	}
	return p.config.Schedule.Finish(ctx, p.config.Number, p.config.Limits(), p.config.Now(), p.changed)
}

// ring lets the timers ring that are due, misses the phone, and forgets. All of it waits for the
// end of the offline sync: the answer to a question may be there, and a reminder that comes too
// late is none. So may be a sign of the phone.
func (p *Pump) ring(ctx context.Context, now time.Time) error {
	if _, synced := p.state(); !synced {
		return nil
	}
	for {
		fired, err := p.config.Timers.FireTimer(ctx, p.config.Number, now, p.config.Envs)
		if err != nil {
			return err
		}
		if !fired {
			break
		}
		p.wakeLoop(sendLoop)
	}
	if err := p.config.Timers.MissPhone(ctx, p.config.Number, now); err != nil {
		return err
	}
	if err := p.config.Timers.EndHistoryWait(ctx, p.config.Number, now); err != nil {
		return err
	}
	return p.config.Timers.Forget(ctx, p.config.Number, p.config.Retention, now, p.config.Envs)
}

// fireDue makes the occurrences of recurring broadcasts whose time has come. One that was edited
// since it was armed is disarmed.
func (p *Pump) fireDue(ctx context.Context, now time.Time) error {
	schedules, err := p.config.Schedule.DueSchedules(ctx, p.config.Number, now)
	if err != nil {
		return err
	}
	for _, s := range schedules {
		if err := p.fire(ctx, s, now); err != nil {
			return err
		}
	}
	return nil
}

func (p *Pump) fire(ctx context.Context, s bot.Schedule, now time.Time) error {
	if p.config.Edited(s.Occurrence(bot.Firing{})) {
		return p.config.Schedule.Disarm(ctx, s, now)
	}
	limits := p.config.Limits()
	due, missed, next, err := s.Due(now, limits)
	if err != nil {
		p.config.Log.Error(
			"cannot compute the next run of a schedule",
			"number",
			p.config.Number,
			"broadcast",
			s.Broadcast,
			"error",
			err,
		)
		return nil // the other schedules go on
	}
	if missed < len(due) && !p.asks(s, now) {
		return nil
	}
	return p.config.Schedule.CreateOccurrences(ctx, s, due, missed, next, now, limits)
}

// asks asks whether a recurring broadcast may go out again. Where nobody can tell it waits, until it
// is late.
func (p *Pump) asks(s bot.Schedule, now time.Time) bool {
	if p.config.Asks == nil {
		return true
	}
	if p.untilAsked() > 0 {
		return false
	}
	err := p.config.Asks(s)
	if err == nil {
		return true
	}
	p.config.Log.Warn("a recurring broadcast waits, for its templates could not be asked for", "number", p.config.Number,
		"broadcast", s.Broadcast, "error", err)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.askAgain = now.Add(askAgainAfter)
	return false
}

// untilAsked is how long nothing is asked.
func (p *Pump) untilAsked() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.askAgain.Sub(p.config.Now())
}

// startDue plans the occurrences whose time has come. While the number cannot send they wait, and
// when that was longer than their grace they wait for the operator.
func (p *Pump) startDue(ctx context.Context, now time.Time) error {
	due, err := p.config.Schedule.Due(ctx, p.config.Number, now)
	if err != nil {
		return err
	}
	limits := p.config.Limits()
	for _, o := range due {
		if p.config.Edited(o) {
			if err := p.config.Schedule.Postpone(ctx, o, bot.OccurrenceCancelled, now); err != nil {
				return err
			}
			continue
		}
		if now.After(o.LateAt(limits)) {
			if err := p.config.Schedule.Postpone(ctx, o, bot.OccurrenceLate, now); err != nil {
				return err
			}
			continue
		}
		if _, synced := p.state(); !synced {
			continue
		}
		if err := p.config.Schedule.Plan(ctx, o, p.config.Armed, limits, now); err != nil {
			return err
		}
		p.wakeLoop(sendLoop)
	}
	return nil
}
