package app

import (
	"context"
	"fmt"
	"slices"

	"optinbot/bot"
	"optinbot/bot/text"
	"optinbot/flows"
)

// BroadcastTestCmd is `broadcast test`.
type BroadcastTestCmd struct {
	ForNumber
	Name     string `arg:"" help:"The draft."`
	Language string `help:"Only in this language (default: each of the flow's)." placeholder:"LANG"`
	All      bool   `help:"Every variant (default: one in each language)."`
}

// Example is shown by --help.
func (BroadcastTestCmd) Example() string {
	return "optinbot broadcast test weekend-offer\noptinbot broadcast test weekend-offer --language pt --all"
}

// Run lets the running bot write the draft's texts to the number's own chat, "Message yourself", as people would read them. They are no
// deliveries: nothing counts.
func (c BroadcastTestCmd) Run(ctx context.Context, a *App) error {
	h, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer h.close()
	flow := h.machine(n.Name).Flow
	draft, err := a.files().draft(ctx, c.Name, flow)
	if err != nil {
		return err
	}
	languages := flow.Languages
	if c.Language != "" {
		if !slices.Contains(languages, c.Language) {
			return refuse("flow %s does not speak %q", flow.Name, c.Language)
		}
		languages = []string{c.Language}
	}
	count := 0
	for _, language := range languages {
		for _, text := range tryouts(flow, draft, language, c.All) {
			if err := h.store.Notify(ctx, n.Name, bot.NoticeTest, text, a.now()); err != nil {
				return err
			}
			count++
		}
	}
	fmt.Fprintf(a.out, "%s will come to the number's own chat, \"Message yourself\", while `optinbot run` runs.\n", text.Plural(count, "text", "texts"))
	if draft.Media != nil {
		fmt.Fprintf(a.out, "The %s is not sent with them.\n", draft.Media.Kind)
	}
	return nil
}

// tryouts are a draft's texts in a language, as somebody reads them who has a name and gave the first answer to every question; marked as a
// test. The contact's ID decides the variant, so a few of them meet every one.
func tryouts(flow *flows.Flow, draft *flows.Broadcast, language string, all bool) (texts []string) {
	variants := len(draft.Text.In(language, flow.Languages))
	c := bot.Contact{Language: language, Name: "Ana Souza", Dialogue: bot.Dialogue{Preferences: map[string][]string{}}}
	for _, name := range flow.Order {
		if q := flow.States[name].Ask; q != nil && len(q.Options) > 0 {
			c.Preferences[q.Preference] = []string{q.Options[0].Value}
		}
	}
	for id := range variants {
		if c.ID = int64(id); id > 0 && !all {
			break
		}
		p := bot.RenderPromotion(flow, draft, &c)
		texts = append(texts, fmt.Sprintf("TEST of %s, %s, variant %d of %d. Nobody else gets this.\n\n%s", draft.Name, language, p.Variant, variants, p.Text))
	}
	return texts
}
