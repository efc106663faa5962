package words

import (
	"bufio"
	"io/fs"
	"strings"
	"testing"
)

// TestC3WordsOfTheTablesAreNormalisedAsTheWhole: word by word, each entry of the tables has the
// normal form that a message with the same words has.
func TestC3WordsOfTheTablesAreNormalisedAsTheWhole(t *testing.T) {
	names, err := fs.Glob(tableFiles, "tables/*.tsv")
	if err != nil {
		t.Fatal(err)
	}
	l, entries := &lexicon{normal: map[string]string{}}, 0
	for _, name := range names {
		f, err := tableFiles.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			columns := strings.Split(lines.Text(), "\t")
			if strings.HasPrefix(columns[0], "#") || len(columns) != 4 {
				continue
			}
			for _, pattern := range strings.Split(columns[3], ",") {
				for _, w := range expand(strings.TrimSpace(pattern)) {
					entries++
					if got, want := l.normaliseWords(w), Normalise(w); got != want {
						t.Errorf("%s: %q becomes %q, and in a message %q", name, w, got, want)
					}
				}
			}
		}
	}
	if entries < 50_000 {
		t.Errorf("only %d entries", entries)
	}
}
