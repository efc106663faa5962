package cli

import (
	"context"
	"fmt"
	"time"

	"optinbot/bot/text"
	"optinbot/store"
)

// ConsentCmd is `consent`.
type ConsentCmd struct {
	Show   ConsentShowCmd   `cmd:"" help:"Show the proof of one person's consent."`
	Verify ConsentVerifyCmd `cmd:"" help:"Recompute the chain of the ledger."`
	Export ConsentExportCmd `cmd:"" help:"The proof of one person's consent, or of everybody's, to hand out."`
}

// ConsentShowCmd is `consent show`.
type ConsentShowCmd struct {
	ForContact
	AsJSON
}

func (ConsentShowCmd) Example() string { return "optinbot consent show +5511900000001" }

// Run shows the ledger's entries about one person.
func (c ConsentShowCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	proof, err := d.ShowConsent(ctx, n.Name, c.Phone.String())
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, proof.Entries)
	}
	w := a.page()
	for _, e := range proof.Entries {
		printEntry(w, e, proof.ShopZone)
	}
	return nil
}

// printEntry prints one entry with its evidence.
func printEntry(w *page, e store.LedgerEntry, zone *time.Location) {
	p := e.Public
	w.say("%d  %s  %s: %s -> %s", p.Seq, text.When(p.ServerTime, zone), p.Event, p.From, p.To)
	printDetail(w, "by", p.Actor+", rule "+p.Rule)
	printDetail(w, "wrote", quoted(e.Personal.Words, e.Personal.MessageID))
	printDetail(w, "was told", quoted(e.Personal.Disclosure, e.Personal.DisclosureID))
	printDetail(w, "had seen", p.Shown)
	printDetail(w, "reason", e.Personal.Reason)
	printDetail(w, "flow", p.Flow)
	printDetail(w, "hash", e.Hash)
}

func printDetail(w *page, name, says string) {
	if says != "" {
		w.below(fmt.Sprintf("   %-9s ", name), "%s", text.Fit(says, 200))
	}
}

func quoted(words, id string) string {
	switch {
	case words == "" && id == "":
		return ""
	case words == "":
		return "message " + id
	}
	return fmt.Sprintf("%q (message %s)", words, id)
}
