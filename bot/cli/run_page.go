package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"

	"optinbot/bot/desk"
	"optinbot/bot/web"
	"optinbot/bot/web/api"
	"optinbot/bot/web/metrics"
)

// A runPage is the operators' page, as `run` serves it.
type runPage struct {
	address string // where a browser finds it. "" where it is not served
	problem string // why it is not, though it should be
	first   string // the link by which the first operator comes in. "" where there is one
	end     func()
}

// servePage serves the page until end is called. change may change how. At a terminal it makes the
// link by which the first operator comes in. A port that another program has is no reason not to
// run: it is logged, and `status` says it.
func (a *App) servePage(
	ctx context.Context, d *desk.Desk, m *metrics.Metrics, checkup *desk.Checkup, atATerminal bool, change func(*web.Options),
) (p runPage, err error) {
	p.end = func() {}
	if a.config.Web.Listen == "" {
		return p, d.Files.SayPage(desk.PageState{})
	}
	o := web.Options{
		Desk: d, Accounts: d, Config: a.config.Web, Log: a.log, Now: a.now, NewToken: rand.Text, Version: programVersion(), Count: m.Request,
		Beside: map[string]http.Handler{
			"/api/":    api.New(api.Options{Desk: d, Keys: d, Log: a.log, Now: a.now}),
			"/metrics": web.ForMonitors(d, m.Handler()),
			"/healthz": web.Alive(d),
			"/readyz":  web.Ready(checkup, func(r *http.Request) bool { return web.MayMonitor(d, r) == nil }),
		},
	}
	change(&o)
	server, err := web.New(o)
	if err != nil {
		return p, err
	}
	listener, err := server.Listen(ctx)
	if err != nil {
		a.log.Warn("the page is not served", "address", a.config.Web.Listen, "error", err, "next", "web.listen in config.yaml")
		p.problem = err.Error()
		return p, d.Files.SayPage(desk.PageState{Problem: p.problem})
	}
	p.address = a.config.Web.Address(listener.Addr().String())
	if err := d.Files.SayPage(desk.PageState{Address: p.address}); err != nil {
		return p, errors.Join(err, listener.Close())
	}
	if atATerminal { // a log is no place for what lets somebody in
		if link, err := d.FirstOperatorLink(ctx); err == nil && link != nil {
			p.first = link.URL
		} else if err != nil {
			a.log.Warn("no link for the first operator could be made", "error", err)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, listener) }()
	p.end = func() {
		cancel()
		if err := errors.Join(<-ended, d.Files.SayPage(desk.PageState{})); err != nil {
			a.log.Warn("the page ended", "error", err)
		}
	}
	return p, nil
}
