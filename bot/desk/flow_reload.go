package desk

import (
	"context"
	"fmt"
	"slices"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/text"
	"optinbot/flows"
)

// A ReloadPreview says what becomes of an edit of a flow.
type ReloadPreview struct {
	Changes []string `json:"changes"` // what people will notice
	Moves   []string `json:"moves"`   // who moves to another state
}

// PreviewReload does what the running bot does with an edit: it checks the file, plays its
// conversations, looks who stands where, and says so. What the bot would not take is refused.
// Nothing is changed but what this process speaks, and it may be repeated.
func (d *Desk) PreviewReload(ctx context.Context, n config.Number) (p ReloadPreview, err error) {
	if err := d.mayRead(ctx, n.Name); err != nil {
		return p, err
	}
	if err := d.speakAccepted(ctx, n); err != nil {
		return p, err
	}
	found, err := d.candidate(ctx, d.Files, n)
	if err != nil {
		return p, err
	}
	if found.refused != "" {
		return p, Refuse("%s", d.asItIs(found))
	}
	return ReloadPreview{Changes: found.changes, Moves: sortedMoves(found.moves)}, nil
}

// AskReload asks the bot that runs, or that starts next, to look at the file of a number's flow. It
// may be repeated.
func (d *Desk) AskReload(ctx context.Context, number string) (err error) {
	ctx, end, err := d.begin(ctx, ActReloadFlow, number)
	if err != nil {
		return err
	}
	defer func() { end(err) }()
	return d.Store.AskReload(ctx, number, d.Now())
}

// speakAccepted lets this process speak what the number runs with, so that an edit is compared with
// that.
func (d *Desk) speakAccepted(ctx context.Context, n config.Number) error {
	versions, err := d.Store.FlowVersions(ctx, n.Name)
	if err != nil || len(versions) == 0 {
		return err
	}
	if flow, bad := flows.LoadAccepted(versions[0].Flow+".yaml", versions[0].Source); len(bad) == 0 {
		d.Swap(n.Name, bot.NewMachine(flow))
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
