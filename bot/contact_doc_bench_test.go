package bot

import (
	"encoding/json"
	"testing"
	"time"
)

// BenchmarkContactDoc compares the hand-written form of a contact in the midst of a conversation
// with encoding/json's.
func BenchmarkContactDoc(b *testing.B) {
	at := time.Date(2026, 3, 2, 14, 0, 0, 123456789, time.UTC)
	c := Contact{
		Identities: []Identity{{Phone, "+5511900000001"}, {LID, "90071992547409"}}, Name: "Ana Souza", Flow: "promotions@0123456789ab",
		Profile: Profile{Zones: []string{"America/Sao_Paulo"}},
		Dialogue: Dialogue{
			Preferences: map[string][]string{"interests": {"shoes", "bags"}, "size": {"m"}}, FlowQuestion: &FlowQuestion{at, at},
			Understood: []string{"3EB0A", "3EB0B"}, Answers: []GivenAnswer{{"3EB0A", "interests"}}, AddsTo: "interests",
		},
		Presence:  Presence{LastInbound: at, LastReadable: at},
		Choices:   Choices{OptedIn: at, Changes: []time.Time{at}},
		ChatState: ChatState{Disclosure: "3EB0C", TextsSaid: 5},
		Volume:    Volume{HourlyMessages: HourlyMessages{at, 4}, RecentReplies: RecentReplies{at, 3}},
	}
	doc, err := c.Doc()
	if err != nil {
		b.Fatal(err)
	}
	for _, side := range []struct {
		name string
		do   func() error
	}{
		{"write/hand", func() error { _, err := c.Doc(); return err }},
		{"write/json", func() error { _, err := json.Marshal(&c); return err }},
		{"read/hand", func() error { var c Contact; return c.ReadDoc(doc) }},
		{"read/json", func() error { var c Contact; return json.Unmarshal([]byte(doc), &c) }},
	} {
		b.Run(side.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := side.do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
