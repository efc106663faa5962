package serve

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"

	"optinbot/bot/desk"
)

// TestO2SavedFilesAreTaken: `run` sees that a file was saved, whether the editor writes into it or puts a new one in its place, and takes it
// once it is quiet.
func TestO2SavedFilesAreTaken(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	looked := make(chan struct{}, 100)
	asked := make(chan struct{}, 1)
	ended := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer close(ended)
		watchFlows(ctx, s.Desk, asked, func() { looked <- struct{}{} })
	}()
	asked <- struct{}{}
	wait(t, looked) // it watches now
	file := filepath.Join(s.Config.Path("flows"), "promotions.yaml")
	src, err := os.ReadFile(file)
	must(t, err)
	for range 3 { // the second and third time the file is another one
		must(t, desk.ReplaceFile(file, src))
		wait(t, looked)
	}
	must(t, os.WriteFile(file, src, 0o600))
	wait(t, looked)
	must(t, os.WriteFile(s.Config.Path("flows/broadcasts/new.yaml"), src, 0o600)) // drafts too
	wait(t, looked)
	cancel()
	wait(t, ended)
}

// TestO2AWatcherThatFailedLooksAgain: after an error of the watcher (too many changes at once) the folder is looked at, and the next edit too.
func TestO2AWatcherThatFailedLooksAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx, cancel := context.WithCancel(t.Context())
	events, errs, looked, ended := make(chan fsnotify.Event), make(chan error), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		lookWhenQuiet(ctx, s.Log, events, errs, nil, func() { looked <- struct{}{} })
	}()
	for range 2 {
		select {
		case errs <- fsnotify.ErrEventOverflow:
		case <-time.After(patience):
			t.Fatal("nobody reads what the watcher says")
		}
		wait(t, looked)
	}
	events <- fsnotify.Event{}
	wait(t, looked)
	cancel()
	wait(t, ended)
}

func wait(t *testing.T, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatal("nothing came")
	}
}
