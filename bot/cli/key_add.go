package cli

import (
	"context"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// KeyAddCmd is `key add`.
type KeyAddCmd struct {
	AsJSON
	ForNumbers
	Name string    `arg:"" help:"What it is for: lower case letters, digits, dots, - and _."`
	Role desk.Role `help:"What it may do: viewer, editor, owner; or metrics, for a monitor." default:"${usual_role}" enum:"${key_roles}"`
	Days int       `help:"For how many days it is good; 0 is for ever." default:"${key_days}" placeholder:"N"`
}

func (KeyAddCmd) Example() string {
	return "optinbot key add crm --role editor --number outlet\noptinbot key add prometheus --role metrics --days 0"
}

// Run makes the key, and shows it once.
func (c KeyAddCmd) Run(ctx context.Context, a *App) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	made, err := d.AddKey(ctx, c.Name, c.Role, c.Number, &c.Days)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, made)
	}
	p := a.page()
	p.say("This is the key %s. It is shown only now; keep it where the program reads its secrets:", made.Name)
	p.say("  %s", made.Token)
	if !made.Ends.IsZero() {
		p.say("It is good until %s.", text.When(made.Ends, d.ShopZone()))
	}
	return nil
}
