package app

import (
	"errors"
	"fmt"

	"optinbot/bot"
	"optinbot/bot/whatsapp"
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
func (c LinkCmd) Run(a *App) error {
	h, n, err := a.openNumber(c.Number)
	if err != nil {
		return err
	}
	defer h.close()
	server, err := a.testServer()
	if err != nil {
		return err
	}
	client, err := whatsapp.Open(a.ctx, whatsapp.Options{
		Number: n.Name, Store: a.config.sessionFile(n.Name), Log: a.log, TestServer: server, Now: a.now,
	})
	if errors.Is(err, whatsapp.ErrInUse) {
		return refuse("`run` serves number %s right now; stop it first", n.Name)
	}
	if err != nil {
		return err
	}
	defer client.Close()
	jid, err := client.Link(a.ctx, whatsapp.LinkOptions{PrintCode: c.PrintCode, Out: a.out, Words: c.words(a), Phone: c.PhoneCode})
	if errors.Is(err, whatsapp.ErrAlreadyLinked) {
		jid, _ = client.Linked()
		if err := h.remember(client, n.Name, jid); err != nil {
			return err
		}
		return refuse("%s", whatsapp.ErrAlreadyLinked)
	}
	if err != nil {
		return err
	}
	if err := h.remember(client, n.Name, jid); err != nil {
		return err
	}
	if !c.PrintCode {
		fmt.Fprintln(a.out, "Linked. `optinbot run` starts the bot; `optinbot invite` shows the link for your poster.")
	}
	return nil
}

// words is where the sentences for a person go: beside the raw codes, to standard error.
func (c LinkCmd) words(a *App) interface{ Write([]byte) (int, error) } {
	if c.PrintCode {
		return a.err
	}
	return a.out
}

func (h *house) remember(client *whatsapp.Client, number, jid string) error {
	_, phone := client.Linked()
	if err := h.store.Linked(h.app.ctx, number, jid, phone, h.app.now()); err != nil {
		return err
	}
	return h.store.NumberEvent(h.app.ctx, number, bot.NumberEvent{Kind: bot.NumberPhoneSeen, At: h.app.now()})
}
