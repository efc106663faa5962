package cli

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"optinbot/bot"
)

// A written is a message of the test with its meaning.
type written struct {
	bot.Message
	number string
	label  label
	resend bool      // it came before, and could not be read
	holder *somebody // of its phone when it was written, as far as anybody was
}

func (w written) key() string {
	source := "live"
	switch {
	case w.FromMe:
		source = "human"
	case w.History:
		source = "history"
	case w.Kind == bot.KindUndecryptable:
		source = "undecryptable"
	}
	return w.number + " " + w.ID + " " + source
}

// had reports whether a message had its turn: what was read cannot become unreadable.
func (m *model) had(w written) bool {
	read := w
	read.Kind = bot.KindText
	return m.seen[w.key()] != nil || w.Kind == bot.KindUndecryptable && !w.FromMe && m.seen[read.key()] != nil
}

// turn follows one committed turn. It returns what is wrong with it, "" if nothing.
func (m *model) turn(w written, got bot.Turn, now time.Time) string {
	if had := m.had(w); had != got.Duplicate {
		return fmt.Sprintf("a message is told a duplicate: %v, but had its turn: %v", got.Duplicate, had)
	}
	if got.Duplicate { // two addresses that it brings now are of one person all the same
		if ids := m.believed(w); len(ids) > 1 {
			m.fills(w.number, ids)
		}
		return ""
	}
	m.turns++
	m.stood = false
	if first, was := m.sealed[w.number+" "+w.ID]; was && first.Before(w.At) {
		w.At = first
	}
	p := m.who(w.number, m.believed(w), w.At)
	m.seen[w.key()] = p
	if wrong := p.silence(w, got); wrong != "" {
		return wrong
	}
	switch {
	case w.FromMe:
		p.human = latest(p.human, w.At)
		p.settles(w.At)
		return ""
	case w.History:
		if w.label == labelStop {
			m.stop(p, w.At, got)
		}
		return m.said(p, got, w)
	}
	if w.At.After(p.robbed) {
		p.robbed = time.Time{}
	}
	switch w.Kind {
	case bot.KindUndecryptable:
		m.sealed[w.number+" "+w.ID] = w.At
		if (p.stands() != standsOut || w.At.After(p.out)) && !w.At.Before(latest(p.words, p.in)) {
			p.sealed[w.ID] = w.At
		}
		return ""
	case bot.KindReaction, bot.KindRevoke, bot.KindPollVote:
		delete(p.sealed, w.ID)
		return ""
	}
	p.words = latest(p.words, w.At)
	maps.DeleteFunc(p.sealed, func(id string, at time.Time) bool { return id == w.ID || at.Before(w.At) })
	if wrong := m.says(p, w, got, now); wrong != "" {
		return wrong
	}
	return m.said(p, got, w)
}

// fills lets a pair that is no news of a message fill what is missing.
func (m *model) fills(number string, ids []bot.Identity) {
	a, b := m.holder(number, bot.Phone, bot.PhoneOf(ids)), m.holder(number, bot.LID, bot.LIDOf(ids))
	if a != b && !m.contradicts(number, ids) { // a == b: also where nobody knows either
		m.who(number, ids, time.Time{})
	}
}

// silence is what somebody hears of words that were written not later than their no, or of a yes that is: nothing, but for HELP.
func (p *somebody) silence(w written, got bot.Turn) string {
	late := !p.out.IsZero() && !w.At.After(p.out)
	yes := w.label == labelOptIn && !w.Forwarded && w.EditOf == "" && !w.History && !w.FromMe
	if late = late && (p.stands() == standsOut || yes); !late || w.Text == "help" {
		return ""
	}
	for _, e := range got.Effects {
		if say, ok := e.(bot.Say); ok {
			return fmt.Sprintf("%q, written %v, was answered by %q: their no is of %v", w.Text, w.At, say.Text, p.out)
		}
	}
	return ""
}

