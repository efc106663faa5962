package web

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
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
	to    string // where its sender was sent
	at    time.Time
	over  chan struct{} // closed when it has been acted on, or was refused
	shown any           // what the answer showed this once, for as long as shownKept
}

// shownKept is for how long a second press shows what the first one made. Nobody may have seen the
// first answer: a browser drops it when its user presses twice.
const shownKept = time.Minute

func newForms(now func() time.Time) *forms { return &forms{now: now, sent: map[string]sentForm{}} }

// sentForm is what a form is known by that was sent: the key it came with, where it was sent, and what
// was typed and chosen. The same key with another text is another form: whoever goes back and writes
// something else means it. "": it has no key.
func (v *visit) sentForm() (string, error) {
	once := v.r.PostForm.Get("once")
	if once == "" {
		return "", nil
	}
	sum := sha256.New()
	for _, field := range slices.Sorted(maps.Keys(v.r.PostForm)) {
		if field != "seen" && field != "answered" { // the page renews them while it is open
			fmt.Fprintf(sum, "%q %q\n", field, v.r.PostForm[field])
		}
	}
	if m := v.r.MultipartForm; m != nil {
		for _, field := range slices.Sorted(maps.Keys(m.File)) {
			chosen, err := v.file(field)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(sum, "%q %x\n", field, sha256.Sum256(chosen))
		}
	}
	return fmt.Sprintf("%s %s %x", once, v.r.URL.Path, sum.Sum(nil)), nil
}

// begin reports whether a form was acted on, where its sender was sent and what was shown. While
// somebody acts on it, it waits until that is over. Otherwise the form is marked as being acted on. A
// form without a key is none that it knows.
func (f *forms) begin(ctx context.Context, who, once string) (before sentForm, done bool, err error) {
	if once == "" {
		return before, false, nil
	}
	key := who + " " + once
	for {
		before, known := f.look(key)
		if !known {
			return before, false, nil
		}
		select {
		case <-before.over:
		case <-ctx.Done():
			return before, false, ctx.Err()
		}
		if before, known = f.kept(key); known { // it is not where it was refused meanwhile
			return before, true, nil
		}
	}
}

// look finds a form, or marks it as being acted on.
func (f *forms) look(key string) (form sentForm, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	for other, form := range f.sent {
		if now.Sub(form.at) > shownKept {
			form.shown = nil
			f.sent[other] = form
		}
		if now.Sub(form.at) > formsKept {
			delete(f.sent, other)
		}
	}
	if form, known = f.sent[key]; !known {
		f.sent[key] = sentForm{at: now, over: make(chan struct{})}
	}
	return form, known
}

func (f *forms) kept(key string) (form sentForm, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	form, known = f.sent[key]
	return form, known
}

// remember keeps where the sender of a form was sent, and what was shown.
func (f *forms) remember(who, once, to string, shown any) {
	f.end(who, once, func(key string, form sentForm) {
		form.to, form.shown, form.at = to, shown, f.now()
		f.sent[key] = form
	})
}

// forget lets a form that was refused be sent again.
func (f *forms) forget(who, once string) {
	f.end(who, once, func(key string, _ sentForm) { delete(f.sent, key) })
}

// end ends what began with begin.
func (f *forms) end(who, once string, how func(key string, form sentForm)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := who + " " + once
	if form, ok := f.sent[key]; ok {
		how(key, form)
		close(form.over)
	}
}
