package bot

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"optinbot/flows"
	"optinbot/flows/words"
)

// Env is what a decision needs beside the contact: the time, the flow, and randomness, all brought in.
type Env struct {
	Now        time.Time              // receipt time, UTC
	Machine    *Machine               // the number's flow; nil for a number whose flow is not loaded: only opt-outs work
	NewID      func() string          // a fresh WhatsApp message ID
	Registered func(tag string) bool  // is #tag one that `invite --source` made?
	CardText   string                 // what a contact card is called: the shop's name
	Country    func(p string) Country // what a phone tells about its owner; nil: CountryOf
}

// Step takes one inbound message and returns the contact as it is afterwards, and the effects in the order in which they are
// to happen. It changes nothing itself and may be repeated. Its error is a bug, never something a contact wrote.
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
	env     Env
	flow    *flows.Flow
	in      Message // zero where no message started it: a timer, an operator
	c       Contact
	effects []Effect
	spoke   bool          // something is said in this turn
	held    int           // holds at the start, to see whether one ended
	asked   bool          // a question of the flow was open at the start
	read    *words.Phrase // what phrase found
}

func newTurn(env Env, contact Contact) *turn {
	c := contact.clone()
	t := &turn{env: env, c: c, held: len(c.Holds), asked: c.Open != nil}
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
		return t.human()
	case in.History:
		return t.history()
	}
	t.meet()
	switch t.in.Kind {
	case KindUndecryptable:
		t.undecryptable()
		return nil
	case KindReaction, KindRevoke, KindPollVote:
		return nil
	}
	t.readable()
	verdict := t.flow.Words.Recognise(t.in.Text, t.c.Language)
	if verdict.Outcome == words.Out {
		return t.optOut(verdict.Rule)
	}
	for _, step := range []func(words.Verdict) (done bool, err error){
		t.ownQuestion, t.optInPhrase, t.help, t.unsureStop, t.moveOn, t.quiet, t.unsubscribed, t.nearMiss, t.changeLanguage, t.greet, t.converse,
	} {
		if done, err := step(verdict); done || err != nil {
			return err
		}
	}
	return nil
}

// meet notes that they wrote.
func (t *turn) meet() {
	if t.in.At.After(t.c.LastInbound) {
		t.c.LastInbound = t.in.At
	}
	if t.in.Name != "" {
		t.c.Name = shortened(t.in.Name, maxRememberedName)
	}
	switch t.in.Kind {
	case KindReaction, KindRevoke, KindPollVote, KindUndecryptable: // they do not carry the chat's timer
	default:
		t.c.Expires = t.in.Expires
	}
	t.c.release(NeedsInbound)
	t.c.release(NumberReassigned)
	t.c.release(NotDelivering)
}

// readable notes that whatever could not be read before has been followed by something that could.
func (t *turn) readable() {
	t.c.release(UndecryptableMessage)
	t.c.AskedResend = false
}

// finish closes the turn: a read receipt where the bot answered, and deliveries that wait for a hold that has ended.
func (t *turn) finish() {
	if t.spoke && t.in.ID != "" && !t.in.History && !t.in.FromMe {
		t.effects = append(t.effects, MarkRead{MessageID: t.in.ID})
	}
	if len(t.c.Holds) < t.held || t.asked && t.c.Open == nil {
		t.effects = append(t.effects, Wake{})
	}
}

// human notes that a person of the shop wrote in the chat: the bot is quiet from here.
func (t *turn) human() error {
	if t.in.At.After(t.c.LastHuman) {
		t.c.LastHuman = t.in.At
	}
	t.c.Own = OwnQuestion{} // their next yes or no is for that person
	return nil
}

// history reads one message from history sync: a stop counts when it is later than their last opt-in; nothing else does.
func (t *turn) history() error {
	verdict := t.flow.Words.Recognise(t.in.Text, t.c.Language)
	if verdict.Outcome != words.Out || !t.in.At.After(t.c.OptedIn) || t.c.Consent == Unsubscribed {
		return nil
	}
	return t.optOut(verdict.Rule)
}

