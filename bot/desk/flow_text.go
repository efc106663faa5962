package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"optinbot/bot/config"
	"optinbot/flows"
)

// A FlowText is the text of a number's flow as an operator edits it: its draft where there is one,
// else its file.
type FlowText struct {
	Number  string `json:"number"`
	Flow    string `json:"flow"`
	File    string `json:"file"` // of the flow, as messages name it
	Text    string `json:"text"`
	Version string `json:"version"` // of the text
	InFile  string `json:"in_file"` // the version that the flow's file has. "" where there is none
	Speaks  string `json:"speaks"`  // the version that the number speaks. "" where it speaks none
	Draft   bool   `json:"draft"`   // the text is a draft, which nobody hears before it is published
	BuiltIn bool   `json:"built_in"`
}

// Published reports whether the number speaks this text.
func (t FlowText) Published() bool { return t.Version == t.Speaks }

// FlowText returns the text of a number's flow, to be edited. It changes nothing, and may be
// repeated.
func (d *Desk) FlowText(ctx context.Context, number string) (FlowText, error) {
	if err := d.mayRead(ctx, number); err != nil {
		return FlowText{}, err
	}
	n, err := NumberOf(d.Config, number)
	if err != nil {
		return FlowText{}, err
	}
	return d.flowText(n)
}

func (d *Desk) flowText(n config.Number) (t FlowText, err error) {
	folder, shown, err := d.Files.folder()
	if err != nil {
		return t, err
	}
	file := n.Flow + ".yaml"
	t = FlowText{Number: n.Name, Flow: n.Flow, File: path.Join(path.Base(shown), file), BuiltIn: folder == fs.FS(flows.Defaults)}
	if m := d.Machine(n.Name); m != nil {
		t.Speaks = m.Flow.Version
	}
	text, err := fs.ReadFile(folder, file)
	switch {
	case err == nil:
		t.InFile = flows.Version(text)
	case !errors.Is(err, fs.ErrNotExist):
		return t, err
	}
	draft, draftErr := fs.ReadFile(folder, file+draftEnding)
	if draftErr == nil {
		text, t.Draft = draft, true
	}
	if err != nil && draftErr != nil {
		return t, Misconfigured{fmt.Errorf("there is no flow %s in %s", file, shown)}
	}
	if len(text) > maxSource {
		return t, Refuse("%s has %d MB; a flow has a few thousand lines at most", t.File, len(text)>>20)
	}
	t.Text, t.Version = string(text), flows.Version(text)
	return t, nil
}

// draftEnding is what the name of a flow's draft has beside that of its file. No draft is read as a
// flow.
const draftEnding = ".draft"

// SaveFlow keeps a text as the draft of a number's flow, beside its file. Nobody hears it before it
// is published. version is that of the text as it was shown: where that is another by now, it is
// refused as stale. A text with problems is refused with them, and one like the file takes the draft
// away. It may be repeated with the version that it returns.
func (d *Desk) SaveFlow(ctx context.Context, number, version, text string) (t FlowText, err error) {
	ctx, n, end, err := d.beginEdit(ctx, ActEditFlow, number)
	if err != nil {
		return t, err
	}
	defer func() { end(err) }()
	if t, err = d.editable(n, version); err != nil {
		return t, err
	}
	source := unixLines(text)
	if _, bad := d.Files.loadFlow(ctx, t.File, source); len(bad) > 0 {
		return t, Problems(bad)
	}
	file := d.Files.FlowPath(n.Flow) + draftEnding
	if flows.Version(source) == t.InFile {
		err = os.Remove(file)
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	} else {
		err = ReplaceFile(file, source)
	}
	if err != nil {
		return t, err
	}
	return d.flowText(n)
}

// beginEdit begins an edit of a file, which is a draft of a broadcast or the text of a number's flow:
// whoever acts may change it, and until the end nobody else writes one or takes a flow.
func (d *Desk) beginEdit(
	ctx context.Context, act Action, number string,
) (edit context.Context, n config.Number, end func(error), err error) {
	edit, ended, err := d.begin(ctx, act, number)
	if err != nil {
		return ctx, n, nil, err
	}
	flow := ""
	if n, err = NumberOf(d.Config, number); act == ActEditFlow {
		flow = n.Flow
	}
	if err == nil {
		err = d.ofAll(edit, flow)
	}
	if err != nil {
		ended(err)
		return ctx, n, nil, err
	}
	d.taking.Lock()
	return edit, n, func(err error) {
		d.taking.Unlock()
		ended(err)
	}, nil
}

