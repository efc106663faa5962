package webhook

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"optinbot/store"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("::1/128")}

const (
	secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	older  = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
)

// TestSignedByTheStandard: the library of Standard Webhooks verifies what is posted, with either
// secret while one is being replaced.
func TestSignedByTheStandard(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		e            store.Endpoint
		new, old     bool
		otherwiseBad bool
	}{
		"one secret":        {e: store.Endpoint{Secret: secret}, new: true},
		"being replaced":    {e: store.Endpoint{Secret: secret, OldSecret: older, OldUntil: now.Add(time.Minute)}, new: true, old: true},
		"has been replaced": {e: store.Endpoint{Secret: secret, OldSecret: older, OldUntil: now}, new: true},
	} {
		t.Run(name, func(t *testing.T) {
			var headers http.Header
			var body []byte
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				headers = r.Header.Clone()
				body, _ = io.ReadAll(r.Body)
				w.WriteHeader(http.StatusNoContent)
			}))
			defer srv.Close()
			c.e.URL = srv.URL
			a := NewPoster(loopback, func() time.Time { return now }).Post(t.Context(), c.e, Request{ID: "msg_1", Body: []byte(`{"seq":1}`)})
			if a.Failed != "" || a.Status != 204 || headers.Get("webhook-id") != "msg_1" || string(body) != `{"seq":1}` {
				t.Fatalf("%+v, %v, %s", a, headers, body)
			}
			for which, want := range map[string]bool{secret: c.new, older: c.old} {
				hook, err := standardwebhooks.NewWebhook(which)
				must(t, err)
				if err := hook.Verify(body, headers); (err == nil) != want {
					t.Errorf("%s: %v, want %v", which, err, want)
				}
				if hook.Verify([]byte(`{"seq":2}`), headers) == nil {
					t.Error("another body passes")
				}
			}
		})
	}
}

// TestOnly2xxIsDelivered, and a redirect is not followed.
func TestOnly2xxIsDelivered(t *testing.T) {
	var asked atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer elsewhere.Close()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/metadata":
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusTemporaryRedirect)
		case "/elsewhere":
			http.Redirect(w, r, elsewhere.URL, http.StatusPermanentRedirect)
		case "/busy":
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusTooManyRequests)
		case "/date":
			w.Header().Set("Retry-After", time.Date(2026, 3, 2, 14, 5, 0, 0, time.UTC).Format(http.TimeFormat))
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/words":
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, strings.Repeat("no ", 1000))
		case "/accepted":
			w.WriteHeader(http.StatusAccepted)
		}
	}))
	defer srv.Close()
	p := NewPoster(loopback, func() time.Time { return time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC) })
	for path, want := range map[string]Answer{
		"/accepted":  {Status: 202},
		"/metadata":  {Status: 307, Failed: "it answered 307, and redirects are not followed"},
		"/elsewhere": {Status: 308, Failed: "it answered 308, and redirects are not followed"},
		"/busy":      {Status: 429, Failed: "it answered 429", RetryAfter: 2 * time.Minute},
		"/date":      {Status: 503, Failed: "it answered 503", RetryAfter: 5 * time.Minute},
		"/words":     {Status: 400, Failed: "it answered 400", Body: strings.Repeat("no ", 1000)[:answerAtMost]},
	} {
		got := p.Post(t.Context(), store.Endpoint{URL: srv.URL + path, Secret: secret}, Request{ID: "msg_1"})
		if got.Took = 0; got != want {
			t.Errorf("%s: %+v, want %+v", path, got, want)
		}
	}
	if asked.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

// TestPrivateAddressesAreRefused at the moment of the dial, however the URL spells them.
func TestPrivateAddressesAreRefused(t *testing.T) {
	var asked atomic.Int32
	srv := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer srv.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(srv.URL, "https://"), ":")
	p := NewPoster(nil, time.Now)
	for _, host := range []string{"127.0.0.1", "localhost", "127.1", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]",
		"10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "[fe80::1]", "[fd00:ec2::254]"} {
		for _, scheme := range []string{"https://", "http://"} {
			a := p.Post(t.Context(), store.Endpoint{URL: scheme + host + ":" + port, Secret: secret}, Request{ID: "msg_1"})
			if a.Status != 0 || a.Failed == "" {
				t.Errorf("%s%s: %+v", scheme, host, a)
			}
			if strings.HasPrefix(scheme, "https") && host != "127.1" && !strings.Contains(a.Failed, "private, local or special") {
				t.Errorf("%s%s: %+v", scheme, host, a)
			}
		}
	}
	if asked.Load() != 0 {
		t.Error("one of them was asked")
	}
}

// TestNoProxyIsAsked: it would go where the guard does not look.
func TestNoProxyIsAsked(t *testing.T) {
	var asked atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer proxy.Close()
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	a := NewPoster([]netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}, time.Now).Post(t.Context(),
		store.Endpoint{URL: "http://127.0.0.2/", Secret: secret}, Request{ID: "msg_1"})
	if a.Failed == "" || asked.Load() != 0 {
		t.Errorf("%+v; the proxy was asked %d times", a, asked.Load())
	}
}

// TestAnAnswerCostsLittle, however long it is.
func TestAnAnswerCostsLittle(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusInternalServerError} {
		wrote := make(chan int, 1)
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			piece, n := make([]byte, 64<<10), 0
			for n < 1<<30 {
				m, err := w.Write(piece)
				if n += m; err != nil {
					break
				}
			}
			wrote <- n
		}))
		a := NewPoster(loopback, time.Now).Post(t.Context(), store.Endpoint{URL: srv.URL, Secret: secret}, Request{ID: "msg_1"})
		if n := <-wrote; a.Status != status || len(a.Body) > answerAtMost || n >= 1<<30 {
			t.Errorf("%d: %d bytes are kept, %d were taken", a.Status, len(a.Body), n)
		}
		srv.Close()
	}
}

// TestAReceiverThatHangs is left when its time is over.
func TestAReceiverThatHangs(t *testing.T) {
	over := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-r.Context().Done():
		case <-over:
		}
	}))
	defer srv.Close()
	defer close(over)
	p := NewPoster(loopback, time.Now)
	p.within = 50 * time.Millisecond
	a := p.Post(t.Context(), store.Endpoint{URL: srv.URL, Secret: secret}, Request{ID: "msg_1"})
	if a.Status != 0 || a.Failed != "no answer within 15 seconds" {
		t.Errorf("%+v", a)
	}
}
