package app

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"optinbot/bot/text"
	"optinbot/flows"
)

// FlowCmd is `flow`.
type FlowCmd struct {
	Check    FlowCheckCmd    `cmd:"" help:"Check flows and broadcasts: every problem at once, with its place and what to do."`
	Test     FlowTestCmd     `cmd:"" help:"Play the conversations beside the flow and compare what the bot says."`
	Explain  FlowExplainCmd  `cmd:"" help:"Explain what can happen in a state."`
	Graph    FlowGraphCmd    `cmd:"" help:"Draw a flow."`
	Reload   FlowReloadCmd   `cmd:"" help:"Make the running bot take an edit now, or show what would change."`
	Versions FlowVersionsCmd `cmd:"" help:"List the versions that a number has run with."`
	Rollback FlowRollbackCmd `cmd:"" help:"Write an earlier version back into the file."`
	Schema   FlowSchemaCmd   `cmd:"" help:"Print the JSON Schema by which editors complete and explain the keys."`
	Diff     FlowDiffCmd     `cmd:"" help:"Show in words how two versions of a flow differ."`
}

// FlowCheckCmd is `flow check`.
type FlowCheckCmd struct {
	AsJSON
	Files []string `arg:"" optional:"" help:"Files to check (default: every flow and every broadcast)." type:"path"`
}

// Example is shown by --help.
func (FlowCheckCmd) Example() string {
	return "optinbot flow check\noptinbot flow check flows/promotions.yaml"
}

// checked is one file to check.
type checked struct {
	name      string
	src       []byte
	broadcast bool
	folder    fs.FS // in which it lies
}

// Run checks; exit code 1 when there are problems that are more than warnings.
func (c FlowCheckCmd) Run(ctx context.Context, a *App) error {
	files, err := c.files(a)
	if err != nil {
		return err
	}
	found := []flows.Problem{}
	var flow *flows.Flow
	for _, f := range files {
		if !f.broadcast {
			loaded, bad := a.files().loadFlow(ctx, f.name, f.src)
			found = append(found, bad...)
			if loaded != nil {
				found = append(found, loaded.Warnings...)
				flow = cmp.Or(flow, loaded)
			}
		}
	}
	for _, f := range files {
		if f.broadcast {
			bad, err := c.checkBroadcast(ctx, a, f, flow)
			if err != nil {
				return err
			}
			found = append(found, bad...)
		}
	}
	if c.JSON {
		err = printJSON(a.out, found)
	} else {
		c.print(a, files, found)
	}
	if slices.ContainsFunc(found, func(p flows.Problem) bool { return !p.Warning }) {
		return errSilent
	}
	return err
}

// checkBroadcast checks a draft against the first number's flow, unless that one is being checked itself and is broken.
func (c FlowCheckCmd) checkBroadcast(ctx context.Context, a *App, f checked, flow *flows.Flow) ([]flows.Problem, error) {
	if flow == nil {
		if len(c.Files) == 0 {
			return nil, nil // the flow's own problems come first
		}
		var err error
		if flow, err = a.files().flow(ctx, a.config.Numbers[0].Flow); err != nil {
			return nil, err
		}
	}
	b, bad := a.files().loadBroadcast(ctx, f.name, f.src, flow)
	if b != nil {
		bad = a.files().attach(ctx, f.folder, ".", f.name, b)
		bad = append(bad, b.Warnings...)
	}
	return bad, nil
}

func (c FlowCheckCmd) print(a *App, files []checked, found []flows.Problem) {
	for _, p := range found {
		fmt.Fprintln(a.out, strings.TrimRight(p.String(), "\n"))
		fmt.Fprintln(a.out)
	}
	refused, older := 0, 0
	for _, p := range found {
		switch {
		case !p.Warning:
			refused++
		case !p.Advises():
			older++
		}
	}
	switch {
	case refused > 0:
		fmt.Fprintf(a.out, "%s.\n", text.Plural(refused, "problem", "problems"))
	case len(found) > 0:
		fmt.Fprintf(a.out, "%s checked: no problem, %s.\n", text.Plural(len(files), "file", "files"), text.Plural(len(found), "warning", "warnings"))
	default:
		fmt.Fprintf(a.out, "%s checked: nothing to complain about.\n", text.Plural(len(files), "file", "files"))
	}
	if older > 0 {
		fmt.Fprintln(a.out, "What was accepted before a rule was made goes on; when the file is edited the rule has to be kept.")
	}
}

func (c FlowCheckCmd) files(a *App) ([]checked, error) {
	if len(c.Files) > 0 {
		return c.named()
	}
	folder, shown, err := a.files().folder()
	if err != nil {
		return nil, err
	}
	for _, says := range a.files().notDrafts() {
		fmt.Fprintln(a.err, "warning:", text.Lines(says))
	}
	var out []checked
	for _, dir := range []string{".", "broadcasts"} {
		matches, err := fs.Glob(folder, path.Join(dir, "[^.]*.yaml")) // ._NAME.yaml is what macOS puts beside a file
		if err != nil {
			return nil, err
		}
		for _, name := range matches {
			src, err := fs.ReadFile(folder, name)
			if err != nil {
				return nil, err
			}
			within, err := fs.Sub(folder, dir)
			if err != nil {
				return nil, err
			}
			out = append(out, checked{name: path.Join(shown, name), src: src, broadcast: dir == "broadcasts", folder: within})
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("there is no flow in %s", shown)
	}
	return out, nil
}

func (c FlowCheckCmd) named() ([]checked, error) {
	var out []checked
	for _, name := range c.Files {
		src, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		out = append(out, checked{name: shownPath(name), src: src, broadcast: filepath.Base(filepath.Dir(name)) == "broadcasts", folder: os.DirFS(filepath.Dir(name))})
	}
	return out, nil
}
