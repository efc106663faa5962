package app

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"optinbot/bot"
)

var verbKills = flag.Int("crash.verb-kills", 10, "kills -9 of TestB6KilledVerbs; the long form has 200")

// TestB6KilledVerbs: verbs are killed while `run` runs: schedule, pause, resume and cancel of a recurring broadcast with an occurrence under
// way. Each has happened as a whole, to both, or not at all.
func TestB6KilledVerbs(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute+time.Duration(*verbKills)*10*time.Second)
	defer cancel()
	srv, b := linked(t)
	kill := b.start()
	defer kill()
	people := newCrowd(srv, 1)
	people.optIn(ctx, t)
	b.fill(people.people[0], 3*crowdWaits) // what they wait for does not come, so the occurrence stays under way

	v := &doomed{binary: b, random: rand.New(rand.NewPCG(*crashSeed, 2)), did: map[string]int{}}
	for range *verbKills {
		before := v.stands()
		verb := v.next(before)
		ended := v.dies(ctx, verb)
		after := v.stands()
		if !after.whole() {
			t.Fatalf("`broadcast %s` was killed: before %+v, after %+v", verb, before, after)
		}
		v.did[fmt.Sprintf("%s (happened %v, ended %v)", verb, after != before, ended)]++
		if after.schedule == bot.ScheduleArmed && after.occurrence == "" {
			v.turnBack(v.name)
			must(t, eventually(ctx, func() bool { return v.stands().occurrence == bot.OccurrenceRunning }))
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
	did    map[string]int
}

// A stand is how a broadcast stands.
type stand struct {
	schedule   bot.ScheduleStatus
	occurrence bot.OccurrenceStatus
	cancelled  int // deliveries
	open       int // deliveries
}

// whole reports whether what belongs together is in the same status.
func (s stand) whole() bool {
	switch s.schedule {
	case "":
		return s == stand{}
	case bot.ScheduleArmed:
		return s.cancelled == 0 && (s.occurrence == "" || s.occurrence == bot.OccurrenceScheduled || s.occurrence == bot.OccurrenceRunning)
	case bot.SchedulePaused:
		return s.cancelled == 0 && s.occurrence == bot.OccurrencePaused
	case bot.ScheduleCancelled:
		return s.open == 0 && s.occurrence == bot.OccurrenceCancelled
	}
	return false
}

func (v *doomed) stands() (s stand) {
	v.t.Helper()
	db := v.database()
	defer db.Close()
	must(v.t, db.QueryRow("SELECT COALESCE((SELECT status FROM schedules WHERE broadcast = $1), ''), COALESCE((SELECT status FROM occurrences WHERE broadcast = $1), ''), "+
		"(SELECT COUNT(*) FROM deliveries WHERE broadcast = $1 AND reason = 'cancelled'), (SELECT COUNT(*) FROM deliveries WHERE broadcast = $1 AND status IN ('planned', 'held'))",
		v.name).Scan(&s.schedule, &s.occurrence, &s.cancelled, &s.open))
	return s
}

// next is a verb that can happen now; of a broadcast that is cancelled none can, so it is another's turn.
func (v *doomed) next(s stand) string {
	switch cancels := v.random.IntN(4) == 0; {
	case s.schedule == "" && v.name != "":
		return "schedule"
	case s.schedule == "" || s.schedule == bot.ScheduleCancelled:
		v.name = fmt.Sprintf("verbs-%d", v.names)
		v.names++
		v.draft(v.name, time.Now().UTC().Format(`cron: "4 15 * * *"`)+"\nzone: UTC")
		return "schedule"
	case cancels:
		return "cancel"
	case s.schedule == bot.SchedulePaused:
		return "resume"
	}
	return "pause"
}

// dies runs a verb and kills it at a moment: when the store's files change the first or the second time, or after some of the time that a verb
// takes. ended: it was quicker.
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

func (v *doomed) moment() func() bool {
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
