package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/text"
	"optinbot/flows"
)

// olderFlow tells the operator, once, of newer rules that the flow of a number does not keep.
func (d *Desk) olderFlow(ctx context.Context, n config.Number) error {
	flow := d.Machine(n.Name).Flow
	what := fmt.Sprintf("flow %s (version %s) is older than", flow.Name, flow.Version)
	text, ok := older(flow.Warnings, what, "It goes on as it is")
	if !ok {
		return nil
	}
	return d.Store.NotifyFirst(ctx, n.Name, bot.NoticeFlow, text, d.Now())
}

// OlderDrafts tells the operator, once each, of newer rules that armed broadcasts do not keep. It
// may be repeated.
func (d *Desk) OlderDrafts(ctx context.Context, n config.Number) error {
	armed, err := d.ArmedDrafts(ctx, n)
	if err != nil {
		return err
	}
	for _, o := range armed {
		b, err := d.ArmedNow(o)
		if err != nil {
			continue // it says so where it goes out
		}
		warnings := b.Warnings
		draft, err := d.Files.Draft(ctx, o.Broadcast, d.Machine(n.Name).Flow)
		if err == nil && draft.Version == o.Version {
			warnings = draft.Warnings // of what it attaches too
		}
		what := fmt.Sprintf("broadcast %s was armed before", o.Broadcast)
		text, ok := older(warnings, what, "It goes out as it was armed")
		if !ok {
			continue
		}
		if err := d.Store.NotifyFirst(ctx, n.Name, bot.NoticeBroadcast, text, d.Now()); err != nil {
			return err
		}
	}
	return nil
}

// ArmedDrafts are the schedules of a number that are armed, and its occurrences that have not
// begun. It changes nothing, and may be repeated.
func (d *Desk) ArmedDrafts(ctx context.Context, n config.Number) (armed []bot.Occurrence, err error) {
	schedules, err := d.Store.Schedules(ctx, n.Name, "")
	if err != nil {
		return nil, err
	}
	for _, s := range schedules {
		if s.Status == bot.ScheduleArmed || s.Status == bot.SchedulePaused {
			armed = append(armed, s.Occurrence(bot.Firing{}))
		}
	}
	occurrences, err := d.Store.Occurrences(ctx, n.Name, "")
	for _, o := range occurrences {
		if o.Status == bot.OccurrenceScheduled {
			armed = append(armed, o)
		}
	}
	return armed, err
}

// older says which newer rules something does not keep. It is false where there is none.
func older(warnings []flows.Problem, what, then string) (string, bool) {
	newer := newerRules(warnings)
	if len(newer) == 0 {
		return "", false
	}
	first := newer[0]
	return fmt.Sprintf("%s %s that this version of the program has. %s; its next edit will be refused until it is "+
		"mended. "+
		"The first is at line %d: %s -> %s. `optinbot flow check` shows all",
		what, text.Plural(len(newer), "rule", "rules"), then, first.Line, first.Message, first.Advice), true
}

// newerRules are the warnings that become problems with the next edit.
func newerRules(warnings []flows.Problem) []flows.Problem {
	return slices.DeleteFunc(slices.Clone(warnings), flows.Problem.Advises)
}

// HearArmed lets the number hear the stop words that its broadcasts of the last 30 days name:
// whoever got one may use them. It may be repeated.
func (d *Desk) HearArmed(ctx context.Context, n config.Number) error {
	const recent = 30 * 24 * time.Hour
	occurrences, err := d.Store.Occurrences(ctx, n.Name, "")
	for _, o := range occurrences {
		if o.Status != bot.OccurrenceCancelled && d.Now().Sub(o.DueAt) < recent {
			_, _ = d.ArmedNow(o) // one that does not fit says so where it goes out
		}
	}
	return err
}
