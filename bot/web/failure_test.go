package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"optinbot/bot/desk/desktest"
)

// TestO3AFaultOfThePageNamesNobodyInTheLog: whatever an error has in it, the log and the page have no phone, LID
// or BSUID.
func TestO3AFaultOfThePageNamesNobodyInTheLog(t *testing.T) {
	t.Parallel()
	s := open(t, desktest.Setup{})
	m := http.NewServeMux()
	s.server.mount(m, screen{path: "/broken", name: "doctor", show: func(*visit) (any, error) {
		return nil, errors.New("contact +12125550101, 12125550101@s.whatsapp.net, 99887766554, bsuid:9001/US.1a2b is broken")
	}})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/broken", nil)
	r.AddCookie(&http.Cookie{Name: "session", Value: "marta"})
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	if w.Code != http.StatusInternalServerError || !strings.Contains(s.logged.String(), "is broken") {
		t.Errorf("%d: %s", w.Code, s.logged)
	}
	for _, who := range []string{"2125550101", "99887766554", "US.1a2b"} {
		if strings.Contains(s.logged.String(), who) || strings.Contains(w.Body.String(), who) {
			t.Errorf("%s is in it: %s", who, s.logged)
		}
	}
}

// TestWhatCannotBeShownSaysWhy: a page that is asked for what is refused has the reason, and does not
// send anybody to the log, where nothing is.
func TestWhatCannotBeShownSaysWhy(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.get("/n/main/broadcasts/Nope/draft").says("This cannot be shown", "the name of a broadcast has small letters").lacks("optinbot run")
}
