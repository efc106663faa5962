package flows

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"optinbot/flows/words"
)

// A Problem is one thing wrong with a file, in words for the person who wrote it: where, what, and
// what to do.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"` // from 1
	Col     int    `json:"col"`  // from 1, in characters
	Rule    string `json:"rule"` // one of Rules
	Message string `json:"message"`
	Advice  string `json:"advice"`
	Excerpt string `json:"excerpt"` // the line, its neighbours, and a caret

	// Warning: the file can be used all the same. Its rule is advice, or is newer than the file,
	// which was accepted before.
	Warning bool `json:"warning,omitempty"`
}

// String is the problem as `flow check` prints it: a first line that editors understand, the
// excerpt, the advice.
func (p Problem) String() string {
	var b strings.Builder
	warning := map[bool]string{true: "warning: "}[p.Warning]
	fmt.Fprintf(&b, "%s:%d:%d: %s%s: %s\n%s", p.File, p.Line, p.Col, warning, p.Rule, p.Message, p.Excerpt)
	if p.Advice != "" {
		fmt.Fprintf(&b, "  -> %s\n", p.Advice)
	}
	return b.String()
}

// Advises reports a warning that a new edit is not refused for either.
func (p Problem) Advises() bool { return p.Warning && forceOf(p.Rule) == Advice }

// Limits of the list. Longer lists mostly have one cause.
const (
	maxProblems = 100 // shown
	maxNoted    = 300 // looked for
)

// A report gathers the problems of one file.
type report struct {
	src      *source
	list     []Problem
	accepted bool // the file was accepted before: rules that are newer only warn
}

// add notes a problem at a place.
func (r *report) add(at pos, rule, message, advice string) {
	r.addAs(forceOf(rule), at, rule, message, advice)
}

// addNewer notes what a rule finds today and did not find in files that are in use: the rule has
// become stricter.
func (r *report) addNewer(at pos, rule, message, advice string) {
	r.addAs(max(forceOf(rule), Newer), at, rule, message, advice)
}

func (r *report) addAs(force Force, at pos, rule, message, advice string) {
	if r.full() {
		return
	}
	at = r.src.clamp(at)
	r.list = append(r.list, Problem{
		File: r.src.file, Line: at.line, Col: at.col,
		Rule: rule, Message: message, Advice: advice, Excerpt: r.src.excerpt(at),
		Warning: force == Advice || r.accepted && force != Always,
	})
}

// outcome returns the problems where there is one that is no warning, else the warnings.
func (r *report) outcome() (problems, warnings []Problem) {
	if slices.ContainsFunc(r.list, func(p Problem) bool { return !p.Warning }) {
		return r.problems(), nil
	}
	return nil, r.problems()
}

// problems returns what was found, in the order of the file, each once.
func (r *report) problems() []Problem {
	slices.SortStableFunc(r.list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col), cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Message, b.Message))
	})
	list := slices.Compact(r.list)
	return list[:min(len(list), maxProblems)]
}

// full reports that more problems would not be noted: what takes time to look for can be left.
func (r *report) full() bool { return len(r.list) >= maxNoted }

// quoted lists names for a message: a, b, c.
func quoted(names []string) string { return strings.Join(names, ", ") }

// didYouMean returns `; did you mean "x"?` for the name nearest to what was written, or "".
func didYouMean(written string, names []string) string {
	if best := Nearest(written, names); best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	return ""
}

// maxSlip is the longest word, in bytes, that is taken for a slip of another.
const maxSlip = 60

// Nearest is the name, of names in small letters, that written is a slip of, or "" where it is
// none.
func Nearest(written string, names []string) string {
	best, limit := "", 1+min(len(written), 9)/4
	if len(written) > maxSlip {
		return ""
	}
	for _, name := range names[:min(len(names), 200)] {
		if len(name) > maxSlip {
			continue
		}
		if d := words.Distance(strings.ToLower(written), name); d <= limit {
			best, limit = name, d-1
		}
	}
	return best
}