// undecryptable holds marketing, for it may have been a stop, and asks them once to send it again.
func (t *turn) undecryptable() {
	t.c.hold(UndecryptableMessage, t.env.Now)
	t.tell(NoticeUnreadable, "a message could not be decrypted; promotions to this contact wait until they write again")
	if !t.c.AskedResend && t.c.TakeoverUntil().Before(t.env.Now) {
		t.c.AskedResend = true
		t.say(SayReply, t.flow.Resend)
	}
}

// optOut is the way out. It takes effect in this transaction, voids what is unsent and says goodbye at most once.
func (t *turn) optOut(rule string) error {
	entry := t.entry(EntryOptedOut, rule)
	if err := t.leave(entry); err != nil {
		return err
	}
	fresh := t.env.Now.Sub(t.in.At) <= GoodbyeWithin
	if t.c.Goodbye == "" && fresh && !t.in.History {
		t.c.Goodbye = t.say(SayGoodbye, t.flow.OptOut.Goodbye)
	}
	t.effects = append(t.effects, OptOutElsewhere{Entry: entry, Goodbye: t.c.Goodbye != ""})
	return nil
}

// leave makes the contact unsubscribed and ends whatever the conversation was about. entry is recorded when it is a change.
func (t *turn) leave(entry Entry) error {
	to, changed, err := t.c.Consent.move(eventOptOut)
	if err != nil {
		return err
	}
	t.effects = append(t.effects, Void{})
	t.c.OptedOut = later(t.c.OptedOut, entry.Public.ServerTime)
	t.c.Own = OwnQuestion{} // a yes that comes after a stop answers nothing
	if !changed {
		return nil
	}
	entry.Public.From, entry.Public.To = t.c.Consent, to
	t.c.Consent = to
	t.c.Goodbye, t.c.AfterSaid = "", false
	t.c.release(UnsureStop)
	t.c.release(AwaitingDisclosure)
	t.effects = append(t.effects, Record{entry})
	if t.flow == nil {
		t.closeQuestion()
		return nil
	}
	return t.fire(flows.EventOptOut)
}

// ownQuestion reads an exact yes or no to the bot's own question: the confirm question, or whether they want to stop.
func (t *turn) ownQuestion(words.Verdict) (bool, error) {
	if t.c.Own.Kind == "" || t.c.Own.Kind == askConfirm && t.env.Now.Sub(t.c.Own.At) > confirmLasts {
		return false, nil
	}
	answer := t.flow.Words.YesNo(t.in.Text, t.c.Language)
	if answer == words.NoAnswer {
		return false, nil
	}
	own := t.c.Own
	if own.Kind == askUnsure {
		return true, t.answerUnsure(answer)
	}
	if answer == words.No {
		t.c.Own = OwnQuestion{}
		t.say(SayReply, t.flow.OptIn.Declined)
		return true, nil
	}
	if t.in.Forwarded || t.in.EditOf != "" {
		return true, nil // not their own live yes; the question stays open (C1)
	}
	return true, t.optIn(words.Phrase{Match: words.Exact, Language: own.Language, Source: own.Source}, "opt_in.confirm", own)
}

func (t *turn) answerUnsure(answer words.Answer) error {
	if answer == words.Yes {
		return t.optOut("unsure.yes")
	}
	t.c.Own = OwnQuestion{}
	t.c.release(UnsureStop)
	t.record(EntryReleased, "unsure.no")
	t.say(SayReply, t.flow.OptOut.Stays)
	return nil
}

// optInPhrase is the door to "subscribed": the exact phrase, live, direct, not forwarded, not edited (C1).
func (t *turn) optInPhrase(words.Verdict) (bool, error) {
	phrase := t.phrase()
	if phrase.Match != words.Exact || t.in.Forwarded || t.in.EditOf != "" {
		return false, nil
	}
	if t.flow.OptIn.Confirm {
		return true, t.askConfirm(phrase)
	}
	return true, t.optIn(phrase, "opt_in.phrase", OwnQuestion{})
}

