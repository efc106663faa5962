package web

import (
	"net/http"
	"net/url"
	"testing"

	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

// TestSecurityCostlyReadingsOfThePage: a viewer who has enough of them under way is told so in words, and nothing
// that was known before is lost. Others go on.
func TestSecurityCostlyReadingsOfThePage(t *testing.T) {
	t.Parallel()
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions")
	s.change("UPDATE contact_counts SET people = people + 2000 WHERE what = 'consent' AND value = 'subscribed'")
	s.Save("flows/broadcasts/weekly.yaml", "text: {en: Hi}\n")
	var ends []func()
	for range 2 {
		_, end, err := s.Desk.Costly(desk.As(t.Context(), vera), "main")
		told(t, err)
		ends = append(ends, end)
	}
	const busy = "Long readings are under way"
	if a := s.ask("vera", http.MethodGet, "/doctor", nil).is(http.StatusTooManyRequests).says(busy); a.header.Get("Retry-After") == "" {
		t.Errorf("%v", a.header)
	}
	s.ask("vera", http.MethodGet, "/n/main/broadcasts/weekly/draft", nil).says(busy, "text: {en: Hi}")
	s.ask("vera", http.MethodPost, "/n/main/proof/verify", url.Values{}).is(http.StatusTooManyRequests).says(busy).lacks("could not be verified")
	s.get("/doctor").is(http.StatusOK)
	s.get("/n/main/broadcasts/weekly/draft").is(http.StatusOK).lacks(busy)
	for _, end := range ends {
		end()
	}
	s.ask("vera", http.MethodGet, "/doctor", nil).is(http.StatusOK)
	s.ask("vera", http.MethodPost, "/n/main/proof/verify", url.Values{}).is(http.StatusSeeOther)
}
