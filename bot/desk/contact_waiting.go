package desk

import (
	"context"
	"slices"
	"time"

	"optinbot/bot"
)

// A Waiting is one person who waits for the shop, with every reason.
type Waiting struct {
	Phone string     `json:"phone,omitempty"`
	LID   string     `json:"lid,omitempty"`
	Name  string     `json:"name,omitempty"`
	Waits []bot.Wait `json:"waits"`

	ShopZone *time.Location `json:"-"`
}

// Waiting returns the contacts of a number who wait for a person of the shop, those first who have
// waited longest. It changes nothing.
func (d *Desk) Waiting(ctx context.Context, number string) ([]Waiting, error) {
	n, err := NumberOf(d.Config, number)
	if err != nil {
		return nil, err
	}
	told, err := d.Store.NotifiedAt(ctx, n.Name)
	if err != nil {
		return nil, err
	}
	list := []Waiting{}
	err = d.Store.Contacts(ctx, n.Name, "", func(c *bot.Contact) error {
		if waits := bot.WaitsForPerson(c, told[c.ID]); len(waits) > 0 {
			list = append(list, Waiting{
				Phone: c.Phone(), LID: bot.LIDOf(c.Identities), Name: c.DisplayName(), Waits: waits, ShopZone: d.shopZone(n.Name),
			})
		}
		return nil
	})
	slices.SortStableFunc(list, func(a, b Waiting) int { return a.Waits[0].Since.Compare(b.Waits[0].Since) })
	return list, err
}
