package web

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"optinbot/bot/desk"
)

// Alive answers whether the process lives and its database answers: "ok" with 200, or "not ok" with
// 503. Nobody has to log in.
func Alive(d *desk.Desk) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sayHealth(w, d.Alive(r.Context()) == nil, nil)
	})
}

// Ready answers whether everybody is served whom the bot should serve: "ok" with 200, or "not ok"
// with 503. Nobody has to log in. Whom trusted lets is also told why not, a reason a line.
func Ready(checkup *desk.Checkup, trusted func(*http.Request) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		why := checkup.Look(r.Context()).NotReady
		if len(why) > 0 && !trusted(r) {
			sayHealth(w, false, nil)
			return
		}
		sayHealth(w, len(why) == 0, why)
	})
}

func sayHealth(w http.ResponseWriter, ok bool, why []string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if ok {
		_, _ = io.WriteString(w, "ok\n")
		return
	}
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = io.WriteString(w, strings.Join(append([]string{"not ok"}, why...), "\n")+"\n")
}

// ForMonitors lets those who may read the figures of all numbers see the metrics.
func ForMonitors(d *desk.Desk, metrics http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch err := MayMonitor(d, r); {
		case err == nil:
			metrics.ServeHTTP(w, r)
		case errors.Is(err, desk.ErrForbidden):
			http.Error(w, "The metrics are of all numbers, and this key is not.", http.StatusForbidden)
		case errors.Is(err, desk.ErrNoKey):
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "The metrics need a key: `optinbot key add NAME --role metrics`.", http.StatusUnauthorized)
		default:
			http.Error(w, "The database cannot be read now.", http.StatusServiceUnavailable)
		}
	})
}

// MayMonitor says whether a request is a monitor's, as desk.MayReadFigures has it.
func MayMonitor(d *desk.Desk, r *http.Request) error {
	return d.MayReadFigures(r.Context(), desk.KeyOf(r.Header.Get("Authorization")), fromHere(r))
}
