package desk

import (
	"context"
	"fmt"
	"slices"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/text"
	"optinbot/flows"
	"optinbot/store"
)

// A ReloadPreview says what becomes of an edit of a flow.
type ReloadPreview struct {
	Changes []string `json:"changes"` // what people will notice
	Moves   []string `json:"moves"`   // who moves to another state
}

// PreviewReload does what the running bot does with an edit: it checks the file, plays its
// conversations, looks who stands where, and says so. What the bot would not take is refused. It
// changes nothing, and may be repeated.
func (d *Desk) PreviewReload(ctx context.Context, n config.Number) (p ReloadPreview, err error) {
	if err := d.mayRead(ctx, n.Name); err != nil {
		return p, err
	}
	aside, err := d.speakingAccepted(ctx, n)
	if err != nil {
		return p, err
	}
	found, err := aside.candidate(ctx, d.Files, n)
	if err != nil {
		return p, err
	}
	if found.refused != "" {
		return p, Refuse("%s", aside.asItIs(found))
	}
	return ReloadPreview{Changes: found.changes, Moves: sortedMoves(found.moves)}, nil
}

// RequestReload asks the bot that runs, or that starts next, to take the file of a number's flow as
// it is, and returns what that means. What the bot would not take is refused, as by PreviewReload. It
// may be repeated.
func (d *Desk) RequestReload(ctx context.Context, number string) (p ReloadPreview, err error) {
	ctx, end, err := d.begin(ctx, ActReloadFlow, number)
	if err != nil {
		return p, err
	}
	defer func() { end(err) }()
	n, err := NumberOf(d.Config, number) // also one that has no flow yet: its file may be mended
	if err != nil {
		return p, err
	}
	// the conversations are played in a store of their own: it is not where the act is written down
	if p, err = d.PreviewReload(store.Unrecorded(ctx), n); err != nil {
		return p, err
	}
	return p, d.Store.AskReload(ctx, n.Name, d.Now())
}

// speakingAccepted is a desk aside, with the same store, whose number speaks what it runs with: an
// edit is compared with that. The desk that it is made from goes on as it is.
func (d *Desk) speakingAccepted(ctx context.Context, n config.Number) (*Desk, error) {
	aside := New(d.Options)
	aside.Store = d.Store
	aside.Swap(n.Name, d.Machine(n.Name))
	versions, err := d.Store.FlowVersions(ctx, n.Name)
	if err != nil || len(versions) == 0 {
		return aside, err
	}
	if flow, bad := flows.LoadAccepted(versions[0].Flow+".yaml", versions[0].Source); len(bad) == 0 {
		aside.Swap(n.Name, bot.NewMachine(flow))
	}
	return aside, nil
}

// sortedMoves says who would move.
func sortedMoves(moves map[string]int) (out []string) {
	for move, n := range moves {
		out = append(out, fmt.Sprintf("%s would move: %s", text.People(n), move))
	}
	slices.Sort(out)
	return out
}
