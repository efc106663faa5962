package app

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/text"
	"optinbot/store"
)

// rehearsed is what `simulate` tells.
type rehearsed struct {
	Number      string                 `json:"number"`
	From        time.Time              `json:"from"`
	To          time.Time              `json:"to"`
	Unlinked    bool                   `json:"unlinked,omitempty"` // the number was taken to be linked at From
	Armed       string                 `json:"armed,omitempty"`    // the draft that was scheduled for the simulation
	Days        []rehearsedDay         `json:"days"`
	Occurrences []*rehearsedOccurrence `json:"occurrences"`

	draft string // one that could be scheduled; NAME where there is none
}

// A rehearsedDay is one day of the shop's calendar.
type rehearsedDay struct {
	Day        string             `json:"day"`
	GoOut      int                `json:"go_out"`
	Broadcasts map[string]int     `json:"broadcasts"` // how many of which
	Waits      map[bot.Reason]int `json:"waits"`      // at the end of the day
	Binds      bot.Reason         `json:"binds,omitempty"`
}

// A rehearsedOccurrence is what becomes of one occurrence.
type rehearsedOccurrence struct {
	ID        int64                `json:"id"`
	Broadcast string               `json:"broadcast"`
	Status    bot.OccurrenceStatus `json:"status"` // at the end
	DueAt     time.Time            `json:"due_at"`
	OwnTime   string               `json:"own_time,omitempty"`
	Groups    []*rehearsedGroup    `json:"groups"`

	occurrence bot.Occurrence
}

// The fates of a group.
const (
	fateGoesOut = "goes_out"
	fateLeftOut = "left_out"
	fateWaits   = "waits" // at the end
	fateBefore  = "before"
)

// A rehearsedGroup are the people of an occurrence who fare alike.
type rehearsedGroup struct {
	Fate   string             `json:"fate"`
	Reason bot.Reason         `json:"reason,omitempty"`
	Count  int                `json:"count"`
	First  time.Time          `json:"first,omitzero"` // of those that go out
	Last   time.Time          `json:"last,omitzero"`
	Waited map[bot.Reason]int `json:"waited,omitempty"` // before it went out
	People []rehearsedPerson  `json:"people"`           // a few, or all

	contacts []rehearsedPerson
}

type rehearsedPerson struct {
	Phone  string       `json:"to"`
	Name   string       `json:"name,omitempty"`
	At     time.Time    `json:"at,omitzero"`
	Until  time.Time    `json:"until,omitzero"`
	Waited []bot.Reason `json:"waited,omitempty"`

	contact int64
}

// someOf is how many people of a group are named unless all are asked for.
const someOf = 3

// outcomes adds what became of every occurrence that was not over at the start.
func (r *rehearsal) outcomes(ctx context.Context, report *rehearsed, c SimulateCmd) error {
	list, err := r.store.Occurrences(ctx, r.number, c.Broadcast)
	if err != nil {
		return err
	}
	slices.Reverse(list)
	for _, o := range list {
		if r.over[o.ID] {
			continue
		}
		shown := &rehearsedOccurrence{ID: o.ID, Broadcast: o.Broadcast, Status: o.Status, DueAt: o.DueAt, OwnTime: o.Wall, Groups: []*rehearsedGroup{}, occurrence: o}
		err := r.store.Deliveries(ctx, o.ID, 0, func(d store.Delivery) error {
			r.add(shown, d, c.All)
			return nil
		})
		if err != nil {
			return err
		}
		slices.SortStableFunc(shown.Groups, func(a, b *rehearsedGroup) int {
			return cmp.Or(cmp.Compare(slices.Index(fates, a.Fate), slices.Index(fates, b.Fate)), cmp.Compare(b.Count, a.Count))
		})
		if err := r.name(ctx, shown); err != nil {
			return err
		}
		report.Occurrences = append(report.Occurrences, shown)
	}
	return nil
}

var fates = []string{fateBefore, fateGoesOut, fateLeftOut, fateWaits}

// add counts a delivery, and remembers whose it is.
func (r *rehearsal) add(o *rehearsedOccurrence, d store.Delivery, all bool) {
	fate, reason := fateLeftOut, d.Reason
	switch {
	case !d.ClaimedAt.IsZero() && d.ClaimedAt.Before(r.from):
		fate, reason = fateBefore, ""
	case !d.ClaimedAt.IsZero():
		fate, reason = fateGoesOut, ""
	case d.Status == bot.DeliveryPlanned:
		fate, reason = fateWaits, bot.Pace
	case d.Status == bot.DeliveryHeld:
		fate = fateWaits
	}
	i := slices.IndexFunc(o.Groups, func(g *rehearsedGroup) bool { return g.Fate == fate && g.Reason == reason })
	if i < 0 {
		i = len(o.Groups)
		o.Groups = append(o.Groups, &rehearsedGroup{Fate: fate, Reason: reason, Waited: map[bot.Reason]int{}, People: []rehearsedPerson{}})
	}
	g := o.Groups[i]
	g.Count++
	p := rehearsedPerson{contact: d.Contact, Until: d.Until}
	if fate == fateGoesOut {
		p.At = d.ClaimedAt
		for _, h := range d.Holds {
			if !slices.Contains(p.Waited, h.Reason) {
				p.Waited = append(p.Waited, h.Reason)
				g.Waited[h.Reason]++
			}
		}
		if g.First.IsZero() || p.At.Before(g.First) {
			g.First = p.At
		}
		if p.At.After(g.Last) {
			g.Last = p.At
		}
	}
	if fate != fateBefore && (all || len(g.contacts) < someOf) {
		g.contacts = append(g.contacts, p)
	}
}

