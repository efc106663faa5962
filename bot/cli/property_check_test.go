package cli

import (
	"fmt"
	"slices"
	"strings"

	"optinbot/bot"
)

// check compares the store with the model. It runs after every action.
func (w *propertyWorld) check() {
	for _, n := range propertyNumbers {
		if len(w.unacked[n]) > 0 {
			w.t.Fatal("a message was neither acknowledged nor delivered again")
		}
		var got []string
		w.eachContact(n, func(c *bot.Contact) {
			got = append(got, called(n, c.Identities)+": "+string(standingOf(c.Consent)))
			w.checkLedger(n, c)
			w.checkIdentities(c)
		})
		slices.Sort(got)
		if want := w.model.expected(n); !slices.Equal(got, want) {
			w.t.Fatalf("people of %s:\n  store %q\n  model %q\n%s", n, got, want, w.story(n))
		}
		w.checkChain(n)
	}
	problems, err := w.house.Store.Miscounted(w.ctx)
	w.must(err)
	if len(problems) > 0 {
		w.t.Fatalf("what is counted as it changes is not what is there: %q", problems)
	}
}

// story tells what the ledger of a number has, for whoever has to find out what went wrong.
func (w *propertyWorld) story(number string) string {
	var b strings.Builder
	w.eachContact(number, func(c *bot.Contact) {
		entries, err := w.house.Store.Ledger(w.ctx, number, c.ID)
		w.must(err)
		fmt.Fprintf(&b, "  contact %d, in %v, out %v\n", c.ID, c.OptedIn, c.OptedOut)
		for _, e := range entries {
			fmt.Fprintf(&b, "    %v %s %s -> %s by %s, server time %v\n", e.Public.Recorded, e.Public.Event, e.Public.From, e.Public.To, e.Public.Rule, e.Public.ServerTime)
		}
	})
	return b.String()
}

func (w *propertyWorld) checkLedger(number string, c *bot.Contact) {
	w.t.Helper()
	entries, err := w.house.Store.Ledger(w.ctx, number, c.ID)
	w.must(err)
	last := bot.New
	if len(entries) > 0 {
		last = entries[len(entries)-1].Public.To
	}
	if last != c.Consent {
		w.t.Fatalf("contact %d is %s, their last entry in the ledger says %s", c.ID, c.Consent, last)
	}
}

func (w *propertyWorld) checkIdentities(c *bot.Contact) {
	w.t.Helper()
	for i, id := range c.Identities {
		if slices.Contains(c.Identities[:i], id) {
			w.t.Fatalf("contact %d has an identity twice: %v", c.ID, c.Identities)
		}
		if found, err := w.house.Store.Contact(w.ctx, c.Number, id.Value); err != nil || found.ID != c.ID {
			w.t.Fatalf("%v is of contact %d and leads elsewhere: %v %v", id, c.ID, found, err)
		}
	}
}

func (w *propertyWorld) checkChain(number string) {
	w.t.Helper()
	v, err := w.house.Store.Verify(w.ctx, number, w.heads[number])
	w.must(err)
	if len(v.Problems) > 0 {
		w.t.Fatalf("the ledger of %s does not hold: %q", number, v.Problems)
	}
	w.heads[number] = v.Head
}
