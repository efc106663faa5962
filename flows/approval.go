package flows

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"optinbot/flows/words"
)

// What Meta takes of a template, in characters.
const (
	maxApprovedBody   = 1024
	maxApprovedFooter = 60
	maxQuickReply     = 25
	maxApprovedName   = 512
)

// An Approval is what WhatsApp has to approve before a broadcast goes out on the Cloud API: its text
// in one of the flow's languages and one variant. A contact's own words fill its holes.
type Approval struct {
	Name     string   // of the template
	Code     string   // of its language, as Meta spells it: pt_BR
	Language string   // of the flow
	Variant  int      // from 1
	Header   string   // IMAGE, VIDEO, DOCUMENT. "": none
	Body     string   // its holes are {{name}}
	Footer   string   // the way out
	Buttons  []string // the first of them says stop
	Holes    []Hole   // of Body, in order

	parts []part
}

// A Hole is one place of a template that each contact's own words fill.
type Hole struct {
	Name    string // of the hole, unique in the template
	Example string // for those who look at the template

	of       string // the placeholder of the draft
	fallback string
}

// A TemplateNames is the key `template:` of a draft: templates that somebody has made in WhatsApp
// Manager, and what their languages are called there.
type TemplateNames struct {
	Names     []string          // one for each variant of the text. None: they are generated
	Languages map[string]string // by language of the flow, as Meta spells it
	Stop      Label             // what the stop button says
}

// Hash names the words of a template: its body, footer, buttons and the kind of its header.
func (a Approval) Hash() string { return HashApproval(a.Header, a.Body, a.Footer, a.Buttons) }

