package web

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"optinbot/bot/desk/desktest"
)

// TestHealthSaysNothingToStrangers: whether all is well everybody may know, and why not only whom
// the wiring trusts. Nobody logs in.
func TestHealthSaysNothingToStrangers(t *testing.T) {
	t.Parallel()
	s := desktest.Open(t, desktest.Setup{Unlinked: true})
	trusted := false
	alive, ready := Alive(s.Desk), Ready(s.NewCheckup(), func(*http.Request) bool { return trusted })
	is := func(h http.Handler, status int, body string) {
		t.Helper()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if w.Code != status || w.Body.String() != body {
			t.Errorf("%d %q, want %d %q", w.Code, w.Body, status, body)
		}
	}
	is(alive, 200, "ok\n")
	is(ready, 503, "not ok\n")
	trusted = true
	is(ready, 503, "not ok\nno `run` holds the folder\n")
	if err := s.Store.Close(); err != nil {
		t.Fatal(err)
	}
	is(alive, 503, "not ok\n")
}