// ofAll says why whoever acts may not change what other numbers share. A flow, and what tests it, is
// shared by those that speak it. What no number speaks, such as a draft of a broadcast with flow "", is of
// all of the shop.
func (d *Desk) ofAll(ctx context.Context, flow string) error {
	who, ok := WhoActs(ctx)
	if !ok {
		return nil
	}
	speaks := func(n config.Number) bool { return n.Flow == flow }
	spoken := slices.ContainsFunc(d.Config.Numbers, speaks)
	for _, n := range d.Config.Numbers {
		if (!spoken || speaks(n)) && !who.MaySee(n.Name) {
			return fmt.Errorf("%w: the file is of numbers too that are not yours", ErrForbidden)
		}
	}
	return nil
}

// editable is the text of a flow that may be written where its version is the one that was shown.
func (d *Desk) editable(n config.Number, version string) (FlowText, error) {
	t, err := d.flowText(n)
	switch {
	case err != nil:
		return t, err
	case t.BuiltIn:
		return t, Refuse("the flow is built in; `optinbot init` makes a folder of your own")
	case t.Version != version:
		return t, stale("%s has changed since you opened it", t.File)
	}
	return t, nil
}

// DropFlowDraft takes the draft of a number's flow away, so that its text is that of the file again.
// It is refused as stale where the draft has another version by now, and where there is none.
func (d *Desk) DropFlowDraft(ctx context.Context, number, version string) (t FlowText, err error) {
	_, n, end, err := d.beginEdit(ctx, ActEditFlow, number)
	if err != nil {
		return t, err
	}
	defer func() { end(err) }()
	if t, err = d.editable(n, version); err != nil {
		return t, err
	}
	if !t.Draft {
		return t, stale("there is no draft of %s any more", t.File)
	}
	if err := os.Remove(d.Files.FlowPath(n.Flow) + draftEnding); err != nil {
		return t, err
	}
	return d.flowText(n)
}

// unixLines is a text as files have it: a form sends every line with a carriage return.
func unixLines(text string) []byte {
	return bytes.ReplaceAll([]byte(text), []byte("\r\n"), []byte("\n"))
}

// A FlowState is a state of a text that is checked.
type FlowState struct {
	Name      string   `json:"name"`
	Line      int      `json:"line"`
	People    int      `json:"people"` // who stand on it
	Explained []string `json:"explained"`
}

// A FlowMove is people who would go from one state to another.
type FlowMove struct {
	From   string `json:"from"`
	To     string `json:"to"`
	People int    `json:"people"`
}

// A FlowTextCheck says what is wrong with a text of a flow, and what would come of it.
type FlowTextCheck struct {
	Version  string          `json:"version"`
	Problems []flows.Problem `json:"problems"` // warnings too
	Changes  []string        `json:"changes"`  // what people will notice, against what the number speaks
	Moves    []FlowMove      `json:"moves"`    // who would move
	Gone     []string        `json:"gone"`     // states that it has no longer, with people on them: it is refused
	States   []FlowState     `json:"states"`   // none where the text has problems
	People   int             `json:"people"`   // who stand anywhere

	Flow *flows.Flow `json:"-"` // nil where the text has problems
}

// Usable reports whether the text may be published, as far as its conversations do not say no.
func (c FlowTextCheck) Usable() bool { return c.Flow != nil && len(c.Gone) == 0 }

// Refusals are the problems that are no warnings.
func (c FlowTextCheck) Refusals() []flows.Problem {
	return slices.DeleteFunc(slices.Clone(c.Problems), func(p flows.Problem) bool { return p.Warning })
}

