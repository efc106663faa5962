package bot

import "optinbot/flows"

// TimerElapsed does what one of a contact's timers was set for. A timer that has been overtaken
// does nothing: the question was answered, or put anew. It is not repeatable: each call for
// TimerReminder sends the reminder.
func TimerElapsed(env Env, contact Contact, kind TimerKind) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	var err error
	switch kind {
	case TimerResend:
		t.askResend()
	case TimerPoll:
		err = t.pollWaitOver()
	case TimerLimit:
		if !env.Now.Before(t.c.limitedUntil()) {
			t.c.release(MarketingLimit)
		}
	default:
		err = t.questionTimer(kind)
	}
	if err != nil {
		return contact, nil, err
	}
	t.finish()
	return t.c, t.effects, nil
}

// Timers are the timers that a contact should have, by what is remembered of them.
func (c *Contact) Timers() []SetTimer {
	question := SetTimer{}
	if c.FlowQuestion != nil {
		question = SetTimer{Kind: TimerTimeout, At: c.FlowQuestion.Timeout}
	}
	poll := SetTimer{Kind: TimerPoll}
	if c.Poll != nil {
		poll.At = c.Poll.Wait
	}
	limit := SetTimer{Kind: TimerLimit, At: c.limitedUntil()}
	return []SetTimer{question, {Kind: TimerResend, At: c.nextResendAsk()}, poll, limit}
}

func (t *turn) questionTimer(kind TimerKind) error {
	state := t.flow.States[t.c.State]
	switch {
	case t.c.FlowQuestion == nil || state == nil || state.Ask == nil:
	case kind == TimerReminder:
		t.effects = append(t.effects, SetTimer{Kind: TimerTimeout, At: t.c.FlowQuestion.Timeout})
		t.remind(state)
	case t.env.Now.Before(t.c.FlowQuestion.Timeout):
		// The question was put anew meanwhile.
		t.effects = append(t.effects, SetTimer{Kind: TimerTimeout, At: t.c.FlowQuestion.Timeout})
	default:
		return t.transition(flows.EventTimeout)
	}
	return nil
}

// remind sends the one reminder. Only people with an open question get it, within 24 h of their
// message, and never in a conversation that a person of the shop has.
func (t *turn) remind(state *flows.State) {
	q := state.Ask
	if q.Reminder == nil || t.humanChat() || t.c.Consent == Unsubscribed || t.c.Has(UnsureStop) ||
		t.env.Now.Sub(t.c.LastInbound) >= ReminderWithin {
		return
	}
	text := q.Reminder.Say
	if text.Empty() {
		text = state.Say
	}
	t.sayQuestion(SayReminder, t.render(text, t.menu(q)), q)
}
