package whatsapp

import (
	"regexp"
	"testing"
	"time"

	"optinbot/bot"
)

func TestB6DisappearingTimerIsRespected(t *testing.T) {
	m, err := compose(bot.Outgoing{Text: "oi", Expires: 24 * time.Hour})
	if err != nil || m.GetExtendedTextMessage().GetText() != "oi" || m.GetExtendedTextMessage().GetContextInfo().GetExpiration() != 86400 {
		t.Errorf("%v %v", m, err)
	}
	m, err = compose(bot.Outgoing{Text: "oi"})
	if err != nil || m.GetConversation() != "oi" || m.GetExtendedTextMessage() != nil {
		t.Errorf("%v %v", m, err)
	}
	m, err = compose(bot.Outgoing{Card: &bot.Card{Name: "Casa Aurora", Phone: "+351910000000"}, Expires: time.Hour})
	if err != nil || m.GetContactMessage().GetContextInfo().GetExpiration() != 3600 {
		t.Errorf("%v %v", m, err)
	}
	if _, err = compose(bot.Outgoing{}); err == nil {
		t.Error("an empty message")
	}
}

func TestContactCard(t *testing.T) {
	got := vCard(bot.Card{Name: "Casa Aurora; flores, e\nmais", Phone: "+351910000000"})
	want := "BEGIN:VCARD\nVERSION:3.0\nN:;Casa Aurora\\; flores\\, e\\nmais;;;\nFN:Casa Aurora\\; flores\\, e\\nmais\n" +
		"TEL;type=CELL;type=VOICE;waid=351910000000:+351910000000\nEND:VCARD"
	if got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestMessageIDs(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := NewMessageID()
		if !regexp.MustCompile(`^3EB0[0-9A-F]{18}$`).MatchString(id) || seen[id] {
			t.Fatalf("ID %q", id)
		}
		seen[id] = true
	}
}
