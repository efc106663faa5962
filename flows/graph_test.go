package flows

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// golden compares text with a file of testdata; with -update it writes the file.
func golden(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s is not what comes out (go test ./flows -update):\n%s", file, text)
	}
}

func TestGraphs(t *testing.T) {
	f := good(t, "everything.yaml")
	golden(t, "graph/everything.mermaid", f.Mermaid())
	golden(t, "graph/everything.dot", f.DOT())
	for _, name := range f.Order {
		for picture, text := range map[string]string{"Mermaid": f.Mermaid(), "DOT": f.DOT()} {
			if !strings.Contains(text, name) {
				t.Errorf("%s does not show state %s", picture, name)
			}
		}
	}
}

// TestSVG draws well-formed XML with every state and arrow, each with a place for its figure.
func TestSVG(t *testing.T) {
	f := good(t, "everything.yaml")
	plain := f.SVG(Counts{})
	golden(t, "graph/everything.svg", plain)
	figures := f.SVG(Counts{States: map[string]int{"interests": 1234}, Arrows: map[[2]string]int{{"interests", "size"}: 56, {everywhere, outside}: 0}})
	wellFormed(t, plain)
	wellFormed(t, figures)
	for _, n := range f.nodes() {
		if !strings.Contains(plain, `data-state="`+n.id+`" visibility="hidden"`) {
			t.Errorf("no place for a figure on %s", n.name)
		}
	}
	id := ids(f.nodes())
	for _, a := range f.arrows() {
		if !strings.Contains(plain, fmt.Sprintf(`data-arrow="%s %s" visibility="hidden"`, id[a.from], id[a.to])) {
			t.Errorf("no place for a figure on the arrow from %s to %s", a.from, a.to)
		}
	}
	for _, want := range []string{">1234</text>", ">56</text>", ">0</text>"} {
		if !strings.Contains(figures, want) {
			t.Errorf("the picture does not show %s", want)
		}
	}
}

// TestSVGOfAStranger draws texts that would end a tag or a label.
func TestSVGOfAStranger(t *testing.T) {
	src, err := Defaults.ReadFile("promotions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f := mustLoad(t, "promotions.yaml", []byte(strings.Replace(string(src), "[preferences, my", `["</text><script>x</script>\e\u0007&", my`, 1)))
	picture := f.SVG(Counts{})
	wellFormed(t, picture)
	if strings.Contains(picture, "<script>") || strings.ContainsAny(picture, "\x1b\x07") {
		t.Errorf("the picture holds what the file says, unescaped:\n%s", picture)
	}
}

func wellFormed(t *testing.T, document string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(document))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
	}
}

// TestExplain says what can happen in every state of a flow that has everything.
func TestExplain(t *testing.T) {
	f := good(t, "everything.yaml")
	var b strings.Builder
	for _, name := range f.Order {
		sentences, ok := f.Explain(name)
		if !ok {
			t.Fatal(name)
		}
		b.WriteString(name + "\n- " + strings.Join(sentences, "\n- ") + "\n")
	}
	golden(t, "graph/everything.explained", b.String())
	if _, ok := f.Explain("nowhere"); ok {
		t.Error("a state that is not there was explained")
	}
}

// TestDiff changes one thing after the other in the shipped flow and reads what is said of it.
func TestDiff(t *testing.T) {
	src, err := Defaults.ReadFile("promotions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	before := mustLoad(t, "promotions.yaml", src)
	if list := Diff(before, before); len(list) > 0 {
		t.Errorf("nothing changed: %v", list)
	}
	for _, c := range []struct{ old, new, want string }{
		{"brand: Casa Aurora", "brand: Casa Nova", `the brand: was "Casa Aurora", is "Casa Nova"`},
		{"confirm: false", "confirm: true", "signing up: a phrase alone is no longer enough, a yes is asked for"},
		{"[I want promotions, I want the offers, send me promotions]", "[I want promotions, I want the offers]", `signing up (en): "send me promotions" no longer counts`},
		{"goodbye:                         # once, when somebody leaves\n    en: \"Done:", "goodbye:\n    en: \"Well:", `goodbye (en): the text changed to "Well: no more promotions from {brand}. Take care!"`},
		{"timeout: {after: 24h", "timeout: {after: 36h", `state "interests": after 36h people move to "member"; was after 24h to "member"`},
		{"      after: 3h\n", "      after: 5h\n", `state "interests": the reminder comes after 5h, was after 3h`},
		{"\"One small thing, {first_name|friend}: tell us", "\"Tell us", `state "interests": the text of the reminder (en): was "One small thing, {first_name|friend}: tell us what you like, and you only get offers that suit you.\n{options}", is "Tell us what you like, and you only get offers that suit you.\n{options}"`},
		{"value: bags", "value: handbags", `state "interests": the answer "bags" is gone (who gave it keeps it)`},
		{"card: true ", "card: false ", `state "welcome": the contact card is no longer sent`},
	} {
		if !strings.Contains(string(src), c.old) {
			t.Fatalf("the shipped flow has no %q", c.old)
		}
		after := mustLoad(t, "promotions.yaml", []byte(strings.Replace(string(src), c.old, c.new, 1)))
		list := Diff(before, after)
		if !slices.Contains(list, strings.ReplaceAll(c.want, "signing up (en)", "signing up")) && !slices.Contains(list, c.want) {
			t.Errorf("%q -> %q: said %q, want %q", c.old, c.new, list, c.want)
		}
	}
}

// TestDiffOfStates names states that came, moved and went.
func TestDiffOfStates(t *testing.T) {
	small := good(t, "small.yaml")
	everything := good(t, "everything.yaml")
	text := strings.Join(Diff(small, everything), "\n")
	for _, want := range []string{`state "interests" is new`, "the languages: was"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	back := strings.Join(Diff(everything, small), "\n")
	if !strings.Contains(back, "is gone, and `moved` does not say where people go who stand there") {
		t.Errorf("a state that is gone is not told:\n%s", back)
	}
}
