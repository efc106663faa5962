package cli

import (
	"context"

	"optinbot/bot/serve"
)

// RunCmd is `run`.
type RunCmd struct{}

// Example is shown by --help.
func (RunCmd) Example() string { return "optinbot run" }

// Help is what a supervisor has to know.
func (RunCmd) Help() string {
	return `It ends with 0 when it is told to stop (Ctrl-C, SIGTERM), and with 78 where somebody has to change a
file first: do not start it again by itself after 78. What happens to a number does not end it.`
}

// Run serves every number that is linked, or will be, until it is told to stop (Ctrl-C, SIGTERM,
// SIGHUP); then it finishes what is in hand.
func (RunCmd) Run(ctx context.Context, a *App) error {
	a.sayTestServer()
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	server, err := a.testServer()
	if err != nil {
		return err
	}
	return serve.Run(ctx, d, serve.Options{Connect: a.connections(server), SessionFile: a.config.SessionFile})
}
