package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/whatsapp"
	"optinbot/store"
)

// A pairing is the session of a number on this machine, while a phone is linked to it by a code
// that is shown here.
type pairing struct {
	*whatsapp.Client
	options whatsapp.LinkOptions
	code    *linkCode    // nil where no terminal shows it
	giveUp  func() error // lets others have a number of a database that processes share. Nil: there is none
}

// Close lets go of the number.
func (p pairing) Close() error {
	err := p.Client.Close()
	if p.giveUp != nil {
		err = errors.Join(err, p.giveUp())
	}
	return err
}

// Pair shows codes until the phone has taken one.
func (p pairing) Pair(ctx context.Context, anew bool, accept func(phone string) error) (account string, err error) {
	if p.code != nil {
		defer p.code.end()
	}
	p.options.Anew, p.options.Accept = anew, accept
	return p.Link(ctx, p.options)
}

// pairings opens the sessions to which a verb links a phone.
type pairings struct {
	app     *App
	code    *linkCode // nil where no terminal shows it
	options whatsapp.LinkOptions
	broken  func(aside string) // tells that the file of the session was broken, and where it is now
}

// newPairings is for a verb as it was called. With printCode the codes are for a program, and the
// sentences for a person go to standard error.
func (a *App) newPairings(called string, printCode bool) *pairings {
	p := &pairings{app: a, code: a.newLinkCode(strings.TrimSpace(called))}
	p.options = whatsapp.LinkOptions{
		PrintCode: printCode, Show: p.code.show, Out: a.out, Words: p.words(printCode),
	}
	p.broken = func(aside string) {
		fmt.Fprintf(a.err, "The file of the WhatsApp session was broken. It is %s now; the number is linked anew.\n", aside)
	}
	return p
}

// pairHere opens sessions for the desk of `run`, whose page shows the codes.
func (a *App) pairHere(phone string, tell func(bot.LinkStep)) desk.OpenPairing {
	p := &pairings{app: a, options: whatsapp.LinkOptions{Phone: phone, Tell: tell}}
	p.broken = func(aside string) {
		a.log.Warn("the file of the WhatsApp session was broken; the number is linked anew", "file_of_before", aside)
	}
	return p.open
}

func (p *pairings) words(printCode bool) io.Writer {
	if printCode {
		return p.app.err
	}
	return p.code
}

// to opens sessions for a phone on which a code is to be typed, "" where one is to be scanned.
func (p *pairings) to(phone string) desk.OpenPairing {
	p.options.Phone = phone
	return p.open
}

// open opens the session of a number.
func (p *pairings) open(ctx context.Context, number string, wait bool) (desk.Pairing, error) {
	a := p.app
	server, err := a.testServer()
	if err != nil {
		return nil, err
	}
	if a.config.Database() != "" {
		return p.openShared(ctx, number, server)
	}
	open := func() (*whatsapp.Client, error) {
		return whatsapp.Open(ctx, whatsapp.Options{
			Number: number, Store: a.config.SessionFile(number), Log: a.log, TestServer: server, Now: a.now, SetAside: true,
		})
	}
	client, err := open()
	if wait && errors.Is(err, bot.ErrInUse) {
		client, err = again(ctx, open)
	}
	if err != nil {
		return nil, err
	}
	if client.Aside() != "" {
		p.broken(desk.ShownPath(client.Aside()))
	}
	return pairing{client, p.options, p.code, nil}, nil
}

// openShared opens the session of a number in a database that processes share. Whoever links a number is
// its owner meanwhile, in a process of its own beside the one that `run` is: it gets no other number.
func (p *pairings) openShared(ctx context.Context, number string, server *whatsapp.TestServer) (_ desk.Pairing, err error) {
	a := p.app
	s, err := store.Open(ctx, a.config.Path(a.config.Data), store.Options{URL: a.config.Database()})
	if err != nil {
		return nil, err
	}
	owned, owner, release, err := s.Borrow(ctx, number, store.DefaultLease())
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	giveUp := sync.OnceValue(func() error { return errors.Join(release(), s.Close()) })
	session, err := owned.WhatsAppSession(ctx, owner)
	if err != nil {
		return nil, errors.Join(err, giveUp())
	}
	client, err := whatsapp.Open(ctx, whatsapp.Options{
		Number: number, Shared: &whatsapp.SharedSession{Connector: session.Connector(), Fence: session.Fence},
		MayConnect: owned.StillOwner, Log: a.log, TestServer: server, Now: a.now,
	})
	if err != nil {
		return nil, errors.Join(err, giveUp())
	}
	return pairing{client, p.options, p.code, giveUp}, nil
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
