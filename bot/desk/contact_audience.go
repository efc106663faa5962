package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"optinbot/flows"
	"optinbot/store"
)

// An AudienceSearch says which subscribers are looked for.
type AudienceSearch struct {
	Expression string // as in a broadcast's audience
	After      int64  // Next of the look before. 0: from the first on
	Limit      int    // at most so many. 0: pageLimit
}

// An AudienceFound is a part of those who are in an audience.
type AudienceFound struct {
	Contacts []ContactView   `json:"contacts"`
	Looked   int             `json:"looked"`   // how many contacts of the number were looked at for them
	Next     int64           `json:"next"`     // After of the next look. 0: all were looked at
	Problems []flows.Problem `json:"problems"` // of the expression. Nobody was looked for then
}

// lookedAt is how many contacts are looked at in one look, however many there are.
const lookedAt = 20_000

// FindAudience looks for the subscribers of a number who are in an audience, in a time that does not
// grow with their number: it looks at a part of the contacts, and the next look goes on where it
// ended. It changes nothing, and may be repeated.
func (d *Desk) FindAudience(ctx context.Context, number string, q AudienceSearch) (*AudienceFound, error) {
	n, err := d.numberFor(ctx, number)
	if err != nil {
		return nil, err
	}
	flow, err := d.flow(n.Name)
	if err != nil {
		return nil, err
	}
	found := &AudienceFound{Contacts: []ContactView{}, Problems: []flows.Problem{}}
	in, bad := flows.ReadAudience("audience", strings.TrimSpace(q.Expression), flow)
	if in == nil {
		found.Problems = append(found.Problems, bad...)
		return found, nil
	}
	limit := q.Limit
	if limit <= 0 {
		limit = pageLimit
	}
	page, looked, next, err := d.Store.LookFor(ctx, store.AudienceLook{
		Number: n.Name, In: in, Now: d.Now(), After: q.After, Among: lookedAt, Limit: limit,
	})
	for _, c := range page {
		found.Contacts = append(found.Contacts, d.View(c))
	}
	found.Looked, found.Next = looked, next
	return found, err
}

// AudienceHints are audiences to begin with, for the flow of a number: one for each answer that its
// questions give, its languages, and what else an audience can ask. It changes nothing, and may be
// repeated.
func (d *Desk) AudienceHints(ctx context.Context, number string) (hints []string, err error) {
	n, err := d.numberFor(ctx, number)
	if err != nil {
		return nil, err
	}
	flow, err := d.flow(n.Name)
	if err != nil {
		return nil, err
	}
	for _, name := range flow.Order {
		q := flow.States[name].Ask
		if q == nil {
			continue
		}
		for _, o := range q.Options {
			one := fmt.Sprintf("%s == %q", q.Preference, o.Value)
			if q.Choose == flows.Many {
				one = fmt.Sprintf("%q in %s", o.Value, q.Preference)
			}
			if _, bad := flows.ReadAudience("audience", one, flow); len(bad) == 0 && !slices.Contains(hints, one) {
				hints = append(hints, one)
			}
		}
	}
	if len(flow.Languages) > 1 {
		for _, language := range flow.Languages {
			hints = append(hints, fmt.Sprintf("language == %q", language))
		}
	}
	drafts, err := d.Files.Drafts()
	for _, draft := range drafts {
		hints = append(hints, fmt.Sprintf("got(%q)", draft), fmt.Sprintf("not got(%q)", draft))
	}
	return append(hints, "active(30)", "not active(90)", `"vip" in tags`), err
}
