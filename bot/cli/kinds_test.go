package cli

import (
	"strings"
	"testing"

	"optinbot/bot/play"
)

// TestT3APollOfManyWaitsForTaps: what they write meanwhile ends the wait, and what they tapped is kept. Nothing more is asked when a person
// of the shop comes in between.
func TestT3APollOfManyWaitsForTaps(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, state, interests string
		last                   string // what the bot says last
		lines                  []string
	}{
		{"taps", "place", "shoes bags", "Where do you shop?", []string{"Ben [vote] > Shoes", "+8s", "Ben [vote] > Shoes, Bags", "+9s", "+1s"}},
		{"still waiting", "interests", "shoes", "What do you like?", []string{"Ben [vote] > Shoes", "+9s"}},
		{"they write about something else", "place", "shoes", "Where do you shop?", []string{"Ben [vote] > Shoes", "Ben > thank you so much", "+1m"}},
		{"they write the answer", "place", "bags", "Where do you shop?", []string{"Ben [vote] > Shoes", "Ben > bags", "+1m"}},
		{"they add to it", "place", "shoes bags", "✓", []string{"Ben [vote] > Shoes", "Ben > also bags", "+1m"}},
		{"all taken back", "interests", "", "What do you like?", []string{"Ben [vote] > Shoes", "Ben [vote] >", "+1m"}},
		{"an older vote comes late", "place", "bags", "Where do you shop?", []string{"Ben [vote] > Bags", "Ben [vote, 5s ago] > Shoes", "+1m"}},
		{"a person of the shop comes in between", "interests", "shoes", "What do you like?", []string{"Ben [vote] > Shoes", "Ben [human] > hello", "+1m"}},
		{"a stop", "welcome", "shoes", "no more", []string{"Ben [vote] > Shoes", "Ben > 2", "+1m"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newStage(t, play.Conversation{Setup: []play.Step{{Text: "flow testdata/flows/poll.yaml"}}}, false)
			for _, line := range append([]string{"Ben +447700900001 > I want promotions"}, row.lines...) {
				must(t, s.Do(line))
			}
			c, err := s.FindContact(s.People["Ben"])
			must(t, err)
			last := ""
			for _, e := range s.Events {
				last = e.Text
			}
			if got := strings.Join(c.Preferences["interests"], " "); c.State != row.state || got != row.interests || !strings.Contains(last, row.last) {
				t.Errorf("state %s, interests %q, last said %q", c.State, got, last)
			}
		})
	}
}
