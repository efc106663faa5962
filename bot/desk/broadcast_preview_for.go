package desk

import (
	"context"

	"optinbot/bot"
	"optinbot/flows"
	"optinbot/store"
)

// A PromotionText is one of the texts of a draft, as somebody reads it.
type PromotionText struct {
	Language string   `json:"language"`
	Variant  int      `json:"variant"` // from 1
	Variants int      `json:"variants"`
	Text     string   `json:"text"`
	Holes    []string `json:"holes"` // placeholders that are empty: it is not sent like this
}

// PromotionTexts returns every text of a draft, in each language of its flow, as somebody reads it who
// has a name and gave the first answer to every question. A draft that does not exist is not found, and
// the problems of one that has some are the error. It changes nothing, and may be repeated.
func (d *Desk) PromotionTexts(ctx context.Context, number, name string) (texts []PromotionText, err error) {
	if _, err := d.numberFor(ctx, number); err != nil {
		return nil, err
	}
	flow := d.Machine(number).Flow
	draft, err := d.Files.Draft(ctx, name, flow)
	if err != nil {
		return nil, err
	}
	for _, language := range flow.Languages {
		for id := range len(draft.Text.In(language, flow.Languages)) {
			texts = append(texts, promotionText(d.Wire(number), flow, draft, sampleContact(flow, language, int64(id))))
		}
	}
	return texts, nil
}

func promotionText(wire bot.Abilities, flow *flows.Flow, draft *flows.Broadcast, c *bot.Contact) PromotionText {
	p := bot.RenderFor(wire, flow, draft, c)
	return PromotionText{
		Language: c.Language, Variant: p.Variant, Variants: len(draft.Text.In(c.Language, flow.Languages)), Text: p.Text, Holes: p.Holes,
	}
}

// A PromotionFor is what one person would get of a draft.
type PromotionFor struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	PromotionText
	// Reason is why they would not get it, or not yet. "" where they would.
	Reason bot.Reason `json:"reason,omitempty"`
}

// PreviewFor returns what one person would get of a draft, as if it went out at its time, and why not
// where they would not. A draft or a person that does not exist is not found, and the problems of a
// draft that has some are the error. It changes nothing, and may be repeated.
func (d *Desk) PreviewFor(ctx context.Context, number, name, phone string) (*PromotionFor, error) {
	p, machine, err := d.previewed(ctx, number, name, false)
	if err != nil {
		return nil, err
	}
	c, err := d.Contact(ctx, number, phone)
	if err != nil {
		return nil, err
	}
	found := &PromotionFor{ID: c.ID, Name: c.DisplayName(), PromotionText: promotionText(d.Wire(number), machine.Flow, p.draft, c)}
	if v := p.pending.maySend(c, d.limits[number], d.Now()); v.Action != bot.ActionSend {
		found.Reason = v.Reason
	}
	if c.Consent != bot.Subscribed || p.draft.Audience == nil {
		return found, nil
	}
	in, _, _, err := d.Store.LookFor(ctx, store.AudienceLook{
		Number: number, In: p.draft.Audience, Now: p.Due, After: c.ID - 1, Among: 1, Limit: 1,
	})
	if err == nil && len(in) == 0 {
		found.Reason = bot.NotInAudience
	}
	return found, err
}
