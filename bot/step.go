package bot

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"optinbot/bot/text"
	"optinbot/flows"
	"optinbot/flows/words"
)

// Env is what a decision needs beside the contact: the time, the flow, and randomness, all brought
// in.
type Env struct {
	Now        time.Time             // receipt time, UTC
	ClockAhead time.Duration         // by how much the clock of Now is ahead of WhatsApp's, 0 where nobody knows
	Guard      Guard                 // the number's settings. Zero: the defaults
	Unlimited  bool                  // whatsapp.test_limits: off
	Brake      Brake                 // on answers to people who are not subscribed. Zero: none
	Wire       Abilities             // what the number's wire can do
	Machine    *Machine              // the number's flow, nil for a number whose flow is not loaded: only opt-outs work
	NewID      func() string         // a fresh WhatsApp message ID
	Registered func(tag string) bool // is #tag one that `invite --source` made?
	// CountBraked counts the messages to people who are not subscribed that went out within a time
	// before Now, and those that wait to. nil: none.
	CountBraked func(within time.Duration) int
	CardText    string                 // what a contact card is called: the shop's name
	Country     func(p string) Country // what a phone tells about its owner. Nil: CountryOf

	// OtherAddress is a person's other address, LID for phone and phone for LID, as the number's
	// session knows it. Nil: nobody does.
	OtherAddress    func(Identity) (Identity, bool)
	ShopTextHistory func(hash string) ShopTextHistory // what is known about a text of the shop's phone. Nil: nothing
	// Unknown is how many people sent in a day what this build does not know, and whether that was
	// told.
	Unknown func() (people int, told bool)
}

// Step takes one inbound message and returns the contact as it is afterwards, and the effects in
// the order in which they are to happen. It changes nothing itself and may be repeated. Its error
// is a bug, never something a contact wrote.
func Step(env Env, contact Contact, in Message) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	t.in = in
	if err := t.message(); err != nil {
		return contact, nil, fmt.Errorf("turn of contact %d: %w", contact.ID, err)
	}
	t.finish()
	return t.c, t.effects, nil
}

// A turn is one decision under way.
type turn struct {
	env               Env
	flow              *flows.Flow
	in                Message // zero where no message started it: a timer, an operator
	c                 Contact
	effects           []Effect
	spoke             bool           // something is said in this turn
	answersSoon       bool           // something will be said about it soon
	holdsBefore       int            // holds at the start, to see whether one ended
	hadQuestion       bool           // a question of the flow was open at the start
	lastInboundBefore time.Time      // server time of their message before this one
	deliversAgain     bool           // not_delivering has ended
	reading           *words.Reading // what read made of the message
	foundPhrase       *words.Phrase  // what phrase found
	consentBefore     Consent        // at the start of the turn
	brakeChecked      *bool          // whether the brake is full. Nil: nobody has asked
}

// usualEffects is how many effects few turns have more of.
const usualEffects = 6

func newTurn(env Env, contact Contact) *turn {
	c := contact.clone()
	t := &turn{env: env, c: c, holdsBefore: len(c.Holds), hadQuestion: c.FlowQuestion != nil, consentBefore: c.Consent,
		lastInboundBefore: c.LastInbound, effects: make([]Effect, 0, usualEffects)}
	if env.Machine == nil {
		return t
	}
	t.flow = env.Machine.Flow
	if c.Language == "" {
		t.c.Language = t.languageOf(c.Phone())
	}
	return t
}

