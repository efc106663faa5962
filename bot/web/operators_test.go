package web

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"optinbot/bot/desk/desktest"
)

// TestOperatorsOnThePage: an owner lets somebody in, sees what they did, and takes them out again.
func TestOperatorsOnThePage(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.post("/operators/add", url.Values{"name": {"Not A Name"}, "role": {"editor"}}).is(http.StatusConflict)
	form := url.Values{"name": {"ines"}, "role": {"editor"}, "once": {"key"}}
	page := s.post("/operators/add", form).is(http.StatusOK).says("This is shown once")
	link := regexp.MustCompile(`/welcome#[A-Za-z0-9_-]+`).FindString(page.body)
	if link == "" {
		t.Fatalf("no link is shown: %s", page.text())
	}
	s.post("/operators/add", form).is(http.StatusOK).says(link) // pressed twice
	s.get("/operators").is(http.StatusOK).lacks(link).says("ines", "has not come in yet", "operator add")
	in := url.Values{"token": {link}, "password": {passphrase}, "again": {passphrase}}
	ines := s.ask("", http.MethodPost, "/welcome", in).goesTo("/").session()
	s.ask(ines, http.MethodGet, "/operators", nil).is(http.StatusForbidden).says("That is not for you")
	s.ask(ines, http.MethodPost, "/operators/add", url.Values{"name": {"mallory"}, "role": {"owner"}}).is(http.StatusForbidden)
	key := s.post("/operators/key", url.Values{"name": {"till"}, "role": {"viewer"}, "days": {"30"}}).is(http.StatusOK)
	if !regexp.MustCompile(`opt_[0-9a-f]+_`).MatchString(key.body) {
		t.Errorf("no key is shown: %s", key.text())
	}
	for _, days := range []string{"soon", "-1", "36501"} {
		s.post("/operators/key", url.Values{"name": {"other"}, "role": {"viewer"}, "days": {days}}).is(http.StatusConflict)
	}
	s.post("/operators/key", url.Values{"name": {"ever"}, "role": {"viewer"}, "days": {"0"}}).is(http.StatusOK)
	s.post("/operators/key", url.Values{"name": {"year"}, "role": {"viewer"}, "days": {""}}).is(http.StatusOK)
	keys, err := s.ListKeys(t.Context())
	if err != nil || len(keys) != 3 || !keys[0].Ends.IsZero() || !keys[2].Ends.Equal(s.Now().AddDate(0, 0, 365)) {
		t.Errorf("%+v, %v", keys, err)
	}
	s.post("/operators/revoke", url.Values{"key": {"till"}}).goesTo("/operators?done=key_revoked")
	s.post("/operators/remove", url.Values{"name": {"ines"}}).goesTo("/operators?done=operator_removed")
	s.ask(ines, http.MethodGet, "/", nil).is(http.StatusSeeOther)
}
