package cli

import (
	"context"
	"fmt"

	"optinbot/bot/config"
	"optinbot/bot/desk"
)

// LinkCmd is `link`.
type LinkCmd struct {
	ForNumber
	PrintCode bool   `help:"Print one raw pairing string a line, for programs."`
	Cloud     bool   `help:"Put the number on Meta's Cloud API, step by step: docs/cloud.md."`
	PhoneCode string `help:"Link by a code that you type on the phone with this number, instead of the QR code." placeholder:"PHONE"`
}

func (LinkCmd) Example() string { return "optinbot link\noptinbot link --cloud" }

// Run pairs a number and exits 0 when it is linked.
func (c LinkCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	a.sayTestServer()
	switch {
	case n.OnCloud() && !c.Cloud:
		return c.linkCloud(ctx, a, d, n)
	case n.OnCloud():
		if err := c.linkCloud(ctx, a, d, n); err != nil {
			return err
		}
		return a.meetMeta(ctx, d, n)
	case c.Cloud:
		return c.setUpCloud(ctx, a, d, n)
	}
	made, err := d.Link(ctx, n.Name, c.PhoneCode, a.newPairings(c.called(), c.PrintCode).to)
	if err != nil || c.PrintCode {
		return err
	}
	says := "Linked."
	if made.Completed {
		says = "The link of before is completed."
	}
	fmt.Fprintln(a.out, says, "`optinbot run` starts the bot; `optinbot invite` shows the link for your poster.")
	return nil
}

// linkCloud links a number that config.yaml has on Meta's Cloud API.
func (c LinkCmd) linkCloud(ctx context.Context, a *App, d *desk.Desk, n config.Number) error {
	if c.PrintCode || c.PhoneCode != "" {
		return desk.Refuse("number %s is on the Cloud API: there is no code to scan or to type", n.Name)
	}
	p := a.page()
	made, err := d.LinkCloud(ctx, n.Name, func(f desk.Finding) { printFinding(p, f) })
	if err != nil {
		return err
	}
	p.say("Linked: number %s is %s at Meta. `optinbot run` starts the bot; `optinbot invite` shows the link for your poster.",
		made.Number, made.Phone)
	return nil
}

// called is the verb as it was called.
func (c LinkCmd) called() string {
	if c.Number != "" {
		return "link --number " + c.Number
	}
	return "link"
}
