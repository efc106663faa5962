package play

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"optinbot/bot/config"
	"optinbot/bot/desk"
)

// usualDaysLinked is for how many days the number of a conversation has been linked that says
// nothing else: the warm-up is over.
const usualDaysLinked = 90

// PlayerFor makes the player that the first lines of a conversation ask for: another flow of the
// folder, a newer link.
func PlayerFor(ctx context.Context, o desk.Options, script *Conversation) (*Player, error) {
	own, linked, cloud := *o.Config, usualDaysLinked, false
	own.Numbers = []config.Number{o.Config.Numbers[0]}
	own.Numbers[0].Flow = script.flowName(own.Numbers[0].Flow)
	for _, line := range script.Setup {
		verb, value, _ := strings.Cut(line.Text, " ")
		switch verb {
		case "flow":
		case "linked":
			days, err := strconv.Atoi(strings.TrimSpace(value))
			if err != nil {
				return nil, fmt.Errorf("%d: `linked` needs a number of days", line.line)
			}
			linked = days
		case "transport":
			if cloud = strings.TrimSpace(value) == "cloud"; !cloud {
				return nil, fmt.Errorf("%d: `transport` knows `cloud` only; without it the number is as configured", line.line)
			}
		default:
			return nil, fmt.Errorf("%d: `%s` is not for conversations of a flow; they know `flow NAME`, `linked DAYS` and "+
				"`transport cloud`", line.line, verb)
		}
	}
	o.Config = &own // the folder's own stays as it is: `run` serves by it
	s, err := Open(ctx, o, script.Title, linked, false)
	var nowhere desk.NoScratch
	if errors.As(err, &nowhere) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%d: %w", script.line, err)
	}
	s.Cloud = cloud
	return s, nil
}

