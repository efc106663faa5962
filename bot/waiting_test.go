package bot

import (
	"testing"
	"time"

	"optinbot/flows/words"
)

// TestWhoWaitsForAPerson: whom the bot could not answer, and who has asked for what it does not do,
// wait until a person of the shop has answered, or says that it is settled.
func TestWhoWaitsForAPerson(t *testing.T) {
	at := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	before, after := at.Add(-time.Hour), at.Add(time.Hour)
	for _, row := range []struct {
		name    string
		contact Contact
		told    NotifiedAt
		want    string
	}{
		{"nothing", Contact{}, nil, ""},
		{"a fallback", Contact{ChatState: ChatState{UnhelpedSince: at}}, nil, "unanswered"},
		{"a fallback after a person had written", Contact{ChatState: ChatState{UnhelpedSince: at}, Presence: Presence{LastHuman: before}}, nil, "unanswered"},
		{"a person has answered", Contact{ChatState: ChatState{UnhelpedSince: at}, Presence: Presence{LastHuman: after}}, nil, ""},
		{"the chat was given back", Contact{ChatState: ChatState{UnhelpedSince: at}, Presence: Presence{Resumed: after}}, nil, ""},
		{"the bot has given up", Contact{ChatState: ChatState{UnhelpedSince: at}}, NotifiedAt{NoticeNeedsPerson: at}, "needs_person"},
		{"a call", Contact{ChatState: ChatState{LastCall: at}}, nil, "call"},
		{"a call that was answered", Contact{ChatState: ChatState{LastCall: at}, Presence: Presence{LastHuman: after}}, nil, ""},
		{"an order", Contact{}, NotifiedAt{NoticeOrder: at}, "order"},
		{"an order that was answered", Contact{Presence: Presence{LastHuman: after}}, NotifiedAt{NoticeOrder: at}, ""},
		{"an erasure that came with a stop", Contact{Consent: Unsubscribed, Choices: Choices{OptedOut: after}}, NotifiedAt{NoticeKind(words.Erasure): at}, "erasure"},
		{"a lawyer", Contact{}, NotifiedAt{NoticeKind(words.Lawyer): at}, "lawyer"},
		{"a lawyer who was answered", Contact{Presence: Presence{LastHuman: after}}, NotifiedAt{NoticeKind(words.Lawyer): at}, ""},
	} {
		got := ""
		for _, w := range WaitsForPerson(&row.contact, row.told) {
			got += w.Reason
			if w.Since != at || w.Says == "" || w.Do == "" {
				t.Errorf("%s: %+v", row.name, w)
			}
		}
		if got != row.want {
			t.Errorf("%s: waits %q, want %q", row.name, got, row.want)
		}
	}
}
