package store

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"
)

// TestAQueuedWriteEndsWithItsContext: whoever has stopped waiting is answered while another write goes on, and nothing of theirs is
// written. A write that has begun is waited for: only its commit says how it ended.
func TestAQueuedWriteEndsWithItsContext(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	begun, release := make(chan struct{}), make(chan struct{})
	first := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		first <- s.write(ctx, only("a"), func(tx *tx) error {
			close(begun)
			<-release
			return tx.exec("INSERT INTO numbers (name) VALUES ('a')")
		})
	}()
	<-begun
	queued := make(chan error, 1)
	go func() {
		queued <- s.write(ctx, only("b"), func(tx *tx) error {
			return tx.exec("INSERT INTO numbers (name) VALUES ('b')")
		})
	}()
	for len(s.writer.jobs) == 0 {
		runtime.Gosched()
	}
	cancel()
	select {
	case err := <-queued:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the one that waited: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the one that waited waits on")
	}
	select {
	case err := <-first:
		t.Errorf("the one that has begun was left: %v", err)
	default:
	}
	close(release)
	if err := <-first; err != nil {
		t.Error(err)
	}
	numbers, err := s.Numbers(t.Context())
	if err != nil || len(numbers) != 1 || numbers[0].Name != "a" {
		t.Errorf("%+v, %v", numbers, err)
	}
	if err := errors.Join(s.writer.close(), s.writer.close()); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}
