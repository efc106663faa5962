package flows

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// TestThePageDrawsStatesOnly: each state with its figure and its line, well-formed and without a
// style of its own, whatever the answers are called.
func TestThePageDrawsStatesOnly(t *testing.T) {
	src, err := Defaults.ReadFile("promotions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	hostile := strings.Replace(string(src), "[preferences, my", `["<script>alert(1)</script>\"'&", my`, 1)
	f, bad := Load("promotions.yaml", []byte(hostile))
	if f == nil {
		t.Fatal(bad)
	}
	picture := f.Draw(Drawing{
		Counts: Counts{States: map[string]int{"place": 12}, Arrows: map[[2]string]int{{"place", "thanks"}: 471}},
		Title:  `"><script>`, Link: func(s *State) string { return "#state-" + s.Name }, Hit: map[string]bool{"place": true},
	})
	d := xml.NewDecoder(strings.NewReader(picture))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, picture)
		}
	}
	for _, want := range []string{">12</text>", ">471</text>", "&lt;script&gt;alert", `class="node hit"`, `href="#state-member" data-goto="`} {
		if !strings.Contains(picture, want) {
			t.Errorf("the picture lacks %s", want)
		}
	}
	for _, not := range []string{"<script", "style=", "<style", "out of it"} {
		if strings.Contains(picture, not) {
			t.Errorf("the picture has %s", not)
		}
	}
}

// TestTheWayOfAPassage: whoever answers the last question is thanked at once, and both arrows count.
func TestTheWayOfAPassage(t *testing.T) {
	src, err := Defaults.ReadFile("promotions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f, bad := Load("promotions.yaml", src)
	if f == nil {
		t.Fatal(bad)
	}
	for _, c := range []struct {
		from, to string
		silent   bool
		want     [][2]string
	}{
		{"interests", "place", false, [][2]string{{"interests", "place"}}},
		{"place", "member", true, [][2]string{{"place", "member"}}},
		{"place", "member", false, [][2]string{{"place", "thanks"}, {"thanks", "member"}}},
		{"interests", "member", true, [][2]string{{"interests", "member"}}},
		{"place", "thanks", false, [][2]string{{"place", "thanks"}}},
		{"", "interests", false, [][2]string{{"welcome", "interests"}}},
		{"", "welcome", false, nil},
		{"welcome", "member", false, nil},
		{"gone", "member", true, nil},
	} {
		if got := f.Way(c.from, c.to, c.silent); !slices.Equal(got, c.want) {
			t.Errorf("from %q to %q: %v, want %v", c.from, c.to, got, c.want)
		}
	}
}
