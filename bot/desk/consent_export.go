package desk

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/store"
)

// ConsentExport is the form of the JSON. The page docs/ledger.md describes it.
type ConsentExport struct {
	Format   string          `json:"format"` // exportFormat
	Number   string          `json:"number"`
	Phone    string          `json:"phone"` // of the number, E.164
	Brand    string          `json:"brand"`
	Exported time.Time       `json:"exported"`
	Whole    bool            `json:"whole"` // every entry of the chain. Else those about one person
	Head     string          `json:"head"`  // of the whole chain
	Entries  []ExportedEntry `json:"entries"`

	ShopZone *time.Location `json:"-"`
}

const exportFormat = "optinbot consent export 1"

// ExportedEntry is one entry as it was hashed: public and personal are strings of JSON, to the
// byte. salt and personal are "" where the person was erased.
type ExportedEntry struct {
	Seq          int64  `json:"seq"`
	Previous     string `json:"previous"`
	Hash         string `json:"hash"`
	Public       string `json:"public"`
	PersonalHash string `json:"personal_hash"`
	Salt         string `json:"salt"`
	Personal     string `json:"personal"`
}

// Entry reads an entry as the ledger keeps it.
func (raw ExportedEntry) Entry() (store.LedgerEntry, error) {
	e := store.LedgerEntry{Hash: raw.Hash, Erased: raw.Personal == ""}
	err := json.Unmarshal([]byte(raw.Public), &e.Public)
	if err == nil && !e.Erased {
		err = json.Unmarshal([]byte(raw.Personal), &e.Personal)
	}
	return e, err
}

// About is whom an entry is about, as it says itself. It is "erased" of somebody who was erased, and
// "" where it is about nobody.
func About(e store.LedgerEntry) string {
	if e.Erased {
		return "erased"
	}
	var who []string
	for _, id := range e.Personal.Identities {
		who = append(who, id.String())
	}
	return strings.TrimSpace(strings.Join(append(who, e.Personal.Name), " "))
}

// ExportConsent returns the whole ledger of a number, in a form that others can verify. It changes
// nothing.
func (d *Desk) ExportConsent(ctx context.Context, number string) (out *ConsentExport, err error) {
	ctx, end, err := d.begin(ctx, ActExportConsent, number)
	if err != nil {
		return nil, err
	}
	defer func() { end(err) }()
	n, err := d.numberFor(ctx, number)
	if err != nil {
		return nil, err
	}
	return d.exported(ctx, n, 0)
}

// ExportConsentOf returns what the ledger of a number has about one person, in a form that others
// can verify. It changes nothing. A phone that has never written is not found.
func (d *Desk) ExportConsentOf(ctx context.Context, number, phone string) (out *ConsentExport, err error) {
	ctx, end, err := d.begin(ctx, ActExportConsent, number)
	if err != nil {
		return nil, err
	}
	defer func() { end(err) }()
	n, err := d.numberFor(ctx, number)
	if err != nil {
		return nil, err
	}
	contact, err := d.Contact(ctx, n.Name, phone)
	if err != nil {
		return nil, err
	}
	return d.exported(ctx, n, contact.ID)
}

// exported exports what is about one contact. 0 is the whole ledger.
func (d *Desk) exported(ctx context.Context, n config.Number, about int64) (*ConsentExport, error) {
	flow, err := d.flow(n.Name)
	if err != nil {
		return nil, err
	}
	row, err := d.Store.Number(ctx, n.Name)
	if err != nil {
		return nil, err
	}
	out := &ConsentExport{
		Format: exportFormat, Number: n.Name, Phone: row.Phone, Brand: flow.Brand, Exported: d.Now().UTC(),
		Whole: about == 0, Entries: []ExportedEntry{}, ShopZone: d.shopZone(n.Name),
	}
	if out.Head, err = d.Store.Head(ctx, n.Name); err != nil {
		return nil, err
	}
	err = d.Store.Sealed(ctx, n.Name, about, func(e bot.Sealed) error {
		out.Entries = append(out.Entries, ExportedEntry(e))
		return nil
	})
	return out, err
}