// CheckFlowText says what is wrong with a text of a number's flow: problems with their place, who
// would have to move, and in words what differs from what the number speaks. It changes nothing, and
// may be repeated.
func (d *Desk) CheckFlowText(ctx context.Context, number, text string) (c FlowTextCheck, err error) {
	if err := d.mayRead(ctx, number); err != nil {
		return c, err
	}
	n, err := NumberOf(d.Config, number)
	if err != nil {
		return c, err
	}
	source := unixLines(text)
	c = FlowTextCheck{Version: flows.Version(source), Problems: []flows.Problem{}, Changes: []string{},
		Moves: []FlowMove{}, Gone: []string{}, States: []FlowState{}}
	flow, bad := d.Files.loadFlow(ctx, n.Flow+".yaml", source)
	c.Problems = append(c.Problems, bad...)
	standing, err := d.Store.Standing(ctx, n.Name)
	if err != nil {
		return c, err
	}
	for _, people := range standing {
		c.People += people
	}
	if flow == nil {
		return c, nil
	}
	c.Flow = flow
	c.Problems = append(c.Problems, flow.Warnings...)
	if n.Abilities().Buttons {
		c.Problems = append(c.Problems, flow.ButtonAdvice(n.Flow+".yaml", source)...)
	}
	if m := d.Machine(n.Name); m != nil {
		c.Changes = append(c.Changes, flows.Diff(m.Flow, flow)...)
	}
	moved, gone := whoMoves(flow, standing)
	c.Gone = append(c.Gone, gone...)
	for from, to := range moved {
		c.Moves = append(c.Moves, FlowMove{from, to, standing[from]})
	}
	slices.SortFunc(c.Moves, func(a, b FlowMove) int { return strings.Compare(a.From, b.From) })
	for _, name := range flow.Order {
		sentences, _ := flow.Explain(name)
		c.States = append(c.States, FlowState{name, flow.States[name].Line, standing[name], sentences})
	}
	return c, nil
}

// A FlowTest says what became of the conversations that test a text.
type FlowTest struct {
	Results    []TestResult `json:"results"`
	Failed     int          `json:"failed"`
	Unplayable string       `json:"unplayable,omitempty"` // why they could not be played
}

// TestFlowText plays the conversations of a number's flow on a text. One with problems is refused
// with them. One text is played at a time: others wait. It changes nothing, and may be repeated.
func (d *Desk) TestFlowText(ctx context.Context, number, text string) (t FlowTest, err error) {
	if err := d.may(ctx, ActEditFlow, number); err != nil {
		return t, err
	}
	select {
	case d.playing <- struct{}{}:
		defer func() { <-d.playing }()
	case <-ctx.Done():
		return t, ctx.Err()
	}
	n, err := NumberOf(d.Config, number)
	if err != nil {
		return t, err
	}
	f := d.Files.With(n.Flow+".yaml", unixLines(text))
	if _, _, bad, err := f.flowSource(ctx, n.Flow); err != nil || len(bad) > 0 {
		return t, errors.Join(err, asError(bad))
	}
	t.Results, err = d.Replay(ctx, f, n)
	var not Unplayable
	if errors.As(err, &not) {
		t.Unplayable, err = not.Says, nil
	}
	if t.Results == nil {
		t.Results = []TestResult{}
	}
	t.Failed = len(notPassed(t.Results))
	return t, err
}

// asError is a list of problems as an error. It is nil where there is none.
func asError(bad []flows.Problem) error {
	if len(bad) == 0 {
		return nil
	}
	return Problems(bad)
}

// FlowTraffic counts the people of a number for a picture of a flow: who stand on each state, and who
// went each way in the last 30 days. It changes nothing, and may be repeated.
func (d *Desk) FlowTraffic(ctx context.Context, number string, flow *flows.Flow) (c flows.Counts, err error) {
	if err := d.mayRead(ctx, number); err != nil {
		return c, err
	}
	n, err := NumberOf(d.Config, number)
	if err != nil {
		return c, err
	}
	if c.States, err = d.Store.Standing(ctx, n.Name); err != nil {
		return c, err
	}
	passed, err := d.Store.Passages(ctx, n.Name, d.Now().AddDate(0, 0, -30))
	c.Arrows = map[[2]string]int{}
	for _, p := range passed {
		for _, arrow := range flow.Way(p.From, p.To, p.Silent) {
			c.Arrows[arrow] += p.People
		}
	}
	return c, err
}
