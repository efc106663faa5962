package cli

import (
	"context"

	"optinbot/bot/text"
)

// KeyListCmd is `key list`.
type KeyListCmd struct {
	AsJSON
}

func (KeyListCmd) Example() string { return "optinbot key list" }

// Run lists the keys.
func (c KeyListCmd) Run(ctx context.Context, a *App) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	all, err := d.ListKeys(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, all)
	}
	if len(all) == 0 {
		a.page().say("There is no key yet: `optinbot key add NAME`.")
		return nil
	}
	rows := [][]string{{"NAME", "MAY", "NUMBERS", "ENDS", "LAST USED"}}
	for _, k := range all {
		ends := "never"
		switch {
		case k.Off:
			ends = "off since a restore: `key enable`"
		case !k.Ends.IsZero():
			ends = text.When(k.Ends, d.ShopZone())
		}
		rows = append(rows, []string{k.Name, string(k.Role), limits(k.Numbers), ends, lastly(k.Used, d.ShopZone())})
	}
	return table(a.out, rows)
}
