package web

import (
	"sync"
	"time"
)

// formsKept is for how long it is remembered that a form was acted on.
const formsKept = time.Hour

// forms remember which forms were acted on, so that a second press of a button, or a second try on
// a weak line, does nothing twice. They are forgotten when the program ends: the desk itself refuses
// what must never happen twice.
type forms struct {
	now  func() time.Time
	mu   sync.Mutex
	sent map[string]sentForm
}

type sentForm struct {
	to string // where its sender was sent. "": it is being acted on
	at time.Time
}

func newForms(now func() time.Time) *forms { return &forms{now: now, sent: map[string]sentForm{}} }

// done reports whether a form was acted on, and where its sender was sent, "" while it is being acted
// on. Otherwise it is marked as
// being acted on. A form without a key is none that it knows.
func (f *forms) done(who, once string) (to string, done bool) {
	if once == "" {
		return "", false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	for key, form := range f.sent {
		if now.Sub(form.at) > formsKept {
			delete(f.sent, key)
		}
	}
	key := who + " " + once
	if form, ok := f.sent[key]; ok {
		return form.to, true
	}
	f.sent[key] = sentForm{at: now}
	return "", false
}

func (f *forms) remember(who, once, to string) {
	if once == "" {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent[who+" "+once] = sentForm{to, f.now()}
}

// forget lets a form that was refused be sent again.
func (f *forms) forget(who, once string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.sent, who+" "+once)
}
