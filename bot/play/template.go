package play

import (
	"fmt"
	"strings"

	"optinbot/bot"
)

// template makes WhatsApp have the templates of a draft in some way.
func (s *Player) template(number, what string) error {
	name, how, _ := strings.Cut(what, " ")
	flow := s.Machine(number).Flow
	b, err := s.Files.Draft(s.Ctx, name, flow)
	if err != nil {
		return err
	}
	for _, want := range bot.TemplatesOf(flow, b) {
		state := bot.TemplateState{TemplateRef: want, Status: bot.TemplateApproved, Category: bot.TemplateMarketing,
			Quality: "GREEN", Seen: s.World.Now()}
		state.ID = "1" + want.Hash[:8]
		seen := []bot.TemplateState{state}
		switch how {
		case "approved":
		case "pending", "paused":
			seen[0].Status = strings.ToUpper(how)
		case "red":
			seen[0].Quality = bot.TemplateRed
		case "utility":
			seen[0].Category = "UTILITY"
		case "reworded":
			seen[0].Hash = "another"
		case "gone":
			seen = nil
		default:
			return fmt.Errorf("what is a template that is %q?", how)
		}
		if err := s.Store.SawTemplates(s.Ctx, number, want.Name, seen, s.World.Now()); err != nil {
			return err
		}
	}
	return s.move(s.World.Now())
}
