package desk_test

import (
	"strings"
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/store"
)

// TestWhySaysWhatKeptAPromotionBack: it was their turn, and its file was not at WhatsApp. What WhatsApp or
// a file's name says is a stranger's text.
func TestWhySaysWhatKeptAPromotionBack(t *testing.T) {
	s := desktest.Open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions")
	waiting := &store.Delivery{Status: bot.DeliveryPlanned, Detail: "the line is down\x1b[2J"}
	o := bot.Occurrence{Number: "main", Broadcast: "weekend-offer", Status: bot.OccurrenceRunning}
	number, err := s.Store.Number(s.Ctx, "main")
	if err != nil {
		t.Fatal(err)
	}
	story := func() string { return strings.Join(s.Story(o, s.Who("Ana"), waiting, number, desk.GuardView{}), "\n") }
	got := story()
	if !strings.Contains(got, "was not sent: the line is down") || strings.Contains(got, "\x1b") {
		t.Errorf("why says:\n%q", got)
	}
	waiting.Detail = store.SettledByOperator
	if got := story(); strings.Contains(got, "not sent") || !strings.Contains(got, "did not arrive") {
		t.Errorf("after the operator's word why says:\n%q", got)
	}
	waiting.Detail = ""
	if got := story(); strings.Contains(got, "not sent") {
		t.Errorf("before the first try why says:\n%q", got)
	}
}
