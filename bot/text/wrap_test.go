package text

import (
	"slices"
	"testing"
)

func TestWrap(t *testing.T) {
	for _, x := range []struct {
		s       string
		columns int
		want    []string
	}{
		{"", 5, []string{""}}, {"a bc d", 4, []string{"a bc", "d"}}, {"a\nb", 9, []string{"a", "b"}},
		{"toolong a", 3, []string{"too", "lon", "g a"}}, {"a toolong", 4, []string{"a", "tool", "ong"}},
		{"\x1b[1mab cd\x1b[0m", 5, []string{"\x1b[1mab cd\x1b[0m"}}, {"日本語", 5, []string{"日本", "語"}},
		{"a👨\u200d👩\u200d👧b", 3, []string{"a👨\u200d👩\u200d👧", "b"}}, {"日", 1, []string{"日"}}, {"日本 日", 4, []string{"日本", "日"}}, {"  a b", 9, []string{"  a b"}},
	} {
		if got := Wrap(x.s, x.columns); !slices.Equal(got, x.want) {
			t.Errorf("%q: %q, want %q", x.s, got, x.want)
		}
	}
}
