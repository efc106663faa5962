package bot

import (
	"errors"
	"strings"
)

// Pause lets a person of the shop have the conversation before they have written: the bot is quiet as after a message of theirs, for
// TakeoverLasts or until Resume. What the bot itself has asked stays asked.
func Pause(env Env, contact Contact) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	t.c.Paused = env.Server()
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
	t.humanWrote(env.Server())
	t.effects = append(t.effects, Say{ID: env.NewID(), Kind: SayHuman, Text: text})
	t.finish()
	return t.c, t.effects, nil
}
