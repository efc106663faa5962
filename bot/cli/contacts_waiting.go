package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// ContactsWaitingCmd is `contacts waiting`.
type ContactsWaitingCmd struct {
	ForNumber
	AsJSON
}

// Example is shown by --help.
func (ContactsWaitingCmd) Example() string { return "optinbot contacts waiting" }

// Run lists who waits, those first who have waited longest.
func (c ContactsWaitingCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	list, err := d.Waiting(ctx, n.Name)
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
		printWaiting(a.out, w)
	}
	return nil
}

func printWaiting(out io.Writer, w desk.Waiting) {
	who := cmp.Or(w.Phone, "lid:"+w.LID)
	fmt.Fprintf(out, "%s  %s\n", who, cmp.Or(text.Fit(w.Name, 40), "no name"))
	for _, why := range w.Waits {
		fmt.Fprintf(out, "  since %s: %s (%s)\n  -> %s\n",
			text.When(why.Since, w.ShopZone), why.Says, why.Reason, strings.ReplaceAll(why.Do, "PHONE", who))
	}
}
