package desk

import (
	"context"
	"fmt"
	"slices"

	"optinbot/bot"
	"optinbot/flows"
)

// SentSamples are the texts of a draft that go to the number's own chat.
type SentSamples struct {
	Texts int    `json:"texts"`
	Media string `json:"media,omitempty"` // the kind of the draft's file, which is not sent with them
}

// SendSamples lets the running bot write a draft's texts to the number's own chat, "Message
// yourself", as people would read them: in one language, unless that is "", and every variant,
// where all is true. They are no deliveries: nothing counts. A draft that does not exist is not
// found, and the problems of one that has some are the error. It refuses a number that does not
// exist, and a language that the flow does not speak. It may be repeated: each call sends them once
// more.
func (d *Desk) SendSamples(ctx context.Context, number, name, language string, all bool) (sent SentSamples, err error) {
	ctx, end, err := d.begin(ctx, ActSampleBroadcast, number)
	if err != nil {
		return sent, err
	}
	defer func() { end(err) }()
	if _, err := d.numberFor(ctx, number); err != nil {
		return sent, err
	}
	flow := d.Machine(number).Flow
	draft, err := d.Files.Draft(ctx, name, flow)
	if err != nil {
		return sent, err
	}
	languages := flow.Languages
	if language != "" {
		if !slices.Contains(languages, language) {
			return sent, Refuse("flow %s does not speak %q", flow.Name, language)
		}
		languages = []string{language}
	}
	if draft.Media != nil {
		sent.Media = draft.Media.Kind
	}
	for _, language := range languages {
		for _, text := range sampleTexts(d.Wire(number), flow, draft, language, all) {
			if err := d.Store.Notify(ctx, number, bot.NoticeTest, text, d.Now()); err != nil {
				return sent, err
			}
			sent.Texts++
		}
	}
	return sent, nil
}

// sampleTexts are a draft's texts in a language, as somebody reads them who has a name and gave the
// first answer to every question. Marked as a test. The contact's ID decides the variant, so a few
// of them meet every one.
func sampleTexts(wire bot.Abilities, flow *flows.Flow, draft *flows.Broadcast, language string, all bool) (texts []string) {
	variants := len(draft.Text.In(language, flow.Languages))
	for id := range variants {
		if id > 0 && !all {
			break
		}
		p := bot.RenderFor(wire, flow, draft, sampleContact(flow, language, int64(id)))
		texts = append(texts, fmt.Sprintf("TEST of %s, %s, variant %d of %d. Nobody else gets this.\n\n%s", draft.Name,
			language, p.Variant, variants, p.Text))
	}
	return texts
}

// sampleContact is somebody with an ID who has a name and gave the first answer to every question.
func sampleContact(flow *flows.Flow, language string, id int64) *bot.Contact {
	c := &bot.Contact{ID: id, Language: language, Name: "Ana Souza", Dialogue: bot.Dialogue{Preferences: map[string][]string{}}}
	for _, name := range flow.Order {
		if q := flow.States[name].Ask; q != nil && len(q.Options) > 0 {
			c.Preferences[q.Preference] = []string{q.Options[0].Value}
		}
	}
	return c
}
