package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"optinbot/flows"
	"optinbot/flows/words"
)

// shopMessage notes that a person of the shop wrote in the chat: the bot is quiet from here.
// Reactions, deletions and settings are not writing, nor is what the phone's app sends by itself.
func (t *turn) shopMessage() error {
	t.setExpires()
	switch {
	case !t.in.typed() || t.sentByApp():
	case t.writtenBeforeQuestion(): // the answer to what the bot has asked since is for the bot
		t.c.LastHuman = later(t.c.LastHuman, t.in.At)
	default:
		t.beginTakeover(t.in.At)
	}
	return nil
}

// typed reports whether a message holds words or media, readable or not.
func (m Message) typed() bool {
	switch m.Kind {
	case KindReaction, KindRevoke, KindPollVote, KindTimer, KindNothing, KindCall, KindAlbum:
		return false
	}
	return !m.Hidden
}

func (t *turn) beginTakeover(at time.Time) {
	t.c.LastHuman, t.c.BrakedSince = later(t.c.LastHuman, at), time.Time{}
	if t.c.BotQuestion.Kind == askUnsure {
		t.notify(NoticeUnsureStop, "was asked whether they want to stop, and then a person of the shop wrote: their "+
			"yes or no is for you to see; promotions to them wait")
	}
	t.c.BotQuestion = BotQuestion{} // their next yes or no is for that person
}

// Pause gives the conversation to a person of the shop before they have written. The bot is quiet
// as after a message of theirs, for TakeoverLasts or until Resume. A question that the bot has put
// stays open. After a second call that time begins anew.
func Pause(env Env, contact Contact) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	t.c.Paused = env.ServerNow()
	t.finish()
	return t.c, t.effects, nil
}

// Resume ends a takeover before its time. It is repeatable: held deliveries are only looked at once
// more.
func Resume(env Env, contact Contact) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	t.c.Resumed = later(env.ServerNow(), later(t.c.LastHuman, t.c.Paused)) // it ends whatever takeover there is
	t.effects = append(t.effects, RecheckHeld{})
	return t.c, t.effects, nil
}

// A ShopTextHistory is what the store knows about a text of the shop's phone: WhatsApp Business
// sends greeting and away messages by itself, and they look as if a person had typed them.
type ShopTextHistory struct {
	Theirs time.Time   // server time of the contact's last message before it. Zero: none
	Ours   time.Time   // of what a person of the shop wrote to them before it. Zero: nothing
	Others []time.Time // when other people got the same text just as fast
	Known  bool        // it is known as one that the app sends by itself
	Told   bool        // the operator was told so lately
}

// When a text of the shop's phone may be one that the app sent by itself.
const (
	autoWithin = 10 * time.Second   // of their message, by WhatsApp's server time
	autoFirst  = 12 * time.Hour     // since the shop last wrote to them
	autoAgain  = 7 * 24 * time.Hour // within which two people get the same text
	autoWords  = 4
)

// ShopText is a text that came from the shop's phone as fast as only a machine, or a very quick
// person, writes.
type ShopText struct {
	Hash      string // of the text
	MessageID string
	At        time.Time
	SentByApp bool // the app sends it by itself: whatever takeover it began ends
}

func (ShopText) effect() {}

// sentByApp reports whether the phone's app sent the message, not a person. Who gets such a text
// first cannot be told from somebody whom a quick person answered. With the second one it is known.
func (t *turn) sentByApp() bool {
	if t.in.Kind != KindText || t.in.EditOf != "" || t.env.ShopTextHistory == nil ||
		len(strings.Fields(t.in.Text)) < autoWords {
		return false
	}
	text := ShopText{Hash: hashOf(t.in.Text), MessageID: t.in.ID, At: t.in.At}
	p := t.env.ShopTextHistory(text.Hash)
	if p.Theirs.IsZero() || t.in.At.Sub(p.Theirs) > autoWithin || !p.Ours.IsZero() && t.in.At.Sub(p.Ours) < autoFirst {
		return false
	}
	text.SentByApp = p.Known
	for _, at := range p.Others {
		text.SentByApp = text.SentByApp || t.in.At.Sub(at).Abs() <= autoAgain
	}
	t.effects = append(t.effects, text)
	if text.SentByApp && !p.Known && !p.Told {
		t.notify(NoticeAppAnswers, AppAnswers)
	}
	return text.SentByApp
}

// AppAnswers tells the operator which switch to turn.
const AppAnswers = "WhatsApp Business on the phone answers people by itself, beside the bot: switch it off there, " +
	"under Settings, Business tools, Greeting message and Away message. Such a text looks as if you had typed it, " +
	"and where it is not recognised the bot is quiet for 12 hours"

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(strings.Join(strings.Fields(text), " ")))
	return hex.EncodeToString(sum[:])
}

// NotHuman takes back that a person of the shop wrote at that time: the app sent it by itself. The
// argument before is the time at which a person last wrote. A later message of a person stands. It
// is repeatable.
func NotHuman(env Env, contact Contact, at, before time.Time) (Contact, []Effect, error) {
	if !contact.LastHuman.Equal(at) {
		return contact, nil, nil
	}
	t := newTurn(env, contact)
	t.c.LastHuman = before
	t.effects = append(t.effects, RecheckHeld{})
	return t.c, t.effects, nil
}

// takenOver leaves the conversation to the person of the shop who has it. A question that the bot
// has put since hears its answer.
func (t *turn) takenOver(words.Recognition) (bool, error) {
	if !t.env.Now.Before(t.c.TakeoverUntil()) {
		return false, nil
	}
	if q := t.openQuestion(); q == nil || q.Choose == flows.Free || !t.askedSinceTakeover() || t.in.EditOf != "" {
		return true, nil
	}
	done, err := t.answer(t.flow.States[t.c.State])
	if done {
		t.understood()
	}
	return true, err
}

// askedSinceTakeover reports whether the bot has put its open question after a person of the shop
// last wrote. WhatsApp's time has whole seconds.
func (t *turn) askedSinceTakeover() bool {
	return t.c.FlowQuestion != nil &&
		t.c.FlowQuestion.Asked.Truncate(time.Second).After(later(t.c.LastHuman, t.c.Paused))
}
