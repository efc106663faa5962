package words

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "compile tables/*.tsv to tables_compiled.go anew")

const compiledFile = "tables_compiled.go"

// TestC3TheTablesAreCompiled: tables_compiled.go is what the tables give.
func TestC3TheTablesAreCompiled(t *testing.T) {
	want := compile(readTables(t))
	if *update {
		if err := os.WriteFile(compiledFile, want, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(compiledFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Errorf("%s is not what tables/*.tsv give. Write it anew: go generate ./flows/words", compiledFile)
	}
}

// TestC3EveryEntryOfTheTablesIsKnown: the program says of every word and sequence of the tables
// what its line there says, and of their parts nothing.
func TestC3EveryEntryOfTheTablesIsKnown(t *testing.T) {
	l := readTables(t)
	if len(l.entries) < 50_000 {
		t.Errorf("only %d entries", len(l.entries))
	}
	if !slices.Equal(l.languages, tableLanguages[:]) {
		t.Errorf("languages %v, in the program %v", l.languages, tableLanguages)
	}
	for words, want := range l.entries {
		if e := tableEntry(words); e == nil || *e != *want {
			t.Fatalf("%q is %+v, in the program %+v", words, want, e)
		}
		for part := range parts(words) {
			if e := tableEntry(part); l.entries[part] == nil && e != nil && *e != (entry{}) {
				t.Fatalf("%q is no entry, in the program %+v", part, e)
			}
		}
	}
}

// parts are the beginnings and the ends of a sequence of words, and the sequence with a stranger
// in it.
func parts(words string) map[string]bool {
	out := map[string]bool{}
	all := strings.Fields(words)
	for i := range all {
		out[strings.Join(all[:i], " ")] = true
		out[strings.Join(all[i:], " ")] = true
		strange := slices.Clone(all)
		strange[i] = "xyzzy"
		out[strings.Join(strange, " ")] = true
	}
	return out
}

// TestC3TyposOfStopWordsAreHeard: the typos of a strong word are exactly those that one slip of the
// hand makes of it, but for words that are known themselves.
func TestC3TyposOfStopWordsAreHeard(t *testing.T) {
	l, v := readTables(t), New(Config{})
	want := map[string][]string{}
	for _, word := range slices.Sorted(maps.Keys(l.entries)) {
		if l.entries[word].in[strong] == 0 || utf8.RuneCountInString(word) < shortestMisspelt || strings.Contains(word, " ") {
			continue
		}
		for _, typo := range slices.Compact(slices.Sorted(slices.Values(typos(word)))) {
			if e := l.entries[typo]; e == nil || *e == (entry{}) {
				want[typo] = append(want[typo], word)
			}
		}
	}
	if len(want) < 15_000 {
		t.Errorf("only %d typos", len(want))
	}
	for typo, words := range want {
		if have := v.stopsMeant(typo); !slices.Equal(have, words) {
			t.Errorf("%q is a typo of %q, and the program says of %q", typo, words, have)
		}
		for _, twice := range typos(typo)[:3] { // and no typo of a typo, unless it is one itself
			if have := v.stopsMeant(twice); !slices.Equal(have, want[twice]) {
				t.Errorf("%q is a typo of %q, and the program says of %q", twice, want[twice], have)
			}
		}
	}
}

// typos lists the words that one slip of the hand makes of word: a transposition, a doubled or a
// dropped letter, or the key beside the right one (as Braze's fuzzy opt-out does, see the decision
// in product, "The recogniser", tier 2).
func typos(word string) []string {
	letters := []rune(word)
	var out []string
	add := func(parts ...[]rune) {
		var b strings.Builder
		for _, p := range parts {
			b.WriteString(string(p))
		}
		if s := b.String(); s != word {
			out = append(out, s)
		}
	}
	for i, r := range letters {
		before, after := letters[:i], letters[i+1:]
		add(before, after)
		add(before, []rune{r, r}, after)
		if len(after) > 0 {
			add(before, []rune{after[0], r}, after[1:])
		}
		for _, key := range adjacent(r) {
			add(before, []rune{key}, after)
		}
	}
	return out
}

// TestC3SlipsOfTheGrammarAreHeard: a word one slip away from words of the grammar is taken for each
// of them.
func TestC3SlipsOfTheGrammarAreHeard(t *testing.T) {
	means := readTables(t).meaning()
	if len(means) < 2000 {
		t.Errorf("only %d words", len(means))
	}
	for i := 0; i < len(means); i += 29 {
		word := []rune(means[i])
		swapped := slices.Clone(word)
		swapped[1], swapped[2] = swapped[2], swapped[1]
		for _, slip := range []string{
			string(word), string(word[1:]), string(word[:len(word)-1]), "x" + string(word), string(word) + "x", string(swapped),
			string(word[:2]) + "x" + string(word[3:]), string(word[:2]) + "xy" + string(word[3:]),
		} {
			var want []string
			for _, w := range means {
				if isWithin(slip, w, 1) && slip != w {
					want = append(want, w)
				}
			}
			have := wordsLike(slip, utf8.RuneCountInString(slip))
			slices.Sort(have)
			if !slices.Equal(have, want) {
				t.Errorf("%q is a slip of %q, and the program says of %q", slip, want, have)
			}
		}
	}
}

// TestC3WordsOfTheTablesAreNormalisedAsTheWhole: word by word, each entry of the tables has the
// normal form that a message with the same words has.
func TestC3WordsOfTheTablesAreNormalisedAsTheWhole(t *testing.T) {
	s := readTables(t)
	for text, normal := range s.written {
		if want := Normalise(text); normal != want {
			t.Errorf("%q becomes %q, and in a message %q", text, normal, want)
		}
	}
	if len(s.written) < 50_000 {
		t.Errorf("only %d entries", len(s.written))
	}
}
