package bot

import (
	"container/heap"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

var (
	guardRuns = flag.Int("guard.runs", 250, "runs of TestB5TheGuard for each line; the long form, which makes the table of docs/guard.md, has 5000")
	guardSeed = flag.Uint64("guard.seed", 1, "seed of TestB5TheGuard")
)

// guardLong is the number of runs from which on the promises are held to the letter; with fewer,
// chance is allowed for.
const guardLong = 2000

// The paces of the table.
const (
	defaultPace = 36 * time.Second
	ceilingPace = 500 * time.Millisecond
)

// moments is a heap of them.
type moments []time.Time

func (m moments) Len() int           { return len(m) }
func (m moments) Less(i, j int) bool { return m[i].Before(m[j]) }
func (m moments) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *moments) Push(x any)        { *m = append(*m, x.(time.Time)) }
func (m *moments) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}

// A guardList is a broadcast to many people of whom some react badly.
type guardList struct {
	people int
	share  float64       // who react badly
	delay  time.Duration // half of the reactions come within this, a tenth after six times as long; 0: at once
	every  time.Duration
	record bool // of a number with a clean record
}

// A guardRun is a list under way, and what became of it.
type guardRun struct {
	guardList
	random  *rand.Rand
	start   time.Time
	state   GuardState
	sends   []Sends
	bad     int     // people who have reacted
	due     moments // of the reactions to come
	sent    int
	annoyed int // of those it was sent to, who react badly sooner or later
	took    time.Duration
	paused  bool
}

// play sends a list out as the store does: at the number's pace, in the guard's steps, judged at
// each reaction.
func (l guardList) play(random *rand.Rand) *guardRun {
	r := &guardRun{guardList: l, random: random, start: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), state: GuardState{CleanRecord: l.record}}
	now, limits := r.start, Limits{Every: l.every}
	for r.sent < l.people {
		if r.react(now); r.paused {
			return r
		}
		if r.state.DueForReview(now) {
			r.judge(now)
		}
		var until time.Time
		r.state, until = r.state.CountSend(limits, now)
		r.send(now)
		if now = now.Add(l.every); until.After(now) {
			now = until
		}
	}
	return r
}

// react lets everything happen that people do until a moment.
func (r *guardRun) react(now time.Time) {
	for len(r.due) > 0 && !r.due[0].After(now) && !r.paused {
		at := heap.Pop(&r.due).(time.Time)
		r.bad++
		r.judge(at)
		if r.paused = r.state.Level == GuardPause; r.paused {
			r.took = at.Sub(r.start)
		}
	}
}

func (r *guardRun) judge(at time.Time) {
	r.state, _ = r.state.Judge(Guard{}, FiguresOf(r.sends, r.bad, at), at)
}

func (r *guardRun) send(now time.Time) {
	minute := now.Unix() / 60
	if n := len(r.sends); n == 0 || r.sends[n-1].Minute != minute {
		r.sends = append(r.sends, Sends{Minute: minute})
	}
	r.sends[len(r.sends)-1].Sent++
	r.sent++
	r.took = now.Sub(r.start)
	if r.random.Float64() < r.share {
		r.annoyed++
		heap.Push(&r.due, now.Add(r.reacts()))
	}
}

// reacts draws how long somebody takes: log-normal.
func (r *guardRun) reacts() time.Duration {
	const ninetieth = 1.2815515655 // percentile of a standard normal
	return time.Duration(float64(r.delay) * math.Exp(math.Log(6)/ninetieth*r.random.NormFloat64()))
}

// A guardLine is many runs of one list.
type guardLine struct {
	guardList
	runs, paused, early, sent, annoyed int
	finished                           time.Duration // of those that were not paused, together
}

func (l guardList) many(runs int, seed uint64) guardLine {
	random := rand.New(rand.NewPCG(seed, math.Float64bits(l.share)+uint64(l.delay)+uint64(l.every)))
	line := guardLine{guardList: l, runs: runs}
	for range runs {
		r := l.play(random)
		line.sent += r.sent
		line.annoyed += r.annoyed
		switch {
		case !r.paused:
			line.finished += r.took
		case r.sent < 500:
			line.early++
			fallthrough
		default:
			line.paused++
		}
	}
	return line
}

func (l guardLine) part(n int) float64 { return float64(n) / float64(l.runs) }

