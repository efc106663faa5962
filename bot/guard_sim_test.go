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
	guardRuns = flag.Int("guard.runs", 300, "runs of TestB5TheGuard for each line of its table; the long form has 5000")
	guardSeed = flag.Uint64("guard.seed", 1, "seed of TestB5TheGuard")
)

// A moments is a heap of moments.
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

// A list is a broadcast to many people of whom some react badly.
type list struct {
	people    int
	share     float64       // who react badly
	late      time.Duration // a tenth of the reactions comes later than this; half of them after delay
	delay     time.Duration // the median; 0: at once
	every     time.Duration
	unwatched bool
}

// A run is what became of it.
type run struct {
	paused  bool
	sent    int // until it paused, or all
	annoyed int // of those sent to, who react badly sooner or later
	took    time.Duration
}

// play sends a list out as the store does: at the number's pace, in the guard's steps, judged at each reaction.
func (l list) play(random *rand.Rand) (r run) {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	now, state, due := start, GuardState{}, &moments{}
	var sends []Sends
	people := 0
	limits := Limits{Every: l.every}
	for r.sent < l.people {
		for due.Len() > 0 && !(*due)[0].After(now) {
			at := heap.Pop(due).(time.Time)
			people++
			state, _ = state.Judge(Guard{}, FiguresOf(sends, people, at), at)
			if state.Level == GuardPause && !l.unwatched {
				r.paused, r.took = true, at.Sub(start)
				return r
			}
		}
		if state.Looks(now) {
			state, _ = state.Judge(Guard{}, FiguresOf(sends, people, now), now)
		}
		var until time.Time
		state, until = state.Claimed(limits, now)
		minute := now.Unix() / 60
		if n := len(sends); n == 0 || sends[n-1].Minute != minute {
			sends = append(sends, Sends{Minute: minute})
		}
		sends[len(sends)-1].Sent++
		r.sent++
		if random.Float64() < l.share {
			r.annoyed++
			heap.Push(due, now.Add(l.reacts(random)))
		}
		r.took = now.Sub(start)
		now = now.Add(l.every)
		if until.After(now) && !l.unwatched {
			now = until
		}
	}
	return r
}

// reacts draws how long somebody takes.
func (l list) reacts(random *rand.Rand) time.Duration {
	if l.delay == 0 {
		return 0
	}
	spread := math.Log(l.late.Minutes()/l.delay.Minutes()) / 1.2815515655
	return time.Duration(float64(l.delay) * math.Exp(spread*random.NormFloat64()))
}

func TestB5TheGuard(t *testing.T) {
	var out strings.Builder
	for _, every := range []time.Duration{36 * time.Second, 500 * time.Millisecond} {
		for _, delay := range []time.Duration{30 * time.Minute, 0, 3 * time.Hour} {
			late := 6 * delay
			for _, share := range []float64{0.003, 0.01, 0.03, 0.06} {
				random := rand.New(rand.NewPCG(*guardSeed, uint64(share*1000)))
				l := list{people: 10_000, share: share, delay: delay, late: late, every: every}
				paused, before500, sent, annoyed := 0, 0, 0, 0
				var took time.Duration
				done := 0
				for range *guardRuns {
					r := l.play(random)
					sent += r.sent
					annoyed += r.annoyed
					if r.paused {
						paused++
						if r.sent < 500 {
							before500++
						}
					} else {
						done++
						took += r.took
					}
				}
				n := float64(*guardRuns)
				fmt.Fprintf(&out, "every %5s delay %4s bad %.1f%%: paused %.2f%%, before 500 %.2f%%, sent %.0f annoyed %.1f finish %.1fh\n", every, delay, share*100,
					100*float64(paused)/n, 100*float64(before500)/n, float64(sent)/n, float64(annoyed)/n, (took / time.Duration(max(1, done))).Hours())
			}
		}
	}
	t.Log("\n" + out.String())
}