// message is the order of a turn: what can never be swallowed comes first.
func (t *turn) message() error {
	switch in := t.in; {
	case in.FromMe:
		return t.shopMessage()
	case in.History:
		return t.history()
	}
	t.setExpires()
	switch t.in.Kind {
	case KindMarketingStop:
		return t.stopButton()
	case KindReassigned:
		t.reassigned()
		return nil
	case KindTimer, KindNothing:
		t.readAtLast(false)
		return nil
	case KindCall:
		t.c.LastCall = later(t.c.LastCall, t.in.At)
		return nil
	}
	t.noteInbound()
	t.c.Flow = t.env.Machine.Version()
	if t.in.Kind != KindRevoke {
		t.react(ReactionReplied)
	}
	switch t.in.Kind {
	case KindUndecryptable:
		if t.undecryptable(); !t.in.ViewOnce { // that one is answered as any picture is
			return nil
		}
	case KindPollVote, KindReaction, KindRevoke, KindAlbum:
		t.readAtLast(false)
		return t.act()
	default:
		t.readAtLast(true)
	}
	if t.laterInAlbum() && t.in.Text == "" {
		return nil
	}
	if t.in.Kind == KindOrder {
		t.notify(NoticeOrder, "sent an order of goods in the catalog; please look at the chat")
	}
	return t.converseAbout()
}

// act is what people do to messages rather than say.
func (t *turn) act() error {
	switch t.in.Kind {
	case KindPollVote:
		return t.vote()
	case KindReaction:
		return t.reaction()
	case KindAlbum:
		t.laterInAlbum()
	}
	return nil
}

// converseAbout goes through what a message with words, or one that asks for them, may mean.
func (t *turn) converseAbout() error {
	if t.in.Button == StopPayload {
		return t.optOut(ruleTemplateStop)
	}
	if q, values := t.tapped(); q != nil {
		return t.answerByButton(q, values)
	}
	verdict := t.verdict()
	t.request(verdict.Request)
	if verdict.Outcome == words.Out {
		return t.optOut(verdict.Rule)
	}
	for _, step := range []func(words.Recognition) (done bool, err error){
		t.botQuestion, t.optInPhrase, t.discloseAgain, t.help, t.passOver, t.unsureStop, t.moveOn, t.takenOver, t.unsubscribed,
		t.nearMiss, t.changeLanguage, t.greet, t.converse,
	} {
		if done, err := step(verdict); done || err != nil {
			return err
		}
	}
	return nil
}

// verdict is what the recogniser makes of the message. A word that was an answer of the open
// question when the flow was accepted, and that only newer tables take for a stop, stays an answer.
func (t *turn) verdict() words.Recognition {
	if t.openQuestion() != nil && t.flow.Keeps(t.c.State, t.in.Text, t.c.Language) {
		return words.Recognition{}
	}
	v := t.recognise()
	if v.Outcome == words.Neither && t.answersPromotion() && t.read().Refuses(t.c.Language) {
		v.Outcome, v.Tier, v.Rule = words.Unsure, 3, "tier3.no"
	}
	return v
}

// answersPromotion reports whether the message is the first since a promotion of the last day, and
// answers no question.
func (t *turn) answersPromotion() bool {
	if len(t.c.Sends) == 0 || t.c.Consent != Subscribed || t.c.BotQuestion.Kind != "" || t.openQuestion() != nil {
		return false
	}
	last := t.c.Sends[len(t.c.Sends)-1]
	return last.After(t.lastInboundBefore) && t.in.At.After(last) && t.in.At.Sub(last) <= 24*time.Hour
}

// read reads the words of the message, once in a turn.
func (t *turn) read() *words.Reading {
	if t.reading == nil {
		t.reading = t.flow.Words.Read(t.in.Text)
	}
	return t.reading
}

// recognise reads the message in their language, the flow's and those of their phone's country.
func (t *turn) recognise() words.Recognition {
	return t.read().Recognise(t.c.Language, t.countryLanguages(t.c.Phone())...)
}

// noteInbound notes that they wrote.
func (t *turn) noteInbound() {
	if t.in.At.After(t.c.LastInbound) {
		t.c.LastInbound = t.in.At
	}
	t.countMessage()
	if name := text.Name(t.in.Name); name != "" {
		t.c.Name = shortened(name, maxRememberedName)
	}
	t.c.release(NeedsInbound)
	t.endLimit()
	t.c.Holds = slices.DeleteFunc(t.c.Holds, func(h Hold) bool {
		return slices.Contains(endedByWords(), h.Reason) && t.in.At.After(h.Since) && !h.OptIn
	})
	t.deliversAgain = t.c.NotDelivering(t.env.Now)
	t.c.gaveSign(true)
}

