package cli

import (
	"context"

	"optinbot/bot"
	"optinbot/bot/cloud"
	"optinbot/bot/config"
)

// templateOffice is where a number's templates are handed in and looked up. Each call opens and closes
// its own way to Meta, so that it works beside `run`.
type templateOffice struct{ open func() (*cloud.Client, error) }

// openTemplateManager is the desk's way to a number's templates.
func (a *App) openTemplateManager(n config.Number) (bot.TemplateManager, error) {
	secrets, err := a.config.CloudSecrets(n)
	if err != nil {
		return nil, err
	}
	return templateOffice{func() (*cloud.Client, error) { return cloud.Open(a.cloudOptions(n, secrets)) }}, nil
}

func (o templateOffice) Submit(ctx context.Context, d bot.TemplateDraft) (id, status string, err error) {
	client, err := o.open()
	if err != nil {
		return "", "", err
	}
	defer client.Close()
	return client.Submit(ctx, d)
}

func (o templateOffice) Templates(ctx context.Context, name string) ([]bot.SeenTemplate, error) {
	client, err := o.open()
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return client.Templates(ctx, name)
}

// heardOfTemplates asks for a template again of which Meta has told something.
func (l *cloudNumbers) heardOfTemplates(number string) func(context.Context, cloud.TemplateEvent) {
	return func(ctx context.Context, e cloud.TemplateEvent) {
		if err := l.desk.HearTemplate(ctx, number, e.Name); err != nil {
			l.app.log.Warn("a template has changed and could not be asked for", "number", number, "error", err,
				"next", "optinbot broadcast template status NAME")
		}
	}
}
