package store_test

import (
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/flows"
	"optinbot/store"
)

var scalePeople = flag.Int("scale.people", million, "contacts in BenchmarkScale; four fifths of them are subscribed")

const scaleDraft = `text:
  en: "Hi {first_name|there}! 20% off {interests|everything} at {brand}."
  pt: "Oi, {first_name|tudo bem}? 20% de desconto em {interests|tudo} na {brand}."
  es: "¡Hola, {first_name|qué tal}! 20% de descuento en {interests|todo} en {brand}."
`

// BenchmarkScale plans a broadcast for a million contacts, 800,000 of them subscribed, looks at all of them before it, sends to some of
// them through a transport that does nothing, and asks about it. Planning is measured beside a bare INSERT..SELECT of as many
// rows into the same table, without a decision. Memory is what the process holds after each; run it with -scale.people=62500 too, in a process of its own, to see that
// it does not grow with the audience.
func BenchmarkScale(b *testing.B) {
	folder := b.TempDir()
	fillPeople(b, folder, *scalePeople)
	db := openBeside(b, filepath.Join(folder, "bot.db"))
	if _, err := db.Exec("UPDATE contacts SET consent = 'unsubscribed' WHERE number = 'main' AND id % 5 = 0"); err != nil {
		b.Fatal(err)
	}
	s, err := store.Open(b.Context(), folder, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	now := time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)
	if err := s.NumberEvent(b.Context(), "main", bot.NumberEvent{Kind: bot.NumberSynced, At: now}); err != nil {
		b.Fatal(err)
	}
	if err := s.Linked(b.Context(), "main", "x@y", "+100", now.AddDate(0, 0, -90)); err != nil {
		b.Fatal(err)
	}
	limits := bot.DefaultLimits()
	limits.Off = true
	machine := promotions(b)
	draft, bad := flows.LoadBroadcast("scale.yaml", []byte(scaleDraft), machine.Flow)
	if len(bad) > 0 {
		b.Fatal(bad)
	}
	armed := func(bot.Occurrence) (*flows.Broadcast, error) { return draft, nil }
	render := func(_ bot.Occurrence, c *bot.Contact) (bot.Promotion, error) {
		return bot.RenderPromotion(machine.Flow, draft, c), nil
	}
	n := 0
	arm := func() bot.Occurrence {
		n++
		o, err := s.Arm(b.Context(), bot.Occurrence{Number: "main", Broadcast: "scale", Key: fmt.Sprint(n), DueAt: now, ArmedAt: now, Content: scaleDraft, Version: draft.Version})
		if err != nil {
			b.Fatal(err)
		}
		return o
	}
	var last bot.Occurrence
	b.Run("plan", func(b *testing.B) {
		var ours, bare time.Duration
		for b.Loop() {
			last = arm()
			begun := time.Now()
			if err := s.Plan(b.Context(), last, armed, limits, now); err != nil {
				b.Fatal(err)
			}
			middle := time.Now()
			if _, err := db.Exec("INSERT INTO deliveries (occurrence_id, contact_id, number, broadcast, status, planned_at) "+
				"SELECT $1, id, number, 'bare', 'planned', 1 FROM contacts WHERE number = 'main'", 1000+n); err != nil {
				b.Fatal(err)
			}
			ours, bare = ours+middle.Sub(begun), bare+time.Since(middle)
		}
		b.ReportMetric(float64(ours)/float64(bare), "x-bare")
		b.ReportMetric(float64(ours.Milliseconds())/float64(b.N), "plan-ms")
		reportMillis(b)
		reportMemory(b)
	})
	b.Run("assess", func(b *testing.B) {
		for b.Loop() {
			if err := s.Assess(b.Context(), last, limits, now, func(bot.Change) {}); err != nil {
				b.Fatal(err)
			}
		}
		reportMillis(b)
		reportMemory(b)
	})
	b.Run("preflight", func(b *testing.B) {
		for b.Loop() {
			people := 0
			if _, err := s.Audience(b.Context(), "main", draft, now, func(c *bot.Contact) error {
				people++
				bot.MaySend(c, limits, now, now.Add(time.Hour))
				_, err := io.WriteString(io.Discard, bot.RenderPromotion(machine.Flow, draft, c).Text)
				return err
			}); err != nil || people < *scalePeople*3/4 {
				b.Fatal(people, err)
			}
		}
		b.ReportMetric(float64(*scalePeople)*0.8*float64(b.N)/b.Elapsed().Seconds(), "people/s")
		reportMillis(b)
		reportMemory(b)
	})
	envs := func(string) bot.Env { return bot.Env{Now: now, Machine: machine} }
	b.Run("claim_render_record", func(b *testing.B) {
		ids := 0
		for b.Loop() {
			r, err := s.ClaimDelivery(b.Context(), "main", now, limits, func() string { ids++; return fmt.Sprintf("3EB0SCALE%d", ids) }, render)
			if err != nil || r.Claim == nil {
				b.Fatal(r, err)
			}
			if err := s.Record(b.Context(), *r.Claim, bot.SendResult{Status: bot.SendAccepted}, envs); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "people/s")
		reportMillis(b)
		reportMemory(b)
	})
	b.Run("why", func(b *testing.B) {
		for b.Loop() {
			c, err := s.Contact(b.Context(), "main", identitiesOf(*scalePeople / 2)[0].Value)
			if err != nil || c == nil {
				b.Fatal(c, err)
			}
			if d, err := s.Delivery(b.Context(), last.ID, c.ID); err != nil || d == nil {
				b.Fatal(d, err)
			}
		}
		reportMillis(b)
		reportMemory(b)
	})
	b.Run("status", func(b *testing.B) {
		for b.Loop() {
			if f, err := s.Funnel(b.Context(), last.ID); err != nil || len(f) < 2 {
				b.Fatal(f, err)
			}
		}
		reportMillis(b)
		reportMemory(b)
	})
}
