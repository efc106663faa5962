// Package heartbeat tells a watcher on another machine once a minute that all is well. When it falls
// silent, the watcher alarms somebody: also where this machine is gone and can tell nobody.
package heartbeat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Every is how often the watcher is told.
const Every = time.Minute

// answerWithin is how long the watcher has for its answer.
const answerWithin = 10 * time.Second

// Options are what Run needs.
type Options struct {
	URL    string                         // of the watcher. It may hold a secret, so nothing says it
	Unwell func(context.Context) []string // why all is not well. Empty: it is
	Log    *slog.Logger

	// By is how the watcher is asked. Nil: over the network, by the proxy of the environment.
	By http.RoundTripper
}

// Run asks the address of the watcher every minute while all is well, until ctx ends. What becomes
// of that costs nobody else anything: it is logged once for each change.
func Run(ctx context.Context, o Options) {
	b := beats{Options: o, client: &http.Client{
		Transport:     o.By,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if o.By == nil {
		b.client.Transport = &http.Transport{
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 16 << 10, DisableKeepAlives: true,
		}
	}
	ticker := time.NewTicker(Every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			b.beat(ctx)
		}
	}
}

// A state is what became of the last heartbeat.
type state int

const (
	before   state = iota // there was none
	heard                 // the watcher has answered
	withheld              // all is not well
	unheard               // the watcher has not answered as it should
)

// beats are the heartbeats of one process.
type beats struct {
	Options
	client *http.Client
	state  state
}

// beat tells the watcher, if all is well, and logs where something is different from before.
func (b *beats) beat(ctx context.Context) {
	if why := b.Unwell(ctx); len(why) > 0 {
		b.log(ctx, withheld, slog.LevelWarn, "no heartbeat is sent: all is not well", "why", strings.Join(why, "; "))
		return
	}
	if why := b.ask(ctx); why != "" {
		b.log(ctx, unheard, slog.LevelWarn, "the heartbeat is not heard; see health.heartbeat_url in config.yaml", "why", why)
		return
	}
	b.log(ctx, heard, slog.LevelInfo, "the heartbeat is heard")
}

func (b *beats) log(ctx context.Context, now state, level slog.Level, says string, args ...any) {
	if ctx.Err() != nil || now == b.state {
		return
	}
	b.state = now
	b.Log.Log(ctx, level, says, args...)
}

// ask asks the address of the watcher. It returns why that was in vain, without the address.
func (b *beats) ask(ctx context.Context) (why string) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.URL, nil)
	if err != nil {
		return "it is no address"
	}
	r.Header.Set("User-Agent", "optinbot")
	answer, err := b.client.Do(r)
	if err != nil {
		return whyNot(ctx, err)
	}
	defer answer.Body.Close() // nobody reads what it says
	switch answer.StatusCode / 100 {
	case 2:
		return ""
	case 3:
		return fmt.Sprintf("it answers %d, and redirects are not followed: name where they lead", answer.StatusCode)
	}
	return fmt.Sprintf("it answers %d", answer.StatusCode)
}

// whyNot says why there was no answer, in words that are not the network's: those may have the
// address in them, or what a stranger wrote.
func whyNot(ctx context.Context, err error) string {
	var at *url.Error
	var name *net.DNSError
	var dial *net.OpError
	switch {
	case ctx.Err() != nil, errors.As(err, &at) && at.Timeout():
		return fmt.Sprintf("no answer within %d seconds", int(answerWithin.Seconds()))
	case errors.As(err, &name):
		return "its name cannot be resolved"
	case errors.As(err, &dial) && dial.Op == "dial":
		return "no connection to it"
	}
	return "no answer that can be understood, or no TLS that can be trusted"
}
