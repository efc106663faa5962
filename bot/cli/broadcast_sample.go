package cli

import (
	"context"

	"optinbot/bot/text"
)

// BroadcastTestCmd is `broadcast test`.
type BroadcastTestCmd struct {
	ForNumber
	Name     string `arg:"" help:"The draft."`
	Language string `help:"Only in this language (default: each of the flow's)." placeholder:"LANG"`
	All      bool   `help:"Every variant (default: one in each language)."`
}

func (BroadcastTestCmd) Example() string {
	return "optinbot broadcast test weekend-offer\noptinbot broadcast test weekend-offer --language pt --all"
}

// Run lets the running bot write the draft's texts to the number's own chat, "Message yourself".
func (c BroadcastTestCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	sent, err := d.SendSamples(ctx, n.Name, c.Name, c.Language, c.All)
	if err != nil {
		return err
	}
	a.page().say("%s will come to the number's own chat, \"Message yourself\", while `optinbot run` runs.",
		text.Plural(sent.Texts, "text", "texts"))
	if sent.Media != "" {
		a.page().say("The %s is not sent with them.", sent.Media)
	}
	return nil
}
