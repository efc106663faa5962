package cli

import (
	"context"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// BroadcastTemplateCmd is `broadcast template`.
type BroadcastTemplateCmd struct {
	Submit BroadcastTemplateSubmitCmd `cmd:"" help:"Hand in what WhatsApp does not have yet."`
	Status BroadcastTemplateStatusCmd `cmd:"" help:"Show what WhatsApp has."`
}

// BroadcastTemplateSubmitCmd is `broadcast template submit`.
type BroadcastTemplateSubmitCmd struct {
	ForNumber
	AsJSON
	Name string `arg:"" help:"The draft."`
}

func (BroadcastTemplateSubmitCmd) Example() string {
	return "optinbot broadcast template submit weekend-offer"
}

// Run hands the templates in.
func (c BroadcastTemplateSubmitCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	list, err := d.SubmitTemplates(ctx, n.Name, c.Name)
	if err != nil {
		return err
	}
	return printTemplates(a, list, c.JSON)
}

// BroadcastTemplateStatusCmd is `broadcast template status`.
type BroadcastTemplateStatusCmd struct {
	ForNumber
	AsJSON
	Name string `arg:"" help:"The draft."`
}

func (BroadcastTemplateStatusCmd) Example() string {
	return "optinbot broadcast template status weekend-offer"
}

// Run shows what WhatsApp has.
func (c BroadcastTemplateStatusCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	list, err := d.TemplateStatus(ctx, n.Name, c.Name)
	if err != nil {
		return err
	}
	return printTemplates(a, list, c.JSON)
}

func printTemplates(a *App, list desk.TemplateList, asJSON bool) error {
	if asJSON {
		return printJSON(a.out, list)
	}
	w := a.page()
	for _, t := range list.Templates {
		state := "ready"
		if !t.Ready {
			state = "not ready: " + text.Line(t.Why)
		}
		w.say("%s in %s, variant %d: %s", w.bold(t.Template), t.Code, t.Variant, state)
		if t.Reason != "" && t.Reason != "NONE" {
			w.below("  ", "WhatsApp says: %s", text.Line(t.Reason))
		}
	}
	if !list.Ready {
		w.say("\nIt can be scheduled when all of them are ready. WhatsApp looks at a template for minutes to a day.")
	}
	return nil
}
