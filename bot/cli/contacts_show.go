package cli

import (
	"context"
	"fmt"
)

// ContactsShowCmd is `contacts show`.
type ContactsShowCmd struct {
	ForContact
	AsJSON
	Messages *int `help:"How many of the last messages (default: 20; 200 for a test)." placeholder:"N"`
	AsTest   bool `help:"As a conversation for 'flow test', with name and numbers replaced."`
}

func (ContactsShowCmd) Example() string {
	return "optinbot contacts show +5511900000001\n" +
		"optinbot contacts show +5511900000001 --as-test >> flows/tests/real.chat"
}

// Run shows one contact.
func (c ContactsShowCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	if c.AsTest {
		test, err := d.ChatAsTest(ctx, n.Name, c.Phone.String(), c.messages(0))
		if err != nil {
			return err
		}
		_, err = fmt.Fprint(a.out, test)
		return err
	}
	const fits = 20 // on a screen
	detail, err := d.ShowContact(ctx, n.Name, c.Phone.String(), c.messages(fits))
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, detail)
	}
	p := a.page()
	printContact(p, detail.ContactView)
	p.say("")
	for _, l := range detail.Messages {
		printMessage(p, "", l, detail.ContactView, 100)
	}
	return nil
}

// messages is how many are asked for.
func (c ContactsShowCmd) messages(usual int) int {
	if c.Messages != nil {
		return *c.Messages
	}
	return usual
}
