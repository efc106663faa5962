package web

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk/desktest"
)

// at is the address of somebody who has written.
func (s *site) at(name string) string {
	return "/n/main/people/" + strconv.FormatInt(s.Who(name).ID, 10)
}

// TestT4AReplyByThePage: who waits is found, read and answered. The answer to a chat that has moved
// on is refused, and what was typed is kept.
func TestT4AReplyByThePage(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions", "+1h", "Ana > I want to talk to a person please", "+1m")
	s.get("/n/main/people?waiting=1").is(http.StatusOK).says("Ana", "I want to talk to a person")
	s.get("/n/main/people?q=ana").says("One person found")
	s.get("/n/main/people?q=zeno").says("Nobody is called “zeno”")
	at := s.at("Ana")
	page := s.get(at).is(http.StatusOK).says("Ana", "Subscribed", "I want promotions", "Said yes", "They wait for a person")
	form := page.fields(at + "/reply")
	form.Set("text", "Hi Ana, how can we help?")
	s.Plays("Ana > are you there?")
	s.post(at+"/reply", form).is(http.StatusPreconditionFailed).says("they wrote again", "are you there?").says("Hi Ana, how can we help?")
	s.Got("Ana")
	form = s.get(at).fields(at + "/reply")
	form.Set("text", "Hi Ana, how can we help?")
	s.post(at+"/reply", form).goesTo(at + "?done=replied")
	s.post(at+"/reply", form).goesTo(at + "?done=replied") // pressed twice
	s.Plays("+1m")
	if got := s.Got("Ana"); len(got) != 1 || got[0] != "Hi Ana, how can we help?" {
		t.Fatalf("she got %q", got)
	}
	s.get(at).says("A person of the shop has this chat until")
	s.post(at+"/give_back", nil).goesTo(at + "?done=given_back")
	if s.Who("Ana").Has(bot.HumanTakeover) {
		t.Error("the bot does not have the chat")
	}
	s.get("/n/main/people/999").is(http.StatusNotFound)
	s.get("/n/main/people/x").is(http.StatusConflict)
}

// TestC2AStopRecordedOnThePage: promotions end at once.
func TestC2AStopRecordedOnThePage(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions")
	s.post("/n/main/people/optout", url.Values{"phone": {"nonsense"}, "reason": {"at the till"}}).says("That was not done")
	s.post("/n/main/people/optout", url.Values{"phone": {"+44 7700 900001"}, "reason": {"at the till"}}).goesTo("/n/main/people?done=opted_out")
	if c := s.Who("Ana"); c.Consent != bot.Unsubscribed {
		t.Errorf("she is %s", c.Consent)
	}
}

// TestSecurityAViewerSeesNoPhones: neither in a list nor beside a name.
func TestSecurityAViewerSeesNoPhones(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions")
	for _, path := range []string{"/n/main/people", "/n/main/people?q=ana", s.at("Ana"), "/n/main/people?waiting=1"} {
		s.ask("vera", http.MethodGet, path, nil).is(http.StatusOK).lacks("447700900001", "7700 900001")
	}
	s.ask("vera", http.MethodPost, s.at("Ana")+"/take", url.Values{}).is(http.StatusForbidden)
	s.ask("vera", http.MethodGet, s.at("Ana")+"/erase", nil).is(http.StatusForbidden)
}

// TestSecurityHostilePeople: names and messages are text, whatever is in them.
func TestSecurityHostilePeople(t *testing.T) {
	s := open(t, desktest.Setup{})
	const bad = `<img src=x onerror=alert(1)>`
	s.Plays("Ana +447700900001 > "+bad, "+1h", "Ana > I want promotions", "Ana > \u202etxet desrever {{.}} </script><script>alert(1)</script>")
	for _, path := range []string{"/", "/n/main/people", s.at("Ana"), "/n/main/people?q=" + url.QueryEscape(bad), "/n/main/broadcasts/x?who=" + url.QueryEscape(bad)} {
		s.get(path).lacks("<img src", "<script>alert", "\u202e")
	}
}