// row is one row of the table in docs/guard.md.
func (l guardLine) row() string {
	finish := "-"
	if n := l.runs - l.paused; n > 0 && l.part(n) >= 0.01 {
		finish = fmt.Sprintf("%.1f h", (l.finished / time.Duration(n)).Hours())
	}
	return fmt.Sprintf("| %.1f %% | %.1f %% | %.1f %% | %.0f | %.1f | %.0f | %s | %.1f h |", 100*l.share, 100*l.part(l.early), 100*l.part(l.paused),
		l.part(l.sent), l.part(l.annoyed), l.share*float64(l.people), finish, (time.Duration(l.people) * l.every).Hours())
}

// atLeast and atMost hold a share against a promise; with few runs up to three standard errors are
// chance.
func (l guardLine) atLeast(t *testing.T, what string, n int, want float64) {
	t.Helper()
	if l.part(n) < want-l.chance(want) {
		t.Errorf("%.1f %% bad at one every %s: %s in %.2f %% of %d runs, want at least %.1f %%", 100*l.share, l.every, what, 100*l.part(n), l.runs, 100*want)
	}
}

func (l guardLine) atMost(t *testing.T, what string, n int, want float64) {
	t.Helper()
	if l.part(n) > want+l.chance(want) {
		t.Errorf("%.1f %% bad at one every %s: %s in %.2f %% of %d runs, want at most %.1f %%", 100*l.share, l.every, what, 100*l.part(n), l.runs, 100*want)
	}
}

func (l guardLine) chance(p float64) float64 {
	if l.runs >= guardLong {
		return 0
	}
	return 3 * math.Sqrt(p*(1-p)/float64(l.runs))
}

// TestB5TheGuard: lists of 10,000 of whom 0.3 %, 1 %, 3 % and 6 % react badly, at the default pace
// and at the ceiling. A bad list is paused before 500 have it, a good one is not. -guard.runs=5000
// -v makes the table of docs/guard.md.
func TestB5TheGuard(t *testing.T) {
	t.Parallel()
	shares := []float64{0.003, 0.01, 0.03, 0.06}
	if testing.Short() && *guardRuns < guardLong {
		*guardRuns = 100
	}
	for _, record := range []bool{false, true} {
		for _, every := range []time.Duration{defaultPace, ceilingPace} {
			for _, share := range shares {
				l := guardList{people: 10_000, share: share, delay: 30 * time.Minute, every: every, record: record}.many(*guardRuns, *guardSeed)
				t.Logf("one every %s, half of them react within 30 min, clean record %v: %s", every, record, l.row())
				l.holds(t)
			}
		}
	}
	if *guardRuns < guardLong {
		return
	}
	for _, every := range []time.Duration{defaultPace, ceilingPace} {
		for _, delay := range []time.Duration{0, 3 * time.Hour} {
			for _, share := range shares {
				l := guardList{people: 10_000, share: share, delay: delay, every: every}.many(*guardRuns, *guardSeed)
				t.Logf("one every %s, half of them react within %s: %s", every, delay, l.row())
			}
		}
	}
}

// holds are the promises of docs/guard.md.
func (l guardLine) holds(t *testing.T) {
	t.Helper()
	switch {
	case l.share == 0.003:
		l.atMost(t, "paused", l.paused, 0.01)
	case l.share == 0.03 && !l.record:
		l.atLeast(t, "paused before 500", l.early, 0.98)
	case l.share == 0.03:
		l.atLeast(t, "paused before 500", l.early, 0.90)
		l.atLeast(t, "paused", l.paused, 0.999)
	case l.share == 0.06:
		l.atLeast(t, "paused before 500", l.early, 0.999)
	}
}