// says is what a readable live message means.
func (m *model) says(p *somebody, w written, got bot.Turn, now time.Time) string {
	direct := !w.Forwarded && w.EditOf == ""
	switch {
	case w.label == labelStop:
		m.stop(p, w.At, got)
	case w.label == labelOptIn && direct && !m.confirm[w.number]:
		m.optIn(p, w.At)
	case w.label == labelOptIn, w.label == labelNear:
		if p.stands() != standsIn || m.confirm[w.number] {
			p.asked = now
		}
	case w.label == labelUnsure && p.stands() != standsOut && !p.in.After(w.At):
		p.unsure, p.wasUnsure, p.mayStop = true, now, latest(p.mayStop, w.At)
	case w.label == labelNo && got.Contact.Consent == bot.Unsubscribed && p.stands() == standsIn:
		// They wrote an opt-in phrase again, were asked again, and do not want promotions.
		if p.asked.IsZero() || now.Sub(p.asked) > 24*time.Hour {
			return "a no unsubscribed somebody who was not asked"
		}
		p.asked = time.Time{}
		m.stop(p, w.At, got)
	case w.label == labelNo && got.Contact.Has(bot.UnsureStop) && p.stands() == standsIn && !p.unsure:
		// As the answer to a promotion it may be a stop: they are asked.
		if !slices.ContainsFunc(p.sends, func(s propertyClaim) bool {
			return !s.at.After(w.At.Add(time.Second)) && w.At.Sub(s.at) <= 24*time.Hour
		}) {
			return "a no was taken for a stop that answers no promotion"
		}
		p.unsure, p.wasUnsure, p.mayStop = true, now, latest(p.mayStop, w.At)
	case w.label == labelNo && !got.Contact.Has(bot.UnsureStop):
		p.settles(w.At)
		p.unsure = false
	case w.label == labelYes && got.Contact.Consent == bot.Subscribed && (p.stands() != standsIn || !got.Contact.OptedIn.Equal(p.in)):
		if !direct || p.asked.IsZero() || now.Sub(p.asked) > 24*time.Hour || w.At.Before(p.asked.Add(-2*time.Second)) {
			return "a yes subscribed somebody who was not asked before it"
		}
		m.optIn(p, w.At)
	case w.label == labelYes && got.Contact.Consent == bot.Unsubscribed && p.stands() != standsOut:
		if p.wasUnsure.IsZero() {
			return "a yes unsubscribed somebody who was not asked"
		}
		m.stop(p, w.At, got)
	}
	return ""
}

// settles ends the questions of the bot's own by words of that time: what was written before a question does not.
func (p *somebody) settles(at time.Time) {
	const slack = 2 * time.Second // WhatsApp tells its time by the second
	if !at.Before(p.asked.Add(-slack)) {
		p.asked = time.Time{}
	}
	if !at.Before(p.wasUnsure.Add(-slack)) {
		p.wasUnsure = time.Time{}
	}
}

// stop is a no that they wrote: it counts by its time, here and on the brand's other numbers.
func (m *model) stop(p *somebody, at time.Time, got bot.Turn) {
	m.stood = at.After(p.out) && !p.in.After(at)
	m.leave(p, at)
	m.leaveBrand(p.number, p.ids, at, p.stands() == standsOut && (p.saidGoodbye || saysGoodbye(got)))
}

func saysGoodbye(got bot.Turn) bool {
	return slices.ContainsFunc(got.Effects, func(e bot.Effect) bool {
		say, ok := e.(bot.Say)
		return ok && say.Kind == bot.SayGoodbye
	})
}

// gains attaches what is new of somebody's identities.
func (m *model) gains(p *somebody, ids []bot.Identity) *somebody {
	had := len(p.ids)
	if m.attach(p, ids, time.Time{}); len(p.ids) > had {
		return m.learned(p)
	}
	return p
}

// learned carries the no of somebody to the brand when more of who they are becomes known.
func (m *model) learned(p *somebody) *somebody {
	if !p.out.IsZero() {
		m.leaveBrand(p.number, p.ids, p.out, p.saidGoodbye && p.stands() == standsOut)
	}
	return p
}

// optIn is a yes of that time: one that is later than their last no counts, but for a fourth that changes where they stand within a day.
func (m *model) optIn(p *somebody, at time.Time) {
	if !p.out.IsZero() && !at.After(p.out) {
		return
	}
	if p.stands() != standsIn {
		p.changes = slices.DeleteFunc(p.changes, func(before time.Time) bool { return at.Sub(before).Abs() >= 24*time.Hour })
		if len(p.changes) >= 3 {
			p.asked = time.Time{}
			return
		}
		p.changes = append(p.changes, at)
	}
	p.in = latest(p.in, at)
	p.unsure = p.unsure && !at.After(p.mayStop)
	p.asked, p.wasUnsure, p.saidGoodbye = time.Time{}, time.Time{}, false
	for _, id := range p.ids {
		delete(m.known, p.number+plain(id))
	}
}

// said looks at what the bot decided to say.
func (m *model) said(p *somebody, got bot.Turn, w written) string {
	for _, e := range got.Effects {
		say, ok := e.(bot.Say)
		switch {
		case !ok:
		case say.Disclosure:
			p.disclosure = say.ID
		case say.Kind == bot.SayGoodbye && p.saidGoodbye:
			return "a second goodbye for one opt-out"
		case say.Kind == bot.SayGoodbye && w.History:
			return "a goodbye for a stop found in history"
		case say.Kind == bot.SayGoodbye:
			p.saidGoodbye = true
		}
	}
	return ""
}