// name says who the people are, those who get it first in front.
func (r *rehearsal) name(ctx context.Context, o *rehearsedOccurrence) error {
	for _, g := range o.Groups {
		slices.SortStableFunc(g.contacts, func(a, b rehearsedPerson) int { return a.At.Compare(b.At) })
		for _, p := range g.contacts {
			c, err := r.store.ContactByID(ctx, p.contact)
			if err != nil {
				return err
			}
			if c == nil {
				continue // erased
			}
			p.Phone, p.Name = cmp.Or(c.Phone(), "lid:"+bot.LIDOf(c.Identities)), c.DisplayName()
			g.People = append(g.People, p)
		}
	}
	return nil
}

func (r *rehearsed) print(w io.Writer, zone *time.Location, all bool) error {
	fmt.Fprintf(w, "From %s to %s, played on a copy: nothing is sent, nothing is changed.\n", text.When(r.From, zone), text.When(r.To, zone))
	fmt.Fprintf(w, "Assumes: number %s stays connected; nobody writes, reads or leaves; phones that got the last promotion get the next.\n", r.Number)
	if r.Unlinked {
		fmt.Fprintf(w, "Assumes: it is linked now. It is not, so its warm-up has not begun.\n")
	}
	if r.Armed != "" {
		fmt.Fprintf(w, "Assumes: you schedule %s now.\n", r.Armed)
	}
	if len(r.Occurrences) == 0 {
		fmt.Fprintf(w, "\nNothing is scheduled. What if a draft were: `optinbot simulate --broadcast %s`\n", r.draft)
		return nil
	}
	rows := [][]string{{"DAY", "SENT", "STILL WAITING", "LIMITED BY"}}
	for _, d := range r.Days {
		waits := 0
		for _, n := range d.Waits {
			waits += n
		}
		rows = append(rows, []string{d.Day, fmt.Sprint(d.GoOut), fmt.Sprint(waits), bound(d.Binds)})
	}
	fmt.Fprintln(w)
	if err := table(w, rows); err != nil {
		return err
	}
	for _, o := range r.Occurrences {
		fmt.Fprintf(w, "\n%s (number %d), due %s: %s at the end\n", o.Broadcast, o.ID, dueText(o.occurrence, zone), o.Status)
		for _, g := range o.Groups {
			g.print(w, zone, all)
		}
	}
	return nil
}

func bound(r bot.Reason) string {
	if r == "" {
		return "nothing"
	}
	return fmt.Sprintf("%s: %s", r, strings.TrimPrefix(r.Info().Says, "because "))
}

func (g *rehearsedGroup) print(w io.Writer, zone *time.Location, all bool) {
	why := fmt.Sprintf(" (%s), %s", g.Reason, g.Reason.Info().Says)
	switch g.Fate {
	case fateBefore:
		fmt.Fprintf(w, "  %6d got it before\n", g.Count)
	case fateGoesOut:
		fmt.Fprintf(w, "  %6d get it, from %s to %s%s\n", g.Count, text.When(g.First, zone), text.When(g.Last, zone), waitedFor(g.Waited))
	case fateLeftOut:
		fmt.Fprintf(w, "  %6d do not get it%s\n", g.Count, why)
	case fateWaits:
		fmt.Fprintf(w, "  %6d wait at the end%s\n", g.Count, why)
	}
	for _, p := range g.People {
		line := strings.TrimSpace(p.Phone + " " + text.Fit(p.Name, 60))
		if !p.At.IsZero() {
			line = text.When(p.At, zone) + "  " + line
		}
		if len(p.Waited) > 0 {
			line += fmt.Sprintf(", waited for %s", joined(p.Waited))
		}
		fmt.Fprintf(w, "           %s\n", line)
	}
	if more := g.Count - len(g.People); more > 0 && len(g.People) > 0 && !all {
		fmt.Fprintf(w, "           and %d more\n", more)
	}
}

// waitedFor says how many of those who get it have waited for something before.
func waitedFor(waited map[bot.Reason]int) string {
	var parts []string
	for _, info := range bot.Reasons() {
		if n := waited[info.Reason]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d after %s", n, info.Reason))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "; " + strings.Join(parts, ", ")
}

func joined(reasons []bot.Reason) string {
	var names []string
	for _, r := range reasons {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}
