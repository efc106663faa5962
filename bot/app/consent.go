package app

import (
	"cmp"
	"context"
	"fmt"
	"strings"

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

// Example is shown by --help.
func (ConsentShowCmd) Example() string { return "optinbot consent show +5511900000001" }

// Run shows the ledger's entries about one person.
func (c ConsentShowCmd) Run(ctx context.Context, a *App) error {
	h, contact, err := c.open(ctx, a)
	if err != nil {
		return err
	}
	defer h.close()
	entries, err := h.store.Ledger(ctx, contact.Number, contact.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, entries)
	}
	for _, e := range entries {
		printEntry(a, h, e)
	}
	return nil
}

// printEntry shows one entry with its evidence.
func printEntry(a *App, h *house, e store.LedgerEntry) {
	p := e.Public
	fmt.Fprintf(a.out, "%d  %s  %s: %s -> %s\n", p.Seq, text.When(p.ServerTime, h.limits[p.Number].Zone), p.Event, p.From, p.To)
	detail(a, "by", p.Actor+", rule "+p.Rule)
	detail(a, "wrote", quoted(e.Personal.Words, e.Personal.MessageID))
	detail(a, "was told", quoted(e.Personal.Disclosure, e.Personal.DisclosureID))
	detail(a, "had seen", p.Shown)
	detail(a, "reason", e.Personal.Reason)
	detail(a, "flow", p.Flow)
	detail(a, "hash", e.Hash)
}

func detail(a *App, name, says string) {
	if says != "" {
		fmt.Fprintf(a.out, "   %-9s %s\n", name, text.Fit(says, 200))
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

// ConsentVerifyCmd is `consent verify`.
type ConsentVerifyCmd struct {
	AsJSON
	Number   string   `help:"Only this number (default: all)." placeholder:"NAME"`
	Head     string   `help:"A head noted earlier: finds cuts and rewrites too." placeholder:"HASH" xor:"head"`
	Backup   string   `help:"A backup made earlier, whose heads are taken." type:"existingfile" placeholder:"FILE" xor:"head"`
	Identity []string `help:"The key file of an encrypted backup." type:"existingfile" sep:"none" placeholder:"FILE"`
}

// Example is shown by --help.
func (ConsentVerifyCmd) Example() string {
	return "optinbot consent verify\noptinbot consent verify --number main --head 5f1c…\noptinbot consent verify --backup monday.tar.gz"
}

// Run verifies; exit code 1 when a chain does not hold.
func (c ConsentVerifyCmd) Run(ctx context.Context, a *App) error {
	if c.Head != "" && c.Number == "" && len(a.config.Numbers) > 1 {
		return refuse("each number has a chain of its own: say with --number which one the head is of")
	}
	heads, err := c.heads()
	if err != nil {
		return err
	}
	h, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	var results []store.Verification
	for _, n := range a.config.Numbers {
		if c.Number != "" && c.Number != n.Name {
			continue
		}
		v, err := h.store.Verify(ctx, n.Name, heads(n.Name))
		if err != nil {
			return err
		}
		results = append(results, v)
	}
	if c.JSON {
		err = printJSON(a.out, results)
	} else {
		c.print(a, results)
	}
	for _, v := range results {
		if len(v.Problems) > 0 {
			return errSilent
		}
	}
	return err
}

// heads returns the head that was noted earlier for each number; "" where there is none.
func (c ConsentVerifyCmd) heads() (of func(number string) string, err error) {
	if c.Backup == "" {
		return func(string) string { return strings.TrimSpace(c.Head) }, nil
	}
	f, err := openBackup(c.Backup, c.Identity)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := store.ManifestOf(f)
	if err != nil {
		return nil, err
	}
	return func(number string) string { return m.Heads[number] }, nil
}

func (c ConsentVerifyCmd) print(a *App, results []store.Verification) {
	for _, v := range results {
		if len(v.Problems) == 0 {
			fmt.Fprintf(a.out, "%s: %d entries hold", v.Number, v.Entries)
		} else {
			fmt.Fprintf(a.out, "%s: the chain does NOT hold, of %d entries", v.Number, v.Entries)
		}
		if v.Erased > 0 {
			fmt.Fprintf(a.out, " (%d of them without their personal part, which was erased)", v.Erased)
		}
		fmt.Fprintf(a.out, "\n  head: %s\n", cmp.Or(v.Head, "none yet"))
		for _, p := range v.Problems {
			fmt.Fprintf(a.out, "  %s\n", p)
		}
	}
	if c.Head == "" && c.Backup == "" {
		fmt.Fprintln(a.out, "Without --head this finds edits only. Keep the head somewhere else, and give it next time: then cuts and rewrites show too.")
	}
}
