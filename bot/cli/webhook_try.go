package cli

import (
	"context"
	"fmt"

	"optinbot/bot/text"
)

// WebhookTestCmd is `webhook test`.
type WebhookTestCmd struct {
	AsJSON
	ForWebhook
}

func (WebhookTestCmd) Example() string { return "optinbot webhook test 1" }

// Run posts a test event once, and shows the answer. It fails where that counts as not delivered.
func (c WebhookTestCmd) Run(ctx context.Context, a *App) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	test, err := d.TestWebhook(ctx, c.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(a.out, test)
	} else if test.Failed == "" {
		a.page().say("It answered %d: the test is delivered.", test.Status)
	}
	if test.Failed == "" || err != nil {
		return err
	}
	if test.Answer != "" {
		return fmt.Errorf("the test is not delivered: %s: %s", text.Line(test.Failed), text.Fit(text.Line(test.Answer), 200))
	}
	return fmt.Errorf("the test is not delivered: %s", text.Line(test.Failed))
}
