package cli

import (
	"cmp"
	"context"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// ConsentExportCmd is `consent export`.
type ConsentExportCmd struct {
	ForNumber
	AsJSON
	ToFile
	Phone TypedPhone `arg:"" optional:"" help:"Only about this person (default: the whole ledger of the number)."`
}

func (ConsentExportCmd) Example() string {
	return "optinbot consent export +5511900000001\noptinbot consent export --json --out ledger.json"
}

// Run exports.
func (c ConsentExportCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	out, err := c.export(ctx, d, n.Name)
	if err != nil {
		return err
	}
	return c.write(a, func() error {
		if c.JSON {
			return printJSON(a.out, out)
		}
		return printExported(a.page(), out)
	})
}

func (c ConsentExportCmd) export(ctx context.Context, d *desk.Desk, number string) (*desk.ConsentExport, error) {
	if len(c.Phone) > 0 {
		return d.ExportConsentOf(ctx, number, c.Phone.String())
	}
	return d.ExportConsent(ctx, number)
}

// printExported prints an export for people, each entry as `consent show` does.
func printExported(w *page, x *desk.ConsentExport) error {
	w.say("Consent given to %s, number %s %s\nExported %s; head of the ledger %s\n",
		x.Brand, x.Number, x.Phone, text.When(x.Exported, x.ShopZone), cmp.Or(x.Head, "none yet"))
	for _, raw := range x.Entries {
		e, err := raw.Entry()
		if err != nil {
			return err
		}
		printEntry(w, e, x.ShopZone)
		printDetail(w, "who", desk.About(e))
	}
	return nil
}
