package desk

import (
	"context"
	"strings"

	"optinbot/bot"
	"optinbot/flows"
)

// TagContact gives a contact who has written a tag, by which audiences find them. It says nothing
// about consent. It returns the tag as it is kept. A tag that is none is refused. A phone that has
// never written is not found. It may be repeated.
func (d *Desk) TagContact(ctx context.Context, number, tag, phone string) (kept string, err error) {
	ctx, end, err := d.begin(ctx, ActTagContact, number)
	if err != nil {
		return kept, err
	}
	defer func() { end(err) }()
	kept = flows.Tag(tag)
	switch {
	case kept == "":
		return kept, Refuse("a tag has at least one letter, such as vip")
	case strings.ContainsAny(kept, ",;"):
		return kept, Refuse("a tag has no comma in it: give one tag at a time")
	}
	if bad := unfit("", []string{kept}); bad != "" {
		return kept, Refuse("%s", bad)
	}
	contact, err := d.Contact(ctx, number, phone)
	if err != nil {
		return kept, err
	}
	_, err = d.Act(ctx, contact, func(e bot.Env, b bot.Contact) (bot.Contact, []bot.Effect, error) {
		if !hasTag(&b, kept) && len(b.Tags) >= maxTags {
			return b, nil, Refuse("they have %d tags already, which is as many as somebody can have", len(b.Tags))
		}
		return bot.SetProfile(e, b, "", []string{kept})
	})
	return kept, err
}
