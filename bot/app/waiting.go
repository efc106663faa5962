package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"optinbot/bot"
	"optinbot/bot/text"
)

// ContactsWaitingCmd is `contacts waiting`.
type ContactsWaitingCmd struct {
	ForNumber
	AsJSON
}

// Example is shown by --help.
func (ContactsWaitingCmd) Example() string { return "optinbot contacts waiting" }

// A waiting is one person who waits for the shop, with every reason.
type waiting struct {
	Phone string     `json:"phone,omitempty"`
	LID   string     `json:"lid,omitempty"`
	Name  string     `json:"name,omitempty"`
	Waits []bot.Wait `json:"waits"`
}

// Run lists, those first who have waited longest.
func (c ContactsWaitingCmd) Run(ctx context.Context, a *App) error {
	h, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer h.close()
	list, err := h.waiting(ctx, n.Name)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, list)
	}
	if len(list) == 0 {
		fmt.Fprintln(a.out, "Nobody waits for you.")
		return nil
	}
	for _, w := range list {
		who := cmp.Or(w.Phone, "lid:"+w.LID)
		fmt.Fprintf(a.out, "%s  %s\n", who, cmp.Or(text.Fit(w.Name, 40), "no name"))
		for _, why := range w.Waits {
			fmt.Fprintf(a.out, "  since %s: %s (%s)\n  -> %s\n", text.When(why.Since, h.limits[n.Name].Zone), why.Says, why.Reason, strings.ReplaceAll(why.Do, "PHONE", who))
		}
	}
	return nil
}

// waiting is who waits for a person, those first who have waited longest.
func (h *house) waiting(ctx context.Context, number string) ([]waiting, error) {
	told, err := h.store.Told(ctx, number)
	if err != nil {
		return nil, err
	}
	list := []waiting{}
	err = h.store.Contacts(ctx, number, "", func(c *bot.Contact) error {
		if waits := bot.WaitsForPerson(c, told[c.ID]); len(waits) > 0 {
			list = append(list, waiting{Phone: c.Phone(), LID: bot.LIDOf(c.Identities), Name: c.DisplayName(), Waits: waits})
		}
		return nil
	})
	slices.SortStableFunc(list, func(a, b waiting) int { return a.Waits[0].Since.Compare(b.Waits[0].Since) })
	return list, err
}
