package cli

import (
	"cmp"
	"context"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// ContactsListCmd is `contacts list`.
type ContactsListCmd struct {
	ForNumber
	AsJSON
	Consent string `help:"Only those: new, pending, subscribed or unsubscribed." enum:",new,pending,subscribed,unsubscribed" default:""`
	Search  string `help:"Only those with this in their name or phone, or with a lid:... or bsuid:... that begins so." placeholder:"TEXT"`
	Order   string `help:"By name, by who joined last, or by who wrote last (default: as they first wrote)." enum:",name,joined,wrote" default:"" placeholder:"name|joined|wrote"`
	Limit   *uint  `help:"At most so many; 0: all (default: as many as fit the terminal; all in a pipe and with --json)." placeholder:"N"`
}

func (ContactsListCmd) Example() string {
	return "optinbot contacts list --consent subscribed\noptinbot contacts list --search ana --order wrote"
}

// Run lists contacts.
func (c ContactsListCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	p := a.page()
	list, err := d.ListContacts(ctx, n.Name, desk.ContactQuery{
		Consent: bot.Consent(c.Consent), Search: c.Search, Order: desk.ContactOrder(c.Order), Limit: c.most(p),
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, list.Contacts)
	}
	if len(list.Contacts) == 0 {
		p.say("%s", c.nobody())
		return nil
	}
	if err := printContacts(p, list.Contacts); err != nil {
		return err
	}
	if list.More > 0 {
		p.say("and %d more: --limit 0 shows all, --search TEXT finds one", list.More)
	}
	return nil
}

// aroundTheList are the lines of the screen that are not people: the command, the heading, what is
// left out, and the next command.
const aroundTheList = 4

// most is how many are listed.
func (c ContactsListCmd) most(p *page) int {
	switch {
	case c.Limit != nil:
		return int(*c.Limit)
	case p.rows == 0 || c.JSON:
		return 0
	}
	return max(p.rows-aroundTheList, 1)
}

// nobody says that the list is empty.
func (c ContactsListCmd) nobody() string {
	if c.Search != "" || c.Consent != "" {
		return "Nobody like that."
	}
	return "Nobody yet. `optinbot invite` shows the link by which people write to you first."
}

func printContacts(p *page, list []desk.ContactView) error {
	columns := []column{
		{head: "PHONE"}, {head: "NAME", least: 10}, {head: "CONSENT"}, {head: "STATE", least: 8, gives: 2},
		{head: "LANGUAGE", gives: 3}, {head: "LAST WROTE"}, {head: "PREFERENCES", least: 12, gives: 1},
	}
	var rows [][]string
	for _, v := range list {
		rows = append(rows, []string{
			v.Named(), cmp.Or(text.Fit(v.Name, 20), "-"), string(v.Consent), cmp.Or(v.State, "-"),
			v.Language, text.When(v.LastInbound, v.ShopZone), plainPreferences(v),
		})
	}
	return p.table(columns, rows)
}
