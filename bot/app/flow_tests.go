package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"optinbot/bot/config"
	"optinbot/bot/text"
)

// FlowTestCmd is `flow test`.
type FlowTestCmd struct {
	AsJSON
	Files  []string `arg:"" optional:"" help:"Conversations to play (default: tests/*.chat in the folder of flows)." type:"path"`
	Only   string   `help:"Only conversations whose title contains this." placeholder:"TEXT"`
	Update bool     `help:"Write what the bot says now into the files: read the difference before you keep it."`
}

// Example is shown by --help.
func (FlowTestCmd) Example() string {
	return "optinbot flow test\noptinbot flow test --only stop\noptinbot flow test --update"
}

// tested is what became of one conversation.
type tested struct {
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Title    string   `json:"title"`
	Passed   bool     `json:"passed"`
	Failures []string `json:"failures,omitempty"`
}

// Run plays the conversations; exit code 1 when one is not as expected.
func (c FlowTestCmd) Run(ctx context.Context, a *App) error {
	files, err := c.files(a)
	if err != nil {
		return err
	}
	results, failed, covered := []tested{}, 0, map[string]*coverage{}
	for i := range files {
		for j := range files[i].tests {
			r, err := c.playOne(ctx, a, &files[i].tests[j], covered)
			var nowhere noScratch
			if errors.As(err, &nowhere) {
				return err
			}
			if err != nil {
				return fmt.Errorf("%s:%w", files[i].shown, err)
			}
			if r == nil {
				continue
			}
			if results = append(results, *r); !r.Passed {
				failed++
			}
		}
	}
	if c.Update {
		return c.update(a, files, failed)
	}
	return c.report(ctx, a, results, failed, covered)
}

// playOne plays a conversation on a stage of its own; nil where --only leaves it out.
func (c FlowTestCmd) playOne(ctx context.Context, a *App, script *conversation, covered map[string]*coverage) (*tested, error) {
	if !strings.Contains(strings.ToLower(script.title), strings.ToLower(c.Only)) {
		return nil, nil
	}
	s, err := stageFor(ctx, a.options(), script)
	if err != nil {
		return nil, err
	}
	defer s.close()
	flow := s.machine(s.number).Flow
	if covered[flow.Name] == nil {
		covered[flow.Name] = newCoverage()
	}
	s.seen = covered[flow.Name]
	s.play(script)
	return &tested{File: script.file, Line: script.line, Title: script.title, Passed: len(s.failures) == 0, Failures: s.failures}, nil
}

// stageFor makes the stage that the first lines of a conversation ask for: another flow of the folder, a newer link.
func stageFor(ctx context.Context, o options, script *conversation) (*stage, error) {
	own, linked := *o.config, 90
	own.Numbers = []config.Number{o.config.Numbers[0]}
	for _, line := range script.setup {
		verb, value, _ := strings.Cut(line.text, " ")
		switch verb {
		case "flow":
			own.Numbers[0].Flow = flowName(strings.TrimSpace(value))
		case "linked":
			days, err := strconv.Atoi(strings.TrimSpace(value))
			if err != nil {
				return nil, fmt.Errorf("%d: `linked` needs a number of days", line.line)
			}
			linked = days
		default:
			return nil, fmt.Errorf("%d: `%s` is not for conversations of a flow; they know `flow NAME` and `linked DAYS`", line.line, verb)
		}
	}
	o.config = &own // the folder's own stays as it is: `run` serves by it
	s, err := openStage(ctx, o, script.title, linked, false)
	var nowhere noScratch
	if errors.As(err, &nowhere) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%d: %w", script.line, err)
	}
	return s, nil
}

func (c FlowTestCmd) report(ctx context.Context, a *App, results []tested, failed int, covered map[string]*coverage) error {
	if c.JSON {
		if err := printJSON(a.out, results); err != nil {
			return err
		}
	} else {
		c.print(ctx, a, results, failed, covered)
	}
	if failed > 0 {
		return errSilent
	}
	return nil
}

func (c FlowTestCmd) print(ctx context.Context, a *App, results []tested, failed int, covered map[string]*coverage) {
	paint := a.paint()
	for _, r := range results {
		if !r.Passed {
			fmt.Fprintf(a.out, "%s %s\n%s\n\n", paint.red("FAILED"), text.Line(r.Title), text.Lines(strings.Join(r.Failures, "\n")))
		}
	}
	fmt.Fprintf(a.out, "%s played", text.Plural(len(results), "conversation", "conversations"))
	if failed > 0 {
		fmt.Fprintf(a.out, ", %d not as expected. `optinbot flow test --update` writes what the bot says now into the files.\n", failed)
	} else {
		fmt.Fprintln(a.out, ", all as expected.")
	}
	if c.Only != "" {
		return
	}
	for _, n := range a.config.Numbers {
		flow, err := a.files().flow(ctx, n.Flow)
		if err == nil && covered[flow.Name] != nil {
			fmt.Fprintln(a.out, covered[flow.Name].describe(flow))
			delete(covered, flow.Name) // two numbers may speak it
		}
	}
}

// update writes what came of the steps into the files.
func (c FlowTestCmd) update(a *App, files []testedFile, failed int) error {
	for _, f := range files {
		text := rewritten(f.text, f.tests)
		if text == f.text {
			continue
		}
		if f.path == "" {
			return refuse("%s is built in; `optinbot init` makes a folder of your own", f.shown)
		}
		if err := os.WriteFile(f.path, []byte(text), 0o644); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "%s written\n", f.shown)
	}
	fmt.Fprintf(a.out, "%s differed.\n", text.Plural(failed, "conversation", "conversations"))
	return nil
}

// rewritten is a file with what came of the steps that differed. Whatever was as expected, wildcards too, stays as it is.
func rewritten(text string, tests []conversation) string {
	lines, change := strings.Split(text, "\n"), map[int][]string{}
	for _, script := range tests {
		for _, step := range script.steps {
			step.rewrite(lines, change)
		}
	}
	var out []string
	for i, line := range lines {
		if to, ok := change[i+1]; ok {
			out = append(out, to...)
			continue
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// rewrite notes in change what the lines of one step become.
func (s *step) rewrite(lines []string, change map[int][]string) {
	if s.differs {
		become := append([]string{lines[s.line-1]}, s.said...)
		for _, kind := range s.told {
			become = append(become, "! "+kind)
		}
		change[s.line] = become
		for _, e := range append(append([]expected{}, s.says...), s.tells...) {
			change[e.line] = nil
		}
	}
	for _, e := range s.checks {
		if e.is != "" && e.is != e.text {
			change[e.line] = []string{"= " + e.is}
		}
	}
}

// testedFile is one file of conversations, read.
type testedFile struct {
	conversationFile
	tests []conversation
}

// files reads the conversations.
func (c FlowTestCmd) files(a *App) (out []testedFile, err error) {
	var found []conversationFile
	if len(c.Files) > 0 {
		for _, name := range c.Files {
			src, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			found = append(found, conversationFile{shown: shownPath(name), path: name, text: string(src)})
		}
	} else if found, err = a.files().conversations(); err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, refuse("there are no conversations in %[1]s/tests; `optinbot chat --record %[1]s/tests/first.chat` writes one while you talk", a.config.Flows)
	}
	for i, file := range found {
		tests, err := parseConversations(file.text)
		if err != nil {
			return nil, fmt.Errorf("%s:%w", file.shown, err)
		}
		out = append(out, testedFile{file, tests})
		for j := range out[i].tests {
			out[i].tests[j].file = out[i].shown
		}
	}
	return out, nil
}
