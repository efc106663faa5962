package cli

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"optinbot/bot/cloud/cloudtest"
	"optinbot/bot/play"
	"optinbot/bot/play/online"
)

// onBothWires plays the conversations of a promise on no wire at all, as playAll does, and then on the Cloud API: by the
// real client, over HTTP, at a Meta of the test. What somebody writes comes as a webhook, what the bot says is what reached
// their phone.
func onBothWires(t *testing.T, prefix string) {
	t.Helper()
	playAll(t, prefix)
	for _, c := range conversations(t, prefix) {
		t.Run("Cloud API/"+c.Title, func(t *testing.T) {
			if why := notOnCloud[c.Title]; why != "" {
				t.Skip(why)
			}
			t.Parallel()
			perform(t, cloudStage(t, c), c)
		})
	}
}

// notOnCloud are conversations about what the Cloud API does not have, and why.
var notOnCloud = map[string]string{
	"T1: a reply that nobody knows to have arrived goes out once more with the same ID, and then no more": "nothing is said again on this wire (bot.Abilities.NoRepeats)",
	"B1: a yes in the history of the phone subscribes nobody":                                             "there is no phone with a history",
	"B7: a promotion that could not go out before it expired is skipped at its expiry, and never sent":    "it begins with a takeover by typing on the phone, and there is no phone",
}

// cloudStage is a stage whose number is on the Cloud API.
func cloudStage(t *testing.T, c play.Conversation) *play.Player {
	t.Helper()
	srv := cloudtest.NewServer()
	t.Cleanup(srv.Close)
	more := ""
	for _, s := range c.Setup {
		rest, ok := strings.CutPrefix(s.Text, "config ")
		switch {
		case ok:
			more += rest + "\n"
		case s.Text != "transport cloud":
			t.Fatalf("a conversation that begins with %q is not played on this wire", s.Text)
		}
	}
	n := srv.Number()
	a := testApp(t, more+fmt.Sprintf("cloud: {test_server: %q}\nnumbers:\n  - {name: main, flow: promotions, transport: cloud, pace: 1, "+
		"cloud: {phone_number_id: %q, waba_id: %q, token_file: token, app_secret_file: secret, verify_token_file: verify}}\n", srv.URL(), n.ID, n.WABA))
	s := stageOf(t, a, c.Title, 90, false)
	var drafts []string
	for _, step := range c.Steps {
		if name, ok := strings.CutPrefix(step.Text, "broadcast "); ok && !slices.Contains(drafts, name) {
			drafts = append(drafts, name)
		}
	}
	l, err := online.Open(srv, s.Simulation, drafts...)
	must(t, err)
	t.Cleanup(func() { must(t, l.Close()) })
	return s
}

// TestWhatIsNotOnCloudIsThere: a conversation with another title is played again.
func TestWhatIsNotOnCloudIsThere(t *testing.T) {
	t.Parallel()
	for title := range notOnCloud {
		if !slices.ContainsFunc(conversations(t, ""), func(c play.Conversation) bool { return c.Title == title }) {
			t.Errorf("no conversation is called %q", title)
		}
	}
}
