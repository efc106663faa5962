package bot

import (
	"slices"

	"optinbot/flows"
)

// SetZone notes the time zone, by its IANA name, in which somebody lives as far as the operator
// knows. With "" the zones of their phone count again. It is repeatable.
func SetZone(env Env, contact Contact, zone string) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	t.c.Zone = zone
	// The hour, and their own time, that deliveries wait for were those of where they lived.
	t.effects = append(t.effects, RecheckHeld{}, RecheckPlanned{})
	return t.c, t.effects, nil
}

// SetProfile notes what the shop knows of somebody who has written: a name, where it is not "", and
// tags, which are added to those they have. It says nothing about consent. It is repeatable.
func SetProfile(env Env, contact Contact, name string, tags []string) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	if name != "" {
		t.c.ShopName = shortened(name, maxRememberedName)
	}
	for _, tag := range tags {
		if !slices.Contains(t.c.Tags, tag) {
			t.c.Tags = append(t.c.Tags, tag)
		}
	}
	return t.c, []Effect{SetPreference{flows.AudienceTags, t.c.Tags}}, nil
}

// RevertProfile takes back what SetProfile noted: the tags, and the name where it is still the one
// that was given. It is repeatable.
func RevertProfile(env Env, contact Contact, name string, tags []string) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	if name != "" && t.c.ShopName == shortened(name, maxRememberedName) {
		t.c.ShopName = ""
	}
	return t.untag(tags)
}

// Untag takes a tag (see flows.Tag) away. It is repeatable.
func Untag(env Env, contact Contact, tag string) (Contact, []Effect, error) {
	return newTurn(env, contact).untag([]string{tag})
}

func (t *turn) untag(tags []string) (Contact, []Effect, error) {
	t.c.Tags = slices.DeleteFunc(slices.Clone(t.c.Tags), func(tag string) bool {
		return slices.Contains(tags, flows.Tag(tag))
	})
	return t.c, []Effect{SetPreference{flows.AudienceTags, t.c.Tags}}, nil
}
