package desk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/text"
	"optinbot/flows"
	"optinbot/flows/words"
	"optinbot/store"
)

// A candidate is a flow's file as it is now, looked at as one that a number is to speak.
type candidate struct {
	number  config.Number
	flow    *flows.Flow // nil where the file cannot be used
	source  []byte
	refused string         // why it cannot be taken, and what to do. "" where it can
	failed  []TestResult   // the conversations that are not as expected
	results []TestResult   // what became of each conversation
	gone    []string       // states with people on them that it does not have
	people  map[string]int // who stand on each state
	moves   map[string]int // people who would move, by "old -> new"
	moved   map[string]string
	changes []string // what people will notice
}

// candidate does everything that can fail: read, check, play the conversations, look who stands
// where.
func (d *Desk) candidate(ctx context.Context, f *Files, n config.Number) (*candidate, error) {
	c := &candidate{number: n, moves: map[string]int{}}
	flow, source, bad, err := f.flowSource(ctx, n.Flow)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.refused = fmt.Sprintf("the file of flow %s is gone. The bot goes on with what it has; put the file back "+
			"(`optinbot flow rollback` writes it)", n.Flow)
		return c, nil
	case err != nil:
		c.refused = fmt.Sprintf("the file of flow %s cannot be read: %v. The bot goes on as before", n.Flow, err)
		return c, nil
	case len(bad) > 0:
		c.refused = fmt.Sprintf("flow %s was edited and has %s; the bot goes on as before. The first is at %s:%d:%d: "+
			"%s -> %s. `optinbot flow check` shows all",
			n.Flow, text.Plural(len(bad), "problem",
				"problems"), ShownPath(bad[0].File), bad[0].Line, bad[0].Col, bad[0].Message, bad[0].Advice)
		return c, nil
	}
	c.flow, c.source = flow, source
	if m := d.Machine(n.Name); m != nil {
		c.changes = flows.Diff(m.Flow, c.flow)
	}
	if err := d.standing(ctx, c); err != nil || c.refused != "" {
		return c, err
	}
	return c, d.play(ctx, f, c)
}

// standing looks at the people who stand in states that the flow does not have.
func (d *Desk) standing(ctx context.Context, c *candidate) error {
	standing, err := d.Store.Standing(ctx, c.number.Name)
	if err != nil {
		return err
	}
	c.people = standing
	if c.moved, c.gone = whoMoves(c.flow, standing); len(c.gone) > 0 {
		c.refused = fmt.Sprintf("people are still in a state that the new file of flow %s no longer has: %s. The bot "+
			"goes on as before. Bring the state back, or say at the top of the file where they go: moved: {OLD: NEW}",
			c.flow.Name, strings.Join(c.gone, ", "))
	}
	for from, to := range c.moved {
		c.moves[from+" -> "+to] = standing[from]
	}
	return nil
}

// play plays the conversations that test the flow.
func (d *Desk) play(ctx context.Context, f *Files, c *candidate) error {
	results, err := d.Replay(ctx, f, c.number)
	c.results, c.failed = results, notPassed(results)
	var not Unplayable
	if errors.As(err, &not) {
		c.refused = not.Says
		return nil
	}
	if err == nil && len(c.failed) > 0 {
		first := c.failed[0]
		c.refused = fmt.Sprintf("flow %s was edited and %s not as expected; the bot goes on as before. The first is "+
			"%s:%d: %s. `optinbot flow test` shows them, `optinbot flow test --update` accepts what the bot says now",
			c.flow.Name, text.Plural(len(c.failed), "conversation is",
				"conversations are"), first.File, first.Line, first.Title)
	}
	return err
}

// notPassed are the conversations that are not as expected.
func notPassed(results []TestResult) []TestResult {
	return slices.DeleteFunc(slices.Clone(results), func(r TestResult) bool { return r.Passed })
}

// take lets the number speak the candidate.
func (d *Desk) take(ctx context.Context, c *candidate, now time.Time) error {
	machine, number := bot.NewMachine(c.flow), c.number.Name
	v := store.FlowVersion{Flow: c.flow.Name, Version: c.flow.Version, Source: c.source, Accepted: now}
	return d.Store.AcceptFlow(ctx, number, words.Normalise(c.flow.Brand), v, c.moved, func() {
		d.Swap(number, machine)
		d.setBroken(number, false)
	})
}

// ReloadAll looks at the flow and the armed drafts of every number, as Reload does of one. What
// cannot be looked at is logged. It may be repeated.
func (d *Desk) ReloadAll(ctx context.Context) {
	for _, n := range d.Config.Numbers {
		if err := d.Reload(ctx, n); err != nil {
			d.Log.Error("the flow could not be looked at", "number", n.Name, "error", err)
		}
		if d.Machine(n.Name) == nil {
			continue // nothing is sent for it
		}
		if err := d.DisarmEdited(ctx, n); err != nil {
			d.Log.Error("the drafts could not be looked at", "number", n.Name, "error", err)
		}
		if err := errors.Join(d.OlderDrafts(ctx, n), d.HearArmed(ctx, n)); err != nil {
			d.Log.Error("the armed broadcasts could not be looked at", "number", n.Name, "error", err)
		}
	}
}

// Reload looks at a number's file and takes it, or tells the operator why not. An edit that cannot
// be taken is no error. It does nothing when the file is what runs, so it may be repeated.
func (d *Desk) Reload(ctx context.Context, n config.Number) error {
	d.taking.Lock()
	defer d.taking.Unlock()
	m := d.Machine(n.Name)
	if flow, _, _, err := d.Files.flowSource(ctx, n.Flow); err == nil && flow != nil && m != nil &&
		flow.Version == m.Flow.Version {
		return nil
	}
	c, err := d.candidate(ctx, d.Files, n)
	if err != nil {
		return err
	}
	now := d.Now()
	if c.refused != "" {
		return d.Store.NotifyOnce(ctx, n.Name, bot.NoticeFlow, d.asItIs(c), now)
	}
	if err := d.take(ctx, c, now); err != nil {
		return err
	}
	if err := d.Store.Notify(ctx, n.Name, bot.NoticeFlow, c.taken(), now); err != nil {
		return err
	}
	return d.olderFlow(ctx, n)
}

// asItIs is why a candidate is refused, with what its number does now.
func (d *Desk) asItIs(c *candidate) string {
	if d.Machine(c.number.Name) == nil {
		return notServed.Replace(c.refused)
	}
	return c.refused
}

// notServed says of a number without a flow what a refusal says of one that has one.
var notServed = strings.NewReplacer("The bot goes on with what it has", "The number is not served",
	"The bot goes on as before", "The number is not served",
	"the bot goes on as before", "the number is not served")

// taken says what is different from now on.
func (c *candidate) taken() string {
	const shown = 5
	text := fmt.Sprintf("flow %s is in use as it was saved (version %s)", c.flow.Name, c.flow.Version)
	for i, change := range c.changes {
		if i == shown {
			return text + fmt.Sprintf("; and %d more changes", len(c.changes)-shown)
		}
		text += map[bool]string{true: ": ", false: "; "}[i == 0] + change
	}
	return text
}