// TestB5TheGuardKnowsACleanRecord: when a number has earned that the guard waits less, and what it
// then does.
func TestB5TheGuardKnowsACleanRecord(t *testing.T) {
	well := Figures{Sent: 500, People: 2, Seen: 500}
	for _, c := range []struct {
		name  string
		add   func(TrackRecord) TrackRecord
		clean bool
	}{
		{"two", func(r TrackRecord) TrackRecord { return r }, false},
		{"three", func(r TrackRecord) TrackRecord { return r.Plus(GuardState{}, well) }, true},
		{"two and a small one", func(r TrackRecord) TrackRecord { return r.Plus(GuardState{}, Figures{Sent: 499, Seen: 499}) }, false},
		{"one in a hundred leaves", func(r TrackRecord) TrackRecord {
			return r.Plus(GuardState{}, Figures{Sent: 500, People: 11, Seen: 500})
		}, false},
		{"the last one is too young to tell", func(r TrackRecord) TrackRecord {
			return r.Plus(GuardState{}, Figures{Sent: 500, People: 5, Seen: 100})
		}, false},
		{"one is paused", func(r TrackRecord) TrackRecord { return r.Plus(GuardState{Level: GuardPause}, well) }, false},
		{"one was paused when it was over", func(r TrackRecord) TrackRecord { return r.Plus(GuardState{Notified: GuardPause}, well) }, false},
		{"one was paused and resumed", func(r TrackRecord) TrackRecord {
			return r.Plus(GuardState{Level: GuardPause, Last: well}.Resumed(well), well)
		}, false},
		{"one began paused and was resumed", func(r TrackRecord) TrackRecord {
			return r.Plus(NewGuardState(GuardPause).Resumed(Figures{}), well)
		}, false},
		{"one was slowed", func(r TrackRecord) TrackRecord { return r.Plus(GuardState{Notified: GuardSlowed}, well) }, true},
	} {
		r := c.add(TrackRecord{}.Plus(GuardState{}, well).Plus(GuardState{}, well))
		if r.Clean() != c.clean {
			t.Errorf("%s: clean %v, odds %g", c.name, r.Clean(), r.odds())
		}
	}
	s := GuardState{CleanRecord: true}
	if got := s.WaitsLeft(Limits{}, 80_000); got != 110*time.Minute {
		t.Errorf("it waits %s", got)
	}
	if got := s.RestartRamp().WaitsLeft(Limits{}, 80_000); got != 6*time.Hour {
		t.Errorf("after a ban it waits %s", got)
	}
	if got := (GuardState{CleanRecord: true, Level: GuardPause}).Resumed(well).WaitsLeft(Limits{}, 80_000); got != 6*time.Hour {
		t.Errorf("after a pause it waits %s", got)
	}
}

// TestB5TheCeilingReaches80000: at the ceiling a number with a clean record reaches 80,000 people
// of one zone in one day, from the first legal hour to the last; without one it does not.
func TestB5TheCeilingReaches80000(t *testing.T) {
	l := DefaultLimits()
	l.Every, l.NumberPerDay, l.From, l.To = ceilingPace, 93_600, 8*time.Hour, 21*time.Hour
	morning := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	for _, record := range []bool{false, true} {
		waits := GuardState{CleanRecord: record}.WaitsLeft(l, 80_000)
		_, left := EstimateFinish(l, morning.AddDate(-1, 0, 0), morning.Add(waits), morning.Add(13*time.Hour), 0, 80_000)
		if record != (left == 0) || !record && 80_000-left < 50_000 {
			t.Errorf("with a clean record %v: %d people are left", record, left)
		}
	}
}

// TestB5TheGuardNeedsThreePeople: however unlikely two are, it does not pause for them.
func TestB5TheGuardNeedsThreePeople(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for people, want := range []GuardLevel{GuardCalm, GuardCalm, GuardSlowed, GuardPause} {
		s, told := GuardState{}.Judge(Guard{Odds: 10}, Figures{Sent: people, People: people, Seen: float64(people)}, now)
		if s.Level != want || (told == "") != (want == GuardCalm) {
			t.Errorf("%d people: %q, %q", people, s.Level, told)
		}
	}
}

// TestB5TheGuardWarnsSlowsPauses: each level is told once, also when it comes back; a warning that
// time has answered ends.
func TestB5TheGuardWarnsSlowsPauses(t *testing.T) {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	sends := []Sends{{Minute: start.Unix() / 60, Sent: 60}}
	s := GuardState{}
	for _, step := range []struct {
		after  time.Duration
		people int
		level  GuardLevel
		told   bool
	}{
		{10 * time.Minute, 1, GuardCalm, false}, {20 * time.Minute, 2, GuardSlowed, true}, {30 * time.Minute, 2, GuardSlowed, false},
		{24 * time.Hour, 2, GuardWarned, false}, {25 * time.Hour, 3, GuardPause, true}, {26 * time.Hour, 4, GuardPause, false},
	} {
		at := start.Add(step.after)
		var told string
		if s, told = s.Judge(Guard{}, FiguresOf(sends, step.people, at), at); s.Level != step.level || (told != "") != step.told {
			t.Errorf("after %s, %d people: %q, told %q; want %q, %v (odds %.1f)", step.after, step.people, s.Level, told, step.level, step.told, s.Last.odds())
		}
		if looks := s.DueForReview(at.Add(guardLooks)); looks != (step.level == GuardSlowed || step.level == GuardWarned) {
			t.Errorf("at %q it looks again: %v", s.Level, looks)
		}
	}
	l := Limits{Every: time.Second}
	slowed := GuardState{Level: GuardSlowed, Ramp: Ramp{Began: start, Step: 9}}
	if _, until := slowed.CountSend(l, start); !until.Equal(start.Add(slowEvery)) {
		t.Errorf("slowed it waits until %v", until)
	}
	l.Unlimited = true
	if _, until := slowed.CountSend(l, start); !until.IsZero() {
		t.Errorf("with test_limits off it waits until %v", until)
	}
}