// HashApproval names the words of a template.
func HashApproval(header, body, footer string, buttons []string) string {
	h := sha256.New()
	for _, s := range append([]string{header, strings.TrimSpace(body), strings.TrimSpace(footer)}, buttons...) {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Fill is what the holes are filled with for one person, each on one line, and the body as that
// person reads it. empty names the placeholders that are empty: it must not be sent then.
func (a Approval) Fill(value func(name string) string) (body string, filled []string, empty []string) {
	var b strings.Builder
	i := 0
	for _, p := range a.parts {
		if p.name == "" {
			b.WriteString(p.literal)
			continue
		}
		hole := a.Holes[i]
		i++
		v := oneLine(value(hole.of))
		if v == "" {
			v = oneLine(hole.fallback)
		}
		if v == "" {
			empty = append(empty, hole.of)
		}
		filled = append(filled, v)
		b.WriteString(v)
	}
	if body = strings.TrimSpace(b.String()); utf8.RuneCountInString(body) > maxApprovedBody {
		empty = append(empty, "text")
	}
	return body, filled, empty
}

// oneLine is a text without new lines, tabs, or spaces in a row, which no hole may be filled with.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Approvals are all templates that a draft needs: of each language of the flow, each variant.
func (b *Broadcast) Approvals(f *Flow) (all []Approval) {
	for _, language := range f.Languages {
		for i := range b.Text.In(language, f.Languages) {
			all = append(all, b.Approval(language, i, f))
		}
	}
	return all
}

// Approval is the template of one language and one variant, from 0.
func (b *Broadcast) Approval(language string, variant int, f *Flow) Approval {
	a := Approval{Language: language, Variant: variant + 1, Code: b.code(language), Footer: footer(language, f)}
	if b.Media != nil {
		a.Header = strings.ToUpper(b.Media.Kind)
	}
	if stop := b.stopButton(language, f); stop != "" {
		a.Buttons = []string{stop}
	}
	var body strings.Builder
	for _, p := range withBrand(b.Text.In(language, f.Languages)[variant], f) {
		if p.name == "" {
			body.WriteString(p.literal)
			a.parts = append(a.parts, p)
			continue
		}
		hole := Hole{Name: a.nameFor(p.name), Example: exampleOf(p, f, language), of: p.name, fallback: p.fallback}
		a.Holes, a.parts = append(a.Holes, hole), append(a.parts, p)
		body.WriteString("{{" + hole.Name + "}}")
	}
	a.Body = strings.TrimSpace(body.String())
	a.Name = b.templateName(a)
	return a
}

// nameFor is the name of another hole, each of which has its own: two that are filled alike may
// have other words where nothing is known.
func (a Approval) nameFor(placeholder string) string {
	n := 1
	for _, h := range a.Holes {
		if h.of == placeholder {
			n++
		}
	}
	if n == 1 {
		return placeholder
	}
	return fmt.Sprintf("%s_%d", placeholder, n)
}

// withBrand is a text with the brand in it: that is no hole, but one of the words to be approved.
func withBrand(t Template, f *Flow) (out []part) {
	for _, p := range t.parts {
		if p.name == PlaceholderBrand {
			p = part{literal: f.Brand}
		}
		out = append(out, p)
	}
	return out
}

func footer(language string, f *Flow) string {
	hints := f.OptOut.Hint.In(language, f.Languages)
	if len(hints) == 0 {
		return ""
	}
	text, _ := hints[0].Render(func(name string) string {
		if name == PlaceholderBrand {
			return f.Brand
		}
		return ""
	})
	return strings.TrimSpace(text)
}

// stopButton is what the stop button says in a language, "" where nobody knows.
func (b *Broadcast) stopButton(language string, f *Flow) string {
	if b.Template != nil && len(b.Template.Stop) > 0 {
		return b.Template.Stop.In(language, f.Languages)
	}
	return StopButton(language)
}

// code is a language as Meta spells it.
func (b *Broadcast) code(language string) string {
	if b.Template != nil && b.Template.Languages[language] != "" {
		return b.Template.Languages[language]
	}
	if usual := map[string]string{"pt": "pt_BR", "zh": "zh_CN"}[language]; usual != "" {
		return usual
	}
	return language
}

// templateName is the name that the draft gives, or else one that says which words it has: other
// words need another approval.
func (b *Broadcast) templateName(a Approval) string {
	if b.Template != nil && len(b.Template.Names) > 0 {
		return b.Template.Names[min(a.Variant, len(b.Template.Names))-1]
	}
	const of = 8 // digits of the hash
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(b.Name))
	return name[:min(len(name), maxApprovedName-of-1)] + "_" + a.Hash()[:of]
}

// exampleOf is what a hole may be filled with, for those who look at the template.
func exampleOf(p part, f *Flow, language string) string {
	switch p.name {
	case PlaceholderFirstName:
		return "Ana"
	case PlaceholderName:
		return "Ana Maria"
	}
	for _, q := range f.preferences[p.name] {
		if len(q.Options) > 0 {
			return q.Options[0].Label.In(language, f.Languages)
		}
	}
	if v := oneLine(p.fallback); v != "" {
		return v
	}
	return "7"
}

// ApprovalProblems say why WhatsApp would not approve a draft, or people would not get it on the Cloud
// API. file is the draft's name in messages.
func (b *Broadcast) ApprovalProblems(file string, f *Flow) []Problem {
	source, r := parse(file, b.Source, false)
	if source.root == nil {
		return nil
	}
	c := &checker{r, f}
	c.approvals(b)
	return r.problems()
}

// approvals looks at what WhatsApp is to approve of a draft.
func (c *checker) approvals(b *Broadcast) {
	for _, language := range sortedKeys(b.Text) {
		for i, t := range b.Text[language] {
			c.approvable(b, t, "text", language, fmt.Sprint(i))
		}
	}
	at := c.src.keyAt("template")
	if b.Template == nil {
		at = c.src.keyAt("text")
	}
	for _, language := range c.f.Languages {
		c.wayOut(at, b, language)
	}
	if b.Template == nil || len(b.Template.Names) == 0 {
		return
	}
	for _, language := range sortedKeys(b.Text) {
		if n := len(b.Text[language]); n > len(b.Template.Names) {
			c.add(at, "template", fmt.Sprintf("the text has %d variants in %s, and %d templates are named", n,
				cmpLanguage(language), len(b.Template.Names)), "name one template for each variant: name: [first, second]")
			return
		}
	}
}

func cmpLanguage(language string) string {
	if language == "" {
		return "every language"
	}
	return language
}

// approvable looks at one text.
func (c *checker) approvable(b *Broadcast, t Template, path ...string) {
	say := func(at pos, message, advice string) { c.add(at, "template", message, advice) }
	parts := withBrand(t, c.f)
	length, holes := 0, 0
	for i, p := range parts {
		if p.name == "" {
			length += utf8.RuneCountInString(p.literal)
			if strings.Contains(p.literal, "{{") || strings.Contains(p.literal, "}}") {
				say(c.src.at(path...), "two braces in a text are a hole of WhatsApp's own",
					"leave one of them out, or write the text without")
			}
			continue
		}
		length += len("{{}}") + len(p.name)
		at := c.src.within("{"+p.name, countBefore(parts[:i], p.name), path...)
		switch {
		case !slices.ContainsFunc(parts[:i], hasWords):
			say(at, fmt.Sprintf("{%s} stands at the beginning, where WhatsApp approves no placeholder", p.name),
				"write a word before it: Hi {"+p.name+"}")
		case !slices.ContainsFunc(parts[i+1:], hasWords):
			say(at, fmt.Sprintf("{%s} stands at the end, where WhatsApp approves no placeholder", p.name),
				"write a word after it, not only a mark")
		case i > 0 && (parts[i-1].name != "" || strings.TrimSpace(parts[i-1].literal) == ""):
			say(at, fmt.Sprintf("{%s} follows another placeholder, which WhatsApp does not approve", p.name),
				"write a word between them")
		}
		if p.hasDefault && oneLine(p.fallback) == "" {
			say(at, fmt.Sprintf("{%s} may be empty, and WhatsApp takes no empty placeholder", p.name),
				fmt.Sprintf("say what stands there then: {%s|there}", p.name))
		}
		holes++
	}
	if length > maxApprovedBody {
		say(c.src.at(path...), fmt.Sprintf("the text has %d characters, and WhatsApp approves at most %d", length,
			maxApprovedBody), "people read five lines: shorten it")
	}
}

// countBefore is how many placeholders of a name stand before.
func countBefore(parts []part, name string) (n int) {
	for _, p := range parts {
		if strings.HasPrefix(p.name, name) {
			n++
		}
	}
	return n
}

func hasWords(p part) bool {
	return p.name == "" && strings.ContainsFunc(p.literal, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// isOut reports whether the bot takes words for a stop.
func (c *checker) isOut(text, language string) bool {
	return c.f.Words.Recognise(text, language).Outcome == words.Out
}

// wayOut looks at the footer and the button that say how to stop.
func (c *checker) wayOut(at pos, b *Broadcast, language string) {
	if hints := c.f.OptOut.Hint.In(language, c.f.Languages); len(hints) > 0 {
		for _, p := range hints[0].parts {
			if p.name != "" && p.name != PlaceholderBrand {
				c.add(at, "template", fmt.Sprintf("opt_out.hint of the flow has {%s} in %s: it is the footer of the template, "+
					"which has no placeholders", p.name, language), "write the hint without it, as: Reply 2 to stop.")
			}
		}
	}
	if n := utf8.RuneCountInString(footer(language, c.f)); n > maxApprovedFooter {
		c.add(at, "template", fmt.Sprintf("opt_out.hint of the flow has %d characters in %s: it is the footer of the "+
			"template, which has at most %d", n, language, maxApprovedFooter), "write it shorter, as: Reply 2 to stop.")
	}
	stop := b.stopButton(language, c.f)
	switch n := utf8.RuneCountInString(stop); {
	case n == 0:
		c.add(at, "template", fmt.Sprintf("nobody knows what the stop button says in %s", language),
			fmt.Sprintf("say it: template: {stop: {%s: ...}}", language))
	case n > maxQuickReply:
		c.add(at, "template", fmt.Sprintf("the stop button has %d characters in %s, and a button has at most %d", n,
			language, maxQuickReply), "write it shorter, as: Stop promotions")
	case !c.isOut(stop, language):
		c.add(at, "template", fmt.Sprintf("the stop button %q is no stop in %s: who types these words would not be heard",
			stop, language), "say it with a stop word, as: Stop promotions")
	}
}

// templateKey reads `template:`.
func (r *reader) templateKey(n *yaml.Node) *TemplateNames {
	t := &TemplateNames{}
	r.mapping(n, nil, "`template`", []field{
		may("name", &t.Names, r.templateNames),
		may("languages", &t.Languages, r.templateLanguages),
		may("stop", &t.Stop, r.label),
	})
	return t
}

var (
	approvedName = Pattern(`^[a-z0-9_]{1,512}$`)
	approvedCode = Pattern(`^[a-z]{2,3}(_[A-Z]{2,3})?$`)
)

func (r *reader) templateNames(n *yaml.Node) (list []string) {
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	for _, n := range nodes {
		name := r.str(n)
		if name != "" && !approvedName().MatchString(name) {
			r.add(posOf(n), "bad-name", fmt.Sprintf("%q is not the name of a template", name),
				"templates are called by small letters, digits and _, as weekend_offer_3")
		}
		list = append(list, name)
	}
	return list
}

func (r *reader) templateLanguages(n *yaml.Node) map[string]string {
	if !r.isMapping(n, "languages") {
		return nil
	}
	r.twice(n)
	out := map[string]string{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, code := n.Content[i], r.str(n.Content[i+1])
		if !slices.Contains(r.languages, key.Value) {
			r.add(posOf(key), "unknown-language", fmt.Sprintf("the flow does not speak %q", key.Value),
				"it speaks "+quoted(r.languages))
		}
		if code != "" && !approvedCode().MatchString(code) {
			r.add(posOf(n.Content[i+1]), "template", fmt.Sprintf("%q is no language of a template", code),
				"write it as WhatsApp Manager does: pt_BR, en, es_MX")
		}
		out[key.Value] = code
	}
	return out
}
