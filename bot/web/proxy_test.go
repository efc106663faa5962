package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

// passedOn are requests that a proxy has passed on as if they were for this machine: some mark is left.
var passedOn = map[string]func(*http.Request){
	"X-Forwarded-For":   func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.7") },
	"X-Forwarded-Proto": func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "https") },
	"Forwarded":         func(r *http.Request) { r.Header.Set("Forwarded", "for=192.0.2.7") },
	"Via":               func(r *http.Request) { r.Header.Set("Via", "1.1 proxy") },
	"X-Real-IP":         func(r *http.Request) { r.Header.Set("X-Real-IP", "192.0.2.7") },
	"a tunnel":          func(r *http.Request) { r.Header.Set("Cf-Connecting-Ip", "192.0.2.7") },
	"HTTP/1.0":          func(r *http.Request) { r.Proto, r.ProtoMinor = "HTTP/1.0", 0 },
	"another origin":    func(r *http.Request) { r.Header.Set("Origin", "https://bot.example.com") },
	"another referrer":  func(r *http.Request) { r.Header.Set("Referer", "https://bot.example.com/login") },
	"another name":      func(r *http.Request) { r.Host = "192.0.2.1:8420" },
}

// TestSecurityAProxyIsNotThisMachine: a proxy that rewrites the Host, while web.behind_proxy is false, makes
// nobody of the network somebody at this machine: not for the figures, and not for an owner without an
// authenticator. The log says once what is to be set, and from where nobody came.
func TestSecurityAProxyIsNotThisMachine(t *testing.T) {
	t.Parallel()
	s := open(t, desktest.Setup{})
	s.comesIn("ines", desk.Owner)
	asks := func(method, path string, form url.Values, change func(*http.Request)) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.RemoteAddr, r.Host = "127.0.0.1:5000", "127.0.0.1:8420"
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		change(r)
		w := httptest.NewRecorder()
		s.server.ServeHTTP(w, r)
		return w
	}
	in := url.Values{"name": {"ines"}, "password": {passphrase}, "to": {"/me"}}
	arms := func(change func(*http.Request)) bool { // what only a whole owner may
		w := asks(http.MethodPost, "/login", in, change)
		if w.Code != http.StatusSeeOther {
			t.Fatalf("the log-in is answered with %d: %s", w.Code, w.Body)
		}
		who, err := s.Desk.Session(t.Context(), answer{t: t, header: w.Header()}.session())
		told(t, err)
		return who.Role == desk.Owner
	}
	direct := func(*http.Request) {}
	if !arms(direct) || strings.Contains(s.logged.String(), "behind_proxy") {
		t.Fatalf("an owner at this machine is less: %s", s.logged)
	}
	for mark, change := range passedOn {
		if arms(change) {
			t.Errorf("%s: an owner without an authenticator is let in as one", mark)
		}
		r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		r.RemoteAddr, r.Host = "127.0.0.1:5000", "127.0.0.1:8420"
		change(r)
		if MayMonitor(s.Desk, r) == nil {
			t.Errorf("%s: the figures are open", mark)
		}
	}
	if got := s.logged.String(); strings.Count(got, "level=WARN") != 1 || !strings.Contains(got, "web.behind_proxy") || strings.Contains(got, "192.0.2.7") {
		t.Errorf("the log says: %s", got)
	}
}
