package whatsapp

import (
	"context"
	"sync"
	"testing"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"

	"optinbot/bot/whatsapp/whatsapptest"
)

// A tally follows the queries between a client and the server, so that a test can wait until none
// is under way.
//
// Why: two queries of the library that are interrupted together write the same flag under a read
// lock (GetChan in exsync/event.go of go.mau.fi/util, from retryFrame in request.go). Both write
// true, so it harms nobody, but it is a data race of the library's, and the race detector is right
// to say so. Tests end connections when nothing is under way.
type tally struct {
	mu      sync.Mutex
	pending map[string]string // by ID: the namespace
	tokens  int               // privacy tokens that were given: one for each contact's first message, in the background
	changed chan struct{}
}

func watch(srv *whatsapptest.Server) *tally {
	q := &tally{pending: map[string]string{}, changed: make(chan struct{}, 1)}
	srv.Trace(q.note)
	return q
}

func (q *tally) note(from whatsapptest.Direction, node *waBinary.Node) {
	id, _ := node.Attrs["id"].(string)
	if node.Tag != "iq" || id == "" {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	namespace, ours := q.pending[id]
	switch kind, _ := node.Attrs["type"].(string); {
	case from == whatsapptest.FromClient && (kind == "get" || kind == "set"):
		q.pending[id], _ = node.Attrs["xmlns"].(string)
	case from == whatsapptest.FromServer && ours:
		delete(q.pending, id)
		if namespace == "privacy" {
			q.tokens++
		}
	}
	select {
	case q.changed <- struct{}{}:
	default:
	}
}

// quiet waits until no query is under way and at least so many tokens have been given.
func (q *tally) quiet(t *testing.T, tokens int) {
	t.Helper()
	if !q.until(within(t), tokens) {
		q.mu.Lock()
		defer q.mu.Unlock()
		t.Fatalf("queries under way: %v; tokens: %d", q.pending, q.tokens)
	}
}

// settle waits a while for quiet. After a fault some queries have no answer ever.
func (q *tally) settle(patience time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	q.until(ctx, 0)
}

func (q *tally) until(ctx context.Context, tokens int) bool {
	for {
		q.mu.Lock()
		done := len(q.pending) == 0 && q.tokens >= tokens
		q.mu.Unlock()
		if done {
			return true
		}
		select {
		case <-q.changed:
		case <-ctx.Done():
			return false
		}
	}
}
