package words_test

import (
	"strings"
	"testing"
)

// What strangers wrote to the program of 2cfbdc0, and what it should have made of it: complaints that offers no longer come, "don't
// call, write to me", "reply 2", automatic replies, requests with legal weight. F1 to F12 are kinds.
func TestC2C3WhatStrangersWrote(t *testing.T) {
	for _, s := range readRound(t, "testdata/strangers.tsv") {
		text := strings.ReplaceAll(s.text, `\n`, "\n")
		if got, rule := labelOf(shopFor(s.language), text, s.language); !isRight(s.label, got) {
			t.Errorf("strangers.tsv:%d: %s %q: %s (%s), should be %s", s.line, s.language, text, got, rule, s.label)
		}
	}
}
