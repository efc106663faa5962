package bot

import (
	"strings"
	"time"
)

// A Wait is one reason why somebody waits for a person of the shop.
type Wait struct {
	Reason string    `json:"reason"` // a NoticeKind, or a Reason that holds
	Since  time.Time `json:"since"`
	Says   string    `json:"says"`
	Do     string    `json:"do"`
}

// NotifiedAt is when the operator was last told something about a contact, by kind of notice.
type NotifiedAt map[NoticeKind]time.Time

// WaitsForPerson tells what about a contact waits for a person of the shop: what the bot could not
// do and nobody has answered since, and holds that it takes a person to judge.
func WaitsForPerson(c *Contact, told NotifiedAt) (waits []Wait) {
	const answer = "write to them on the phone, or: optinbot reply PHONE TEXT"
	unanswered := func(kind NoticeKind, settled time.Time, says, do string) {
		if at := told[kind]; at.After(later(c.LastHuman, settled)) {
			waits = append(waits, Wait{Reason: string(kind), Since: at, Says: says, Do: do})
		}
	}
	settled := later(later(c.LastHuman, c.Resumed), c.OptedOut)
	since := func(reason string, at time.Time, says, do string) {
		if at.After(settled) {
			waits = append(waits, Wait{Reason: reason, Since: at, Says: says, Do: do})
		}
	}
	unanswered(NoticeNeedsPerson, c.OptedOut, "the bot could not help them", answer)
	if len(waits) == 0 {
		since("unanswered", c.UnhelpedSince,
			"they were told that somebody will read what they wrote, and nobody has answered", answer)
	}
	since("call", c.LastCall, "they called", "call them, then: optinbot contacts resume PHONE")
	waits = append(waits, waitForRequests(told, later(c.LastHuman, c.Resumed))...)
	unanswered(NoticeOrder, c.Resumed, "they ordered goods in the catalog", answer)
	unanswered(NoticeWroteAgain, c.OptedIn, "they asked to stop, and wrote again", answer+"; no promotions")
	if !c.BrakedSince.IsZero() {
		waits = append(waits, Wait{Reason: string(NoticeFlood), Since: c.BrakedSince,
			Says: "they wrote while the brake on answers was full, and got none", Do: answer})
	}
	if c.Consent == Unsubscribed {
		return waits
	}
	for _, h := range c.Holds {
		if do := adviceFor(h.Reason); do != "" {
			waits = append(waits, Wait{Reason: string(h.Reason), Since: h.Since,
				Says: strings.TrimPrefix(h.Reason.Info().Says, "because "), Do: do})
		}
	}
	return waits
}

// adviceFor says what a person can do about a hold that is for one to judge, "" for the others.
func adviceFor(r Reason) string {
	switch r {
	case UnsureStop:
		return "look at the chat, then: optinbot optout PHONE --reason ..., or: optinbot contacts release PHONE " +
			"--reason ..."
	case UndecryptableMessage:
		return "look at the chat on the phone, it may show the message; if it is a stop: optinbot optout PHONE " +
			"--reason ..."
	case NumberReassigned:
		return "nothing to do here: if you meet them, they can write from their new phone"
	}
	return ""
}
