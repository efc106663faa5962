package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/text"
	"optinbot/store"
)

// ConsentExportCmd is `consent export`.
type ConsentExportCmd struct {
	ForNumber
	AsJSON
	ToFile
	Phone TypedPhone `arg:"" optional:"" help:"Only about this person (default: the whole ledger of the number)."`
}

// Example is shown by --help.
func (ConsentExportCmd) Example() string {
	return "optinbot consent export +5511900000001\noptinbot consent export --json --out ledger.json"
}

// exported is the form of the JSON; docs/ledger.md describes it.
type exported struct {
	Format   string          `json:"format"` // exportFormat
	Number   string          `json:"number"`
	Phone    string          `json:"phone"` // of the number, E.164
	Brand    string          `json:"brand"`
	Exported time.Time       `json:"exported"`
	Whole    bool            `json:"whole"` // every entry of the chain; else those about one person
	Head     string          `json:"head"`  // of the whole chain
	Entries  []exportedEntry `json:"entries"`
}

const exportFormat = "optinbot consent export 1"

// exportedEntry is one entry as it was hashed: public and personal are strings of JSON, to the byte. salt and personal are "" where the
// person was erased.
type exportedEntry struct {
	Seq          int64  `json:"seq"`
	Previous     string `json:"previous"`
	Hash         string `json:"hash"`
	Public       string `json:"public"`
	PersonalHash string `json:"personal_hash"`
	Salt         string `json:"salt"`
	Personal     string `json:"personal"`
}

// Run exports.
func (c ConsentExportCmd) Run(ctx context.Context, a *App) error {
	h, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer h.close()
	var about int64
	if len(c.Phone) > 0 {
		contact, err := h.contact(ctx, n.Name, c.Phone.String())
		if err != nil {
			return err
		}
		about = contact.ID
	}
	out, err := h.exported(ctx, n, about)
	if err != nil {
		return err
	}
	return c.write(a, func() error {
		if c.JSON {
			return printJSON(a.out, out)
		}
		return out.print(a, h)
	})
}

func (h *house) exported(ctx context.Context, n config.Number, about int64) (*exported, error) {
	row, err := h.store.Number(ctx, n.Name)
	if err != nil {
		return nil, err
	}
	out := &exported{
		Format: exportFormat, Number: n.Name, Phone: row.Phone, Brand: h.machine(n.Name).Flow.Brand, Exported: h.now().UTC(),
		Whole: about == 0, Entries: []exportedEntry{},
	}
	if out.Head, err = h.store.Head(ctx, n.Name); err != nil {
		return nil, err
	}
	err = h.store.Sealed(ctx, n.Name, about, func(e bot.Sealed) error {
		out.Entries = append(out.Entries, exportedEntry(e))
		return nil
	})
	return out, err
}

// print writes it for people, each entry as `consent show` does.
func (x *exported) print(a *App, h *house) error {
	fmt.Fprintf(a.out, "Consent given to %s, number %s %s\nExported %s; head of the ledger %s\n\n",
		x.Brand, x.Number, x.Phone, text.When(x.Exported, h.limits[x.Number].Zone), cmp.Or(x.Head, "none yet"))
	for _, raw := range x.Entries {
		e := store.LedgerEntry{Hash: raw.Hash, Erased: raw.Personal == ""}
		if err := json.Unmarshal([]byte(raw.Public), &e.Public); err != nil {
			return err
		}
		if !e.Erased {
			if err := json.Unmarshal([]byte(raw.Personal), &e.Personal); err != nil {
				return err
			}
		}
		printEntry(a, h, e)
		who := ""
		for _, id := range e.Personal.Identities {
			who += id.String() + " "
		}
		detail(a, "who", cmp.Or(who+e.Personal.Name, "erased"))
	}
	return nil
}
