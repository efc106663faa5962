package store_test

import (
	"errors"
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

// BenchmarkScale plans a broadcast for a million contacts in four zones, 800,000 of them
// subscribed, looks at all of them before it, sends to some of them through a transport that does
// nothing, and asks about it. Planning is measured beside a bare INSERT..SELECT of the same rows
// with the same statuses into the same table, in the same order, without a decision; each goes
// first once. Memory is what the process holds after each; run it with -scale.people=62500 too, in
// a process of its own, to see that it does not grow with the audience.
func BenchmarkScale(b *testing.B) {
	folder := b.TempDir()
	fillPeople(b, folder, *scalePeople)
	db := openBeside(b, filepath.Join(folder, "bot.db"))
	for _, of := range []string{"consent = 'unsubscribed' WHERE id % 5 = 0", "zones = 'Europe/Lisbon' WHERE id % 4 = 0", "zones = 'America/New_York' WHERE id % 4 = 1",
		"zones = 'Asia/Tokyo' WHERE id % 4 = 2", "zones = 'America/Sao_Paulo' WHERE id % 4 = 3"} {
		if _, err := db.Exec("UPDATE contacts SET " + of + " AND number = 'main'"); err != nil {
			b.Fatal(err)
		}
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
	limits.Load = time.LoadLocation
	off := limits // for what is not about planning: nobody waits
	off.Unlimited = true
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
	arm := func(wall string) bot.Occurrence {
		n++
		o, err := s.Arm(b.Context(), bot.Occurrence{Number: "main", Broadcast: "scale", Key: fmt.Sprint(n), DueAt: now, Wall: wall, ArmedAt: now, Content: scaleDraft, Version: draft.Version})
		if err != nil {
			b.Fatal(err)
		}
		return o
	}
	var last bot.Occurrence
	ours := func(wall string) time.Duration {
		last = arm(wall)
		begun := time.Now()
		if err := s.Plan(b.Context(), last, armed, limits, now); err != nil {
			b.Fatal(err)
		}
		return time.Since(begun)
	}
	bare := func(notBefore string) time.Duration {
		o := arm("")                                                                                      // the next ID, as ours has: with a higher one the indexes would grow at their ends here only
		if _, err := db.Exec("INSERT INTO counted_apart (occurrence_id) VALUES ($1)", o.ID); err != nil { // no trigger, as ours
			b.Fatal(err)
		}
		begun := time.Now()
		if _, err := db.Exec("INSERT INTO deliveries (occurrence_id, contact_id, number, broadcast, status, planned_at, not_before) "+
			"SELECT $1, id, number, 'bare', CASE WHEN id % 5 = 0 THEN 'skipped' ELSE 'planned' END, 1, "+notBefore+" FROM contacts WHERE number = 'main' ORDER BY id", o.ID); err != nil {
			b.Fatal(err)
		}
		return time.Since(begun)
	}
	for _, as := range []struct{ name, wall, notBefore string }{{"plan_own_time", "2026-03-03T12:00", "id % 4"}, {"plan", "", "0"}} {
		b.Run(as.name, func(b *testing.B) {
			var took, floor time.Duration
			for b.Loop() {
				took += ours(as.wall)
				floor += bare(as.notBefore) + bare(as.notBefore)
				took += ours(as.wall)
			}
			b.ReportMetric(float64(took)/float64(floor), "x-bare")
			b.ReportMetric(float64(took.Milliseconds())/float64(2*b.N), "ms/op")
			b.ReportMetric(0, "ns/op")
			reportMemory(b)
		})
	}
	if _, err := db.Exec("UPDATE occurrences SET status = 'done' WHERE id <> $1", last.ID); err != nil {
		b.Fatal(err)
	}
	limits = off
	b.Run("assess", func(b *testing.B) {
		var longest time.Duration
		for b.Loop() {
			if _, err := db.Exec("UPDATE occurrences SET assess_after = 0 WHERE id = $1", last.ID); err != nil {
				b.Fatal(err)
			}
			for more := true; more; {
				var err error
				begun := time.Now()
				if more, err = s.Assess(b.Context(), "main", limits, now, func(bot.Change) {}); err != nil {
					b.Fatal(err)
				}
				longest = max(longest, time.Since(begun))
			}
		}
		b.ReportMetric(float64(longest.Milliseconds()), "longest-piece-ms")
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
	const claims = 2000
	ids := 0
	newID := func() string { ids++; return fmt.Sprintf("3EB0SCALE%d", ids) }
	envs := func(string) bot.Env { return bot.Env{Now: now, Machine: machine, NewID: newID} }
	b.Run("claim_render_record", func(b *testing.B) {
		for b.Loop() {
			for range claims {
				r, err := s.ClaimDeliveries(b.Context(), "main", now, limits, envs, render, 1)
				if err != nil || len(r.Claims) != 1 {
					b.Fatal(r, err)
				}
				if err := s.Record(b.Context(), *r.Claims[0], bot.SendResult{Status: bot.SendAccepted}, envs); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(claims*float64(b.N)/b.Elapsed().Seconds(), "people/s")
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
	b.Run("status", func(b *testing.B) { // what desk.Status and desk.Progress read of contacts and deliveries
		const times = 50
		for i := range b.N*times + 1 {
			if i == 1 { // the statements are prepared
				b.ResetTimer()
			}
			consents, err := s.CountConsents(b.Context(), "main")
			held, err2 := s.HeldContacts(b.Context(), "main", now)
			_, err3 := s.CountWaiting(b.Context(), "main")
			funnel, err4 := s.Funnel(b.Context(), last.ID)
			variants, err5 := s.Variants(b.Context(), last.ID)
			hours, err6 := s.Hours(b.Context(), last.ID)
			_, _, _, err7 := s.SentSince(b.Context(), last.ID, now.Add(-10*time.Minute))
			_, err8 := s.HeldUntil(b.Context(), last)
			if err := errors.Join(err, err2, err3, err4, err5, err6, err7, err8); err != nil || len(funnel) < 2 {
				b.Fatal(consents, held, funnel, variants, hours, err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N*times), "ms/op")
		b.ReportMetric(0, "ns/op")
		reportMemory(b)
	})
}
