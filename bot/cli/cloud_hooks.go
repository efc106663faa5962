package cli

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/net/netutil"

	"optinbot/bot/cloud"
	"optinbot/bot/desk"
	"optinbot/bot/web"
)

// The times and sizes of what comes in at web.hooks.
const (
	hooksPath       = "/whatsapp/"
	hooksHeadTime   = 10 * time.Second
	hooksAnswerTime = 2 * time.Minute
	hooksIdleTime   = 2 * time.Minute
	hooksMaxHeader  = 16 << 10
	hooksMaxOpen    = 256 // connections
)

// serve takes webhooks at web.hooks until end is called, and says where. A port that another program
// has is no reason not to run: it is logged, and `status` says it. Without a number on the Cloud API
// nothing is opened.
func (l *cloudNumbers) serve(ctx context.Context) (at desk.PageState, end func(), err error) {
	a, files := l.app, l.desk.Files
	if l.hook == nil {
		return at, func() {}, files.SayHooks(at)
	}
	listener, err := a.listenForHooks(ctx)
	if err != nil {
		a.log.Error("Meta's webhooks cannot come in: nobody is answered", "address", a.config.Web.Hooks, "error", err,
			"next", "web.hooks in config.yaml")
		at.Problem = err.Error()
		return at, func() {}, files.SayHooks(at)
	}
	at = desk.PageState{Address: a.config.Web.Scheme() + listener.Addr().String() + hooksPath}
	if err := files.SayHooks(at); err != nil {
		return at, nil, errors.Join(err, listener.Close())
	}
	a.log.Info("Meta's webhooks come in", "address", at.Address)
	ended := serveHooks(ctx, listener, l.hook, a.log)
	return at, func() {
		if err := errors.Join(ended(), files.SayHooks(desk.PageState{})); err != nil {
			a.log.Warn("the door of the webhooks ended", "error", err)
		}
	}, nil
}

// outcomes are how many webhooks ended in which way.
func (l *cloudNumbers) outcomes() map[string]int {
	c := l.hook.Counts()
	return map[string]int{
		"taken": c.Taken, "repeated": c.Repeated, "unsigned": c.Unsigned, "forged": c.Forged, "too_large": c.TooLarge,
		"broken": c.Broken, "unknown": c.Unknown, "failed": c.Failed, "foreign": c.Foreign, "unreadable": c.Unreadable,
		"late": c.Late, "ignored": c.Ignored,
	}
}

func (a *App) listenForHooks(ctx context.Context) (net.Listener, error) {
	if a.config.Web.Hooks == "" {
		return nil, errors.New("web.hooks is empty")
	}
	l, err := web.Listen(ctx, a.config, a.config.Web, a.config.Web.Hooks)
	if err != nil {
		return nil, err
	}
	return netutil.LimitListener(l, hooksMaxOpen), nil
}

// serveHooks serves a hook, and nothing else. end ends it.
func serveHooks(ctx context.Context, l net.Listener, hook *cloud.Hook, log *slog.Logger) (end func() error) {
	server := &http.Server{
		Handler: onlyHooks(hook), ReadHeaderTimeout: hooksHeadTime, WriteTimeout: hooksAnswerTime,
		IdleTimeout: hooksIdleTime, MaxHeaderBytes: hooksMaxHeader,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	return func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			_ = server.Close()
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}
}

// onlyHooks lets /whatsapp/NUMBER through. The hook counts what is for no number.
func onlyHooks(hook http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ok := strings.CutPrefix(r.URL.Path, hooksPath)
		if !ok || name == "" || strings.Contains(name, "/") {
			u := *r.URL
			u.Path = "/"
			r = r.Clone(r.Context())
			r.URL = &u
		}
		hook.ServeHTTP(w, r)
	})
}
