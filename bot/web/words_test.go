package web

import (
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"optinbot/bot"
	"optinbot/store"
)

var places = regexp.MustCompile(`\{[a-z]+\}`)

// TestTheLanguagesSayTheSame: each language has every text, with the same places in it.
func TestTheLanguagesSayTheSame(t *testing.T) {
	all, err := readLanguages()
	if err != nil {
		t.Fatal(err)
	}
	english := all["en"]
	for code, l := range all {
		for _, key := range slices.Sorted(maps.Keys(l.words)) {
			if !english.has(key) {
				t.Errorf("%s has %s, and English has not", code, key)
			}
			if strings.TrimSpace(l.words[key]) == "" {
				t.Errorf("%s: %s is empty", code, key)
			}
		}
		for key, says := range english.words {
			mine, theirs := places.FindAllString(l.words[key], -1), places.FindAllString(says, -1)
			slices.Sort(mine)
			slices.Sort(theirs)
			if !l.has(key) {
				t.Errorf("%s does not say %s", code, key)
			} else if !slices.Equal(slices.Compact(mine), slices.Compact(theirs)) && !strings.HasSuffix(key, ".one") {
				t.Errorf("%s: %s has the places %v, English has %v", code, key, mine, theirs)
			}
		}
	}
}

// named finds the texts that templates ask for by name.
var named = regexp.MustCompile(`[{(]\s*(tn?|index)\s+"([a-z_.0-9]+)"`)

// TestEveryTextExists: what a template asks for is in words/, and what is there is asked for.
func TestEveryTextExists(t *testing.T) {
	all, err := readLanguages()
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(embedded, "templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := embedded.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(source), -1) {
			key := m[2]
			if m[1] == "tn" {
				key += ".other"
			}
			if m[1] != "index" && !all["en"].has(key) {
				t.Errorf("%s asks for %q, and words/ has not got it", file, key)
			}
		}
	}
}

// TestOccurrencesHaveWords: every status has a word.
func TestOccurrencesHaveWords(t *testing.T) {
	all, err := readLanguages()
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range []bot.OccurrenceStatus{
		bot.OccurrenceScheduled, bot.OccurrenceLate, bot.OccurrenceRunning, bot.OccurrencePaused, bot.OccurrenceDone, bot.OccurrenceCancelled,
	} {
		if !all["en"].has("occurrence." + string(status)) {
			t.Errorf("there is no word for %s", status)
		}
	}
}

// TestMessagesHaveWords: where a message stands is said in every language, and that somebody typed it
// on the phone.
func TestMessagesHaveWords(t *testing.T) {
	all, err := readLanguages()
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range []store.OutboxStatus{
		store.OutboxQueued, store.OutboxClaimed, store.OutboxSent, store.OutboxUnknown, store.OutboxVoided, store.OutboxFailed, "human", "human_unread",
	} {
		if !all["en"].has("message." + string(status)) {
			t.Errorf("there is no word for %s", status)
		}
	}
}

// TestReasonsHaveWords: every reason has a sentence, and no other one has.
func TestReasonsHaveWords(t *testing.T) {
	all, err := readLanguages()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, info := range bot.Reasons() {
		known["reason."+string(info.Reason)] = true
		if !all["en"].has("reason." + string(info.Reason)) {
			t.Errorf("there is no sentence for %s", info.Reason)
		}
	}
	for key := range all["en"].words {
		if strings.HasPrefix(key, "reason.") && !known[key] {
			t.Errorf("there is a sentence for %s, and no such reason", key)
		}
	}
}
