package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/cli/clitest"
)

// TestB6KilledVerbs: verbs are killed while `run` runs: schedule, pause, resume and cancel of a recurring broadcast with an occurrence under
// way. Each has happened as a whole, to both, or not at all.
func TestB6KilledVerbs(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	killedVerbs(scene(t), t, 9)
}

// TestB6KilledVerbsLong is the same at length.
func TestB6KilledVerbsLong(t *testing.T) {
	clitest.Long(t)
	killedVerbs(within(t, longest), t, 200)
}

func killedVerbs(ctx context.Context, t *testing.T, kills int) {
	t.Helper()
	srv, b := linked(t)
	kill := b.start()
	defer kill()
	people := newCrowd(srv, 1)
	people.optIn(ctx, t)
	b.fill(people.people[0], 3*crowdWaits) // what they wait for does not come, so the occurrence stays under way

	v := &doomed{binary: b, random: rand.New(rand.NewPCG(*crashSeed, 2)), did: map[string]int{}}
	for range kills {
		before := v.stands()
		verb := v.next(before)
		before = v.stands() // of another broadcast, perhaps
		ended := v.dies(ctx, verb)
		after := v.stands()
		happened := after == before.turned(verb)
		if !happened && (ended || after != before) {
			t.Fatalf("`broadcast %s` was killed (ended before: %v): before %+v, after %+v", verb, ended, before, after)
		}
		v.tries++
		if happened {
			v.tries = 0
		}
		v.did[fmt.Sprintf("%s (happened: %v, ended before: %v)", verb, happened, ended)]++
		if happened && after.schedule == bot.ScheduleArmed && after.occurrence == "" {
			v.turnBack(v.name)
			want := stand{schedule: bot.ScheduleArmed, occurrence: bot.OccurrenceRunning, held: 3}
			must(t, eventually(ctx, func() bool { return v.stands() == want }))
		}
	}
	t.Log(v.did)
}

// doomed are verbs that are killed: they are given to one broadcast after the other.
type doomed struct {
	*binary
	random *rand.Rand
	name   string // of the broadcast
	names  int
	tries  int // of the same verb, in vain
	did    map[string]int
}

// A stand is how a broadcast stands.
type stand struct {
	schedule   bot.ScheduleStatus
	occurrence bot.OccurrenceStatus
	held       int // deliveries
	cancelled  int // deliveries
	waiting    int // deliveries whose turn comes
}

// turned is how it stands after a verb.
func (s stand) turned(verb string) stand {
	switch verb {
	case "schedule":
		s.schedule = bot.ScheduleArmed
	case "pause":
		s.schedule, s.occurrence = bot.SchedulePaused, bot.OccurrencePaused
	case "resume":
		s.schedule, s.occurrence = bot.ScheduleArmed, bot.OccurrenceRunning
	case "cancel":
		s.schedule, s.occurrence, s.held, s.cancelled = bot.ScheduleCancelled, bot.OccurrenceCancelled, 0, s.held
	}
	return s
}

func (v *doomed) stands() (s stand) {
	v.t.Helper()
	db := v.database()
	defer db.Close()
	const people = "(SELECT COUNT(*) FROM deliveries WHERE broadcast = $1 AND "
	must(v.t, db.QueryRow("SELECT COALESCE((SELECT status FROM schedules WHERE broadcast = $1), ''), COALESCE((SELECT status FROM occurrences WHERE broadcast = $1), ''), "+
		people+"status = 'held'), "+people+"reason = 'cancelled'), "+people+"status IN ('planned', 'claimed'))", v.name).
		Scan(&s.schedule, &s.occurrence, &s.held, &s.cancelled, &s.waiting))
	return s
}

// next is a verb that can happen now. One that was cancelled is scheduled again, with another text, and then it is another's turn.
func (v *doomed) next(s stand) string {
	switch {
	case s.schedule == "" && v.name != "":
		return "schedule"
	case s.schedule == bot.ScheduleCancelled:
		v.edit(v.name)
		return "schedule"
	case s.schedule == "" || s.occurrence == bot.OccurrenceCancelled:
		v.name = fmt.Sprintf("verbs-%d", v.names)
		v.names++
		v.draft(v.name, everyDayAtThisMinute())
		return "schedule"
	case v.random.IntN(4) == 0:
		return "cancel"
	case s.schedule == bot.SchedulePaused:
		return "resume"
	}
	return "pause"
}

// dies runs a verb and kills it at a moment. ended: it was quicker.
func (v *doomed) dies(ctx context.Context, verb string) (ended bool) {
	v.t.Helper()
	args := []string{"broadcast", verb, v.name}
	if verb == "schedule" || verb == "cancel" {
		args = append(args, "--yes")
	}
	cmd := v.cmd(args...)
	moment := v.moment()
	must(v.t, cmd.Start())
	over := make(chan error, 1)
	go func() { over <- cmd.Wait() }()
	must(v.t, eventually(ctx, func() bool {
		select {
		case err := <-over:
			over <- err
			ended = true
			return true
		default:
			return moment()
		}
	}))
	_ = cmd.Process.Kill()
	if err := <-over; ended && err != nil {
		v.t.Errorf("`broadcast %s`: %v", verb, err)
	}
	return ended
}

// moment is when a verb is killed: when it begins to write, when it writes again, or after some of the time that a verb takes. After two kills
// in vain it is left alone, so that the next one has its turn.
func (v *doomed) moment() func() bool {
	if v.tries == 2 {
		return func() bool { return false }
	}
	if v.random.IntN(3) == 0 {
		end := time.Now().Add(time.Duration(v.random.Int64N(int64(time.Second))))
		return func() bool { return time.Now().After(end) }
	}
	changes, last := 1+v.random.IntN(2), v.log()
	return func() bool {
		if now := v.log(); now != last {
			last = now
			changes--
		}
		return changes == 0
	}
}
