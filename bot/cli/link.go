package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"optinbot/bot/desk"
	"optinbot/bot/whatsapp"
	"optinbot/store"
)

// LinkCmd is `link`.
type LinkCmd struct {
	ForNumber
	PrintCode bool   `help:"Print one raw pairing string a line, for programs."`
	PhoneCode string `help:"Link by a code that you type on the phone with this number, instead of the QR code." placeholder:"PHONE"`
}

// Example is shown by --help.
func (LinkCmd) Example() string { return "optinbot link" }

// Run pairs a number and exits 0 when it is linked.
func (c LinkCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	if c.PhoneCode, err = d.CodePhone(ctx, c.PhoneCode, n.Name); err != nil {
		return err
	}
	client, err := openToLink(ctx, a, d, n)
	if err != nil {
		return err
	}
	defer client.Close()
	row, err := d.Store.Number(ctx, n.Name)
	if err != nil {
		return err
	}
	code := a.newLinkCode(c.called())
	defer code.end()
	jid, err := client.Link(ctx, whatsapp.LinkOptions{
		PrintCode: c.PrintCode, Show: code.show, Out: a.out, Words: c.words(a, code), Phone: c.PhoneCode,
		Accept: func(phone string) error { return row.MayLink(phone) },
	})
	code.end()
	switch {
	case errors.Is(err, whatsapp.ErrAlreadyLinked):
		return c.completed(ctx, a, d, client, row)
	case errors.Is(err, whatsapp.ErrUnchecked) && row.JID != "": // as far as is known it is linked already
		return desk.Refuse("%v", err)
	case err != nil:
		return desk.RefusedPhone(err)
	}
	_, phone := client.Linked()
	if err := d.RememberLink(ctx, n.Name, jid, phone); err != nil {
		return err
	}
	return c.linked(a, "Linked.")
}

// completed takes note of a link that was there already.
func (c LinkCmd) completed(
	ctx context.Context, a *App, d *desk.Desk, client *whatsapp.Client, row store.NumberRow,
) error {
	jid, phone := client.Linked()
	if err := d.RememberLink(ctx, row.Name, jid, phone); err != nil {
		return desk.RefusedPhone(err)
	}
	if row.JID == "" { // the link of before was cut off between the phone's yes and our own note
		return c.linked(a, "The link of before is completed.")
	}
	return desk.Refuse("%s", whatsapp.ErrAlreadyLinked)
}

// linked says that the number is linked, and what is next.
func (c LinkCmd) linked(a *App, says string) error {
	if !c.PrintCode {
		fmt.Fprintln(a.out, says, "`optinbot run` starts the bot; `optinbot invite` shows the link for your poster.")
	}
	return nil
}

// called is the verb as it was called.
func (c LinkCmd) called() string {
	if c.Number != "" {
		return "link --number " + c.Number
	}
	return "link"
}

// words is where the sentences for a person go: in the place of the code, or beside the raw codes,
// to standard error.
func (c LinkCmd) words(a *App, code *linkCode) io.Writer {
	if c.PrintCode {
		return a.err
	}
	return code
}
