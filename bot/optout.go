package bot

import (
	"optinbot/flows"
	"optinbot/flows/words"
)

// ruleTemplateStop is the stop button of a promotion, by its ID: whatever it is called.
const ruleTemplateStop = "template.stop_button"

// The stops that WhatsApp keeps itself: by its own button, and told by a refusal.
const (
	ruleWhatsAppStop    = "whatsapp.stop_button"
	ruleWhatsAppRefused = "whatsapp.refused"
)

// history reads one message from history sync: a stop counts when it is not earlier than their last
// opt-in. Nothing else does.
func (t *turn) history() error {
	t.setExpires()
	switch {
	case t.in.Kind == KindMarketingStop:
		return t.stopButton()
	case t.in.Kind == KindReassigned:
		t.reassigned()
		return nil
	case t.in.Kind == KindReaction && !t.in.OnOurs:
		return nil
	case t.in.Button == StopPayload:
		return t.optOut(ruleTemplateStop)
	}
	verdict := t.recognise()
	if verdict.Outcome != words.Out || t.flow.KeepsSomewhere(t.in.Text, t.c.Language) {
		return nil
	}
	return t.optOut(verdict.Rule)
}

// optOut is the way out. It takes effect in this transaction, voids what is unsent and says goodbye
// at most once. One that was written before their last opt-in, or before the stop that stands,
// changes nothing here. The brand's other numbers hear of it all the same: each compares it with
// its own last opt-in.
func (t *turn) optOut(rule string) error { return t.wayOut(rule, true) }

// stopButton is a stop by WhatsApp's own button. WhatsApp has confirmed it to them, and it is no
// message that could be answered: nobody says goodbye.
func (t *turn) stopButton() error { return t.wayOut(ruleWhatsAppStop, false) }

func (t *turn) wayOut(rule string, goodbye bool) error {
	entry := t.entry(EntryOptedOut, rule)
	at := entry.Public.ServerTime
	t.c.StopWritten = later(t.c.StopWritten, at)
	switch {
	case t.losesToOptIn(at):
		t.supersede(entry)
		t.c.OptedOut = later(t.c.OptedOut, at)
	case t.writtenBeforeStop():
	default:
		if err := t.leave(entry); err != nil {
			return err
		}
		fresh := t.env.ServerNow().Sub(at) <= GoodbyeWithin
		// A goodbye to somebody who was subscribed is never braked.
		if goodbye && t.c.Goodbye == "" && fresh && !t.in.History && !t.brakeFull() {
			t.c.Goodbye = t.say(SayGoodbye, t.flow.OptOut.Goodbye)
		}
	}
	t.react(ReactionOptedOut)
	noneOwed := t.c.Consent == Unsubscribed && (t.c.Goodbye != "" || !goodbye)
	t.effects = append(t.effects, OptOutElsewhere{Entry: entry, Goodbye: noneOwed})
	return nil
}

// leave makes the contact unsubscribed and ends whatever the conversation was about. entry is
// recorded when it is a change.
func (t *turn) leave(entry Entry) error {
	to, changed, err := t.c.Consent.move(eventOptOut)
	if err != nil {
		return err
	}
	t.effects = append(t.effects, CancelUnsent{})
	rule := entry.Public.Rule
	t.c.StoppedAtWhatsApp = rule == ruleWhatsAppStop || rule == ruleWhatsAppRefused
	if !changed {
		t.leaveAgain(entry)
	}
	t.c.OptedOut = later(t.c.OptedOut, entry.Public.ServerTime)
	t.c.BotQuestion = BotQuestion{} // a yes that comes after a stop answers nothing
	t.c.Suppressed = false
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
	return t.transition(flows.EventOptOut)
}

// leaveAgain moves the time of the stop that stands, with an entry: a later opt-in is compared with
// it, also after a restore.
func (t *turn) leaveAgain(entry Entry) {
	if !entry.Public.ServerTime.After(t.c.OptedOut) {
		return
	}
	t.c.OptedOut = entry.Public.ServerTime
	t.c.BotQuestion = BotQuestion{} // a yes that comes after a stop answers nothing
	entry.Public.Event, entry.Public.From, entry.Public.To = EntryOptedOutAgain, Unsubscribed, Unsubscribed
	t.effects = append(t.effects, Record{entry})
}

func (t *turn) answerUnsure(answer words.Answer) error {
	if answer == words.Yes {
		return t.optOut("unsure.yes")
	}
	t.c.BotQuestion = BotQuestion{}
	t.c.release(UnsureStop)
	t.record(EntryReleased, "unsure.no")
	if t.c.Consent == Subscribed {
		t.say(SayReply, t.flow.OptOut.Stays) // nobody else is on a list to stay on
	}
	return nil
}

// unsureStop holds marketing to somebody who may have asked to stop, and asks them, at most once in
// 30 days. An answer that fits an open question of closed kind is an answer.
func (t *turn) unsureStop(v words.Recognition) (bool, error) {
	if v.Outcome != words.Unsure || t.c.Consent == Unsubscribed || t.answersClosedQuestion() {
		return false, nil
	}
	if t.c.Consent == Subscribed && t.c.OptedIn.After(t.in.At) {
		return true, nil // they have opted in since
	}
	t.c.MayHaveStopped = later(t.c.MayHaveStopped, t.in.At)
	t.c.hold(UnsureStop, t.env.Now)
	t.react(ReactionUnsure)
	asked := !t.c.AskedUnsure.IsZero() && t.env.Now.Sub(t.c.AskedUnsure) < UnsureAgain
	if asked || t.env.Now.Before(t.c.TakeoverUntil()) {
		t.notify(NoticeUnsureStop, "may have asked to stop ("+v.Rule+"); promotions to them wait. The bot does not "+
			"ask them now: please look at the chat")
		return true, nil
	}
	if t.say(SayQuestion, t.flow.OptOut.Unsure) != "" {
		t.c.AskedUnsure = t.env.Now
		t.c.BotQuestion = BotQuestion{Kind: askUnsure, At: t.env.Now, Language: t.c.Language}
	} else {
		t.notify(NoticeUnsureStop, "may have asked to stop ("+v.Rule+"); promotions to them wait. The bot is quiet "+
			"in this chat: please look at it")
	}
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

// unsubscribed answers somebody who left and writes again: once, neutrally. After that the bot is
// quiet, and there is a notice. Only a near miss of an opt-in phrase gets the confirm question:
// they asked, not we (C5).
func (t *turn) unsubscribed(words.Recognition) (bool, error) {
	if t.c.Consent != Unsubscribed || t.phrase().Match != words.NoMatch {
		return false, nil
	}
	if t.in.EditOf != "" {
		return true, nil
	}
	t.notify(NoticeWroteAgain, "somebody who left wrote again; the bot will not ask them back, a person may want to "+
		"answer")
	if !t.c.AfterSaid && !t.leftOut() {
		t.c.AfterSaid = true
		t.say(SayReply, t.flow.OptOut.After)
	}
	return true, nil
}
