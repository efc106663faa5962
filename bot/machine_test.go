package bot

import (
	"testing"
	"time"

	"optinbot/flows"
)

// TestMachinesAfterAnError: machines are used again, but never one that has refused an event, and
// each goes on from where its contact stands.
func TestMachinesAfterAnError(t *testing.T) {
	t.Parallel()
	src, err := flows.Defaults.ReadFile("promotions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	flow, problems := flows.Load("promotions.yaml", src)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	env := Env{Now: time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC), Machine: NewMachine(flow), NewID: func() string { return "3EB0" }}
	for range 20 {
		if to, _, err := Consent("nobody").move(eventGreet); err == nil || to != "nobody" {
			t.Fatalf("an unknown consent moves to %s", to)
		}
		if to, changed, err := New.move(eventGreet); to != Pending || !changed || err != nil {
			t.Fatalf("a greeting leads to %s, %v (%v)", to, changed, err)
		}
		if to, changed, err := Subscribed.move(eventOptIn); to != Subscribed || changed || err != nil {
			t.Fatalf("who is subscribed comes to %s, %v (%v)", to, changed, err)
		}
		if to, _, err := Pending.move(eventGreet); err == nil {
			t.Fatalf("who was greeted is greeted again and comes to %s", to)
		}
		lost := newTurn(env, Contact{State: flow.Start})
		if err := lost.transition("no event"); err == nil || lost.c.State != flow.Start {
			t.Fatalf("an unknown event leads to %s", lost.c.State)
		}
		greeted := newTurn(env, Contact{})
		if err := greeted.transition(eventStart); err != nil || flow.States[greeted.c.State] == nil || !greeted.spoke || lost.spoke {
			t.Fatalf("a greeting leads to %q (%v)", greeted.c.State, err)
		}
	}
}
