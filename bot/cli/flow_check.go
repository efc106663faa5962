package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"optinbot/bot/desk"
	"optinbot/bot/text"
	"optinbot/flows"
)

// FlowCheckCmd is `flow check`.
type FlowCheckCmd struct {
	AsJSON
	Files []string `arg:"" optional:"" help:"Files to check (default: every flow and every broadcast)." type:"path"`
}

func (FlowCheckCmd) Example() string {
	return "optinbot flow check\noptinbot flow check flows/promotions.yaml"
}

// Run checks. Exit code 1 when there are problems that are more than warnings.
func (c FlowCheckCmd) Run(ctx context.Context, a *App) error {
	checked, err := a.files().Check(ctx, c.Files)
	for _, says := range checked.NotRead {
		a.pageOn(a.err).say("warning: %s", text.Lines(says))
	}
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(a.out, checked.Problems)
	} else {
		printProblems(a.page(), checked)
	}
	if checked.Refused() {
		return errSilent
	}
	return err
}

// printProblems prints all that was found in so many files, and a count.
func printProblems(w *page, c desk.FlowCheck) {
	for _, p := range c.Problems {
		printProblem(w, p)
		w.say("")
	}
	refused, older := c.Count()
	switch {
	case refused > 0:
		w.say("%s.", text.Plural(refused, "problem", "problems"))
	case len(c.Problems) > 0:
		w.say("%s checked: no problem, %s.", text.Plural(c.Files, "file", "files"),
			text.Plural(len(c.Problems), "warning", "warnings"))
	default:
		w.say("%s checked: nothing to complain about.", text.Plural(c.Files, "file", "files"))
	}
	if older > 0 {
		w.say("What was accepted before a rule was made goes on; when the file is edited the rule has to be kept.")
	}
}

// printProblem prints a problem. On a terminal its lines fit, and the caret stands below what it
// points at.
func printProblem(w *page, p flows.Problem) {
	if w.columns == 0 {
		fmt.Fprintln(w, strings.TrimRight(p.String(), "\n"))
		return
	}
	excerpt, advice := p.Excerpt, p.Advice
	p.Excerpt, p.Advice = "", ""
	w.after("", "  ", strings.TrimRight(p.String(), "\n"))
	if excerpt != "" {
		fmt.Fprintln(w, fitExcerpt(strings.TrimRight(excerpt, "\n"), w.columns))
	}
	if advice != "" {
		w.below("  -> ", "%s", advice)
	}
}

// excerptMargin is what stands in an excerpt before the text of a line: its mark and its number.
const excerptMargin = "       | "

// fitExcerpt cuts the lines of an excerpt so that none is wider than the terminal and what the caret
// points at is seen.
func fitExcerpt(excerpt string, columns int) string {
	lines := strings.Split(excerpt, "\n")
	caret := slices.IndexFunc(lines, func(line string) bool {
		return strings.HasPrefix(line, excerptMargin) && strings.TrimSpace(line[len(excerptMargin):]) == "^"
	})
	if caret < 1 {
		return excerpt
	}
	room := max(columns-len(excerptMargin), 2)
	before := []rune(tail([]rune(lines[caret-1]), len(excerptMargin)))
	before = before[:min(len(before), len(lines[caret])-len(excerptMargin)-1)]
	left := 0 // so many characters of each line are left out
	for text.Columns(string(before[left:])) > room*3/4 {
		left++
	}
	for i, line := range lines {
		if i == caret {
			lines[i] = excerptMargin + strings.Repeat(" ", text.Columns(string(before[left:]))) + "^"
			continue
		}
		shown := tail([]rune(line), len(excerptMargin)+left)
		if text.Columns(shown) > room {
			head, _ := text.Cut(shown, room-1)
			shown = head + "…"
		}
		lines[i] = strings.TrimRight(string([]rune(line)[:min(len([]rune(line)), len(excerptMargin))])+shown, " ")
	}
	return strings.Join(lines, "\n")
}

// tail is what follows the first n characters of a line.
func tail(line []rune, n int) string { return string(line[min(len(line), n):]) }
