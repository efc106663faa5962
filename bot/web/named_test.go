package web

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

// TestO4WhoHasNoPhoneIsOnThePage: the page names whoever is known by a LID or a BSUID alone as a command
// does, where people are shown, and an erasure wants that typed. A viewer sees neither.
func TestO4WhoHasNoPhoneIsOnThePage(t *testing.T) {
	for typed, row := range map[string]struct {
		id   bot.Identity
		hide string
	}{
		"lid:710071":         {bot.Identity{Kind: bot.LID, Value: "710071"}, "710071"},
		"bsuid:9001/US.1a2b": {bot.Identity{Kind: bot.BSUID, Value: "9001/US.1a2b"}, "US.1a2b"},
	} {
		t.Run(typed, func(t *testing.T) {
			s := open(t, desktest.Setup{})
			for i, text := range []string{"I want promotions", "I want to talk to a person please"} {
				s.Sleeps(time.Minute)
				m := bot.Message{ID: "IN" + strconv.Itoa(i), Kind: bot.KindText, At: s.Desk.Now(), Text: text, Identities: []bot.Identity{row.id}}
				_, err := s.Desk.Store.HandleMessage(s.Ctx, "main", m, s.Desk.Envs)
				told(t, err)
			}
			s.Sleeps(time.Minute)
			c, err := s.Desk.Contact(s.Ctx, "main", typed)
			told(t, err)
			at := "/n/main/people/" + strconv.FormatInt(c.ID, 10)
			shown := []string{
				"/", "/n/main/people", "/n/main/people?waiting=1", at, "/n/main/proof", "/n/main/proof?id=" + strconv.FormatInt(c.ID, 10),
			}
			for _, path := range shown {
				s.get(path).is(http.StatusOK).says(typed)
				s.ask("vera", http.MethodGet, path, nil).is(http.StatusOK).lacks(row.hide)
			}
			s.finds("marta", typed).says("One person found", typed)
			s.finds("vera", typed[:len(typed)-1]).says("Nobody is called")
			form := s.get(at + "/erase").is(http.StatusOK).says("Type " + typed).fields(at + "/erase")
			for _, wrong := range []string{"", typed[:len(typed)-1], "710", "9001"} {
				form.Set("typed", wrong)
				s.post(at+"/erase", form).is(http.StatusConflict).says("Type " + typed)
			}
			s.post("/n/main/people/optout", url.Values{"phone": {typed}, "reason": {"at the till"}}).goesTo("/n/main/people?done=opted_out")
			form = s.get(at + "/erase").fields(at + "/erase")
			form.Set("typed", " "+typed+" ")
			s.post(at+"/erase", form).goesTo("/n/main/people?done=erased")
			if c, err := s.Desk.Contact(s.Ctx, "main", desk.ContactID(c.ID)); err == nil {
				t.Errorf("there is still %+v", c)
			}
		})
	}
}
