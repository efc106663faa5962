package cli

import (
	"context"
	"fmt"
)

// OperatorListCmd is `operator list`.
type OperatorListCmd struct {
	AsJSON
}

func (OperatorListCmd) Example() string { return "optinbot operator list" }

// Run lists who may work at the page.
func (c OperatorListCmd) Run(ctx context.Context, a *App) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	all, err := d.ListOperators(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, all)
	}
	if len(all) == 0 {
		a.page().say("Nobody may work at the page yet: `optinbot operator add NAME --role owner`.")
		return nil
	}
	rows := [][]string{{"NAME", "ROLE", "NUMBERS", "LOGS IN WITH", "SESSIONS", "LAST LOG-IN"}}
	for _, o := range all {
		with := "password"
		switch {
		case o.Off:
			with = "off since a restore: `operator enable`"
		case !o.Password:
			with = "nothing yet: they have a link"
		case o.TOTP:
			with = "password and authenticator"
		}
		rows = append(rows, []string{o.Name, string(o.Role), limits(o.Numbers), with, fmt.Sprint(o.Sessions), lastly(o.Seen, d.ShopZone())})
	}
	return table(a.out, rows)
}
