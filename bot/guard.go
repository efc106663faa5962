package bot

import (
	"cmp"
	"fmt"
	"math"
	"time"
)

// The guard watches how people react to an occurrence and stops it before it hurts (B5). It is a
// sequential probability ratio test: how much likelier is what was seen if badShare of the people
// react badly than if cleanShare do? docs/guard.md has the arithmetic, and how often it is right.
const (
	cleanShare  = 0.003 // of a list of people who asked for it
	badShare    = 0.02  // of a list that costs the number. At 3 % it is lost
	guardPeople = 3     // it never pauses on fewer
	warnOdds    = 5     // of badShare against cleanShare
	slowOdds    = 20
	guardLooks  = 10 * time.Minute // how often a warning is looked at again without a new reaction
	slowEvery   = 36 * time.Second // a slowed occurrence sends one in this time, or half as fast as otherwise
)

// Guard is what can be configured of the guard: it can be made stricter, not laxer.
type Guard struct {
	Canary int           // people who get it first, the recently active ones, 10 to 50
	Wait   time.Duration // after the canary, 60 min to 24 h
	Odds   float64       // pauses at these odds, 10 to 100
}

// DefaultGuard are the defaults of config.yaml.
func DefaultGuard() Guard { return Guard{Canary: 50, Wait: time.Hour, Odds: 100} }

// A guardStep is some people, and how long the guard then waits for what they say.
type guardStep struct {
	people int
	wait   time.Duration
}

// steps are the canary and what follows. After the last one the occurrence goes out to everybody
// else. A number with a clean record waits less: docs/guard.md says why, and what that costs.
func (s GuardState) steps(l Limits) []guardStep {
	g := l.Guard.orDefault()
	canary := guardStep{g.Canary, g.Wait}
	if s.CleanRecord {
		return []guardStep{canary, {100, 25 * time.Minute}, {330, 25 * time.Minute}}
	}
	return []guardStep{canary, {50, time.Hour}, {100, time.Hour}, {100, time.Hour}, {180, 2 * time.Hour}}
}

// GuardLevel is what the guard makes of an occurrence.
type GuardLevel string

// The levels, in rising order.
const (
	GuardCalm   GuardLevel = ""
	GuardWarned GuardLevel = "warned"
	GuardSlowed GuardLevel = "slowed"
	GuardPause  GuardLevel = "paused"
)

// String is the name of a level: "calm", "warned", "slowed" or "paused".
func (l GuardLevel) String() string { return cmp.Or(string(l), "calm") }

func (l GuardLevel) rank() int {
	switch l {
	case GuardWarned:
		return 1
	case GuardSlowed:
		return 2
	case GuardPause:
		return 3
	}
	return 0
}

// A GuardState is what the guard remembers of one occurrence. The store keeps it with the
// occurrence.
type GuardState struct {
	Level    GuardLevel `json:"level,omitempty"`
	Floor    GuardLevel `json:"least,omitempty"` // it began so, after what had become of the number's last occurrence
	Notified GuardLevel `json:"told,omitempty"`  // the highest level that the operator has heard of
	Base     Figures    `json:"base,omitzero"`   // when the operator last resumed: the test counts from there
	Last     Figures    `json:"last,omitzero"`   // at the last look
	Looked   time.Time  `json:"looked,omitzero"` // the last look
	Ramp     Ramp       `json:"ramp,omitzero"`
	After    *Aftermath `json:"after,omitempty"` // when it is known

	CleanRecord bool `json:"clean_record,omitempty"` // the number's last broadcasts went well, so it waits less
	WasPaused   bool `json:"was_paused,omitempty"`   // and the operator resumed it
	// Refused: the guard paused because the server did not take so many promotions in a row
	Refused int `json:"refused,omitempty"`
	// Because: the guard paused because of this, which WhatsApp said of the number
	Because string `json:"because,omitempty"`
	// Limited are the promotions that WhatsApp let nobody have for now (CauseMarketingLimit), in the
	// step, and after the last step since then
	Limited int `json:"limited,omitempty"`
	// Rated is how WhatsApp's rating of the number lets it go out, at best
	Rated GuardLevel `json:"rated,omitempty"`
}

// A Ramp is how far an occurrence has come in the steps.
type Ramp struct {
	Began   time.Time `json:"began,omitzero"` // of the first send
	Step    int       `json:"step,omitempty"` // steps that are over
	Sent    int       `json:"sent,omitempty"` // in this step
	Waiting bool      `json:"waiting,omitempty"`
}

// Figures are what the test rests on.
type Figures struct {
	Sent   int     `json:"sent"`   // promotions
	People int     `json:"people"` // who reacted badly
	Seen   float64 `json:"seen"`   // promotions, each weighed with the share of reactions to be expected at its age
}

// Sends are how many promotions of an occurrence were claimed in one minute.
type Sends struct {
	Minute int64 // since 1970
	Sent   int
}

