package cli

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"optinbot/bot"
)

// promoted follows a committed claim of a promotion. It returns what is wrong with it.
func (m *model) promoted(k bot.Claim, l bot.Limits) string {
	p := m.byName(called(k.Number, k.Contact.Identities))
	if p == nil {
		return "a promotion to nobody that the model knows: " + called(k.Number, k.Contact.Identities)
	}
	for _, wrong := range []struct {
		is   bool
		what string
	}{
		{p.stands() != standsIn, "to somebody not subscribed: " + string(p.stands())},
		{m.halted[k.Occurrence], "of an occurrence that is paused or cancelled"},
		{m.unready[k.Number], "by a template that is not approved"},
		{p.got[k.Occurrence] != "", "a second time to the same person"},
		{p.unsure, "to somebody who may have asked to stop"},
		{len(p.sealed) > 0, "to somebody whose last message could not be read"},
		{!p.robbed.IsZero(), "to somebody whose phone is another's"},
		{m.leftElsewhere(p), "to somebody who left under their other address, which the session knows"},
		{k.At.Sub(p.human) < 12*time.Hour, "into a conversation with a person of the shop"},
		{p.disclosure != "" && !m.accepted[p.disclosure], "before the disclosure was accepted"},
	} {
		if wrong.is {
			return fmt.Sprintf("a promotion (occurrence %d) %s; the model: %+v", k.Occurrence, wrong.what, *p)
		}
	}
	p.got[k.Occurrence] = k.MessageID
	defer func() { p.sends = append(p.sends, propertyClaim{k.MessageID, k.At}) }()
	if l.Unlimited {
		return ""
	}
	return p.tooMuch(k.At)
}

// notTried notes that a promotion was not sent: it may be claimed again.
func (m *model) notTried(id string) {
	for _, p := range m.people {
		maps.DeleteFunc(p.got, func(_ int64, got string) bool { return got == id })
		p.sends = slices.DeleteFunc(p.sends, func(s propertyClaim) bool { return s.id == id }) // it never left, so it does not count
	}
}

// tooMuch checks hours, gap and caps of the defaults.
func (p *somebody) tooMuch(at time.Time) string {
	if at.Hour() < 9 || at.Hour() >= 20 || at.Weekday() == time.Sunday {
		return "a promotion outside the hours"
	}
	week := 0
	for _, s := range p.sends {
		if at.Sub(s.at) < 20*time.Hour {
			return "two promotions within the minimum gap"
		}
		if at.Sub(s.at) < 7*24*time.Hour {
			week++
		}
	}
	if week >= 2 {
		return "a third promotion within a week"
	}
	return ""
}
