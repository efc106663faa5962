package web

import (
	"net/http"
	"testing"

	"optinbot/bot/desk/desktest"
)

// TestSettingsSayWhoSetThem: each with its meaning, its value, and where it comes from.
func TestSettingsSayWhoSetThem(t *testing.T) {
	s := open(t, desktest.Setup{Config: "country: PT\nnumbers:\n  - {name: main, flow: promotions, card: \"<b>Casa\"}\npace: {every: 36s}\n"})
	all := s.get("/settings").is(http.StatusOK)
	all.says("2 settings are this shop's own", "pace.every", "one promotion per number in this time", "line 1", "line 3", "default empty", "<b>Casa")
	all.lacks("<b>Casa", s.Path(""))
	own := s.get("/settings?changed").is(http.StatusOK)
	own.says("country", "numbers.0.card").lacks("pace.every", "hours.from")
	s.ask("vera", http.MethodPost, "/settings", nil).is(http.StatusNotFound)
}

// TestSettingsOfAShopThatHasNone: the program's own count.
func TestSettingsOfAShopThatHasNone(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.get("/settings").is(http.StatusOK).says("Every setting is as the program has it")
	s.get("/settings?changed").is(http.StatusOK).says("None is this shop's own")
}
