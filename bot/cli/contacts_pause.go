package cli

import (
	"context"
	"fmt"

	"optinbot/bot/text"
)

// ContactsPauseCmd is `contacts pause`.
type ContactsPauseCmd struct {
	ForContact
}

func (ContactsPauseCmd) Example() string { return "optinbot contacts pause +5511900000001" }

// Run takes the chat over without a word.
func (c ContactsPauseCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	quiet, err := d.PauseContact(ctx, n.Name, c.Phone.String())
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "The chat is yours until %s or `optinbot contacts resume`: the bot is quiet in it, and "+
		"promotions to them wait. "+
		"A stop, an opt-in\nphrase and HELP are still answered.\n", text.When(quiet.Until, quiet.ShopZone))
	return nil
}
