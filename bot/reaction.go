package bot

import (
	"strings"
	"time"

	"optinbot/flows/words"
)

// A Reaction is what somebody did after a promotion.
type Reaction string

// The reactions. All but ReactionReplied are bad ones: the guard counts the people who showed them.
const (
	ReactionReplied  Reaction = "replied"
	ReactionUnsure   Reaction = "unsure_stop"   // they may have asked to stop
	ReactionRefused  Reaction = "needs_inbound" // WhatsApp did not let the number write to them (463)
	ReactionOptedOut Reaction = "opted_out"
	ReactionDisliked Reaction = "disliked" // 👎 on a message of ours
)

// Bad reports whether it speaks against the broadcast.
func (r Reaction) Bad() bool { return r != "" && r != ReactionReplied }

// ReactionWithin is how long after a promotion what somebody does is taken for a reaction to it.
const ReactionWithin = 7 * 24 * time.Hour

// Reacted notes what the contact did on the newest promotion that was sent to them within
// ReactionWithin before At.
type Reacted struct {
	Reaction Reaction
	At       time.Time // WhatsApp's server time of what they did
}

func (Reacted) effect() {}

// react notes a reaction by what happens in this turn.
func (t *turn) react(r Reaction) {
	at := t.in.At
	if at.IsZero() { // told to an operator
		at = t.env.Now
	}
	t.reactAt(r, at)
}

// reactAt notes a reaction, where the contact got a promotion it can be a reaction to.
func (t *turn) reactAt(r Reaction, at time.Time) {
	for _, sent := range t.c.Sends {
		if !at.Before(sent.Truncate(time.Second)) && at.Sub(sent) <= ReactionWithin {
			t.effects = append(t.effects, Reacted{Reaction: r, At: at})
			return
		}
	}
}

// reaction reads an emoji that they put on a message of ours: a keycap two is "2", and a stop sign
// may be a stop.
func (t *turn) reaction() error {
	if !t.in.OnOurs {
		return nil
	}
	switch verdict := t.recognise(); verdict.Outcome {
	case words.Out:
		return t.optOut(verdict.Rule)
	case words.Unsure:
		_, err := t.unsureStop(verdict)
		return err
	}
	if strings.HasPrefix(t.in.Text, "👎") { // in any colour of skin
		t.react(ReactionDisliked)
	}
	return nil
}
