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
	"testing"
	"testing/synctest"
	"time"
)

// A watcher answers as it is told, and counts who asks.
type watcher struct {
	answer func(*http.Request) (*http.Response, error)
	asked  int
}

func (w *watcher) RoundTrip(r *http.Request) (*http.Response, error) {
	w.asked++
	return w.answer(r)
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
		w, logged, unwell := &watcher{}, &bytes.Buffer{}, []string(nil)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			Run(ctx, Options{
				URL: "https://watcher.example/SECRET?token=SECRET", By: w, Log: slog.New(slog.NewTextHandler(logged, nil)),
				Unwell: func(context.Context) []string { return unwell },
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
			w.answer, w.asked, unwell = step.answer, 0, step.unwell
			logged.Reset()
			time.Sleep(3*time.Minute + answerWithin + time.Second)
			synctest.Wait()
			line := strings.TrimSpace(logged.String())
			if w.asked != step.asked || (step.says == "") != (line == "") || !strings.Contains(line, step.says) || strings.Contains(line, "\n") {
				t.Errorf("asked %d times, want %d; it logs %q, want %q", w.asked, step.asked, line, step.says)
			}
			if strings.Contains(line, "SECRET") || strings.Contains(line, "example") {
				t.Errorf("the address is logged: %s", line)
			}
			time.Sleep(Every - answerWithin - time.Second) // so that each step begins just after a beat
			synctest.Wait()
		}
		w.answer = never
		time.Sleep(Every)
		cancel() // in the middle of a beat
		logged.Reset()
		<-ended
		if logged.Len() > 0 {
			t.Errorf("the end is logged: %s", logged)
		}
	})
}
