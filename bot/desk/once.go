package desk

import (
	"context"
	"errors"
	"fmt"

	"optinbot/store"
)

// A OnceKey names a request that a program may send again because it does not know how the first
// one ended.
type OnceKey struct {
	Key     string // as the program chose it
	Request string // SHA-256 of what is asked for
}

// A KeptAnswer is what a request was told.
type KeptAnswer struct {
	Status int
	Body   []byte
}

var (
	// ErrKeyReused: the key came with another request before.
	ErrKeyReused = errors.New("this Idempotency-Key came with another request before; take a new one")
	// ErrInFlight: the same request is being carried out.
	ErrInFlight = errors.New("this request is being carried out; ask again in a moment")
	// ErrAnswerLost: the request was carried out, and the program ended before it answered.
	ErrAnswerLost = errors.New("this request was carried out, and the answer was lost: look at what it changed")
)

type onceKey struct{ who, key string }

type onceCtxKey struct{}

// Once begins a request that is to be carried out once. With an answer, it was carried out before,
// and that is to be given back. Else the use case is called with the context that it returns, whose
// transaction then notes that the request is carried out, and Answer keeps what it was told. done
// is called at the end in either case. A request that was cut off before it changed anything may be
// repeated.
func (d *Desk) Once(ctx context.Context, key OnceKey) (
	with context.Context, answer *KeptAnswer, done func(), err error,
) {
	w, _ := WhoActs(ctx)
	k := onceKey{w.Name, key.Key}
	if !d.takeRequest(k) {
		return ctx, nil, func() {}, ErrInFlight
	}
	done = func() { d.letGoOf(k) }
	known, err := d.Store.BeginRequest(ctx, k.who, k.key, key.Request, d.Now(), d.Now().Add(-d.Config.Retention.Answers.D()))
	switch {
	case err != nil:
	case known == nil || known.Request == key.Request && !known.Acted && known.Status == 0:
		with = context.WithValue(store.Answering(ctx, k.who, k.key), onceCtxKey{}, k)
		return with, nil, done, nil
	case known.Request != key.Request:
		err = ErrKeyReused
	case known.Status == 0:
		err = ErrAnswerLost
	default:
		answer = &KeptAnswer{known.Status, known.Body}
	}
	return ctx, answer, done, err
}

// Answer keeps what the request of a context of Once was told. Without such a request it does
// nothing.
func (d *Desk) Answer(ctx context.Context, a KeptAnswer) error {
	k, ok := ctx.Value(onceCtxKey{}).(onceKey)
	if !ok {
		return nil
	}
	if err := d.Store.KeepAnswer(ctx, k.who, k.key, a.Status, a.Body); err != nil {
		return fmt.Errorf("keep the answer: %w", err)
	}
	return nil
}

// takeRequest takes a request that is in nobody's hands.
func (d *Desk) takeRequest(k onceKey) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.requests[k] {
		return false
	}
	d.requests[k] = true
	return true
}

func (d *Desk) letGoOf(k onceKey) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.requests, k)
}
