package web

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
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
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if s.secure() {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if !s.knows(r.Host) {
			http.Error(w, "This server does not go by that name. Its address is web.url in config.yaml.", http.StatusMisdirectedRequest)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		inner.ServeHTTP(w, r)
	})
}

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
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	name = strings.Trim(name, "[]")
	if strings.EqualFold(name, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(name)
	if err != nil {
		return false
	}
	listens, _, _ := net.SplitHostPort(s.Config.Listen)
	return ip.IsLoopback() || name == listens || ip.IsValid() && s.Config.Certificate != ""
}
