package cli

import (
	"context"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// ContactsUntagCmd is `contacts untag`.
type ContactsUntagCmd struct {
	ForNumber
	Confirmed
	Tag   string     `arg:"" help:"The tag."`
	Phone TypedPhone `arg:"" optional:"" help:"Only from this person (default: from everybody who has it)."`
}

func (ContactsUntagCmd) Example() string {
	return "optinbot contacts untag vip +5511900000001\noptinbot contacts untag mistake"
}

// Run takes the tag away. Audiences no longer find these people by it.
func (c ContactsUntagCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	tag, people := "", 1
	if len(c.Phone) > 0 {
		tag, err = d.UntagContact(ctx, n.Name, c.Tag, c.Phone.String())
	} else {
		tag, people, err = c.everybody(ctx, a, d, n.Name)
	}
	if err != nil {
		return err
	}
	a.page().say("The tag %q is taken away from %s.", tag, text.People(people))
	return nil
}

// everybody shows how many have the tag, asks, and takes it away from them.
func (c ContactsUntagCmd) everybody(
	ctx context.Context, a *App, d *desk.Desk, number string,
) (tag string, people int, err error) {
	tagged, err := d.Tagged(ctx, number, c.Tag)
	if err != nil {
		return "", 0, err
	}
	if err := a.ask(ctx, c.Confirmed, tagged.Questions()); err != nil {
		return "", 0, err
	}
	return tagged.Tag, tagged.People, d.UntagEverybody(ctx, number, c.Tag, tagged.Version)
}