// rewritten is a file with what came of the steps that differed. Whatever was as expected,
// wildcards too, stays as it is.
func rewritten(text string, tests []Conversation) string {
	lines, change := strings.Split(text, "\n"), map[int][]string{}
	for _, script := range tests {
		for _, step := range script.Steps {
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
func (s *Step) rewrite(lines []string, change map[int][]string) {
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

// File is one file of conversations, read.
type File struct {
	desk.ConversationFile
	tests []Conversation
}

// Replay plays the conversations of a number's flow, for a replay.
func Replay(ctx context.Context, o desk.Options, n config.Number) (results []desk.TestResult, err error) {
	list, err := conversationsOf(o.Files, n)
	if err != nil {
		return nil, desk.Unplayable{Says: fmt.Sprintf("the conversations of flow %s cannot be read: %v. The bot goes "+
			"on as before", n.Flow, err)}
	}
	for i := range list {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s, err := PlayerFor(ctx, o, &list[i])
		var nowhere desk.NoScratch
		if errors.As(err, &nowhere) {
			return nil, desk.Unplayable{Says: fmt.Sprintf("flow %s was edited, and its conversations cannot be "+
				"played: %v. The bot goes on as before; "+
				"then `optinbot flow reload` takes the edit", n.Flow, err)}
		}
		if err != nil {
			return nil, desk.Unplayable{Says: fmt.Sprintf("a conversation of flow %s cannot be played: %s:%v. The "+
				"bot goes on as before", n.Flow, list[i].File, err)}
		}
		s.Play(&list[i])
		if err := s.Close(); err != nil {
			return nil, err
		}
		results = append(results, desk.TestResult{File: list[i].File, Line: list[i].line, Title: list[i].Title,
			Passed: len(s.Failures) == 0, Failures: s.Failures})
	}
	return results, nil
}

// conversationsOf are the conversations that are played on a number's flow.
func conversationsOf(f *desk.Files, n config.Number) (out []Conversation, err error) {
	list, err := f.Conversations()
	if err != nil {
		return nil, err
	}
	for _, file := range list {
		found, err := ParseConversations(file.Text)
		if err != nil {
			return nil, fmt.Errorf("%s:%w", file.Shown, err)
		}
		for _, c := range found {
			c.File = file.Shown
			if c.flowName(f.Config.Numbers[0].Flow) == n.Flow {
				out = append(out, c)
			}
		}
	}
	return out, nil
}

// flowName is the flow that a conversation is played on: the last that it names.
func (c Conversation) flowName(usual string) string {
	for _, line := range c.Setup {
		if verb, name, _ := strings.Cut(line.Text, " "); verb == "flow" {
			usual = FlowName(strings.TrimSpace(name))
		}
	}
	return usual
}

// Update writes what came of the steps that differed into the files, and names those that it has
// written. A file that is built in is refused.
func Update(files []File) (written []string, err error) {
	for _, f := range files {
		changed, err := f.update()
		if err != nil {
			return written, err
		}
		if changed {
			written = append(written, f.Shown)
		}
	}
	return written, nil
}

// Failed is how many conversations were not as expected.
func Failed(results []desk.TestResult) (n int) {
	for _, r := range results {
		if !r.Passed {
			n++
		}
	}
	return n
}

func (f File) update() (changed bool, err error) {
	now := rewritten(f.Text, f.tests)
	switch {
	case now == f.Text:
		return false, nil
	case f.Path == "":
		return false, desk.Refuse("%s is built in; `optinbot init` makes a folder of your own", f.Shown)
	}
	return true, os.WriteFile(f.Path, []byte(now), 0o644)
}

// ReadConversations reads the conversations in files, or those beside the flows where none is
// named. It is refused where there are none.
func ReadConversations(o desk.Options, names []string) (out []File, err error) {
	var found []desk.ConversationFile
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		found = append(found, desk.ConversationFile{Shown: desk.ShownPath(name), Path: name, Text: string(src)})
	}
	if len(names) == 0 {
		if found, err = o.Files.Conversations(); err != nil {
			return nil, err
		}
	}
	if len(found) == 0 {
		return nil, desk.Refuse("there are no conversations in %[1]s/tests; `optinbot chat --record "+
			"%[1]s/tests/first.chat` writes one while you talk", o.Config.Flows)
	}
	for _, file := range found {
		tests, err := ParseConversations(file.Text)
		if err != nil {
			return nil, fmt.Errorf("%s:%w", file.Shown, err)
		}
		for i := range tests {
			tests[i].File = file.Shown
		}
		out = append(out, File{file, tests})
	}
	return out, nil
}

// Test plays the conversations whose title contains a text, in any case, each on a store of its
// own. What came of each step is noted in files. covered says, in a line for each flow, what the
// conversations have visited of it.
func Test(
	ctx context.Context, o desk.Options, files []File, only string,
) (results []desk.TestResult, covered []string, err error) {
	results = []desk.TestResult{}
	seen := map[string]*coverage{}
	for i := range files {
		for j := range files[i].tests {
			script := &files[i].tests[j]
			if !strings.Contains(strings.ToLower(script.Title), strings.ToLower(only)) {
				continue
			}
			r, err := testFlow(ctx, o, script, seen)
			var nowhere desk.NoScratch
			if errors.As(err, &nowhere) {
				return nil, nil, err
			}
			if err != nil {
				return nil, nil, fmt.Errorf("%s:%w", files[i].Shown, err)
			}
			results = append(results, r)
		}
	}
	for _, n := range o.Config.Numbers {
		flow, err := o.Files.Flow(ctx, n.Flow)
		if err == nil && seen[flow.Name] != nil {
			covered = append(covered, seen[flow.Name].describe(flow))
			delete(seen, flow.Name) // two numbers may speak it
		}
	}
	return results, covered, nil
}

// testFlow plays a conversation on a store of its own.
func testFlow(
	ctx context.Context, o desk.Options, script *Conversation, seen map[string]*coverage,
) (desk.TestResult, error) {
	s, err := PlayerFor(ctx, o, script)
	if err != nil {
		return desk.TestResult{}, err
	}
	defer s.Close()
	flow := s.Machine(s.NumberName).Flow
	if seen[flow.Name] == nil {
		seen[flow.Name] = newCoverage()
	}
	s.seen = seen[flow.Name]
	s.Play(script)
	return desk.TestResult{File: script.File, Line: script.line, Title: script.Title, Passed: len(s.Failures) == 0,
		Failures: s.Failures}, nil
}
