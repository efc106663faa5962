package web

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"optinbot/bot/desk/desktest"
	"optinbot/store"
)

// TestWhichNumbersOnThePage: an owner limits operators and keys to numbers, and sees of each which.
func TestWhichNumbersOnThePage(t *testing.T) {
	s := open(t, desktest.Setup{Config: "numbers:\n  - {name: main, flow: promotions}\n  - {name: second, flow: promotions}\n"})
	s.post("/operators/add", url.Values{"name": {"ines"}, "role": {"editor"}, "number": {"second"}}).is(http.StatusOK)
	set := func(fields url.Values) []string {
		fields.Set("name", "ines")
		s.post("/operators/role", fields).goesTo("/operators?done=role_set")
		all, err := s.ListOperators(t.Context())
		told(t, err)
		for _, o := range all {
			if o.Name == "ines" {
				return o.Numbers
			}
		}
		return nil
	}
	if page := s.get("/operators"); !strings.Contains(page.body, `value="second" checked`) || strings.Contains(page.body, `value="main" checked`) {
		t.Error("their numbers are not chosen already")
	}
	if got := set(url.Values{"role": {"viewer"}}); len(got) != 1 {
		t.Errorf("the role alone changes the numbers: %v", got)
	}
	if got := set(url.Values{"role": {"viewer"}, "numbers": {"1"}, "number": {"main", "second"}}); len(got) != 2 {
		t.Errorf("both: %v", got)
	}
	if got := set(url.Values{"role": {"viewer"}, "numbers": {"1"}}); len(got) != 0 {
		t.Errorf("all: %v", got)
	}
	s.post("/operators/key", url.Values{"name": {"till"}, "role": {"viewer"}, "days": {"30"}, "number": {"second"}}).is(http.StatusOK)
	s.get("/operators").says("till viewer second")
}

// TestWhoDidWhatOnThePage: of one operator, of one number, and page by page.
func TestWhoDidWhatOnThePage(t *testing.T) {
	s := open(t, desktest.Setup{Config: "numbers:\n  - {name: main, flow: promotions}\n  - {name: second, flow: promotions}\n"})
	for range actsShown + 1 {
		told(t, s.Store.AddAct(t.Context(), store.ActRow{At: s.Now(), Who: "ines", Via: "web", Act: "reply", Number: "second", Result: "done"}))
	}
	told(t, s.Store.AddAct(t.Context(), store.ActRow{At: s.Now(), Who: "key:till", Via: "api", Act: "optout", Number: "main", Result: "done"}))
	s.get("/operators").says("key:till api optout main", "ines web reply second", "Older")
	s.get("/operators?who=key:till").says("key:till api").lacks("ines web", "Older")
	s.get("/operators?of=main").says("key:till api").lacks("ines web")
	s.get("/operators?who=nobody").says("Nothing of that is known")
	older := regexp.MustCompile(`href="([^"]*before=[^"#]*)#h-acts"`).FindStringSubmatch(s.get("/operators?who=ines&of=second").body)
	if older == nil {
		t.Fatal("there is no next page")
	}
	s.get(html.UnescapeString(older[1])).says("ines web reply second").lacks("key:till api", "Older")
}

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
	s.ask(ines, http.MethodPost, "/operators/log_out", url.Values{"name": {"owner"}}).is(http.StatusForbidden)
	s.post("/operators/log_out", url.Values{"name": {"ines"}}).goesTo("/operators?done=operator_logged_out")
	s.ask(ines, http.MethodGet, "/", nil).is(http.StatusSeeOther) // no session any more
	ines = s.ask("", http.MethodPost, "/login", url.Values{"name": {"ines"}, "password": {passphrase}}).goesTo("/").session()
	s.post("/operators/remove", url.Values{"name": {"ines"}}).goesTo("/operators?done=operator_removed")
	s.ask(ines, http.MethodGet, "/", nil).is(http.StatusSeeOther)
}
