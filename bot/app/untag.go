package app

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

// ContactsUntagCmd is `contacts untag`.
type ContactsUntagCmd struct {
	ForNumber
	Confirmed
	Tag   string     `arg:"" help:"The tag."`
	Phone TypedPhone `arg:"" optional:"" help:"Only from this person (default: from everybody who has it)."`
}

// Example is shown by --help.
func (ContactsUntagCmd) Example() string {
	return "optinbot contacts untag vip +5511900000001\noptinbot contacts untag mistake"
}

// Run takes the tag away. Audiences no longer find these people by it.
func (c ContactsUntagCmd) Run(ctx context.Context, a *App) error {
	h, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer h.close()
	tag := flows.Tag(c.Tag)
	has := func(contact *bot.Contact) bool {
		return slices.ContainsFunc(contact.Tags, func(t string) bool { return flows.Tag(t) == tag })
	}
	var who []int64
	if len(c.Phone) > 0 {
		contact, err := h.contact(ctx, n.Name, c.Phone.String())
		if err != nil {
			return err
		}
		if !has(contact) {
			return refuse("%s does not have the tag %q", contact.Phone(), tag)
		}
		who = []int64{contact.ID}
	} else if who, err = c.everybody(ctx, a, h, n.Name, tag, has); err != nil {
		return err
	}
	untag := func(e bot.Env, b bot.Contact) (bot.Contact, []bot.Effect, error) { return bot.Untag(e, b, tag) }
	for part := range slices.Chunk(who, aCommit) {
		var acts []store.Acting
		for _, id := range part {
			acts = append(acts, store.Acting{Contact: id, Act: untag})
		}
		if err := h.store.ActAll(ctx, n.Name, acts, h.envs); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.out, "The tag %q is taken away from %s.\n", tag, text.People(len(who)))
	return nil
}

// everybody finds those who have the tag, and asks.
func (c ContactsUntagCmd) everybody(ctx context.Context, a *App, h *house, number, tag string, has func(*bot.Contact) bool) (who []int64, err error) {
	var tags []string
	err = h.store.Contacts(ctx, number, "", func(contact *bot.Contact) error {
		tags = append(tags, contact.Tags...)
		if has(contact) {
			who = append(who, contact.ID)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(who) == 0 {
		slices.Sort(tags)
		there := "there are none"
		if tags = slices.Compact(tags); len(tags) > 0 {
			there = "there are: " + text.Line(strings.Join(tags, ", "))
		}
		return nil, refuse("nobody has the tag %q; %s", tag, there)
	}
	return who, c.confirm(ctx, a, fmt.Sprintf("Take the tag %q away from %s?", tag, text.People(len(who))))
}
