package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/text"
	"optinbot/bot/whatsapp"
)

// NumberChangeCmd is `number change`.
type NumberChangeCmd struct {
	Confirmed
	Name      string `arg:"" optional:"" help:"The number, as config.yaml calls it (default: its first)."`
	PrintCode bool   `help:"Print one raw pairing string a line, for programs."`
	PhoneCode string `help:"Link by a code that you type on the new phone, instead of the QR code." placeholder:"PHONE"`
}

// Example is shown by --help.
func (NumberChangeCmd) Example() string { return "optinbot number change\noptinbot number change main" }

// Run asks, links the new phone and notes the change. Nobody gets a promotion from a phone that
// they never wrote to.
func (c NumberChangeCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Name)
	if err != nil {
		return err
	}
	defer d.Close()
	offer, err := d.OfferNumberChange(ctx, n.Name)
	if err != nil {
		return err
	}
	if c.PhoneCode, err = d.CodePhone(ctx, c.PhoneCode, n.Name); err != nil {
		return err
	}
	code := a.newLinkCode(strings.TrimSpace("number change " + c.Name))
	defer code.end()
	printNumberChange(LinkCmd{PrintCode: c.PrintCode}.words(a, code), offer)
	if err := c.confirm(ctx, a, "Link another phone?"); err != nil {
		return err
	}
	client, err := openToLink(ctx, a, d, n)
	if err != nil {
		return err
	}
	defer client.Close()
	jid, phone := client.Linked()
	if !offer.LinkedBy(phone) {
		if jid, err = client.Link(ctx, c.options(a, code, offer)); err != nil {
			return err
		}
		code.end()
		_, phone = client.Linked()
	}
	held, err := d.ChangePhone(ctx, n.Name, jid, phone)
	if err != nil {
		return err
	}
	if c.PrintCode {
		return nil
	}
	fmt.Fprintf(a.out, "Number %s is %s now. Promotions to %s wait until they write to it themselves. "+
		"`optinbot run` starts the bot; `optinbot invite` shows the link for a new poster.\n",
		n.Name, phone, text.People(held))
	return nil
}

// printNumberChange says what the change means.
func printNumberChange(w io.Writer, o desk.NumberChangeOffer) {
	fmt.Fprintf(w, "Number %s is %s. Another phone is to be linked in its place.\n", o.Number, o.Phone)
	fmt.Fprintf(w, "Promotions to %s will wait (number_changed), each until they write to the new phone: "+
		"they asked the old one, and nothing else ends the wait.\n", text.People(o.Subscribed))
	fmt.Fprintln(w, "The warm-up begins anew. The change goes into the ledger. "+
		"For a phone beside the old one, add a number to config.yaml instead.")
	if o.Established {
		fmt.Fprintf(w, "config.yaml says that number %s is established: take that out, "+
			"unless the new phone has been used for months too.\n", o.Number)
	}
}

func (c NumberChangeCmd) options(a *App, code *linkCode, offer desk.NumberChangeOffer) whatsapp.LinkOptions {
	return whatsapp.LinkOptions{
		PrintCode: c.PrintCode, Show: code.show, Out: a.out, Words: LinkCmd{PrintCode: c.PrintCode}.words(a, code),
		Phone: c.PhoneCode, Anew: true, Accept: offer.Accept,
	}
}

// openToLink opens a number's session, which `run` must not hold.
func openToLink(ctx context.Context, a *App, d *desk.Desk, n config.Number) (*whatsapp.Client, error) {
	a.sayTestServer()
	if err := d.Sessions.Home(ctx, n.Name); err != nil {
		return nil, err
	}
	server, err := a.testServer()
	if err != nil {
		return nil, err
	}
	open := func() (*whatsapp.Client, error) {
		return whatsapp.Open(ctx, whatsapp.Options{
			Number: n.Name, Store: d.Config.SessionFile(n.Name), Log: d.Log,
			TestServer: server, Now: d.Now, SetAside: true,
		})
	}
	client, err := open()
	if row, _ := d.Store.Number(ctx, n.Name); row.JID == "" && errors.Is(err, bot.ErrInUse) {
		client, err = again(ctx, open) // `run` is about to let go of a number whose session has ended
	}
	if errors.Is(err, bot.ErrInUse) {
		return nil, desk.Refuse("`run` serves number %s right now; stop it first", n.Name)
	}
	if err == nil && client.Aside() != "" {
		fmt.Fprintf(a.err, "The file of the WhatsApp session was broken. It is %s now; the number is linked anew.\n",
			desk.ShownPath(client.Aside()))
	}
	return client, err
}

// poll is how often an opening is tried again meanwhile.
const poll = 250 * time.Millisecond

// letsGo is how long `run` takes at most to let go of a number.
const letsGo = 15 * time.Second

// again opens a session until nobody has it, for a while.
func again(ctx context.Context, open func() (*whatsapp.Client, error)) (client *whatsapp.Client, err error) {
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for began := time.Now(); time.Since(began) < letsGo; {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-ticker.C:
		}
		if client, err = open(); !errors.Is(err, bot.ErrInUse) {
			break
		}
	}
	return client, err
}
