package lock

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestTake: the second one is told who holds the lock, and gets it when the first is done. Looking
// takes nothing away.
func TestTake(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.lock")
	if Taken(path) {
		t.Error("a lock without a file is taken")
	}
	release, err := Take(path)
	if err != nil {
		t.Fatal(err)
	}
	if !Taken(path) {
		t.Error("the lock is not taken")
	}
	second, err := Take(path)
	var taken *TakenError
	if second != nil || !errors.Is(err, ErrTaken) || !errors.As(err, &taken) || taken.Path != path {
		t.Fatalf("the second one got %v", err)
	}
	if want := "it is this process (lock file " + path + "); stop that one first"; err.Error() != want {
		t.Errorf("it says %q, want %q", err, want)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if Taken(path) {
		t.Error("the lock is taken after it was released")
	}
	if release, err = Take(path); err != nil {
		t.Fatal(err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
}

// TestTakeWhileOthersLook: who only looks whether a lock is held keeps nobody from taking it.
func TestTakeWhileOthersLook(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.lock")
	var looking sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		looking.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					Taken(path)
				}
			}
		})
	}
	for range 50 {
		release, err := Take(path)
		if err != nil {
			t.Error(err)
			break
		}
		if err := release(); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	looking.Wait()
}

// TestTheHolder: what the file says about who holds the lock.
func TestTheHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.lock")
	for content, want := range map[string]string{"": "another process", "x\n": "another process", "1\n": "process 1"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := readHolder(file); got != want {
			t.Errorf("%q is read as %q, want %q", content, got, want)
		}
		file.Close()
	}
}

// TestNoFolder: an error that is not about a holder says which file.
func TestNoFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gone", "run.lock")
	if _, err := Take(path); err == nil || errors.Is(err, ErrTaken) || !strings.Contains(err.Error(), path) {
		t.Errorf("%v", err)
	}
}
