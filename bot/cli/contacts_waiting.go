package cli

import (
	"cmp"
	"context"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// ContactsWaitingCmd is `contacts waiting`.
type ContactsWaitingCmd struct {
	ForNumber
	AsJSON
}

func (ContactsWaitingCmd) Example() string { return "optinbot contacts waiting" }

// Run lists who waits, those first who have waited longest.
func (c ContactsWaitingCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	list, err := d.WaitingWithLast(ctx, n.Name)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, list)
	}
	p := a.page()
	if len(list) == 0 {
		p.say("Nobody waits for you.")
		return nil
	}
	for _, w := range list {
		printWaiting(p, w)
	}
	return nil
}

// lastColumns is how much of a last message is shown.
const lastColumns = 200

func printWaiting(p *page, w desk.Waiting) {
	p.say("%s  %s", p.bold(w.Named()), cmp.Or(text.Fit(w.Name, 40), "no name"))
	if l := w.Last; l != nil {
		p.after("  > ", "    ", cmp.Or(text.Fit(l.Words(), lastColumns), "["+l.Kind+"]"))
	}
	for _, why := range w.Waits {
		p.below("  ", "since %s: %s (%s)", text.When(why.Since, w.ShopZone), why.Says, why.Reason)
		p.below("  -> ", "%s", w.ToDo(why))
	}
}
