package web

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

// TestTheDoctorLooksByItself: whoever opens the page sees what is to be done, and may have it looked
// at again.
func TestTheDoctorLooksByItself(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.get("/doctor").is(http.StatusOK)
	s.server.working.Wait()
	s.get("/doctor").says("main backup", "there has been none", "To do:", "Looked at", "or optinbot backup every day").lacks("no config.yaml")
	s.WhatsApp.Foreign = map[string]error{"main": desk.Refuse("it belongs to <b>elsewhere")}
	s.Save("data/session-main.db", "")
	s.post("/doctor", url.Values{"once": {"1"}}).goesTo("/doctor")
	s.server.working.Wait()
	s.get("/doctor").says("<b>elsewhere").lacks("<b>elsewhere")
	for _, code := range []string{"pt", "es"} {
		r := s.request(http.MethodGet, "/doctor")
		r.AddCookie(&http.Cookie{Name: languageCookie, Value: code})
		s.send(r).is(http.StatusOK).lacks("Looked at")
	}
}

// TestTheDoctorWhileItLooks: the page does not wait for a long look, and says so.
func TestTheDoctorWhileItLooks(t *testing.T) {
	s := open(t, desktest.Setup{})
	goOn := make(chan struct{})
	s.WhatsApp.Asked = func(string, string) { <-goOn }
	s.Save("data/session-main.db", "")
	s.get("/doctor").says("The doctor is looking").lacks("Looked at")
	s.post("/doctor", nil).goesTo("/doctor") // it is under way already
	close(goOn)
	s.server.working.Wait()
	s.get("/doctor").says("Looked at")
}

// TestTheDoctorOfSomeNumbers: whoever is limited to some numbers hears of no other.
func TestTheDoctorOfSomeNumbers(t *testing.T) {
	s := open(t, desktest.Setup{Config: "numbers:\n  - {name: main, flow: promotions}\n  - {name: second, flow: promotions}\n"})
	s.people["of second"] = desk.Who{Name: "of second", Via: desk.ViaWeb, Role: desk.Viewer, Numbers: []string{"second"}}
	for _, who := range []string{"of second", "marta", "of second"} {
		s.ask(who, http.MethodGet, "/doctor", nil).is(http.StatusOK)
		s.server.working.Wait()
	}
	s.ask("of second", http.MethodGet, "/doctor", nil).says("second backup").lacks("main backup")
	s.get("/doctor").says("second backup", "main backup")
}

// TestTheEndOfTheServerEndsALongWork: and waits for it.
func TestTheEndOfTheServerEndsALongWork(t *testing.T) {
	s := open(t, desktest.Setup{})
	w := &work[bool]{}
	w.start(s.server, t.Context(), "marta", func(ctx context.Context) (bool, error) { <-ctx.Done(); return true, nil })
	s.server.finish()
	if got := w.look(); got.Running || !got.Found || got.By != "marta" {
		t.Errorf("%+v", got)
	}
}
