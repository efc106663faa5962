package cli

import (
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/play"
	"optinbot/bot/text"
	"optinbot/store"
)

// TestAsTestTellsNobody makes a conversation of a chat with everything in it that tells who it was.
func TestAsTestTellsNobody(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	line := func(minutes int, kind, text string) store.Line {
		return store.Line{At: at.Add(time.Duration(minutes) * time.Minute), Kind: kind, Text: text}
	}
	human := line(65, "human", "Oi Mariana!")
	human.FromUs = true
	first := line(-5, "human", "Oi!") // the shop wrote first
	first.FromUs = true
	c := &bot.Contact{Name: "Mariana Souza", Identities: []bot.Identity{{Kind: bot.Phone, Value: "+5521987651234"}}}
	c.ShopName = "Bia Luz"
	text, err := play.AsTest(c, []store.Line{
		first,
		line(0, "text", "quero promoções"), line(5, "text", "aqui é MARIANA, tel (21) 98765-1234, mariana@exemplo.com.br https://x.example/eu"),
		line(60, "image", ""), human, line(68, "text", "Luz Luz, a Bia"), line(70, "text", "2"),
	}).Finish(t.Context(), testApp(t, "").options())
	must(t, err)
	for _, personal := range []string{"Mariana", "MARIANA", "Luz", "Bia", "Souza", "98765", "987651234", "mariana@", "x.example/eu"} {
		if strings.Contains(text, personal) {
			t.Errorf("%q is still there:\n%s", personal, text)
		}
	}
	for _, want := range []string{"at 2026-05-04T09:00:00Z\nAna +5511900000001 > quero promoções\n", "+5m\nAna > aqui é Ana", "+55m\nAna [image] >", "takeover Ana\n", "< [goodbye] "} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestShortDuration(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		24 * time.Hour: "24h", 90 * time.Minute: "1h30m", 5 * time.Minute: "5m", 30 * time.Second: "30s", 10 * time.Hour: "10h", time.Hour + time.Second: "1h0m1s",
	} {
		if got := text.Duration(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
