package bot

import (
	"errors"
	"strings"
)

// replyWithin is how long after their last message a person may be answered.
const replyWithin = HumanChat

// Why Reply refuses.
var (
	ErrNeverWrote = errors.New("they have not written to this number in the last 30 days: whoever has not written is " +
		"not written to")
	ErrTheyLeft = errors.New("they asked to stop and have not written since: they are not written to")
	ErrNoText   = errors.New("there is nothing to say in an empty text, or one of more than 4096 characters")
)

// Reply answers somebody in the words of a person of the shop, in a chat that they began. The bot
// is quiet from here, as after any message of such a person. Whoever left is answered only if they
// wrote after it. It is not repeatable: each call sends the text.
func Reply(env Env, contact Contact, text string) (Contact, []Effect, error) {
	return ReplyWith(env, contact, text, nil, "")
}

// ReplyWith is Reply with a picture, of which the text is the caption: it may be empty.
func ReplyWith(env Env, contact Contact, text string, picture *Media, content string) (Contact, []Effect, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "" && picture == nil || len([]rune(text)) > maxText:
		return contact, nil, ErrNoText
	case contact.LastInbound.IsZero() || env.Now.Sub(contact.LastInbound) > replyWithin:
		return contact, nil, ErrNeverWrote
	case contact.Consent == Unsubscribed && !contact.LastInbound.After(contact.OptedOut):
		return contact, nil, ErrTheyLeft
	}
	t := newTurn(env, contact)
	t.beginTakeover(env.ServerNow())
	t.effects = append(t.effects, Say{ID: env.NewID(), Kind: SayHuman, Text: text, Media: picture, Content: content})
	t.finish()
	return t.c, t.effects, nil
}
