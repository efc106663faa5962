package web

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"optinbot/flows"
)

// policy is what a page may load and do: files and answers of this server, and nothing inline.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// guard stands before everything: which names the server goes by, who may send forms, how much, and
// what a browser may do with an answer.
func (s *Server) guard(next http.Handler) http.Handler {
	sameOrigin := http.NewCrossOriginProtection()
	if s.Config.URL != "" {
		// Behind a proxy the Host may be another one than the browser's.
		_ = sameOrigin.AddTrustedOrigin(s.Config.URL) // the configuration has checked it
	}
	sameOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "This form was sent from another site. Nothing was changed.", http.StatusForbidden)
	}))
	inner := sameOrigin.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin") // a form says from where it comes
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if s.secure() {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		s.warnOfProxy(r)
		if !s.knows(r.Host) {
			http.Error(w, "This server does not go by that name. Its address is web.url in config.yaml.", http.StatusMisdirectedRequest)
			return
		}
		r.Body = wholeBody(w, r)
		counted := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		inner.ServeHTTP(counted, r)
		if s.Count != nil {
			s.Count(r.Pattern, counted.status)
		}
	})
}

// A statusWriter knows the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// wholeBody reads what was sent before anything is done with it, so that slow senders end while an
// act takes as long as it has to. What is too long, or does not come, is an error of the body.
func wholeBody(w http.ResponseWriter, r *http.Request) io.ReadCloser {
	if r.Body == nil || r.Body == http.NoBody {
		return http.NoBody
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(readTime)) // a test's writer has none
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostOf(r)))
	if err != nil {
		// The time for it stays over: what is left of it is not waited for behind the answer either.
		w.Header().Set("Connection", "close")
		return io.NopCloser(io.MultiReader(bytes.NewReader(content), failing{err}))
	}
	_ = control.SetReadDeadline(time.Time{})
	return io.NopCloser(bytes.NewReader(content))
}

// mostOf is how much may be sent. A reply, to the page and to the API, may have a picture in it.
func mostOf(r *http.Request) int64 {
	if strings.HasSuffix(r.URL.Path, "/reply") {
		return int64(flows.MostPicture/3*4 + maxForm)
	}
	return maxForm
}

// failing is the end of a body that did not come whole.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// secure reports whether browsers come by TLS.
func (s *Server) secure() bool {
	return s.Config.Certificate != "" || strings.HasPrefix(s.Config.URL, "https://")
}

// knows reports whether the server goes by a name. A name that an attacker lets point to this
// machine is none of its own, so that a foreign page cannot read it through that.
func (s *Server) knows(host string) bool {
	if u, err := url.Parse(s.Config.URL); err == nil && u.Host != "" && strings.EqualFold(u.Host, host) {
		return true
	}
	name := nameOf(host)
	if strings.EqualFold(name, "localhost") {
		return true
	}
	_, err := netip.ParseAddr(name) // nobody can let an address point elsewhere
	return err == nil
}

// nameOf is a host of an address without its port.
func nameOf(host string) string {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	return strings.Trim(name, "[]")
}
