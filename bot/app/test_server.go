package app

import (
	"context"
	"fmt"

	"optinbot/bot/config"
	"optinbot/bot/whatsapp"
)

// testServer reads whatsapp.test_server, where it is set.
func (a *App) testServer() (*whatsapp.TestServer, error) {
	if a.config.WhatsApp.TestServer == "" {
		return nil, nil
	}
	server, err := whatsapp.LoadTestServer(a.config.Path(a.config.WhatsApp.TestServer))
	if err != nil {
		return nil, misconfigured{err}
	}
	return server, nil
}

// sayTestServer says, in red on standard error, that nothing reaches anybody: with a forgotten setting a campaign would be
// "delivered" to nobody.
func (a *App) sayTestServer() {
	if a.config == nil || a.config.WhatsApp.TestServer == "" {
		return
	}
	red := paint(terminal(a.err) && a.environ["NO_COLOR"] == "").red
	fmt.Fprintln(a.err, red("TEST SERVER: whatsapp.test_server is set. Nothing reaches WhatsApp, and nobody gets anything."))
}

// sameHome refuses a number whose session belongs to WhatsApp while a test server is set, and the reverse.
func (a *App) sameHome(ctx context.Context, n config.Number) error {
	if err := whatsapp.CheckHome(ctx, a.config.SessionFile(n.Name), a.config.WhatsApp.TestServer != ""); err != nil {
		return refuse("number %s: %v", n.Name, err)
	}
	return nil
}

// anyHome refuses when sameHome refuses every number. One that is refused alone is told when it cannot be served.
func (a *App) anyHome(ctx context.Context) (err error) {
	for _, n := range a.config.Numbers {
		if err = a.sameHome(ctx, n); err == nil {
			return nil
		}
	}
	return err
}
