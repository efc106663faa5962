package bot

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// What comes in is bounded: a stranger can send as much as they like, and nobody else is to wait
// for it.
const (
	MaxWords       = 8 << 10 // bytes of a text that are read and kept. The app stops its people at 65,536 characters
	maxForeignID   = 256     // bytes of the IDs that come in. WhatsApp's have about thirty
	maxAdWords     = 1 << 10 // bytes of each text of an advertisement
	answeredAnHour = 120     // messages of one person that are answered within an hour. Stops always count
	strangersTold  = 300     // people who write for the first time within an hour, of which the operator hears
)

// Bounded is the message as it is read and kept: cut, and without what no text has (see Readable).
// Length is how long its text was.
func (m Message) Bounded() Message {
	if len(m.Text) > MaxWords {
		m.Length, m.Text = len(m.Text), beginning(m.Text, MaxWords)
	}
	for _, s := range []*string{&m.ID, &m.EditOf, &m.Poll, &m.Button, &m.ReplyTo} {
		if len(*s) > maxForeignID {
			*s = hash(*s) // still one for each message
		}
		*s = Readable(*s)
	}
	m.Text, m.Name = Readable(m.Text), Readable(m.Name)
	if m.Ad != nil {
		ad := *m.Ad
		for _, s := range []*string{&ad.ID, &ad.Title, &ad.Text, &ad.URL} {
			*s = Readable(beginning(*s, maxAdWords))
		}
		m.Ad = &ad
	}
	if m.Album != nil {
		m.Album = &Album{ID: Readable(m.Album.ID), Count: m.Album.Count}
	}
	m.Identities, m.Votes = slices.Clone(m.Identities), slices.Clone(m.Votes)
	for i := range m.Identities {
		m.Identities[i].Value = Readable(m.Identities[i].Value)
	}
	for i := range m.Votes {
		m.Votes[i] = Readable(m.Votes[i])
	}
	return m
}

// Readable is s without NUL and without bytes that are no UTF-8. WhatsApp's wire lets both pass, and
// PostgreSQL stores neither: a "stop" with a NUL behind it would be refused for ever.
func Readable(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
}

// beginning is the first bytes of s, in a memory of its own, without a broken letter at the end.
func beginning(s string, most int) string {
	if len(s) <= most {
		return s
	}
	s = s[:most]
	for len(s) > 0 {
		if r, size := utf8.DecodeLastRuneInString(s); r != utf8.RuneError || size != 1 {
			break
		}
		s = s[:len(s)-1]
	}
	return strings.Clone(s)
}

// HourlyMessages counts what somebody wrote within an hour.
type HourlyMessages struct {
	From     time.Time `json:"from,omitzero"`
	Messages int       `json:"messages,omitempty"`
}

func (w HourlyMessages) over(now time.Time) bool {
	return now.Sub(w.From) >= time.Hour || w.From.After(now)
}

// TooMuch reports whether they have written so much within an hour that no more of it is answered,
// nor its words kept.
func (c *Contact) TooMuch(now time.Time) bool {
	return c.HourlyMessages.Messages > answeredAnHour && !c.HourlyMessages.over(now)
}

// countMessage counts a message, and tells when it is the first that is not answered.
func (t *turn) countMessage() {
	if t.c.HourlyMessages.over(t.env.Now) {
		t.c.HourlyMessages = HourlyMessages{From: t.env.Now}
	}
	t.c.HourlyMessages.Messages++
	if t.c.HourlyMessages.Messages == answeredAnHour+1 {
		t.notify(NoticeTooMuch, fmt.Sprintf("more than %d messages within an hour: no more answers before the hour "+
			"is over, and the words are not kept (a stop is still obeyed)", answeredAnHour))
	}
}

// Strangers counts the people who wrote to a number for the first time within an hour.
type Strangers struct {
	From   time.Time
	People int
}

// Plus counts one more. tells reports that the operator is to hear of them.
func (s Strangers) Plus(now time.Time) (after Strangers, tells bool) {
	if now.Sub(s.From) >= time.Hour || s.From.After(now) {
		s = Strangers{From: now}
	}
	s.People++
	return s, s.People == strangersTold
}

// Sentence is what the operator is told.
func (s Strangers) Sentence() string {
	return fmt.Sprintf("%d people have written for the first time within an hour. If no poster and no advertisement "+
		"of yours explains it, somebody may want WhatsApp to restrict the number; the brake on answers (`answers` in "+
		"config.yaml) bounds what it says. `optinbot contacts list` shows who they are", s.People)
}
