package web

import (
	"net/url"
	"testing"

	"optinbot/bot/desk/desktest"
)

// TestBrowserScreens: every screen of broadcasts, people and operators, wide and light, narrow and
// dark: axe finds nothing, nothing scrolls sideways, and no script fails.
func TestBrowserScreens(t *testing.T) {
	s := open(t, desktest.Setup{Files: map[string]string{"flows/broadcasts/coats.yaml": coats, "flows/broadcasts/shoes.yaml": coats}})
	s.Plays("Ana +447700900001 > I want promotions", "Ben +447700900002 > I want promotions", "+1h", "Ben > I want to talk to a person please")
	arm := s.get("/n/main/broadcasts/coats/draft/arm?now=1").fields("/n/main/broadcasts/coats/draft/arm")
	s.post("/n/main/broadcasts/coats/draft/arm", arm).goesTo("/n/main/broadcasts/coats?done=armed")
	s.Plays("+2m", "Ana > are there any in 42?")
	s.post("/operators/add", url.Values{"name": {"ines"}, "role": {"editor"}}).is(200)
	pages := map[string]string{
		"broadcasts": "/n/main/broadcasts", "broadcast": "/n/main/broadcasts/coats", "draft": "/n/main/broadcasts/shoes/draft",
		"arm": "/n/main/broadcasts/shoes/draft/arm?now=1", "act": "/n/main/broadcasts/coats/cancel", "new": "/n/main/new-broadcast",
		"people": "/n/main/people", "waiting": "/n/main/people?waiting=1", "person": s.at("Ana"), "erase": s.at("Ana") + "/erase",
		"operators": "/operators", "me": "/me", "login": "/login", "welcome": "/welcome",
	}
	s.looksAt(pages)
}

// looksAt opens pages in a wide light window and in a narrow dark one, keeps a picture of each where
// that is asked for, and asks axe.
func (s *site) looksAt(pages map[string]string) {
	s.t.Helper()
	wide, narrow := s.browse("marta", 1280, 800, false), s.browse("marta", 360, 740, true)
	for name, path := range pages {
		for size, b := range map[string]*browser{"-1280": wide, "-360": narrow} {
			b.opens(path)
			b.waits(`document.querySelector("h1")`)
			b.shoots(name + size)
			failed := s.t.Failed()
			if b.isAccessible(); s.t.Failed() && !failed {
				s.t.Logf("this is the first: %s%s", name, size)
			}
		}
	}
}