// FiguresOf weighs the sends of an occurrence at a moment.
func FiguresOf(sends []Sends, people int, now time.Time) Figures {
	f := Figures{People: people}
	for _, s := range sends {
		f.Sent += s.Sent
		f.Seen += float64(s.Sent) * shareSeen(now.Sub(time.Unix(s.Minute*60+30, 0)))
	}
	return f
}

// shareSeen is the share of all reactions to a promotion that is to be expected at its age:
// log-normal, half of them after 30 minutes, a tenth after more than 3 hours.
func shareSeen(age time.Duration) float64 {
	if age <= 0 {
		return 0
	}
	return 0.5 * math.Erfc(-math.Log(age.Minutes()/reactionMedian)/reactionSpread/math.Sqrt2)
}

const (
	reactionMedian = 30.0   // minutes
	reactionSpread = 1.3981 // ln(180/30) / 1.28155, the 90th percentile of a standard normal
)

// odds are how much likelier the figures are for badShare than for cleanShare.
func (f Figures) odds() float64 {
	quiet := max(0, f.Seen-float64(f.People))
	return math.Exp(float64(f.People)*math.Log(badShare/cleanShare) + quiet*math.Log((1-badShare)/(1-cleanShare)))
}

func (f Figures) since(base Figures) Figures {
	return Figures{Sent: f.Sent - base.Sent, People: f.People - base.People, Seen: max(0, f.Seen-base.Seen)}
}

// CountSend counts one promotion that is about to go out, and returns until when the occurrence
// then waits: for what the people of a step say, or because it is slowed. Zero: it goes on at the
// number's pace.
func (s GuardState) CountSend(l Limits, now time.Time) (GuardState, time.Time) {
	steps := s.steps(l)
	r := s.Ramp
	if r.Began.IsZero() {
		r = Ramp{Began: now}
	}
	if r.Waiting {
		r.Step, r.Sent, r.Waiting = r.Step+1, 0, false
		s.Limited = 0
	}
	s.Ramp = r
	if r.Step < len(steps) {
		s.Ramp.Sent++
		if s.Ramp.Sent >= steps[r.Step].people {
			s.Ramp.Waiting = true
			return s, s.until(l, now, steps[r.Step].wait)
		}
	}
	if s.Level == GuardSlowed {
		return s, s.until(l, now, max(slowEvery, 2*l.Every))
	}
	return s, time.Time{}
}

func (s GuardState) until(l Limits, now time.Time, wait time.Duration) time.Time {
	if l.Unlimited {
		return time.Time{}
	}
	return now.Add(wait)
}

// UncountSend takes back what CountSend counted. The result ended says that a wait which it began
// is over.
func (s GuardState) UncountSend() (after GuardState, ended bool) {
	ended = s.Ramp.Waiting
	s.Ramp.Waiting = false
	s.Ramp.Sent = max(0, s.Ramp.Sent-1)
	return s, ended
}

// Ramping reports whether the steps are still under way: only then, and while it is not calm, does
// a claim change the state.
func (s GuardState) Ramping(l Limits) bool { return s.Ramp.Step < len(s.steps(l)) }

// LetsAll reports whether everybody who is left may have it, at the number's pace: then a claim changes
// nothing of the state. restricted is until when WhatsApp let the number not write to people.
func (s GuardState) LetsAll(l Limits, restricted time.Time) bool {
	return !s.Ramping(l) && s.Level == GuardCalm && !s.Ramp.Began.Before(restricted)
}

// RestartRamp starts the steps again, all of them, as after a ban or time-lock.
func (s GuardState) RestartRamp() GuardState {
	s.Ramp, s.CleanRecord = Ramp{}, false
	return s
}

// DueForReview reports whether a warning is to be looked at again, though nobody has reacted.
func (s GuardState) DueForReview(now time.Time) bool {
	return (s.Level == GuardWarned || s.Level == GuardSlowed) && now.Sub(s.Looked) >= guardLooks
}

// Judge makes up the guard's mind. told is what the operator is to hear of, "" when there is
// nothing new.
func (s GuardState) Judge(g Guard, f Figures, now time.Time) (after GuardState, told string) {
	g = g.orDefault()
	s.Last, s.Looked = f, now
	if s.Level == GuardPause {
		return s, "" // until the operator resumes
	}
	counted := f.since(s.Base)
	s.Level = GuardCalm
	switch odds := counted.odds(); {
	case counted.People >= guardPeople && odds >= g.Odds:
		s.Level = GuardPause
	case counted.People >= 2 && odds >= slowOdds:
		s.Level = GuardSlowed
	case counted.People >= 2 && odds >= warnOdds:
		s.Level = GuardWarned
	}
	for _, least := range []GuardLevel{s.Floor, s.Rated} {
		if s.Level.rank() < least.rank() {
			s.Level = least
		}
	}
	if s.Level.rank() <= s.Notified.rank() {
		return s, ""
	}
	s.Notified = s.Level
	return s, counted.Sentence()
}

