package cli

import (
	"context"
	"fmt"
	"strings"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/whatsapp"
	"optinbot/store"
)

// testServer reads whatsapp.test_server, where it is set.
func (a *App) testServer() (*whatsapp.TestServer, error) {
	if a.config.WhatsApp.TestServer == "" {
		return nil, nil
	}
	server, err := whatsapp.LoadTestServer(a.config.Path(a.config.WhatsApp.TestServer))
	if err != nil {
		return nil, desk.Misconfigured{Err: err}
	}
	return server, nil
}

// connections opens the numbers' connections to WhatsApp, or to a test server: each by its transport.
func (a *App) connections(server *whatsapp.TestServer, lines *cloudNumbers) bot.OpenConnection {
	return func(ctx context.Context, o bot.ConnectionOptions) (bot.Connection, error) {
		if lines.desk.Numbers[o.Number].OnCloud() {
			return lines.open(ctx, o)
		}
		wire := whatsapp.Options{Store: a.config.SessionFile(o.Number), Log: a.log, TestServer: server,
			SendTimeout: a.config.WhatsApp.SendTimeout.D()}
		return wire.OpenConnection(ctx, o)
	}
}

// sharedConnections are the same for the one who serves a number of a database that processes share: the
// session lies there, and only the owner may write to it or connect.
func (a *App) sharedConnections(server *whatsapp.TestServer, lines *cloudNumbers) func(*store.Store, store.Owner) bot.OpenConnection {
	return func(owned *store.Store, owner store.Owner) bot.OpenConnection {
		return func(ctx context.Context, o bot.ConnectionOptions) (bot.Connection, error) {
			if lines.desk.Numbers[o.Number].OnCloud() {
				return lines.open(ctx, o)
			}
			session, err := owned.WhatsAppSession(ctx, owner)
			if err != nil {
				return nil, err
			}
			wire := whatsapp.Options{
				Shared:     &whatsapp.SharedSession{Connector: session.Connector(), Fence: session.Fence},
				MayConnect: owned.StillOwner, Log: a.log, TestServer: server, SendTimeout: a.config.WhatsApp.SendTimeout.D(),
			}
			return wire.OpenConnection(ctx, o)
		}
	}
}

// sayTestServer says, in red on standard error, that nothing reaches anybody: with a forgotten
// setting a campaign would be "delivered" to nobody.
func (a *App) sayTestServer() {
	if a.config == nil {
		return
	}
	p := a.pageOn(a.err)
	for _, says := range desk.TestServersSay(a.config) {
		fmt.Fprintln(p, p.red(strings.Join(p.lines("", "", says), "\n")))
	}
}
