package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

const passphrase = "three green coats and a hat"

// comesIn makes an operator and lets them choose their password. It returns the token of their
// session.
func (s *site) comesIn(name string, role desk.Role) string {
	s.t.Helper()
	link, err := s.Desk.AddOperator(s.t.Context(), name, role, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	form := url.Values{"token": {link.Token}, "password": {passphrase}, "again": {passphrase}}
	return s.ask("", http.MethodPost, "/welcome", form).goesTo("/").session()
}

// session is the token that an answer gives the browser.
func (a answer) session() string {
	a.t.Helper()
	for _, line := range a.header.Values("Set-Cookie") {
		cookie, err := http.ParseSetCookie(line)
		if err == nil && cookie.Name == "session" {
			if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode {
				a.t.Errorf("the cookie is %s", line)
			}
			return cookie.Value
		}
	}
	a.t.Fatal("the answer gives no session")
	return ""
}

// TestLogIn: the link of a new operator lets them choose a password, once. Then they come in with it,
// see where they are logged in, and log out.
func TestLogIn(t *testing.T) {
	s := open(t, desktest.Setup{})
	link, err := s.Desk.AddOperator(t.Context(), "ines", desk.Owner, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.ask("", http.MethodGet, "/welcome", nil).is(http.StatusOK).says("Choose your password")
	form := url.Values{"token": {link.Token}, "password": {passphrase}, "again": {"another"}}
	s.ask("", http.MethodPost, "/welcome", form).is(http.StatusConflict).says("the two passwords differ").lacks(passphrase)
	form.Set("again", passphrase)
	form.Set("token", link.URL) // they paste all of it
	s.ask("", http.MethodPost, "/welcome", form).goesTo("/")
	s.ask("", http.MethodPost, "/welcome", form).is(http.StatusGone)

	in := url.Values{"name": {"ines"}, "password": {passphrase}, "to": {"/me"}}
	session := s.ask("", http.MethodPost, "/login", in).goesTo("/me").session()
	s.ask(session, http.MethodGet, "/me", nil).is(http.StatusOK).says("ines", "owner", "Where you are logged in", "127.0.0.1")
	s.ask(session, http.MethodPost, "/me/logout", url.Values{}).goesTo("/login")
	s.ask(session, http.MethodGet, "/me", nil).is(http.StatusSeeOther)
	in.Set("to", "https://evil.example/")
	s.ask("", http.MethodPost, "/login", in).goesTo("/")
}

// TestSecurityALinkAloneLetsNobodyIn: only the demo lets somebody in without a password.
func TestSecurityALinkAloneLetsNobodyIn(t *testing.T) {
	s := open(t, desktest.Setup{})
	link, err := s.Desk.AddOperator(t.Context(), "ines", desk.Owner, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := s.ask("", http.MethodGet, "/in?token="+link.Token, nil)
	if a.status == http.StatusOK || len(a.header.Values("Set-Cookie")) > 0 {
		t.Errorf("the answer is %d, with %v", a.status, a.header)
	}
}

// TestSecurityGuessedPasswords: a wrong name and a wrong password get the same answer, and after a
// few of them nobody is let in for a while.
func TestSecurityGuessedPasswords(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.comesIn("ines", desk.Owner)
	var answers []string
	for _, name := range []string{"ines", "nobody"} {
		got := s.ask("", http.MethodPost, "/login", url.Values{"name": {name}, "password": {"a guess, and a wrong one"}}).is(http.StatusUnauthorized)
		answers = append(answers, strings.ReplaceAll(got.text(), name, "NAME"))
	}
	if answers[0] != answers[1] {
		t.Errorf("the answers differ:\n%s\n%s", answers[0], answers[1])
	}
	for range 8 {
		s.ask("", http.MethodPost, "/login", url.Values{"name": {"ines"}, "password": {"a guess, and a wrong one"}})
	}
	s.ask("", http.MethodPost, "/login", url.Values{"name": {"ines"}, "password": {passphrase}}).is(http.StatusTooManyRequests)
}

// TestSecurityThePasswordAgain: erasing asks for it, keeps what was typed meanwhile, and does it
// after that.
func TestSecurityThePasswordAgain(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions")
	session := s.comesIn("ines", desk.Owner)
	s.Sleeps(20 * 60e9) // the password that was just chosen counts for ten minutes
	id := s.Who("Ana").ID
	at := "/n/main/people/" + desk.ContactID(id)[3:] + "/erase"
	form := s.ask(session, http.MethodGet, at, nil).is(http.StatusOK).says("+447700900001").fields(at)
	form.Set("typed", "+44 7700 900001")
	asked := s.ask(session, http.MethodPost, at, form).is(http.StatusForbidden).says("Your password again")
	again := asked.fields(at)
	again.Set("confirm_password", "wrong, wrong, wrong")
	s.ask(session, http.MethodPost, at, again).is(http.StatusUnauthorized).says("Your password again")
	if s.Who("Ana") == nil {
		t.Fatal("she is erased")
	}
	again.Set("confirm_password", passphrase)
	s.ask(session, http.MethodPost, at, again).goesTo("/n/main/people?done=erased")
	s.finds("marta", "ana").says("Nobody is called “ana”")
}
