package desk

import (
	"context"
	"fmt"
	"slices"

	"optinbot/bot/config"
	"optinbot/bot/text"
	"optinbot/store"
)

// A strayNumber is one that the database knows and the configuration does not.
type strayNumber struct {
	Says    string
	Renamed bool // the configuration has a number that nobody has ever written to, which may be this one
}

// StrayNumbers are the numbers with people that the configuration does not have.
func StrayNumbers(ctx context.Context, c *config.Config, s *store.Store) (out []strayNumber, err error) {
	rows, err := s.Numbers(ctx)
	if err != nil {
		return nil, err
	}
	has := func(name string) bool {
		return slices.ContainsFunc(c.Numbers, func(n config.Number) bool { return n.Name == name })
	}
	with, fresh := map[string]int{}, ""
	for _, row := range rows {
		counts, err := s.CountConsents(ctx, row.Name)
		if err != nil {
			return nil, err
		}
		for _, n := range counts {
			with[row.Name] += n
		}
		if has(row.Name) && with[row.Name] == 0 && row.JID == "" {
			fresh = row.Name
		}
	}
	for _, row := range rows {
		if has(row.Name) || with[row.Name] == 0 {
			continue
		}
		o := strayNumber{Says: fmt.Sprintf("the database knows a number %q with %s, and config.yaml does not",
			row.Name, text.People(with[row.Name]))}
		if o.Renamed = fresh != ""; o.Renamed {
			o.Says += fmt.Sprintf(". Number %q has nobody yet and is not linked: if it is the same number, "+
				"call it %q again; a number keeps its name", fresh, row.Name)
		}
		out = append(out, o)
	}
	return out, nil
}

// RenamedNumbers says of each number that may have been renamed what to do. It changes nothing, and
// may be repeated.
func (d *Desk) RenamedNumbers(ctx context.Context) (says []string, err error) {
	all, err := StrayNumbers(ctx, d.Config, d.Store)
	for _, o := range all {
		if o.Renamed {
			says = append(says, o.Says)
		}
	}
	return says, err
}
