package play

import (
	"cmp"
	"fmt"
	"slices"

	"optinbot/bot"
	"optinbot/flows"
)

// tapped is the ID of the button that has these words: of the open question, or else of the last one
// of the flow that has such an answer.
func (s *Player) tapped(p *actor, words string) (id string, err error) {
	if !s.Envs(p.number).Wire.Buttons {
		return "", fmt.Errorf("the number shows no buttons: begin with a line `transport cloud`")
	}
	c, err := s.FindContact(p)
	if err != nil || c == nil {
		return "", cmp.Or(err, fmt.Errorf("nobody has shown %s a button", p.name))
	}
	flow := s.Machine(p.number).Flow
	for _, state := range append([]string{c.State}, backward(flow.Order)...) {
		if q := questionOf(flow, state); q != nil {
			has := func(o flows.Option) bool { return o.Label.In(c.Language, flow.Languages) == words }
			if i := slices.IndexFunc(q.Options, has); i >= 0 {
				return bot.AnswerID(q, q.Options[i].Value), nil
			}
		}
	}
	return "", fmt.Errorf("no button says %q", words)
}

func questionOf(f *flows.Flow, state string) *flows.Question {
	if s := f.States[state]; s != nil {
		return s.Ask
	}
	return nil
}