// phrase compares the message with the opt-in phrases, once in a turn. A near miss is nothing to somebody who is subscribed.
func (t *turn) phrase() words.Phrase {
	if t.read == nil {
		compare := t.flow.Words.OptIn
		if t.c.Consent == Subscribed {
			compare = t.flow.Words.OptInExactly
		}
		phrase := compare(t.in.Text, t.c.Language, t.env.Registered)
		t.read = &phrase
	}
	return *t.read
}

// optIn subscribes. confirmed is the question they said yes to, if that is how they came in. A phrase from somebody who is
// subscribed renews the proof: they are told again what they signed up for, and their conversation stays where it is.
func (t *turn) optIn(phrase words.Phrase, rule string, confirmed OwnQuestion) error {
	to, changed, err := t.c.Consent.move(eventOptIn)
	if err != nil {
		return err
	}
	event := EntryOptedIn
	if !changed {
		event = EntryRenewed
	}
	entry := t.entry(event, rule)
	entry.Public.From, entry.Public.To, entry.Public.Shown = t.c.Consent, to, shown(phrase.Source)
	t.c.Consent, t.c.Language = to, phrase.Language
	t.c.OptedIn, t.c.Goodbye, t.c.AfterSaid, t.c.Own = t.in.At, "", false, OwnQuestion{}
	t.c.release(UnsureStop)
	t.effects = append(t.effects, ForgetSuppression{})
	if confirmed.Discloses {
		entry.Personal.Disclosure, entry.Personal.DisclosureID = confirmed.Text, confirmed.MessageID
	} else {
		entry.Personal.Disclosure, entry.Personal.DisclosureID = t.disclose()
	}
	entry.Public.Disclosure = hash(entry.Personal.Disclosure)[:12]
	t.effects = append(t.effects, Record{entry})
	if !changed {
		return nil
	}
	return t.fire(flows.EventOptIn)
}

// disclose tells them what they signed up for. Marketing waits until WhatsApp's server has accepted it.
func (t *turn) disclose() (text, id string) {
	text = t.render(t.flow.OptIn.Disclosure, "")
	id = t.env.NewID()
	t.out(Say{ID: id, Kind: SayReply, Text: text, Disclosure: true})
	t.c.Disclosure = id
	t.c.hold(AwaitingDisclosure, t.env.Now)
	return text, id
}

func shown(source string) string {
	if source == "" {
		return "none"
	}
	return "source:" + source
}

// help answers HELP for everyone, subscribed or not.
func (t *turn) help(words.Verdict) (bool, error) {
	if !t.flow.Words.IsHelp(t.in.Text) || t.in.EditOf != "" {
		return false, nil
	}
	t.say(SayReply, t.flow.Help)
	return true, nil
}

// unsureStop holds marketing to somebody who may have asked to stop, and asks them, at most once in 30 days. An answer that
// fits an open question of closed kind is an answer.
func (t *turn) unsureStop(v words.Verdict) (bool, error) {
	if v.Outcome != words.Unsure || t.c.Consent == Unsubscribed || t.answersClosedQuestion() {
		return false, nil
	}
	if !t.c.Has(UnsureStop) {
		t.c.hold(UnsureStop, t.env.Now)
	}
	asked := !t.c.AskedUnsure.IsZero() && t.env.Now.Sub(t.c.AskedUnsure) < UnsureAgain
	if asked || t.env.Now.Before(t.c.TakeoverUntil()) {
		t.tell(NoticeUnsureStop, "may have asked to stop ("+v.Rule+"); promotions to them wait. The bot does not ask them now: please look at the chat")
		return true, nil
	}
	t.c.AskedUnsure = t.env.Now
	t.c.Own = OwnQuestion{Kind: askUnsure, At: t.env.Now, Language: t.c.Language}
	t.say(SayQuestion, t.flow.OptOut.Unsure)
	return true, nil
}

func (t *turn) answersClosedQuestion() bool {
	q := t.openQuestion()
	if q == nil || q.Choose == flows.Free {
		return false
	}
	_, ok := q.Answer(t.in.Text, t.c.Language, t.flow)
	return ok
}

