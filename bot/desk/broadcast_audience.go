package desk

import (
	"context"
	"fmt"
	"slices"

	"optinbot/bot"
	"optinbot/bot/text"
	"optinbot/flows"
)

// A StrangeName is a tag or a broadcast that an audience names and that nobody has or knows.
type StrangeName struct {
	Name     string `json:"name"`
	Fact     string `json:"fact"` // tags, or got
	Excludes bool   `json:"excludes"`
	Meant    string `json:"meant,omitempty"` // of what it may be a slip
}

// StrangeNames returns what an audience names and nobody has: a slip in an exclusion excludes
// nobody. It changes nothing, and may be repeated.
func (d *Desk) StrangeNames(ctx context.Context, number string, b *flows.Broadcast) (strange []StrangeName, err error) {
	if err := d.mayRead(ctx, number); err != nil {
		return nil, err
	}
	words := b.Audience.NamedWords()
	if len(words) == 0 {
		return nil, nil
	}
	known, err := d.knownNames(ctx, number)
	if err != nil {
		return nil, err
	}
	for _, w := range words {
		if !slices.Contains(known[w.Fact], w.Name) {
			strange = append(strange, StrangeName{Name: w.Name, Fact: w.Fact, Excludes: w.Excludes,
				Meant: flows.Nearest(w.Name, known[w.Fact])})
		}
	}
	return strange, nil
}

// knownNames are the tags that somebody has, and the broadcasts that are a draft or ever were one.
func (d *Desk) knownNames(ctx context.Context, number string) (map[string][]string, error) {
	stored, err := d.Store.Tags(ctx, number)
	if err != nil {
		return nil, err
	}
	var tags []string
	for _, tag := range stored {
		tags = append(tags, flows.Tag(tag))
	}
	broadcasts, err := d.Files.Drafts()
	if err != nil {
		return nil, err
	}
	occurrences, err := d.Store.Occurrences(ctx, number, "")
	for _, o := range occurrences {
		broadcasts = append(broadcasts, o.Broadcast)
	}
	return map[string][]string{flows.AudienceTags: tags, "got": broadcasts}, err
}

// String says what it means, for people.
func (s StrangeName) String() string {
	says, has := fmt.Sprintf("nobody has the tag %q", s.Name), "has it"
	if s.Fact == "got" {
		says, has = fmt.Sprintf("there is no broadcast %q, and never was", s.Name), "got it"
	}
	if s.Meant != "" {
		says += fmt.Sprintf(" (did you mean %q?)", text.Line(s.Meant))
	}
	if s.Excludes {
		return says + ": the audience leaves nobody out by it"
	}
	return says + ": the audience has nobody who " + has
}

// slip is an exclusion that is the slip of a name. "" where there is none, and of a text that was
// scheduled before: what was accepted once is warned about only.
func (d *Desk) slip(ctx context.Context, number string, p *Preview) (string, error) {
	i := slices.IndexFunc(p.Strange, func(s StrangeName) bool { return s.Excludes && s.Meant != "" })
	if i < 0 {
		return "", nil
	}
	occurrences, err := d.Store.Occurrences(ctx, number, p.Broadcast)
	accepted := slices.ContainsFunc(occurrences, func(o bot.Occurrence) bool { return o.Version == p.draft.Version })
	if err != nil || accepted {
		return "", err
	}
	schedules, err := d.Store.Schedules(ctx, number, p.Broadcast)
	if err != nil || slices.ContainsFunc(schedules, func(s bot.Schedule) bool { return s.Version == p.draft.Version }) {
		return "", err
	}
	return p.Strange[i].String(), nil
}
