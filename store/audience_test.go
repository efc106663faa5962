package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"optinbot/bot"
	"optinbot/flows"
	"optinbot/store"
)

// The people and expressions of TestB1AudienceSQLAndGoAgree: few values, so that they meet.
var (
	textValues   = []string{"a", "b", "10", "9", ""}
	numberValues = []string{"9", "10", "-3", "100"}
	dateValues   = []string{"1990-04-03", "2000-01-01", "2026-03-02"}
	languages    = []string{"en", "pt"}
)

// genCond makes a condition of any shape.
func genCond(t *rapid.T, depth int) flows.Cond {
	kinds := 6
	if depth > 0 {
		kinds = 9
	}
	switch rapid.IntRange(0, kinds).Draw(t, "kind") {
	case 0:
		return flows.Is{Fact: flows.AudienceLanguage, Op: "==", Value: rapid.SampledFrom(languages).Draw(t, "language")}
	case 1:
		return flows.Is{Fact: "interests", Op: "==", Value: rapid.SampledFrom(textValues).Draw(t, "interest")}
	case 2:
		return flows.Is{Fact: "age", Op: rapid.SampledFrom([]string{"==", "<", "<=", ">", ">="}).Draw(t, "op"), Value: rapid.SampledFrom(numberValues).Draw(t, "age"), Number: true}
	case 3:
		return flows.Is{Fact: "birthday", Op: rapid.SampledFrom([]string{"==", "<", "<=", ">", ">="}).Draw(t, "op"), Value: rapid.SampledFrom(dateValues).Draw(t, "date")}
	case 4:
		return flows.Got{Broadcast: rapid.SampledFrom([]string{"sale", "other"}).Draw(t, "broadcast")}
	case 5:
		return flows.Active{Days: rapid.IntRange(1, 40).Draw(t, "days")}
	case 6:
		return flows.Is{Fact: flows.AudienceTags, Op: "==", Value: rapid.SampledFrom(textValues).Draw(t, "tag")}
	case 7:
		return flows.Not{Of: genCond(t, depth-1)}
	case 8:
		return flows.And{Left: genCond(t, depth-1), Right: genCond(t, depth-1)}
	}
	return flows.Or{Left: genCond(t, depth-1), Right: genCond(t, depth-1)}
}

// genPerson is what somebody said, or did not.
func genPerson(t *rapid.T, now time.Time) bot.Contact {
	c := bot.Contact{Language: rapid.SampledFrom(languages).Draw(t, "language"), Dialogue: bot.Dialogue{Preferences: map[string][]string{}}}
	some := func(name string, values []string, most int) {
		n := rapid.IntRange(0, most).Draw(t, name+" count")
		for range n {
			v := rapid.SampledFrom(values).Draw(t, name)
			if !slices.Contains(c.Preferences[name], v) {
				c.Preferences[name] = append(c.Preferences[name], v)
			}
		}
	}
	some("interests", textValues, 3)
	some("age", numberValues, 1)
	some("birthday", dateValues, 1)
	some(flows.AudienceTags, textValues, 2)
	if rapid.Bool().Draw(t, "wrote") {
		c.LastInbound = now.Add(-time.Duration(rapid.IntRange(0, 45*24).Draw(t, "hours ago")) * time.Hour)
	}
	return c
}

// TestB1AudienceSQLAndGoAgree: whoever the pre-filter of SQL takes, flows.Audience includes, and
// nobody else, whatever was never said.
func TestB1AudienceSQLAndGoAgree(t *testing.T) {
	now, machine := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), shippedMachine(t)
	s := open(t, t.TempDir(), store.Options{})
	defer s.Close()
	shops := 0
	rapid.Check(t, func(r *rapid.T) {
		shops++
		shop := fmt.Sprint("shop", shops)
		if err := s.EnsureNumber(t.Context(), shop, shop, "flow"); err != nil {
			r.Fatal(err)
		}
		people := map[string]bot.Contact{}
		for i := range rapid.IntRange(1, 6).Draw(r, "people") {
			phone := fmt.Sprintf("+155501000%02d", i)
			people[phone] = genPerson(r, now)
			introduce(r, s, machine, shop, phone, people[phone], now)
		}
		cond := genCond(r, 3)
		got := []string{}
		_, err := s.Audience(t.Context(), shop, &flows.Broadcast{Audience: &flows.Audience{Cond: cond}}, now, func(c *bot.Contact) error {
			got = append(got, c.Phone())
			return nil
		})
		if err != nil {
			r.Fatal(err)
		}
		for phone, c := range people {
			facts := flows.Facts{Language: c.Language, Values: c.Preferences, LastWrote: c.LastInbound, Now: now, Got: func(string) bool { return false }}
			if want := (&flows.Audience{Cond: cond}).Includes(facts); want != slices.Contains(got, phone) {
				r.Fatalf("%+v: Go says %v, SQL %v, of %+v", cond, want, !want, c)
			}
		}
	})
}

// introduce puts a subscriber with these facts into the store.
func introduce(r *rapid.T, s *store.Store, machine *bot.Machine, shop, phone string, like bot.Contact, now time.Time) {
	n := 0
	envs := func(string) bot.Env {
		return bot.Env{Now: now, Machine: machine, NewID: func() string { n++; return fmt.Sprint(phone, n) }}
	}
	turn, err := s.HandleMessage(context.Background(), shop, bot.Message{ID: "M", Identities: []bot.Identity{{Kind: bot.Phone, Value: phone}}, Kind: bot.KindText, Text: "hello", At: now}, envs)
	if err != nil {
		r.Fatal(err)
	}
	_, err = s.Act(context.Background(), shop, turn.Contact.ID, envs, func(_ bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
		c.Consent, c.Language, c.LastInbound = bot.Subscribed, like.Language, like.LastInbound
		var effects []bot.Effect
		for name, values := range like.Preferences {
			effects = append(effects, bot.SetPreference{Name: name, Values: values})
		}
		return c, effects, nil
	})
	if err != nil {
		r.Fatal(err)
	}
}

// shippedMachine is the flow that comes with the program.
func shippedMachine(t *testing.T) *bot.Machine {
	t.Helper()
	src, err := flows.Defaults.ReadFile("promotions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	flow, bad := flows.Load("promotions.yaml", src)
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	return bot.NewMachine(flow)
}