// moveOn forgets the confirm question when they talk about something else: a later yes is not an answer to it (C1).
func (t *turn) moveOn(words.Verdict) (bool, error) {
	if t.c.Own.Kind == askConfirm {
		t.c.Own = OwnQuestion{}
	}
	return false, nil
}

// quiet leaves the conversation to the person of the shop who has it.
func (t *turn) quiet(words.Verdict) (bool, error) {
	return t.env.Now.Before(t.c.TakeoverUntil()), nil
}

// unsubscribed answers somebody who left and writes again: once, neutrally; then quiet and a notice. Only a near miss of an
// opt-in phrase gets the confirm question: they asked, not we (C5).
func (t *turn) unsubscribed(words.Verdict) (bool, error) {
	if t.c.Consent != Unsubscribed || t.phrase().Match != words.NoMatch {
		return false, nil
	}
	if t.in.EditOf != "" {
		return true, nil
	}
	t.tell(NoticeWroteAgain, "somebody who left wrote again; the bot will not ask them back, a person may want to answer")
	if !t.c.AfterSaid {
		t.c.AfterSaid = true
		t.say(SayReply, t.flow.OptOut.After)
	}
	return true, nil
}

// nearMiss asks somebody who nearly wrote an opt-in phrase (or forwarded or edited one) whether they want promotions.
func (t *turn) nearMiss(words.Verdict) (bool, error) {
	if t.c.Consent == Subscribed {
		return false, nil
	}
	phrase := t.phrase()
	if phrase.Match == words.NoMatch {
		return false, nil
	}
	return true, t.askConfirm(phrase)
}

// askConfirm puts the confirm question. Where the flow says `confirm: true` the disclosure is the question.
func (t *turn) askConfirm(phrase words.Phrase) error {
	if err := t.greeted("opt_in.near_miss"); err != nil {
		return err
	}
	t.c.Language = phrase.Language
	question, discloses := t.flow.OptIn.Question, false
	if t.flow.OptIn.Confirm {
		question, discloses = t.flow.OptIn.Disclosure, true
	}
	own := OwnQuestion{Kind: askConfirm, At: t.env.Now, Language: phrase.Language, Source: phrase.Source, Discloses: discloses}
	own.Text = t.render(question, "")
	own.MessageID = t.env.NewID()
	t.out(Say{ID: own.MessageID, Kind: SayQuestion, Text: own.Text})
	t.c.Own = own
	return nil
}

// greeted moves somebody new to pending: the bot has written to them, because they wrote first.
func (t *turn) greeted(rule string) error {
	if t.c.Consent != New {
		return nil
	}
	to, _, err := t.c.Consent.move(eventGreet)
	if err != nil {
		return err
	}
	entry := t.entry(EntryGreeted, rule)
	entry.Public.From, entry.Public.To = t.c.Consent, to
	t.c.Consent = to
	t.effects = append(t.effects, Record{entry})
	return nil
}

// changeLanguage obeys somebody who asks for one of the flow's languages, and says again where they are; what HELP says, where that
// is nothing.
func (t *turn) changeLanguage(words.Verdict) (bool, error) {
	language, ok := t.flow.Words.NamedLanguage(t.in.Text)
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
func (t *turn) greet(words.Verdict) (bool, error) {
	if t.c.State != "" {
		return false, nil
	}
	if t.humanChat() || t.in.EditOf != "" {
		return true, nil
	}
	if err := t.greeted("greeting"); err != nil {
		return true, err
	}
	return true, t.fire(eventStart)
}

// humanChat reports whether a person of the shop wrote in this chat lately: such a chat is neither greeted nor given fallbacks.
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
		Personal: Personal{Identities: slices.Clone(t.c.Identities), Name: t.c.Name, Words: t.in.Text, MessageID: t.in.ID},
	}
	if t.in.At.IsZero() {
		e.Public.ServerTime = e.Public.Recorded
	}
	return e
}

func (t *turn) record(event, rule string) {
	t.effects = append(t.effects, Record{t.entry(event, rule)})
}

func (t *turn) tell(kind NoticeKind, text string) {
	t.effects = append(t.effects, Tell{Kind: kind, Text: text})
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
