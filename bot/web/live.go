package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"optinbot/bot/desk"
)

// How often an open page is looked at. A look is made after a change, at most once in lookEvery and
// never more often than five times as long as a look took. Without a change it is made each
// lookAnyway, since times pass ("in 3 min").
const (
	watchEvery = 250 * time.Millisecond
	lookEvery  = time.Second
	lookAnyway = 15 * time.Second
	lookShare  = 5
	eventTime  = 30 * time.Second // for a browser to take what it is told
)

// live tells open pages when to look again. Pages that show the same to the same eyes share one
// look.
type live struct {
	mu    sync.Mutex
	turn  int64         // which look is the newest
	next  chan struct{} // closed when there is a newer one
	views map[string]*liveView
	took  time.Duration // the longest look of this turn
}

// A liveView is what a look has found: the parts of a screen, by their names.
type liveView struct {
	once  sync.Once
	parts map[string]string
	err   error
}

func newLive() *live { return &live{next: make(chan struct{}), views: map[string]*liveView{}} }

// watch calls for looks until ctx ends.
func (l *live) watch(ctx context.Context, d *desk.Desk, log *slog.Logger) {
	changes, err := d.Store.Watch(ctx)
	if err != nil {
		if ctx.Err() == nil {
			log.Error("open pages are not told of changes", failure(err))
		}
		return
	}
	defer changes.Close()
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	var last time.Time
	changed := false
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			new, err := changes.Changed(ctx)
			changed = changed || new || err != nil
			since := now.Sub(last)
			if since >= lookAnyway || changed && since >= max(lookEvery, lookShare*l.lastTook()) {
				last, changed = now, false
				l.look()
			}
		}
	}
}

func (l *live) lastTook() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.took
}

// look begins a new turn.
func (l *live) look() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn++
	l.took = 0
	l.views = map[string]*liveView{}
	close(l.next)
	l.next = make(chan struct{})
}

// now returns which look is the newest, and what is closed when there is a newer one.
func (l *live) now() (turn int64, next <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.turn, l.next
}

// parts returns what the newest look finds for a key, looking where nobody has yet.
func (l *live) parts(key string, look func() (map[string]string, error)) (map[string]string, error) {
	l.mu.Lock()
	view, ok := l.views[key]
	if !ok {
		view = &liveView{}
		l.views[key] = view
	}
	l.mu.Unlock()
	view.once.Do(func() {
		start := time.Now()
		view.parts, view.err = look()
		l.mu.Lock()
		l.took = max(l.took, time.Since(start))
		l.mu.Unlock()
	})
	return view.parts, view.err
}

// isLive reports whether a template is a part that is told when it changes.
func isLive(template string) bool { return strings.HasPrefix(template, "live-") }

// follow tells an open page of every change until it is closed: each part that is another one than
// before. At the beginning it tells all of them, so that a page that lost its connection is right
// again. The stream ends with the session.
func (v *visit) follow() {
	control := http.NewResponseController(v.w)
	h := v.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // a proxy must not gather events
	told := map[string]string{}
	for {
		_, next := v.live.now()
		who, err := v.whoVisits(v.r)
		if err != nil || who.Role != v.who.Role || !slices.Equal(who.Numbers, v.who.Numbers) {
			return
		}
		parts, err := v.live.parts(v.liveKey(), v.liveParts)
		if err != nil && v.Err() == nil { // whoever looked for all may have left meanwhile
			parts, err = v.liveParts()
		}
		if err != nil {
			if v.Err() == nil && !errors.Is(err, desk.ErrNotFound) { // else they were erased meanwhile, say
				v.Log.Error("a page could not be kept live", "screen", v.screen.name, failure(err))
			}
			return
		}
		_ = control.SetWriteDeadline(time.Now().Add(eventTime)) // a test's writer has none
		if _, err := v.w.Write(event(parts, told)); err != nil || control.Flush() != nil {
			return
		}
		select {
		case <-next:
		case <-v.Done():
			return
		}
	}
}

// liveKey is the same for pages that show the same to the same eyes.
func (v *visit) liveKey() string {
	return strings.Join([]string{
		v.lang.code, string(v.who.Role), v.who.Name, strings.Join(v.who.Numbers, ","), v.r.URL.RequestURI(),
	}, "\x00")
}

// liveParts makes the parts of the screen that are told when they change.
func (v *visit) liveParts() (map[string]string, error) {
	view, err := v.screen.show(v)
	if err != nil {
		return nil, err
	}
	p, parts := v.page(view), map[string]string{}
	p.Once = "" // what is told again and again must not differ each time
	for _, t := range v.template().Templates() {
		if !isLive(t.Name()) {
			continue
		}
		var part bytes.Buffer
		if err := t.Execute(&part, p); err != nil {
			return nil, err
		}
		parts[t.Name()] = part.String()
	}
	return parts, nil
}

// event is what a page is told: a comment where nothing has changed, so that the connection is known
// to live.
func event(parts, told map[string]string) []byte {
	var b bytes.Buffer
	names := make([]string, 0, len(parts))
	for name, part := range parts {
		if old, ok := told[name]; !ok || old != part {
			names = append(names, name)
			told[name] = part
		}
	}
	if len(names) == 0 {
		return []byte(": nothing new\n\n")
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "data: <hx-partial hx-target=\"#%s\" hx-swap=\"innerMorph\">\n", name)
		// In a stream of events a lone carriage return ends a line too.
		for line := range strings.Lines(strings.ReplaceAll(parts[name], "\r", "&#13;")) {
			fmt.Fprintf(&b, "data: %s\n", strings.TrimSuffix(line, "\n"))
		}
		b.WriteString("data: </hx-partial>\n")
	}
	b.WriteString("\n")
	return b.Bytes()
}
