package words_test

import (
	"bufio"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"optinbot/flows/words"
)

// corpusPhrases are the opt-in phrases that the corpora were written for.
var corpusPhrases = map[string][]string{
	"en": {"I want promotions"},
	"pt": {"quero promoções"},
	"es": {"quiero promociones"},
	"fr": {"je veux des promotions"},
	"de": {"ich möchte angebote"},
	"it": {"voglio promozioni"},
	"id": {"saya mau promo"},
	"tr": {"kampanyaları istiyorum"},
	"hi": {"मुझे ऑफ़र चाहिए"},
	"ar": {"أريد العروض"},
}

func corpusVocabulary() *words.Vocabulary {
	return words.New(words.Config{
		Languages: []string{"en", "pt", "es", "fr", "de", "it", "id", "tr", "hi", "ar"},
		OptIn:     corpusPhrases,
	})
}

// A corpus is a file of labelled messages and what may go wrong in it.
type corpus struct {
	file string
	// wrong is the highest share of rows that may get any other label than theirs.
	wrong float64
	// deaf is the highest share of out rows that come out as neither; hasty of all others that come out as out.
	deaf, hasty float64
}

var corpora = []corpus{
	{file: "testdata/corpus1.tsv"},
	{file: "testdata/corpus2.tsv"},
	{file: "testdata/corpus3.tsv", wrong: 1, deaf: 0.03, hasty: 0.01},
}

type row struct {
	line                  int
	language, label, text string
}

func readCorpus(t *testing.T, file string) []row {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []row
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if n == 1 || lines.Text() == "" || strings.HasPrefix(lines.Text(), "# ") {
			continue
		}
		columns := strings.SplitN(lines.Text(), "\t", 3)
		if len(columns) != 3 {
			t.Fatalf("%s:%d: want language, label and text", file, n)
		}
		out = append(out, row{n, columns[0], columns[1], columns[2]})
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// labelOf is what the bot would make of a message: the recogniser runs before everything else.
func labelOf(v *words.Vocabulary, text, language string) (label, rule string) {
	verdict := v.Recognise(text, language)
	switch verdict.Outcome {
	case words.Out:
		return "out", verdict.Rule + " " + verdict.Word
	case words.Unsure:
		return "unsure", verdict.Rule + " " + verdict.Word
	}
	switch v.OptIn(text, language, func(tag string) bool { return tag == "poster" }).Match {
	case words.Exact:
		return "opt_in", ""
	case words.Near:
		return "near_miss", ""
	}
	return "neither", ""
}

func TestC3ForgivingOutStrictIn(t *testing.T) {
	v := corpusVocabulary()
	for _, c := range corpora {
		t.Run(c.file, func(t *testing.T) {
			testCorpus(t, v, c)
		})
	}
}

func testCorpus(t *testing.T, v *words.Vocabulary, c corpus) {
	rows := readCorpus(t, c.file)
	var wrong, outs, deaf, hasty int
	figures := map[string][2]int{}
	count := func(key string, right bool) {
		n := figures[key]
		n[0]++
		if right {
			n[1]++
		}
		figures[key] = n
	}
	for _, r := range rows {
		got, rule := labelOf(v, r.text, r.language)
		right := slices.Contains(strings.Split(r.label, "/"), got)
		count("label "+r.label, right)
		count("language "+r.language, right)
		if rule != "" {
			count(strings.Fields(rule)[0], right)
		}
		if r.label == "out" {
			outs++
		}
		switch {
		case right:
			continue
		case got == "opt_in":
			t.Errorf("%s:%d: %s %q: opted in, should be %s", c.file, r.line, r.language, r.text, r.label)
		case got == "neither" && r.label == "out":
			deaf++
		case got == "out":
			hasty++
		}
		wrong++
		t.Logf("%s:%d: %s %q: %s (%s), should be %s", c.file, r.line, r.language, r.text, got, rule, r.label)
	}
	for _, key := range slices.Sorted(maps.Keys(figures)) {
		t.Logf("%-22s %3d of %3d right", key, figures[key][1], figures[key][0])
	}
	atMost(t, "wrong", wrong, len(rows), c.wrong)
	atMost(t, "of those who want out not heard", deaf, outs, c.deaf)
	atMost(t, "of the others taken out", hasty, len(rows)-outs, c.hasty)
}

func atMost(t *testing.T, what string, n, of int, share float64) {
	t.Helper()
	t.Logf("%d of %d %s", n, of, what)
	if float64(n) > share*float64(of) {
		t.Errorf("%d of %d %s, at most %.0f %%", n, of, what, 100*share)
	}
}
