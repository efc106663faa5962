package heartbeat

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A watcher answers as it is told, and counts who asks. It knows how the bot is, and keeps its log.
type watcher struct {
	mu     sync.Mutex
	answer func(*http.Request) (*http.Response, error)
	unwell []string
	asked  int
	logged bytes.Buffer
}

func (w *watcher) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.asked++
	answer := w.answer
	w.mu.Unlock()
	return answer(r)
}

func (w *watcher) Unwell(context.Context) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.unwell
}

func (w *watcher) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.logged.Write(line)
}

// begins begins a step.
func (w *watcher) begins(answer func(*http.Request) (*http.Response, error), unwell []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer, w.unwell, w.asked = answer, unwell, 0
	w.logged.Reset()
}

// saw is how often it was asked since then, and what was logged.
func (w *watcher) saw() (asked int, logged string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked, strings.TrimSpace(w.logged.String())
}

func answers(status int) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Header: http.Header{"Location": {"https://elsewhere.example/other"}}, Body: io.NopCloser(strings.NewReader("hello")), Request: r,
		}, nil
	}
}

func fails(err error) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// never answers, until whoever asks has no patience any more.
func never(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// TestTheWatcherIsAskedWhileAllIsWell: every minute, and not while something is wrong. What becomes
// of it is logged once for each change, without the address.
func TestTheWatcherIsAskedWhileAllIsWell(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &watcher{}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			Run(ctx, Options{
				URL: "https://watcher.example/SECRET?token=SECRET", By: w, Log: slog.New(slog.NewTextHandler(w, nil)),
				Unwell: w.Unwell,
			})
		}()
		for _, step := range []struct {
			answer func(*http.Request) (*http.Response, error)
			unwell []string
			asked  int    // in three minutes
			says   string // what is logged. "": nothing
		}{
			{answers(200), nil, 3, "is heard"},
			{answers(204), nil, 3, ""},
			{answers(503), nil, 3, "it answers 503"},
			{answers(500), nil, 3, ""}, // in vain as before
			{answers(200), nil, 3, "is heard"},
			{answers(302), nil, 3, "redirects are not followed"},
			{answers(200), []string{"number main is not connected to WhatsApp", "the database cannot be read"}, 0,
				"number main is not connected to WhatsApp; the database cannot be read"},
			{answers(200), []string{"number main is not served"}, 0, ""},
			{never, nil, 3, "no answer within 10 seconds"},
			{answers(200), nil, 3, "is heard"},
			{fails(&net.DNSError{Err: "no such host", Name: "SECRET"}), nil, 3, "cannot be resolved"},
			{answers(200), nil, 3, "is heard"},
			{fails(&net.OpError{Op: "dial", Err: errors.New("SECRET")}), nil, 3, "no connection"},
			{answers(200), nil, 3, "is heard"},
			{fails(errors.New("malformed SECRET")), nil, 3, "no answer that can be understood"},
		} {
			w.begins(step.answer, step.unwell)
			time.Sleep(3*time.Minute + answerWithin + time.Second)
			synctest.Wait()
			asked, line := w.saw()
			if asked != step.asked || (step.says == "") != (line == "") || !strings.Contains(line, step.says) || strings.Contains(line, "\n") {
				t.Errorf("asked %d times, want %d; it logs %q, want %q", asked, step.asked, line, step.says)
			}
			if strings.Contains(line, "SECRET") || strings.Contains(line, "example") {
				t.Errorf("the address is logged: %s", line)
			}
			time.Sleep(Every - answerWithin - time.Second) // so that each step begins just after a beat
			synctest.Wait()
		}
		w.begins(never, nil)
		time.Sleep(Every)
		cancel() // in the middle of a beat
		<-ended
		if asked, line := w.saw(); asked != 1 || line != "" {
			t.Errorf("asked %d times, and the end is logged: %s", asked, line)
		}
	})
}
