package bot

import (
	"slices"
	"time"

	"optinbot/flows"
)

// An EventType names what happened that a program outside may ask to be told of.
type EventType string

// The types of event.
const (
	EventSubscribed        EventType = "subscribed"
	EventUnsubscribed      EventType = "unsubscribed"
	EventPreferenceChanged EventType = "preference_changed" // an answer or a tag of theirs is another
	EventNeedsPerson       EventType = "needs_person"       // somebody waits for a person of the shop
	EventDelivery          EventType = "delivery"           // what became of promotions, many in one event
	EventGuardPaused       EventType = "guard_paused"       // the guard has paused a broadcast
	EventNumber            EventType = "number"             // the number's connection, see NumberNews
	EventNotice            EventType = "notice"             // the operator was told something
)

// EventTypes are all of them.
func EventTypes() []EventType {
	return []EventType{EventSubscribed, EventUnsubscribed, EventPreferenceChanged, EventNeedsPerson, EventDelivery,
		EventGuardPaused, EventNumber, EventNotice}
}

// An Event is something that happened. Which number and whom it is about is said beside it.
type Event struct {
	Type EventType `json:"type"`
	What string    `json:"what,omitempty"` // which of its kind: a word of ours, or a name that the shop has given. Never words of people
}

// WhatRestored is the What of an EventNotice after a restore: what was told after the backup was made
// is no longer known here.
const WhatRestored = "restored"

// WhatMerged is the What of an EventUnsubscribed about a contact that was subscribed and has gone: it
// and another one turned out to be one person. What that one is, other events say.
const WhatMerged = "merged"

// EventsOf tells what a decision about somebody means to programs outside, by how the contact was,
// how it is, and what was decided.
func EventsOf(before, after *Contact, effects []Effect) (events []Event) {
	if after.Consent != before.Consent {
		switch after.Consent {
		case Subscribed:
			events = append(events, Event{Type: EventSubscribed})
		case Unsubscribed:
			events = append(events, Event{Type: EventUnsubscribed})
		}
	}
	for _, e := range effects {
		set, ok := e.(SetPreference)
		changed := Event{Type: EventPreferenceChanged, What: set.Name}
		if ok && before.differs(set) && !slices.Contains(events, changed) {
			events = append(events, changed)
		}
	}
	if why := newWait(before, after, effects); why != "" {
		events = append(events, Event{Type: EventNeedsPerson, What: why})
	}
	return events
}

// differs reports whether values of a preference, or of the tags, are other ones than theirs.
func (c *Contact) differs(set SetPreference) bool {
	if set.Name == flows.AudienceTags {
		return !slices.Equal(c.Tags, set.Values)
	}
	return !slices.Equal(c.Preferences[set.Name], set.Values)
}

// newWait is why somebody waits for a person of the shop from now on, in the words of
// WaitsForPerson. It is empty where they do not, or did before.
func newWait(before, after *Contact, effects []Effect) string {
	for _, e := range effects {
		if n, ok := e.(Notify); ok && n.Kind.asksForPerson() {
			return string(n.Kind)
		}
	}
	for _, h := range after.Holds {
		if after.Consent != Unsubscribed && adviceFor(h.Reason) != "" && !before.Has(h.Reason) {
			return string(h.Reason)
		}
	}
	switch {
	case after.LastCall.After(before.LastCall):
		return "call"
	case before.UnhelpedSince.IsZero() && !after.UnhelpedSince.IsZero():
		return "unanswered"
	case before.BrakedSince.IsZero() && !after.BrakedSince.IsZero():
		return string(NoticeFlood)
	}
	return ""
}

// asksForPerson reports whether a notice of this kind is that somebody waits for a person.
func (k NoticeKind) asksForPerson() bool {
	return k == NoticeUnsureStop || slices.Contains(ToldKinds(), k)
}

// NoticeEvent is what a notice of a kind is to programs outside. There is none for a kind of which
// EventsOf tells, and for the text of a broadcast that is to be looked at.
func NoticeEvent(kind NoticeKind) (e Event, ok bool) {
	if kind == NoticeTest || kind.asksForPerson() {
		return e, false
	}
	return Event{Type: EventNotice, What: string(kind)}, true
}

// What an EventNumber says of the number's connection.
const (
	NewsConnected    = "connected"
	NewsDisconnected = "disconnected" // for AwayNotice
	NewsRestricted   = "restricted"   // WhatsApp does not let it write, or banned it for a time
	NewsLoggedOut    = "logged_out"   // somebody has to link it again
)

// AwayNotice is how long a number is disconnected before programs outside hear of it.
const AwayNotice = 15 * time.Minute

// NumberNews is what an event of a number's connection says to programs outside. It is empty for
// what they do not hear of, or not at once.
func NumberNews(k NumberEventKind) string {
	switch k {
	case NumberConnected:
		return NewsConnected
	case NumberBanned, NumberRestricted:
		return NewsRestricted
	case NumberLoggedOut:
		return NewsLoggedOut
	}
	return ""
}

// An EventBody is an event as programs outside get it. docs/webhooks.md explains it.
type EventBody struct {
	Type     EventType     `json:"type"`
	Number   string        `json:"number"`
	Contact  int64         `json:"contact,omitzero"`
	Into     int64         `json:"into,omitzero"` // the contact that Contact has become one with
	At       time.Time     `json:"at"`
	Seq      int64         `json:"seq"`
	What     string        `json:"what,omitempty"`
	Outcomes []OutcomeBody `json:"outcomes,omitempty"`
	EventPerson
}

// An OutcomeBody is what became of one promotion.
type OutcomeBody struct {
	Broadcast string         `json:"broadcast"`
	Contact   int64          `json:"contact"`
	Status    DeliveryStatus `json:"status"`
	At        time.Time      `json:"at"`
	EventPerson
}

// An EventPerson is what only those get who may know who people are.
type EventPerson struct {
	Phone string `json:"phone,omitempty"`
	LID   string `json:"lid,omitempty"`
	BSUID string `json:"bsuid,omitempty"` // of the Cloud API, with its portfolio
}

// EventContact is the ID by which programs outside know somebody, also after they were erased.
func EventContact(contact int64) int64 { return max(contact, -contact) }

// Body is the outcome as programs outside get it.
func (o Outcome) Body() OutcomeBody {
	return OutcomeBody{Broadcast: o.Broadcast, Contact: EventContact(o.Contact), Status: o.Status, At: o.At}
}

// An Outcome of a promotion, as programs outside hear of it.
type Outcome struct {
	Broadcast string
	Contact   int64
	Status    DeliveryStatus
	At        time.Time
}
