package text

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
)

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"Ana":                               "Ana",
		"  Ana \t\r\n Maria\u00a0Souza ":    "Ana Maria Souza",
		"\x1b]52;c;cm0=\x07":                "␛]52;c;cm0=␇",
		"\x1b[2J\x08\x00\x7f\u009b":         "␛[2J␈␀␡\ufffd",
		"a\xffb":                            "a\ufffdb",
		"pay\u202epal\u2066x\u200f\ufeff":   "paypalx",
		"Ana\u2028  consent: x\u2029y":      "Ana consent: x y",
		"Z" + strings.Repeat("\u0301", 40):  "Z\u0301\u0301\u0301",
		"\u0301Ana \u0301B":                 "Ana B",
		"नमस्ते":                            "नमस्ते",
		"👨\u200d👩\u200d👧 ❤\ufe0f 2\ufe0f⃣":  "👨\u200d👩\u200d👧 ❤\ufe0f 2\ufe0f⃣",
		"می\u200cخواهم":                     "می\u200cخواهم",
		"x" + strings.Repeat("\u200d", 999): "x\u200d\u200d\u200d",
		"":                                  "",
	} {
		if got := Line(in); got != want {
			t.Errorf("Line(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLinesKeepsTheShapeOfABody(t *testing.T) {
	if got, want := Lines("A  Shoes\r\nB\tBags\n\n\x1b[2J\u2028z"), "A  Shoes\nB\tBags\n\n␛[2J z"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestName(t *testing.T) {
	if got, want := Name("\x1b[31mAna\x00\n  consent: \u202esubscribed"), "[31mAna consent: subscribed"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		in      string
		columns int
		want    string
	}{
		{"Ana Maria", 20, "Ana Maria"},
		{"Ana Maria", 9, "Ana Maria"},
		{"Ana Maria", 8, "Ana Mar…"},
		{"Ana Maria", 5, "Ana…"},
		{"東京東京", 8, "東京東京"},
		{"東京東京", 7, "東京東…"},
		{"東京東京", 6, "東京…"},
		{"🌸🌸🌸", 4, "🌸…"},
		{"Z\u0301\u0301\u0301ab", 2, "Z\u0301\u0301\u0301…"},
	} {
		if got := Fit(c.in, c.columns); got != c.want || Columns(got) > c.columns {
			t.Errorf("Fit(%q, %d) = %q in %d columns, want %q", c.in, c.columns, got, Columns(got), c.want)
		}
	}
}

func TestColumns(t *testing.T) {
	for in, want := range map[string]int{
		"": 0, "Ana": 3, "José": 4, "Jose\u0301": 4, "東京": 4, "🌸": 2, "👨\u200d👩\u200d👧": 2, "❤\ufe0f": 2, "👍🏽": 2, "🇧🇷": 2,
		"नमस्ते": 4, "می\u200cخواهم": 7, "\x1b[31mred\x1b[0m": 3, "한국": 4, "…": 1,
	} {
		if got := Columns(in); got != want {
			t.Errorf("%q takes %d columns, want %d", in, got, want)
		}
	}
}

// FuzzLine looks for anything that would reach a terminal as more than signs on one line.
func FuzzLine(f *testing.F) {
	f.Add("\x1b]0;pwned\x07\u202e\u2028Z\u0301\u0301\u0301\u0301", 20)
	f.Fuzz(func(t *testing.T, in string, columns int) {
		if columns = columns % 200; columns < 1 {
			columns = 1
		}
		line := Line(in)
		if Line(line) != line {
			t.Errorf("%q is shown as %q, and that as %q", in, line, Line(line))
		}
		marks := 0
		for _, r := range line {
			if Unsafe(r) || unicode.In(r, unicode.Zl, unicode.Zp) {
				t.Errorf("%q holds %U", line, r)
			}
			if marks++; !joins(r) {
				marks = 0
			}
			if marks > maxMarks {
				t.Errorf("%q piles marks up", line)
			}
		}
		if n := Columns(Fit(in, columns)); n > columns {
			t.Errorf("%q takes %d columns of %d", Fit(in, columns), n, columns)
		}
	})
}

func TestScreen(t *testing.T) {
	for _, c := range []struct {
		in     string
		colour bool
		want   string
	}{
		{"Ana\tMaria\n", false, "Ana\tMaria\n"},
		{"\x1b[31mred\x1b[0m", true, "\x1b[31mred\x1b[0m"},
		{"\x1b[31mred\x1b[0m", false, "␛[31mred␛[0m"},
		{"\x1b[2J\x1b]0;x\x07\x1b[", true, "␛[2J␛]0;x␇␛["},
		{"FN:Ana\r\nN:x\rforged", false, "FN:Ana\r\nN:x␍forged"},
		{"a\u202eb\u2028c\u009bd\u200de", false, "ab c\ufffdd\u200de"},
	} {
		var b strings.Builder
		if n, err := (&Screen{To: &b, Colour: c.colour}).Write([]byte(c.in)); err != nil || n != len(c.in) || b.String() != c.want {
			t.Errorf("%q is shown as %q (%d, %v), want %q", c.in, b.String(), n, err, c.want)
		}
	}
}

func TestJSONMeansTheSame(t *testing.T) {
	const in = "Ana\u202e\u009b\x7f\U000e0041\u2028é"
	var safe strings.Builder
	if err := json.NewEncoder(JSON(&safe)).Encode(in); err != nil {
		t.Fatal(err)
	}
	if i := strings.IndexFunc(safe.String(), obeyed); i >= 0 {
		t.Errorf("%q has something unsafe at %d", safe.String(), i)
	}
	var back string
	if err := json.Unmarshal([]byte(safe.String()), &back); err != nil || back != in {
		t.Errorf("%s is read as %q (%v), want %q", safe.String(), back, err, in)
	}
}
