package cli

import (
	"cmp"
	"context"
	"fmt"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// ContactsListCmd is `contacts list`.
type ContactsListCmd struct {
	ForNumber
	AsJSON
	Consent string `help:"Only those: new, pending, subscribed or unsubscribed." enum:",new,pending,subscribed,unsubscribed" default:""`
}

// Example is shown by --help.
func (ContactsListCmd) Example() string { return "optinbot contacts list --consent subscribed" }

// Run lists contacts.
func (c ContactsListCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	views := []desk.ContactView{}
	err = d.ListContacts(ctx, n.Name, bot.Consent(c.Consent), func(v desk.ContactView) error {
		views = append(views, v)
		return nil
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, views)
	}
	if len(views) == 0 {
		fmt.Fprintln(a.out, "Nobody yet. `optinbot invite` shows the link by which people write to you first.")
		return nil
	}
	rows := [][]string{{"PHONE", "NAME", "CONSENT", "STATE", "LANGUAGE", "LAST WROTE", "PREFERENCES"}}
	for _, v := range views {
		rows = append(rows, []string{
			cmp.Or(v.Phone, "lid:"+v.LID), cmp.Or(text.Fit(v.Name, 20), "-"), string(v.Consent), cmp.Or(v.State, "-"),
			v.Language, text.When(v.LastInbound, v.ShopZone), plainPreferences(v.Preferences),
		})
	}
	return table(a.out, rows)
}