// finish closes the turn: a read receipt where the bot answered, and deliveries that wait for a
// hold that has ended.
func (t *turn) finish() {
	if (t.spoke || t.answersSoon) && t.in.ID != "" && !t.in.History && !t.in.FromMe {
		t.effects = append(t.effects, MarkRead{MessageID: t.in.ID})
	}
	if t.deliversAgain || len(t.c.Holds) < t.holdsBefore || t.hadQuestion && t.c.FlowQuestion == nil {
		t.effects = append(t.effects, RecheckHeld{})
	}
}

// help answers HELP for everyone, subscribed or not.
func (t *turn) help(words.Recognition) (bool, error) {
	if !t.read().IsHelp() || t.in.EditOf != "" {
		return false, nil
	}
	t.say(SayReply, t.flow.Help)
	return true, nil
}

// changeLanguage obeys somebody who asks for one of the flow's languages, and says again where they
// are, or what HELP says where that is nothing.
func (t *turn) changeLanguage(words.Recognition) (bool, error) {
	if t.answersClosedQuestion() {
		return false, nil // a label that is the name of a language
	}
	language, ok := t.read().NamedLanguage()
	if !ok || t.in.EditOf != "" || t.c.State == "" {
		if ok {
			t.c.Language = language // greeted in it right away
		}
		return false, nil
	}
	t.c.Language = language
	t.enter(t.flow.States[t.c.State])
	if !t.spoke {
		t.say(SayReply, t.flow.Help)
	}
	return true, nil
}

// greet starts the conversation with somebody who writes for the first time.
func (t *turn) greet(words.Recognition) (bool, error) {
	if t.c.State != "" {
		return false, nil
	}
	if t.humanChat() || t.in.EditOf != "" || t.leftOut() {
		return true, nil
	}
	if err := t.greeted("greeting"); err != nil {
		return true, err
	}
	return true, t.transition(eventStart)
}

// humanChat reports whether a person of the shop wrote in this chat lately: such a chat is neither
// greeted nor given fallbacks.
func (t *turn) humanChat() bool {
	return !t.c.LastHuman.IsZero() && t.env.Now.Sub(t.c.LastHuman) < HumanChat
}

// entry starts a ledger entry about this turn.
func (t *turn) entry(event, rule string) Entry {
	e := Entry{
		Public: Public{
			Number: t.c.Number, Recorded: t.env.Now.UTC(), ServerTime: t.in.At.UTC(), Event: event,
			From: t.c.Consent, To: t.c.Consent, Rule: rule, Actor: "contact",
			Flow: t.env.Machine.Version(), Shown: "none",
		},
		Personal: Personal{Identities: slices.Clone(t.c.Identities), Name: t.c.Name, Words: t.in.Text,
			MessageID: t.in.ID},
	}
	if t.in.At.IsZero() {
		e.Public.ServerTime = e.Public.Recorded
	}
	return e
}

func (t *turn) record(event, rule string) {
	t.effects = append(t.effects, Record{t.entry(event, rule)})
}

func (t *turn) notify(kind NoticeKind, text string) {
	perMessage := []NoticeKind{NoticeWroteAgain, NoticeUnsureStop, NoticeUnreadable, NoticeOrder}
	if t.in.ID != "" && t.c.TooMuch(t.env.Now) && slices.Contains(perMessage, kind) {
		return // one notice has said that they write too much, and each is a message of the number's
	}
	t.effects = append(t.effects, Notify{Kind: kind, Text: text})
}

// shortened cuts s to at most n runes.
func shortened(s string, n int) string {
	s = strings.TrimSpace(strings.ToValidUTF8(s, ""))
	if len(s) <= n {
		return s
	}
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
