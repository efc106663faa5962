package bot

import (
	"errors"
	"strings"
	"time"
)

// Pause lets a person of the shop have the conversation before they have written: the bot is quiet as after a message of theirs, for
// TakeoverLasts or until Resume. What the bot itself has asked stays asked.
func Pause(env Env, contact Contact) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	t.c.Paused = env.Now
	t.finish()
	return t.c, t.effects, nil
}

// replyWithin is how long after their last message a person may be answered.
const replyWithin = HumanChat

// Why Reply refuses.
var (
	ErrNeverWrote = errors.New("they have not written to this number in the last 30 days: whoever has not written is not written to")
	ErrTheyLeft   = errors.New("they asked to stop and have not written since: they are not written to")
	ErrNoText     = errors.New("there is nothing to say in an empty text, or one of more than 4096 characters")
)

// Reply answers somebody in the words of a person of the shop, in a chat that they began. It counts as one: the bot is quiet from here.
// Whoever left is answered only when they wrote after it.
func Reply(env Env, contact Contact, text string) (Contact, []Effect, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "" || len([]rune(text)) > maxText:
		return contact, nil, ErrNoText
	case contact.LastInbound.IsZero() || env.Now.Sub(contact.LastInbound) > replyWithin:
		return contact, nil, ErrNeverWrote
	case contact.Consent == Unsubscribed && !contact.LastInbound.After(contact.OptedOut):
		return contact, nil, ErrTheyLeft
	}
	t := newTurn(env, contact)
	t.humanWrote(env.Now)
	t.effects = append(t.effects, Say{ID: env.NewID(), Kind: SayHuman, Text: text})
	t.finish()
	return t.c, t.effects, nil
}

// A Wait is one reason why somebody waits for a person of the shop.
type Wait struct {
	Reason string    `json:"reason"` // a NoticeKind, or a Reason that holds
	Since  time.Time `json:"since"`
	Says   string    `json:"says"`
	Do     string    `json:"do"`
}

// Told is when the operator was last told something about a contact, by kind of notice.
type Told map[NoticeKind]time.Time

// WaitsForPerson tells what about a contact waits for a person of the shop: what the bot could not do and nobody has answered since,
// and holds that it takes a person to judge.
func WaitsForPerson(c *Contact, told Told) (waits []Wait) {
	const answer = "write to them on the phone, or: optinbot reply PHONE TEXT"
	unanswered := func(kind NoticeKind, settled time.Time, says, do string) {
		if at := told[kind]; at.After(later(c.LastHuman, settled)) {
			waits = append(waits, Wait{Reason: string(kind), Since: at, Says: says, Do: do})
		}
	}
	unanswered(NoticeNeedsPerson, c.OptedOut, "the bot could not help them", answer)
	unanswered(NoticeWroteAgain, c.OptedIn, "they asked to stop, and wrote again", answer+"; no promotions")
	if c.Consent == Unsubscribed {
		return waits
	}
	for _, h := range c.Holds {
		if do := judged(h.Reason); do != "" {
			waits = append(waits, Wait{Reason: string(h.Reason), Since: h.Since, Says: strings.TrimPrefix(h.Reason.Info().Says, "because "), Do: do})
		}
	}
	return waits
}

// judged says what a person can do about a hold that is for one to judge; "" for the others.
func judged(r Reason) string {
	switch r {
	case UnsureStop:
		return "look at the chat, then: optinbot optout PHONE --reason ..., or: optinbot contacts release PHONE --reason ..."
	case UndecryptableMessage:
		return "look at the chat on the phone, it may show the message; if it is a stop: optinbot optout PHONE --reason ..."
	case NumberReassigned:
		return "nothing to do here: if you meet them, they can write from their new phone"
	}
	return ""
}
