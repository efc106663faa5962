package desk

import (
	"context"

	"optinbot/bot"
	"optinbot/store"
)

// A LedgerPage is a part of a number's ledger.
type LedgerPage struct {
	Number   string              `json:"number"`
	Entries  []store.LedgerLine  `json:"entries"` // the newest first
	Older    bool                `json:"older"`   // there are more before the last of them
	Last     int64               `json:"last"`    // so many entries the whole ledger has
	Head     string              `json:"head"`    // of the whole ledger
	Contacts map[bot.Consent]int `json:"contacts"`
}

// Ledger returns entries of a number's ledger that come before one, 0 is after the newest, at most so
// many. It changes nothing, and may be repeated.
func (d *Desk) Ledger(ctx context.Context, number string, before int64, most int) (v LedgerPage, err error) {
	n, err := d.numberFor(ctx, number)
	if err != nil {
		return v, err
	}
	v.Number = n.Name
	if v.Last, err = d.Store.LastEntry(ctx, n.Name); err != nil {
		return v, err
	}
	if v.Head, err = d.Store.Head(ctx, n.Name); err != nil {
		return v, err
	}
	if v.Contacts, err = d.Store.CountConsents(ctx, n.Name); err != nil {
		return v, err
	}
	if before <= 0 {
		before = v.Last + 1
	}
	v.Entries, err = d.Store.LedgerBefore(ctx, n.Name, before, most)
	v.Older = len(v.Entries) > 0 && v.Entries[len(v.Entries)-1].Public.Seq > 1
	return v, err
}
