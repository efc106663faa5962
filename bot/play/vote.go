package play

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"optinbot/bot"
)

// votesFor are the options as a phone sends them.
func votesFor(words string) (votes []string) {
	for _, option := range strings.Split(words, ",") {
		if option = strings.TrimSpace(option); option != "" {
			sum := sha256.Sum256([]byte(option))
			votes = append(votes, hex.EncodeToString(sum[:]))
		}
	}
	return votes
}

// votedIn returns the newest poll of somebody that has the options they vote for. Else the last.
func (s *Player) votedIn(p *actor, votes []string) string {
	c, err := s.FindContact(p)
	if err != nil || c == nil || c.Poll == nil {
		return ""
	}
	for _, poll := range append([]bot.SentPoll{*c.Poll}, backward(c.Polls)...) {
		if s.isOption(p, poll.Preference, votes) {
			return poll.ID
		}
	}
	return c.Poll.ID
}

func backward[T any](list []T) []T {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}

func (s *Player) isOption(p *actor, preference string, votes []string) bool {
	machine := s.Machine(p.number)
	q := machine.Question(preference)
	if q == nil {
		return false
	}
	_, ok := q.Voted(votes, machine.Flow)
	return ok
}

// passWait lets the time pass in which further taps would be awaited, unless the next line is one
// of them.
func (s *Player) passWait(next string) error {
	if s.last == nil {
		return nil
	}
	c, err := s.FindContact(s.last)
	if err != nil || c == nil || c.Poll == nil || c.Poll.Wait.IsZero() {
		return err
	}
	who, words, _ := strings.Cut(" "+next+" ", " > ")
	who, flags, _ := strings.Cut(who, "[")
	name, _, _ := strings.Cut(strings.TrimSpace(who), " ")
	if strings.HasPrefix(flags, "vote") && (name == "" || name == s.last.name) {
		votes := votesFor(words)
		if len(votes) == 0 || s.isOption(s.last, c.Poll.Preference, votes) {
			return nil
		}
	}
	return s.move(c.Poll.Wait)
}