// Resumed is the operator's decision to go on: the test counts from here, and the steps begin
// again.
func (s GuardState) Resumed(f Figures) GuardState {
	if s.Level != GuardPause {
		return s
	}
	resumed := GuardState{Base: f, Last: f, WasPaused: true}
	if s.Rated != GuardCalm { // still: the operator goes on all the same, slowly
		resumed.Rated, resumed.Level = GuardSlowed, GuardSlowed
	}
	return resumed
}

// Sentence says the figures for people.
func (f Figures) Sentence() string {
	share := 0.0
	if f.Seen > 0 {
		share = min(100, 100*float64(f.People)/f.Seen)
	}
	return fmt.Sprintf("%d of %d people asked to stop, may have asked to, or could not be written to; of what is to "+
		"be expected, %.0f %% has been seen, so that is %.1f %% (a list of people who asked for it has 0.3 %%, and "+
		"at 3 %% a number is lost)",
		f.People, f.Sent, 100*f.Seen/float64(max(1, f.Sent)), share)
}

func (g Guard) orDefault() Guard {
	if g == (Guard{}) {
		return DefaultGuard()
	}
	return g
}

// CanaryOf is how many people get an occurrence first.
func CanaryOf(l Limits) int { return l.Guard.orDefault().Canary }

// Odds are how much likelier the figures are for a bad list than for a good one, since the operator
// last resumed.
func (s GuardState) Odds(f Figures) float64 { return f.since(s.Base).odds() }

// WaitsFor says what an occurrence waits for that the guard keeps waiting.
func (s GuardState) WaitsFor(l Limits) string {
	steps := s.steps(l)
	switch {
	case !s.Ramp.Waiting || s.Ramp.Step >= len(steps):
		return "the guard has slowed the broadcast down"
	case s.Ramp.Step == 0:
		return fmt.Sprintf("the first %d people (the canary) have it, and the guard waits for what they say",
			steps[0].people)
	}
	return fmt.Sprintf("%d more people have it, and the guard waits for what they say", steps[s.Ramp.Step].people)
}

// WaitsLeft is how long the guard will yet keep an occurrence waiting after the wait it is in, if
// all goes well. people are those who have not got it: there is no wait after the last of them.
func (s GuardState) WaitsLeft(l Limits, people int) (left time.Duration) {
	steps := s.steps(l)
	if l.Unlimited || s.Ramp.Step >= len(steps) {
		return 0
	}
	steps = steps[s.Ramp.Step:]
	if s.Ramp.Waiting {
		steps = steps[1:]
	} else {
		people += s.Ramp.Sent
	}
	for _, step := range steps {
		if people <= step.people {
			break
		}
		people -= step.people
		left += step.wait
	}
	return left
}

// PausedByRefusals is the pause after too many promotions in a row that WhatsApp's server did not
// take.
func (s GuardState) PausedByRefusals(r Refusals) GuardState {
	s.Level, s.Notified, s.Refused = GuardPause, GuardPause, r.InRow
	return s
}

// PausedBecause is the pause after something that WhatsApp said of the number.
func (s GuardState) PausedBecause(why string) GuardState {
	s.Level, s.Notified, s.Because = GuardPause, GuardPause, why
	return s
}

// RatedAs is the guard of an occurrence under way after WhatsApp has rated the number anew: slowed,
// or calm, where only what people did counts again. A pause stays until the operator resumes.
func (s GuardState) RatedAs(level GuardLevel) GuardState {
	if s.Rated == GuardSlowed && s.Level == GuardSlowed {
		s.Level = s.Floor
	}
	s.Rated = level
	if s.Level.rank() < level.rank() {
		s.Level = level
	}
	return s
}

const (
	limitedShare = 0.3 // of a step
	limitedOf    = 10  // people, at least
)

// CountLimited counts a promotion that WhatsApp let somebody not have for now, of so many that went
// out in all. told is what the operator is to hear of: where that happens to too many people of a
// step, the occurrence is slowed.
func (s GuardState) CountLimited(l Limits, sent int) (after GuardState, told string) {
	s.Limited++
	people := sent
	if s.Ramping(l) {
		people = s.Ramp.Sent
	}
	if people < limitedOf || float64(s.Limited) <= limitedShare*float64(people) || s.Floor.rank() >= GuardSlowed.rank() {
		return s, ""
	}
	s.Floor = GuardSlowed
	if s.Level.rank() >= GuardSlowed.rank() {
		return s, ""
	}
	s.Level = GuardSlowed
	if s.Notified.rank() < GuardSlowed.rank() {
		s.Notified = GuardSlowed
	}
	return s, fmt.Sprintf("WhatsApp lets %d of %d people have no more promotions for now, of any shop: they get too many",
		s.Limited, people)
}

// Why says why the guard has paused an occurrence.
func (s GuardState) Why() string {
	if s.Because != "" {
		return s.Because
	}
	if s.Refused > 0 {
		return fmt.Sprintf("WhatsApp's server has not taken %d promotions in a row", s.Refused)
	}
	return s.Counted().Sentence()
}

// Counted are the figures of the last look, since the operator last resumed.
func (s GuardState) Counted() Figures { return s.Last.since(s.Base) }
