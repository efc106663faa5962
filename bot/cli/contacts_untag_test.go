package cli

import (
	"errors"
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/play"
)

// TestO2WhatAPreviewShowedIsWhatIsDone: who has a tag, and what is held on a person, is refused to be
// taken away once it is no longer what was shown.
func TestO2WhatAPreviewShowedIsWhatIsDone(t *testing.T) {
	t.Parallel()
	s := newStage(t, play.Conversation{}, false)
	tags := func(phone string) {
		c, err := s.Desk.Contact(s.Ctx, "main", phone)
		must(t, err)
		_, err = s.Desk.Act(s.Ctx, c, func(e bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
			return bot.SetProfile(e, c, "", []string{"vip"})
		})
		must(t, err)
	}
	has := func(phone string) int {
		c, err := s.Desk.Contact(s.Ctx, "main", phone)
		must(t, err)
		return len(c.Tags)
	}
	const ana, bia = "+5511900000001", "+5511900000002"
	must(t, s.Do("Ana "+ana+" > oi"))
	tags(ana)
	shown, err := s.Desk.Tagged(s.Ctx, "main", "VIP")
	must(t, err)
	must(t, s.Do("Bia "+bia+" > oi"))
	tags(bia)
	if err := s.Desk.UntagEverybody(s.Ctx, "main", "vip", shown.Version); !errors.Is(err, desk.ErrRefused) || has(ana) != 1 || has(bia) != 1 {
		t.Errorf("another person has the tag than was shown: %v", err)
	}
	shown, err = s.Desk.Tagged(s.Ctx, "main", "vip")
	must(t, err)
	if err := s.Desk.UntagEverybody(s.Ctx, "main", "vip", shown.Version); err != nil || shown.People != 2 || has(ana)+has(bia) != 0 {
		t.Errorf("%d people, %v", shown.People, err)
	}
	other, err := s.Desk.PreviewErase(s.Ctx, bia)
	must(t, err)
	if _, err := s.Desk.ErasePerson(s.Ctx, ana, other.Version); !errors.Is(err, desk.ErrRefused) || has(ana) != 0 {
		t.Errorf("somebody else is erased than was shown: %v", err)
	}
	if _, err := s.Desk.Contact(s.Ctx, "main", ana); err != nil {
		t.Errorf("erased: %v", err)
	}
}
