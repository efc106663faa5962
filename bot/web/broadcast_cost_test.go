package web

import (
	"net/http"
	"testing"

	"optinbot/bot/desk/desktest"
)

// TestK1ThePageShowsTheCost: at most, by which rates, of whom nobody knows, and why it is not armed.
func TestK1ThePageShowsTheCost(t *testing.T) {
	const cloud = "numbers:\n  - {name: main, flow: promotions, transport: cloud, cloud: {phone_number_id: \"100000000001001\", " +
		"waba_id: \"300000000001002\", token_file: token, app_secret_file: app, verify_token_file: verify}}\nbroadcast: {max_cost: 0.05 USD}\n"
	s := open(t, desktest.Setup{Config: cloud, Files: map[string]string{
		"rates.csv":                   "country,category,currency,price,from\nGB,marketing,USD,0.0529,2025-Q4\n",
		"flows/broadcasts/coats.yaml": coats,
	}})
	s.Plays("Ana +447700900001 > I want promotions", "Ben +5511900000001 > quero promoções", "+1h")
	s.get("/n/main/broadcasts/coats/draft").is(http.StatusOK).says("costs at most", "0.06 USD", "by the rates of 2025-Q4",
		"one message has no rate, and no part in the sum (BR)", "of a quarter that is over", "Not more than 0.05 USD")
	s.get("/n/main/broadcasts/coats/draft/arm?now=1").is(http.StatusOK).says("costs at most", "0.06 USD")
}
