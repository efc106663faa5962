package web

import (
	"errors"
	"net/http"
	"net/url"

	"optinbot/bot/desk"
)

// sessionCookie is what the cookie of a session is called. The prefix lets browsers take it only
// over TLS and from this very host.
func (s *Server) sessionCookie() string {
	if s.secure() {
		return "__Host-session"
	}
	return "session"
}

// errNoSession is that a request comes without the cookie of a session.
var errNoSession = errors.New("there is no session")

// whoVisits is whoever a request's session belongs to.
func (s *Server) whoVisits(r *http.Request) (desk.Who, error) {
	cookie, err := r.Cookie(s.sessionCookie())
	if err != nil {
		return desk.Who{}, errNoSession
	}
	return s.Accounts.Session(r.Context(), cookie.Value)
}

// sendToLogIn sends whoever has no session to the form, and back to where they were afterwards.
func (s *Server) sendToLogIn(w http.ResponseWriter, r *http.Request, why error) {
	if r.Method != http.MethodGet || r.URL.Query().Has("live") {
		http.Error(w, "You are not logged in, or no longer. Nothing was changed.", http.StatusUnauthorized)
		return
	}
	to := "/login"
	if r.URL.Path != "/" {
		to += "?to=" + url.QueryEscape(r.URL.RequestURI())
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}
