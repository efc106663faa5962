package desk

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"optinbot/bot/config"
	"optinbot/flows"
)

// A FlowCheck is what was found in flows and drafts of broadcasts.
type FlowCheck struct {
	Files    int             `json:"files"`    // how many were checked
	Problems []flows.Problem `json:"problems"` // warnings too
	NotRead  []string        `json:"not_read"` // files that look like drafts and are not read as one, with what to do
}

// Refused reports whether one of the problems is more than a warning.
func (c FlowCheck) Refused() bool {
	refused, _ := c.Count()
	return refused > 0
}

// Count returns how many problems are more than a warning, and how many warnings are of rules that
// are younger than what they are about: it goes on until somebody edits it.
func (c FlowCheck) Count() (refused, older int) {
	for _, p := range c.Problems {
		switch {
		case !p.Warning:
			refused++
		case !p.Advises():
			older++
		}
	}
	return refused, older
}

// Check checks these files or, where there are none, every flow and every draft. A draft is checked
// against the first flow of the files, or else against that of the first number. A folder without a
// flow is an error, and so is a file that cannot be read. It changes nothing, and may be repeated.
func (f *Files) Check(ctx context.Context, names []string) (c FlowCheck, err error) {
	var list []checkedFile
	if len(names) > 0 {
		list, err = f.namedFiles(names)
	} else {
		list, err = f.everyFile(&c)
	}
	if err != nil {
		return c, err
	}
	c.Files, c.Problems = len(list), []flows.Problem{}
	var flow *flows.Flow
	for _, file := range list {
		if file.replies {
			_, bad := flows.LoadReplies(file.name, file.src)
			c.Problems = append(c.Problems, bad...)
		}
		if file.broadcast || file.replies {
			continue
		}
		loaded, bad := f.loadFlow(ctx, file.name, file.src)
		c.Problems = append(c.Problems, bad...)
		if loaded != nil {
			c.Problems = append(c.Problems, loaded.Warnings...)
			if f.hasButtons(loaded.Name) {
				c.Problems = append(c.Problems, loaded.ButtonAdvice(file.name, file.src)...)
			}
			flow = cmp.Or(flow, loaded)
		}
	}
	if flow == nil && len(names) == 0 {
		return c, nil // the flow's own problems come first
	}
	for _, file := range list {
		if !file.broadcast {
			continue
		}
		if flow == nil {
			if flow, err = f.Flow(ctx, f.Config.Numbers[0].Flow); err != nil {
				return c, err
			}
		}
		c.Problems = append(c.Problems, f.checkBroadcast(ctx, file, flow)...)
	}
	return c, nil
}

// hasButtons reports whether a number that can show buttons speaks a flow.
func (f *Files) hasButtons(flow string) bool {
	return slices.ContainsFunc(f.Config.Numbers, func(n config.Number) bool { return n.Flow == flow && n.Abilities().Buttons })
}

// hasTemplates reports whether promotions in a flow go out as templates only.
func (f *Files) hasTemplates(flow string) bool {
	speaks := func(n config.Number) bool { return n.Flow == flow && !n.Abilities().Templates }
	return f.hasButtons(flow) && !slices.ContainsFunc(f.Config.Numbers, speaks)
}

// CheckShop checks every flow and every draft, for whoever acts: of flows that only numbers speak
// which they may not see it tells nothing. It changes nothing, and may be repeated.
func (d *Desk) CheckShop(ctx context.Context) (c FlowCheck, err error) {
	if c, err = d.Files.Check(ctx, nil); err != nil {
		return c, err
	}
	w, ok := WhoActs(ctx)
	hidden := map[string]bool{}
	for _, n := range d.Config.Numbers {
		file := n.Flow + ".yaml"
		hidden[file] = ok && !w.MaySee(n.Name) && !slices.ContainsFunc(d.Config.Numbers, func(o config.Number) bool {
			return o.Flow == n.Flow && w.MaySee(o.Name)
		})
	}
	c.Problems = slices.DeleteFunc(c.Problems, func(p flows.Problem) bool { return hidden[filepath.Base(p.File)] && !isDraft(p.File) })
	return c, nil
}

// isDraft reports whether a file is a draft of a broadcast, by where it lies.
func isDraft(file string) bool { return filepath.Base(filepath.Dir(file)) == "broadcasts" }

// checkBroadcast checks a draft against a flow.
func (f *Files) checkBroadcast(ctx context.Context, file checkedFile, flow *flows.Flow) []flows.Problem {
	b, bad := f.loadBroadcast(ctx, file.name, file.src, flow)
	if b != nil {
		bad = append(f.attach(ctx, file.folder, ".", file.name, b), b.Warnings...)
		if b.Template == nil && f.hasTemplates(flow.Name) {
			bad = append(bad, b.ApprovalProblems(file.name, flow)...)
		}
	}
	return bad
}

// checkedFile is one file to check.
type checkedFile struct {
	name      string
	src       []byte
	broadcast bool
	replies   bool  // it has quick replies
	folder    fs.FS // in which it lies
}

// everyFile reads every flow and every draft.
func (f *Files) everyFile(c *FlowCheck) (out []checkedFile, err error) {
	folder, shown, err := f.folder()
	if err != nil {
		return nil, err
	}
	c.NotRead = f.notDrafts()
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
			out = append(out, checkedFile{
				name: path.Join(shown, name), src: src, broadcast: dir == "broadcasts", folder: within,
				replies: name == repliesName+".yaml" && f.hasReplies(),
			})
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("there is no flow in %s", shown)
	}
	return out, nil
}

// namedFiles reads files that lie anywhere. One in a folder called broadcasts is a draft.
func (f *Files) namedFiles(names []string) (out []checkedFile, err error) {
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		folder := filepath.Dir(name)
		out = append(out, checkedFile{
			name: ShownPath(name), src: src, broadcast: filepath.Base(folder) == "broadcasts", folder: os.DirFS(folder),
			replies: filepath.Base(name) == repliesName+".yaml" && f.hasReplies(),
		})
	}
	return out, nil
}
