package web

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"

	"optinbot/bot/text"
)

// TestAMessageIsDrawnAsAPhoneDoes: by the rules of WhatsApp, and whatever a stranger wrote stays text.
func TestAMessageIsDrawnAsAPhoneDoes(t *testing.T) {
	for message, want := range map[string]string{
		"*20% off*, _today_ ~only~":  "<strong>20% off</strong>, <em>today</em> <s>only</s>",
		"*_both_*":                   "<strong><em>both</em></strong>",
		"_*~all~*_":                  "<em><strong><s>all</s></strong></em>",
		"**twice**":                  "*<strong>twice</strong>*",
		"(*so*)":                     "(<strong>so</strong>)",
		"*two\nlines*":               "*two\nlines*",
		"*a*\n*b*":                   "<strong>a</strong>\n<strong>b</strong>",
		"2 * 3 * 4":                  "2 * 3 * 4",
		"2*3*4":                      "2*3*4",
		"snake_case_word":            "snake_case_word",
		"_snake_case_":               "<em>snake_case</em>",
		"* a point":                  "* a point",
		"*open":                      "*open",
		"*open _shut_":               "*open <em>shut</em>",
		"*a *b*":                     "<strong>a *b</strong>",
		"*not this * but this*":      "<strong>not this * but this</strong>",
		"**":                         "**",
		"***":                        "***",
		"* *":                        "* *",
		"olá *é* não*é*":             "olá <strong>é</strong> não*é*",
		"```*a*\n<b>``` *c*":         "<code>*a*\n&lt;b&gt;</code> <strong>c</strong>",
		"``` ```":                    "``` ```",
		"```open *a*":                "```open <strong>a</strong>",
		"*<b>*":                      "<strong>&lt;b&gt;</strong>",
		"'*a*' & \"_b_\"":            "&#39;<strong>a</strong>&#39; &amp; &#34;<em>b</em>&#34;",
		"</strong>*<script>_x_*":     "&lt;/strong&gt;<strong>&lt;script&gt;<em>x</em></strong>",
		"https://shop.example/_a_b_": "https://shop.example/<em>a_b</em>",
	} {
		if got := string(drawn(message)); got != want {
			t.Errorf("%q is drawn as %q, want %q", message, got, want)
		}
	}
}

var drawnMarks = regexp.MustCompile(`</?(strong|em|s|code)>`)

// FuzzDrawn: no markup comes out but that of the four, each closed where it belongs, and nothing of
// the text is lost but the marks.
func FuzzDrawn(f *testing.F) {
	for _, s := range []string{"*a* _b_ ~c~ ```d```", "*_a_*", "*_a*_", "<b>*x*</b>", "*&*", "``````", "_*a_*", "*\xff*", "*a\u0301*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, message string) {
		got := string(drawn(message))
		var open []string
		for _, mark := range drawnMarks.FindAllString(got, -1) {
			name := strings.Trim(mark, "</>")
			if mark[1] != '/' {
				open = append(open, name)
				continue
			}
			if len(open) == 0 || open[len(open)-1] != name {
				t.Fatalf("%q is drawn as %q: %s closes nothing", message, got, mark)
			}
			open = slices.Delete(open, len(open)-1, len(open))
		}
		if len(open) > 0 {
			t.Fatalf("%q is drawn as %q: %v stays open", message, got, open)
		}
		plain := drawnMarks.ReplaceAllString(got, "")
		if strings.ContainsAny(plain, `<>"'`) {
			t.Fatalf("%q is drawn as %q", message, got)
		}
		unmarked := func(s string) string { return strings.NewReplacer("*", "", "_", "", "~", "", "`", "").Replace(s) }
		if unmarked(html.UnescapeString(plain)) != unmarked(text.Lines(message)) {
			t.Fatalf("%q is drawn as %q, and says something else", message, got)
		}
	})
}
