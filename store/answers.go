package store

import (
	"context"
	"time"
)

// An answerKey names a request that a program may send again.
type answerKey struct{ who, key string }

type answerCtxKey struct{}

// Answering returns a context in which the act that is carried out is that of a request, so that
// its transaction notes it.
func Answering(ctx context.Context, who, key string) context.Context {
	return context.WithValue(ctx, answerCtxKey{}, answerKey{who, key})
}

func answeredIn(ctx context.Context) answerKey {
	k, _ := ctx.Value(answerCtxKey{}).(answerKey)
	return k
}

// acted notes in the transaction of an act that its request is carried out.
func (t *tx) acted(r *Recording) error {
	if r.answers == (answerKey{}) {
		return nil
	}
	return t.exec("UPDATE answers SET acted = 1, contact_id = $1 WHERE who = $2 AND key = $3",
		r.Row("").Contact, r.answers.who, r.answers.key)
}

// A StoredAnswer is what is known of a request that came with a key.
type StoredAnswer struct {
	Request string // what was asked for
	Acted   bool   // the act was carried out
	Status  int    // of the answer. 0: it has none yet, or it is not kept
	Body    []byte
}

// BeginRequest notes a request, unless the key is known: then it returns what is known of that.
// What is older than since is forgotten.
func (s *Store) BeginRequest(
	ctx context.Context, who, key, request string, now, since time.Time,
) (known *StoredAnswer, err error) {
	err = s.write(Unrecorded(ctx), noNumber, func(t *tx) error {
		known = nil
		if err := t.exec("DELETE FROM answers WHERE at < $1", millis(since)); err != nil {
			return err
		}
		var a StoredAnswer
		var acted int
		found, err := t.row("SELECT request, acted, status, body FROM answers WHERE who = $1 AND key = $2",
			[]any{who, key}, &a.Request, &acted, &a.Status, &a.Body)
		if err != nil {
			return err
		}
		if a.Acted = acted == 1; found {
			known = &a
			return t.beginAgain(who, key, known)
		}
		return t.exec("INSERT INTO answers (who, key, request, at) VALUES ($1, $2, $3, $4)", who, key, request,
			millis(now))
	})
	return known, err
}

// notKept is the status of an answer that is not to be kept: it may tell of somebody who was erased.
const notKept = -1

// beginAgain makes of a request whose answer is not kept one that has none. Where nothing was carried
// out it is carried out anew, and its answer then is kept.
func (t *tx) beginAgain(who, key string, a *StoredAnswer) error {
	if a.Status != notKept {
		return nil
	}
	if a.Status = 0; a.Acted {
		return nil
	}
	return t.exec("UPDATE answers SET status = 0 WHERE who = $1 AND key = $2", who, key)
}

// forgetAnswers lets go of answers that were given before.
func (s *Store) forgetAnswers(ctx context.Context, before time.Time) error {
	return s.write(ctx, noNumber, func(t *tx) error {
		return t.exec("DELETE FROM answers WHERE at < $1", millis(before))
	})
}

// KeepAnswer keeps what a request was told.
func (s *Store) KeepAnswer(ctx context.Context, who, key string, status int, body []byte) error {
	return s.write(Unrecorded(ctx), noNumber, func(t *tx) error {
		return t.exec("UPDATE answers SET status = $1, body = $2 WHERE who = $3 AND key = $4 AND status <> $5", status,
			string(body), who, key, notKept)
	})
}
