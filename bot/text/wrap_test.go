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
		{"toolong a", 3, []string{"toolong", "a"}}, {"日本 日", 4, []string{"日本", "日"}}, {"  a b", 9, []string{"  a b"}},
	} {
		if got := Wrap(x.s, x.columns); !slices.Equal(got, x.want) {
			t.Errorf("%q: %q, want %q", x.s, got, x.want)
		}
	}
}
