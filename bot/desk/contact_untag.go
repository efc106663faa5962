package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"optinbot/bot"
	"optinbot/bot/text"
	"optinbot/flows"
	"optinbot/store"
)

// TaggedView tells who has a tag.
type TaggedView struct {
	Tag     string `json:"tag"` // as it is kept
	People  int    `json:"people"`
	Version string `json:"version"` // who they are, for untagEverybody
}

// Questions are what has to be answered with yes before the tag is taken away from all of them.
func (v TaggedView) Questions() []Question {
	return []Question{{Asks: fmt.Sprintf("Take the tag %q away from %s?", v.Tag, text.People(v.People))}}
}

// Tagged returns how many contacts of a number have a tag. It changes nothing. It is refused where
// nobody has the tag.
func (d *Desk) Tagged(ctx context.Context, number, tag string) (v TaggedView, err error) {
	who, err := d.everybodyWith(ctx, number, tag)
	return TaggedView{Tag: flows.Tag(tag), People: len(who), Version: versionOf(who)}, err
}

// UntagEverybody takes a tag away from everybody who has it: audiences no longer find them by it.
// It is refused where others have the tag than those that the version of tagged names. It is
// refused where nobody has the tag, so a second time too.
func (d *Desk) UntagEverybody(ctx context.Context, number, tag, version string) (err error) {
	ctx, end, err := d.begin(ctx, ActUntagContact, number)
	if err != nil {
		return err
	}
	defer func() { end(err) }()
	who, err := d.everybodyWith(ctx, number, tag)
	if err != nil {
		return err
	}
	if versionOf(who) != version {
		return stale("who has the tag %q has changed since it was shown: look at it again", flows.Tag(tag))
	}
	return d.untag(ctx, number, tag, who)
}

// UntagContact takes a tag away from one contact: audiences no longer find them by it. It returns
// the tag as it was kept. It is refused where they do not have it, so a second time too. A phone
// that has never written is not found.
func (d *Desk) UntagContact(ctx context.Context, number, tag, phone string) (kept string, err error) {
	ctx, end, err := d.begin(ctx, ActUntagContact, number)
	if err != nil {
		return kept, err
	}
	defer func() { end(err) }()
	kept = flows.Tag(tag)
	contact, err := d.Contact(ctx, number, phone)
	if err != nil {
		return kept, err
	}
	if !hasTag(contact, kept) {
		return kept, Refuse("%s does not have the tag %q", contact.Phone(), kept)
	}
	return kept, d.untag(ctx, number, tag, []int64{contact.ID})
}

func (d *Desk) untag(ctx context.Context, number, tag string, contacts []int64) error {
	n, err := d.numberFor(ctx, number)
	if err != nil {
		return err
	}
	tag = flows.Tag(tag)
	act := func(e bot.Env, b bot.Contact) (bot.Contact, []bot.Effect, error) { return bot.Untag(e, b, tag) }
	for part := range slices.Chunk(contacts, ACommit) {
		var acts []store.Acting
		for _, id := range part {
			acts = append(acts, store.Acting{Contact: id, Act: act})
		}
		if err := d.Store.ActAll(ctx, n.Name, acts, d.Envs); err != nil {
			return err
		}
	}
	return nil
}

func hasTag(c *bot.Contact, tag string) bool {
	return slices.ContainsFunc(c.Tags, func(t string) bool { return flows.Tag(t) == tag })
}

// everybodyWith finds all contacts of a number who have a tag.
func (d *Desk) everybodyWith(ctx context.Context, number, tag string) (who []int64, err error) {
	n, err := d.numberFor(ctx, number)
	if err != nil {
		return nil, err
	}
	tag = flows.Tag(tag)
	var tags []string
	err = d.Store.Contacts(ctx, n.Name, "", func(c *bot.Contact) error {
		tags = append(tags, c.Tags...)
		if hasTag(c, tag) {
			who = append(who, c.ID)
		}
		return nil
	})
	if err != nil || len(who) > 0 {
		return who, err
	}
	slices.Sort(tags)
	there := "there are none"
	if tags = slices.Compact(tags); len(tags) > 0 {
		there = "there are: " + text.Line(strings.Join(tags, ", "))
	}
	return nil, Refuse("nobody has the tag %q; %s", tag, there)
}
