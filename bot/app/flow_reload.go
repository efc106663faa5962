package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/text"
	"optinbot/flows"
	"optinbot/store"
)

// FlowReloadCmd is `flow reload`.
type FlowReloadCmd struct {
	ForNumber
	DryRun bool `help:"Only say what would happen."`
}

// Example is shown by --help.
func (FlowReloadCmd) Example() string { return "optinbot flow reload --dry-run\noptinbot flow reload" }

// Run does what the running bot does with an edit: it checks the file, plays its conversations, looks who stands where, and says so.
// Then it asks the running bot to take it.
func (c FlowReloadCmd) Run(ctx context.Context, a *App) error {
	h, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer h.close()
	if err := h.speakAccepted(ctx, n); err != nil {
		return err
	}
	found, err := h.candidate(ctx, n)
	if err != nil {
		return err
	}
	if found.refused != "" {
		return refuse("%s", found.refused)
	}
	for _, change := range found.changes {
		fmt.Fprintf(a.out, "- %s\n", change)
	}
	for _, move := range sortedMoves(found.moves) {
		fmt.Fprintf(a.out, "- %s\n", move)
	}
	if len(found.changes) == 0 {
		fmt.Fprintln(a.out, "Nothing that people would notice.")
	}
	if c.DryRun {
		fmt.Fprintln(a.out, "Nothing stands in the way. `optinbot flow reload`, without --dry-run, lets the running bot take it; so does saving the file.")
		return nil
	}
	if err := h.store.AskReload(ctx, n.Name, a.now()); err != nil {
		return err
	}
	fmt.Fprintln(a.out, "The running bot takes it now, or when it starts. `optinbot status` shows a notice.")
	return nil
}

// speakAccepted lets this process speak what the number runs with, so that an edit is compared with that.
func (h *house) speakAccepted(ctx context.Context, n config.Number) error {
	versions, err := h.store.FlowVersions(ctx, n.Name)
	if err != nil || len(versions) == 0 {
		return err
	}
	if flow, bad := flows.LoadAccepted(versions[0].Flow+".yaml", versions[0].Source); len(bad) == 0 {
		h.swap(n.Name, bot.NewMachine(flow))
	}
	return nil
}

// sortedMoves says who would move.
func sortedMoves(moves map[string]int) (out []string) {
	for move, n := range moves {
		out = append(out, fmt.Sprintf("%s would move: %s", text.People(n), move))
	}
	slices.Sort(out)
	return out
}

// FlowVersionsCmd is `flow versions`.
type FlowVersionsCmd struct {
	ForNumber
	AsJSON
}

// Example is shown by --help.
func (FlowVersionsCmd) Example() string { return "optinbot flow versions" }

// Run lists.
func (c FlowVersionsCmd) Run(ctx context.Context, a *App) error {
	h, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer h.close()
	versions, err := h.store.FlowVersions(ctx, n.Name)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, append([]store.FlowVersion{}, versions...))
	}
	rows := [][]string{{"VERSION", "FLOW", "IN USE SINCE"}}
	for _, v := range versions {
		rows = append(rows, []string{v.Version, v.Flow, text.When(v.Accepted, h.limits[n.Name].Zone)})
	}
	if len(versions) == 0 {
		fmt.Fprintln(a.out, "None yet: `optinbot run` has not run with this number.")
		return nil
	}
	return table(a.out, rows)
}

// FlowRollbackCmd is `flow rollback`.
type FlowRollbackCmd struct {
	ForNumber
	Confirmed
	Version string `arg:"" optional:"" help:"One of 'flow versions' (default: the one before what the file has)."`
}

// Example is shown by --help.
func (FlowRollbackCmd) Example() string {
	return "optinbot flow rollback\noptinbot flow rollback 2de4c7d96077"
}

// Run writes an earlier version into the file; the running bot takes it as it takes any edit. What the file has now is kept beside it.
func (c FlowRollbackCmd) Run(ctx context.Context, a *App) error {
	h, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer h.close()
	file := filepath.Join(a.config.Path(a.config.Flows), n.Flow+".yaml")
	now, readErr := os.ReadFile(file)
	versions, err := h.store.FlowVersions(ctx, n.Name)
	if err != nil {
		return err
	}
	back := c.pick(versions, n.Flow, flows.Version(now))
	if back == nil {
		return refuse("there is no such version of flow %s; `optinbot flow versions` lists them", n.Flow)
	}
	if err := c.confirm(ctx, a, fmt.Sprintf("Write version %s, in use since %s, into %s?", back.Version, text.When(back.Accepted, h.limits[n.Name].Zone), shownPath(file))); err != nil {
		return err
	}
	if readErr == nil {
		if err := os.WriteFile(file+".before", now, 0o644); err != nil {
			return err
		}
	}
	if err := replaceFile(file, back.Source); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s has version %s again. The running bot takes it as any edit", shownPath(file), back.Version)
	if readErr == nil {
		fmt.Fprintf(a.out, "; what was there is in %s", shownPath(file+".before"))
	}
	fmt.Fprintln(a.out, ".")
	return nil
}

// pick finds the version that was named, or the newest that is not what the file has.
func (c FlowRollbackCmd) pick(versions []store.FlowVersion, flow, inFile string) *store.FlowVersion {
	for i, v := range versions {
		if v.Flow == flow && (c.Version == "" && v.Version != inFile || c.Version == v.Version) {
			return &versions[i]
		}
	}
	return nil
}

// replaceFile puts a whole file in the place of another at once.
func replaceFile(file string, content []byte) error {
	if err := os.WriteFile(file+".new", content, 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
