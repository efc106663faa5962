package flows

import (
	"strings"
	"testing"
)

// TestQuickReplies: names and texts come in the order of the file, and each problem names its place.
func TestQuickReplies(t *testing.T) {
	got, bad := LoadReplies("replies.yaml", []byte("# what we say\nopening hours: We open at 9.\nthanks: |\n  Thank you!\n  See you soon.\n"))
	if len(bad) > 0 || len(got) != 2 {
		t.Fatalf("%+v, %v", got, bad)
	}
	if got[0] != (QuickReply{"opening hours", "We open at 9."}) || got[1] != (QuickReply{"thanks", "Thank you!\nSee you soon."}) {
		t.Errorf("%+v", got)
	}
	for src, want := range map[string]string{
		"a: one\na: two\n":                       "replies.yaml:2:1: duplicate-key",
		"a:\nb: two\n":                           "replies.yaml:1:1: missing-key",
		"a: [one, two]\n":                        "replies.yaml:1:4: wrong-type",
		"- one\n":                                "replies.yaml:1:1: wrong-type",
		"a: one: two\n":                          "replies.yaml:1:",
		"":                                       "replies.yaml:1:1: yaml-syntax",
		"a: " + strings.Repeat("x", 4097) + "\n": "replies.yaml:1:4: text-too-long",
		strings.Repeat("n", 61) + ": one\n":      "replies.yaml:1:1: bad-name",
		strings.Repeat("- x\n", 1) + "b: two\n":  "replies.yaml:",
		"ok: fine\nbad: {en: Hello}\n":           "replies.yaml:2:6: yaml-brace",
		"first: \"a quote that is never closed\nb: x": "replies.yaml:1:8: yaml-syntax",
	} {
		list, bad := LoadReplies("replies.yaml", []byte(src))
		if list != nil || len(bad) == 0 || !strings.HasPrefix(bad[0].String(), want) {
			t.Errorf("%q: %+v, %v; want %s", src[:min(len(src), 40)], list, bad, want)
		}
	}
}