// TestB5TheGuardsBaseline: what came of the last occurrence a day later, against those before.
func TestB5TheGuardsBaseline(t *testing.T) {
	before := Aftermath{Sent: 1000, Undelivered: 20, Unread: 400}
	for _, c := range []struct {
		name   string
		last   Aftermath
		before Aftermath
		want   GuardLevel
		says   string
	}{
		{"as ever", Aftermath{500, 12, 210}, before, GuardCalm, ""},
		{"more undelivered than chance", Aftermath{500, 30, 210}, before, GuardSlowed, "30 of 500 (6.0 %) had not arrived; of those before it was 2.0 %"},
		{"many blocked it", Aftermath{500, 70, 210}, before, GuardPause, "70 of 500 (14.0 %) had not arrived"},
		{"they stop reading", Aftermath{500, 10, 300}, before, GuardSlowed, "300 of 490 (61.2 %) had arrived and not been read"},
		{"few people say nothing", Aftermath{40, 30, 10}, before, GuardCalm, ""},
		{"no baseline yet", Aftermath{500, 70, 210}, Aftermath{Sent: 100}, GuardCalm, ""},
		{"a baseline without any", Aftermath{500, 1, 0}, Aftermath{Sent: 1000}, GuardCalm, ""},
	} {
		level, says := c.last.Against(c.before)
		if level != c.want || !strings.Contains(says, c.says) || (says == "") != (c.want == GuardCalm) {
			t.Errorf("%s: %q, %q", c.name, level, says)
		}
	}
	begun := NewGuardState(GuardSlowed)
	if s, told := begun.Judge(Guard{}, Figures{Sent: 500, Seen: 500}, time.Time{}); s.Level != GuardSlowed || told != "" {
		t.Errorf("it began slowed and is %q, %q", s.Level, told)
	}
}

// TestB5WaitsLeft: the waits to come, for the time at which a broadcast will be over.
func TestB5WaitsLeft(t *testing.T) {
	l := Limits{}
	for _, c := range []struct {
		ramp   Ramp
		people int
		want   time.Duration
	}{
		{Ramp{}, 20, 0}, {Ramp{}, 50, 0}, {Ramp{}, 51, time.Hour}, {Ramp{Sent: 40}, 20, time.Hour}, {Ramp{Sent: 40}, 10, 0},
		{Ramp{Sent: 50, Waiting: true}, 50, 0}, {Ramp{Sent: 50, Waiting: true}, 51, time.Hour}, {Ramp{}, 10_000, 6 * time.Hour}, {Ramp{Step: 5}, 10_000, 0},
	} {
		if got := (GuardState{Ramp: c.ramp}).WaitsLeft(l, c.people); got != c.want {
			t.Errorf("%+v, %d people: %s, want %s", c.ramp, c.people, got, c.want)
		}
	}
}

// TestB8Over: when a broadcast will be over, by pace, hours, caps and warm-up.
func TestB8Over(t *testing.T) {
	l := DefaultLimits()
	l.NumberPerDay = 500
	linked := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	monday := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	far := monday.AddDate(0, 0, 30)
	for _, c := range []struct {
		name  string
		from  time.Time
		end   time.Time
		today int
		n     int
		want  time.Time
		left  int
	}{
		{"at its pace", monday, far, 0, 100, monday.Add(time.Hour), 0},
		{"before the hours begin", monday.Add(-4 * time.Hour), far, 0, 100, monday, 0},
		{"over the daily cap", monday, far, 450, 100, monday.AddDate(0, 0, 1).Add(-time.Hour + 30*time.Minute), 0},
		{"over a Sunday", monday.AddDate(0, 0, 5), far, 450, 100, monday.AddDate(0, 0, 7).Add(-time.Hour + 30*time.Minute), 0},
		{"until it expires", monday, monday.Add(time.Hour), 0, 250, monday.Add(time.Hour), 150},
		{"nobody left", monday, far, 0, 0, monday, 0},
	} {
		if at, left := EstimateFinish(l, linked, c.from, c.end, c.today, c.n); !at.Equal(c.want) || left != c.left {
			t.Errorf("%s: %v, %d left; want %v, %d", c.name, at, left, c.want, c.left)
		}
	}
	if at, left := EstimateFinish(l, linked, monday, far, 0, 10_000); left != 0 || at.Before(monday.AddDate(0, 0, 20)) {
		t.Errorf("10,000 at 500 a day: %v, %d left", at, left)
	}
}
