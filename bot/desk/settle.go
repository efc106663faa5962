package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/text"
	"optinbot/flows"
)

// mendOptouts says what to do about an optouts.log that is not the database's.
const mendOptouts = "Stop the bot, and bring the right file back, or move this one away: `optinbot run` then writes " +
	"it anew from the database. " +
	"Until then a restored backup may not know who left; everybody who stops is recorded as ever"

// ApplyOptouts carries out what optouts.log has and the database has not, and tells the operator
// what is wrong with that file.
func (d *Desk) ApplyOptouts(ctx context.Context) error {
	found, err := d.Store.ApplyOptouts(ctx, d.Envs, d.Now())
	if err != nil {
		return err
	}
	says := ""
	switch {
	case found.Rebuilt:
		says = "optouts.log was gone. It has been written anew from the database, which knows everybody who left: " +
			"nothing is lost. Look who took it away"
	case found.Fault != "":
		says = "optouts.log: " + found.Fault + ". " + mendOptouts
	case found.Lines > 0:
		says = fmt.Sprintf("optouts.log had %s that the database did not have: %s left by it, and %s erased. That is "+
			"obeyed",
			text.Plural(found.Lines, "line", "lines"), text.Plural(found.OptedOut, "person",
				"people"), text.Plural(found.Erased, "was", "were"))
	default:
		return nil
	}
	return d.Store.Notify(ctx, d.Config.Numbers[0].Name, bot.NoticeNumber, says, d.Now())
}

// SettleAll makes every number ready before the first is served. It is an error where none has a
// flow.
func (d *Desk) SettleAll(ctx context.Context) error {
	for _, n := range d.Config.Numbers {
		if err := d.settle(ctx, n); err != nil {
			return err
		}
	}
	return d.nobodySpeaks()
}

// settle makes a number ready to be served. A number that cannot speak is told to the operator, and
// is no error: it waits for its file, and the others are served.
func (d *Desk) settle(ctx context.Context, n config.Number) error {
	if d.Machine(n.Name) != nil {
		if err := d.SettleFlow(ctx, n); err != nil {
			return err
		}
	}
	if why := d.silent(n.Name); why != nil {
		d.Log.Error("the number is not served", "number", n.Name, "error", why)
		text := fmt.Sprintf("number %s is not served, for there is no version of its flow that can be used; it is as "+
			"soon as the file is mended. %v", n.Name, why)
		if err := d.Store.NotifyOnce(ctx, n.Name, bot.NoticeFlow, text, d.Now()); err != nil {
			return err
		}
	}
	_, err := d.Store.SettleOrder(ctx, n.Name, d.Envs)
	return err
}

// SettleFlow lets a number that is about to be served speak its flow, and moves people where
// `moved:` says. Where the file is broken, or people stand on a state that it does not have, the
// number goes on with the version that it last ran with, and the operator is told. Without such a
// version the number is left without a flow.
func (d *Desk) SettleFlow(ctx context.Context, n config.Number) error {
	if !d.isBroken(n.Name) {
		c := &candidate{number: n, flow: d.Machine(n.Name).Flow, moves: map[string]int{}}
		if err := d.standing(ctx, c); err != nil {
			return err
		}
		if len(c.gone) == 0 {
			return d.settleOn(ctx, c)
		}
		flow, err := d.lastAccepted(ctx, n, c.people)
		if err != nil {
			return err
		}
		if flow == nil {
			d.silence(n, Misconfigured{fmt.Errorf("number %s: flow %s has no state for people who stand there: %s. "+
				"Bring the state back, or say where they go, at the top of the file: moved: {OLD: NEW}", n.Name, c.flow.Name, strings.Join(c.gone, ", "))})
			return nil
		}
		d.goOn(n, flow)
	}
	return errors.Join(d.Reload(ctx, n), d.OlderDrafts(ctx, n), d.HearArmed(ctx, n)) // the first says what is wrong
}

// settleOn lets a number speak its file.
func (d *Desk) settleOn(ctx context.Context, c *candidate) (err error) {
	if _, c.source, _, err = d.Files.flowSource(ctx, c.number.Flow); err != nil {
		return err
	}
	if err := d.take(ctx, c, d.Now()); err != nil {
		return err
	}
	return errors.Join(d.olderFlow(ctx, c.number), d.OlderDrafts(ctx, c.number), d.HearArmed(ctx, c.number))
}

// whoMoves tells from the people on each state who has to move, and which states are gone with
// people on them.
func whoMoves(flow *flows.Flow, standing map[string]int) (moved map[string]string, gone []string) {
	moved = map[string]string{}
	for state, n := range standing {
		to, ok := flow.Moved[state]
		switch {
		case flow.States[state] != nil:
		case ok:
			moved[state] = to
		default:
			gone = append(gone, fmt.Sprintf("%s on %q", text.People(n), state))
		}
	}
	slices.Sort(gone)
	return moved, gone
}
