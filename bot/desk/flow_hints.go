package desk

import (
	"context"
	"slices"

	"optinbot/flows"
)

// A KeyHint is a key of a file with its meaning, for an editor that completes.
type KeyHint struct {
	Path     string   `json:"path"` // from the top. * is a name of the operator's own, [] an item of a list
	Required bool     `json:"required,omitempty"`
	Shape    string   `json:"shape"`
	OneOf    []string `json:"one_of,omitempty"`
	About    string   `json:"about"`
}

// Hints are what an editor offers to complete, and shows where the pointer rests.
type Hints struct {
	Keys         []KeyHint           `json:"keys"`
	States       []string            `json:"states"`
	Explained    map[string][]string `json:"explained"`    // what can happen in a state
	Placeholders []string            `json:"placeholders"` // of texts
	Preferences  map[string][]string `json:"preferences"`  // with the values that the flow's questions give
	Tags         []string            `json:"tags"`         // of people of the number
	Languages    []string            `json:"languages"`
}

// FlowHints are the hints for the flow of a number: the keys of flows, and the names that the flow
// has. It changes nothing, and may be repeated.
func (d *Desk) FlowHints(ctx context.Context, number string) (Hints, error) {
	return d.hints(ctx, number, flows.FlowKeys())
}

// DraftHints are the hints for the broadcasts of a number. It changes nothing, and may be repeated.
func (d *Desk) DraftHints(ctx context.Context, number string) (Hints, error) {
	return d.hints(ctx, number, flows.BroadcastKeys())
}

func (d *Desk) hints(ctx context.Context, number string, keys []flows.Key) (h Hints, err error) {
	if err := d.mayRead(ctx, number); err != nil {
		return h, err
	}
	n, err := NumberOf(d.Config, number)
	if err != nil {
		return h, err
	}
	h = Hints{Explained: map[string][]string{}, Preferences: map[string][]string{}, Tags: []string{}, States: []string{},
		Placeholders: []string{flows.PlaceholderFirstName, flows.PlaceholderName, flows.PlaceholderBrand,
			flows.PlaceholderOptions}}
	for _, k := range keys {
		h.Keys = append(h.Keys, KeyHint{k.Path, k.Required, string(k.Shape), k.OneOf, k.About})
	}
	tags, err := d.Store.Tags(ctx, n.Name)
	h.Tags = append(h.Tags, tags...)
	m := d.Machine(n.Name)
	if m == nil || err != nil {
		return h, err
	}
	h.States, h.Languages = slices.Clone(m.Flow.Order), m.Flow.Languages
	for _, name := range m.Flow.Order {
		h.Explained[name], _ = m.Flow.Explain(name)
		q := m.Flow.States[name].Ask
		if q == nil {
			continue
		}
		if _, known := h.Preferences[q.Preference]; !known {
			h.Placeholders = append(h.Placeholders, q.Preference)
			h.Preferences[q.Preference] = []string{}
		}
		for _, o := range q.Options {
			h.Preferences[q.Preference] = append(h.Preferences[q.Preference], o.Value)
		}
	}
	return h, nil
}
