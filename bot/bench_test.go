//go:build unix

package bot_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/flows"
)

// goflowTurn is what a turn costs in nyaruka/goflow's engine, measured on a machine of the same
// kind; the aim is 15 times less.
const goflowTurn = 257 * time.Microsecond

// A said is one message of the conversation that is measured, with the contact as they were before
// it.
type said struct {
	name, text string
	before     bot.Contact
	doc        string // before as JSON, the way a store keeps it
}

// BenchmarkStep measures a step of the shipped flow: all turns of one conversation in the
// proportion in which they happen, and each alone. The "json" side also reads the contact from JSON
// before the step and writes it afterwards, as a store does. cpu-ns/op is the processor time of the
// process, garbage collection included: unlike ns/op it means something on a busy machine, so
// x-goflow is made of it.
func BenchmarkStep(b *testing.B) {
	env := benchEnv(b)
	turns := conversation(b, env)
	sides := []struct {
		name string
		step func(said) error
	}{
		{"bare", func(s said) error { _, _, err := bot.Step(env, s.before, s.message(env)); return err }},
		{"json", func(s said) error { return stepFromJSON(env, s) }},
	}
	for _, side := range sides {
		b.Run("conversation/"+side.name, func(b *testing.B) { measure(b, turns, side.step) })
	}
	for _, turn := range turns {
		for _, side := range sides {
			b.Run(turn.name+"/"+side.name, func(b *testing.B) { measure(b, []said{turn}, side.step) })
		}
	}
}

// TestStepAllocates: a turn of the shipped conversation allocates what docs/benchmarks.md says, with
// some room. The figures are exact on any machine, but for pools that a race detector empties.
func TestStepAllocates(t *testing.T) {
	env := benchEnv(t)
	turns := conversation(t, env)
	for _, c := range []struct {
		name string
		most float64 // on the average of all turns
		step func(said) error
	}{
		{"bare", 75, func(s said) error { _, _, err := bot.Step(env, s.before, s.message(env)); return err }},
		{"json", 90, func(s said) error { return stepFromJSON(env, s) }},
	} {
		all := testing.AllocsPerRun(20, func() {
			for _, turn := range turns {
				if err := c.step(turn); err != nil {
					t.Fatal(err)
				}
			}
		})
		if a := all / float64(len(turns)); a > c.most {
			t.Errorf("%s: a turn allocates %.0f times, at most %.0f", c.name, a, c.most)
		}
	}
}

// measure steps through the turns in a circle; an operation is one turn.
func measure(b *testing.B, turns []said, step func(said) error) {
	b.ReportAllocs()
	i := 0
	start := cpuTime(b)
	for b.Loop() {
		if err := step(turns[i]); err != nil {
			b.Fatal(err)
		}
		if i++; i == len(turns) {
			i = 0
		}
	}
	perTurn := float64(cpuTime(b)-start) / float64(b.N)
	b.ReportMetric(perTurn, "cpu-ns/op")
	b.ReportMetric(float64(goflowTurn)/perTurn, "x-goflow")
}

// cpuTime is what the process has used so far.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func stepFromJSON(env bot.Env, s said) error {
	c := bot.Contact{ID: s.before.ID, Number: s.before.Number, Consent: s.before.Consent, State: s.before.State, Language: s.before.Language}
	if err := c.ReadDoc(s.doc); err != nil {
		return err
	}
	after, _, err := bot.Step(env, c, s.message(env))
	if err != nil {
		return err
	}
	_, err = after.Doc()
	return err
}

func (s said) message(env bot.Env) bot.Message {
	return bot.Message{ID: "3EB0BENCH", Identities: s.before.Identities, Name: "Ana Souza", Kind: bot.KindText, Text: s.text, At: env.Now}
}

// conversation plays the whole of it once and keeps what each turn started from.
func conversation(b testing.TB, env bot.Env) []said {
	b.Helper()
	turns := []said{
		{name: "greeting", text: "oi, tudo bem?"},
		{name: "opt_in", text: "Quero promoções!"},
		{name: "answer_many", text: "sapatos e C"},
		{name: "answer_one", text: "b"},
		{name: "unknown", text: "vocês abrem no domingo de manhã?"},
		{name: "when", text: "preferências"},
		{name: "answer_all", text: "tudo"},
		{name: "stop", text: "não quero mais receber mensagens"},
	}
	c := bot.Contact{ID: 1, Number: "main", Consent: bot.New, Identities: []bot.Identity{{Kind: bot.Phone, Value: "+5511987654321"}, {Kind: bot.LID, Value: "90071992547409"}}}
	for i := range turns {
		s := &turns[i]
		s.before = c
		var err error
		if s.doc, err = c.Doc(); err != nil {
			b.Fatal(err)
		}
		var effects []bot.Effect
		if c, effects, err = bot.Step(env, c, s.message(env)); err != nil || len(effects) == 0 {
			b.Fatalf("%q has %d effects, error %v", s.text, len(effects), err)
		}
	}
	if c.Consent != bot.Unsubscribed {
		b.Fatalf("after the stop they are %s", c.Consent)
	}
	return turns
}

func benchEnv(b testing.TB) bot.Env {
	b.Helper()
	src, err := flows.Defaults.ReadFile("promotions.yaml")
	if err != nil {
		b.Fatal(err)
	}
	flow, problems := flows.Load("promotions.yaml", src)
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	n := 0
	return bot.Env{
		Now:     time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC),
		Machine: bot.NewMachine(flow),
		NewID:   func() string { n++; return fmt.Sprintf("3EB0%016X", n) },
	}
}
