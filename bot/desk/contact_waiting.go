package desk

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/store"
)

// A Waiting is one person who waits for the shop, with every reason.
type Waiting struct {
	ID    int64      `json:"-"` // of the contact, see ContactID
	Phone string     `json:"phone,omitempty"`
	LID   string     `json:"lid,omitempty"`
	BSUID string     `json:"bsuid,omitempty"` // of the Cloud API, with its portfolio
	Name  string     `json:"name,omitempty"`
	Waits []bot.Wait `json:"waits"`

	Last     *store.Line    `json:"-"` // the last message of theirs. Nil where none is kept
	ShopZone *time.Location `json:"-"`
}

// Named is how somebody who types a command names the person.
func (w Waiting) Named() string { return NamedAs(cmp.Or(w.Phone, w.LID, w.BSUID)) }

// ToDo is what somebody does who the person waits for, with the commands as they are typed.
func (w Waiting) ToDo(why bot.Wait) string { return strings.ReplaceAll(why.Do, "PHONE", w.Named()) }

// WaitingWithLast is Waiting, with the last message of each.
func (d *Desk) WaitingWithLast(ctx context.Context, number string) ([]Waiting, error) {
	list, err := d.Waiting(ctx, number)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].Last, err = d.Store.LastOfTheirs(ctx, list[i].ID); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Waiting returns the contacts of a number who wait for a person of the shop, those first who have
// waited longest. It changes nothing, and may be repeated.
func (d *Desk) Waiting(ctx context.Context, number string) ([]Waiting, error) {
	n, err := NumberOf(d.Config, number)
	if err != nil {
		return nil, err
	}
	if err := d.mayRead(ctx, n.Name); err != nil {
		return nil, err
	}
	list := []Waiting{}
	err = d.Store.Waits(ctx, n.Name, func(c *bot.Contact, told bot.NotifiedAt) error {
		if waits := bot.WaitsForPerson(c, told); len(waits) > 0 {
			list = append(list, Waiting{
				ID: c.ID, Phone: c.Phone(), LID: bot.LIDOf(c.Identities), BSUID: bot.BSUIDOf(c.Identities),
				Name: c.DisplayName(), Waits: waits, ShopZone: d.shopZone(n.Name),
			})
		}
		return nil
	})
	slices.SortStableFunc(list, func(a, b Waiting) int { return a.Waits[0].Since.Compare(b.Waits[0].Since) })
	return list, err
}
