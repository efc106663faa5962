package web

import (
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

// TestBrowserNumberProofDoctorSettings: in each width and in the dark, with names that strangers
// have chosen, and axe finds nothing.
func TestBrowserNumberProofDoctorSettings(t *testing.T) {
	s := open(t, desktest.Setup{Config: "country: PT\nnumbers:\n  - {name: main, flow: promotions, card: \"<b>Casa\"}\n", Linked: 9})
	s.WhatsApp.Used = map[string]bool{"main": true}
	told(t, s.Store.NumberEvent(s.Ctx, "main", bot.NumberEvent{Kind: bot.NumberSynced, At: s.Now()}))
	s.change(phoneIsKnown)
	s.Plays("Ana +447700900001 > I want promotions", "Ben +447700900002 > I want promotions", "Ben > 2")
	s.change("UPDATE ledger_personal SET personal = json_set(personal, '$.name', '" + hostile + "')")
	_, err := s.Invite(s.Ctx, "main", "window", "")
	told(t, err)
	for _, look := range []struct {
		name          string
		width, height int
		dark          bool
	}{{"1280", 1280, 800, false}, {"360-dark", 360, 740, true}} {
		b := s.browse("marta", look.width, look.height, look.dark)
		for _, page := range []struct{ name, path, says string }{
			{"number", "/n/main/number?source=window", "main is connected"}, {"proof", "/n/main/proof?id=1", "The ledger of main"},
			{"doctor", "/doctor", "to do"}, {"settings", "/settings", "this shop's own"},
		} {
			b.opens(page.path)
			b.sees(page.says)
			b.isAccessible()
			b.shoots(page.name + "-" + look.name)
		}
	}
}

// TestBrowserLink: the code comes by itself, and so does the word that the phone is linked.
func TestBrowserLink(t *testing.T) {
	s, p := linkable(t)
	b := s.browse("marta", 360, 740, false)
	b.opens("/n/main/number")
	b.sees("Nobody gets answers until a phone is linked.")
	b.clicks(`a[href="/n/main/number/link"]`)
	b.sees("No camera?")
	b.isAccessible()
	b.clicks(`button[value=scan]`)
	b.sees("Code 2 of 6.")
	b.isAccessible()
	b.shoots("link-360")
	p.tell(bot.LinkStep{Kind: bot.LinkScan, Code: "the next code", Which: 3, Of: 6})
	b.sees("Code 3 of 6.")
	p.takes <- shopPhone
	b.sees("main is linked")
	s.stage(desk.LinkingDone)
}
