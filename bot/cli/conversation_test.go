package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"optinbot/bot/play"
)

// conversations reads the scripts whose file name begins with prefix.
func conversations(t *testing.T, prefix string) []play.Conversation {
	t.Helper()
	files, err := filepath.Glob("testdata/conversations/" + prefix + "*.chat")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations %s: %v", prefix, err)
	}
	var out []play.Conversation
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		list, err := play.ParseConversations(string(src))
		if err != nil {
			t.Fatalf("%s:%v", file, err)
		}
		for _, c := range list {
			c.File = file
			out = append(out, c)
		}
	}
	return out
}

func TestConversationPatterns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"Oi", "Oi", true}, {"Oi", "Oi!", false}, {"Oi*", "Oi, Ana", true}, {"*Ana", "Oi, Ana", true}, {"O*A*a", "Oi, Ana", true},
		{"*x*", "Oi, Ana", false}, {"Oi*Oi", "Oi", false}, {"*", "", true}, {"*quero promoções*", "Escreva *quero promoções* e", true},
	} {
		if got := play.Matches(c.pattern, c.text); got != c.want {
			t.Errorf("matches(%q, %q) = %v", c.pattern, c.text, got)
		}
	}
}

// play plays the conversations of a promise, each as a test of its own.
func playAll(t *testing.T, prefix string) {
	t.Helper()
	again := 3
	if raceDetector {
		again = 12
	}
	for i, c := range conversations(t, prefix) {
		t.Run(c.Title, func(t *testing.T) {
			t.Parallel()
			perform(t, newStage(t, c, false), c)
			if !t.Failed() && i%again == 0 {
				perform(t, newStage(t, c, true), c)
			}
		})
	}
}

// perform plays a conversation and fails the test with whatever was not as expected. Every third conversation (fewer with -race) is played once more with
// the store closed, opened and served by a new pump before every line.
func perform(t testing.TB, s *play.Player, c play.Conversation) {
	t.Helper()
	s.Play(&c)
	for _, failure := range s.Failures {
		t.Error(failure)
	}
}

// TestEveryConversationIsPlayed keeps a file from lying about unplayed.
func TestEveryConversationIsPlayed(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/conversations/*.chat")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		prefix, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".chat"), "-")
		if !slices.Contains(played, prefix) {
			t.Errorf("%s: no test plays it", file)
		}
	}
}
