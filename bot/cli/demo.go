package cli

import (
	"context"

	"optinbot/bot/config"
	"optinbot/bot/demo"
	"optinbot/bot/text"
)

// DemoCmd is `demo`.
type DemoCmd struct {
	Fast bool `help:"Print everything at once, as into a pipe." xor:"how"`
	Web  bool `help:"Serve the page of a shop whose crowd lives on, and print a link that logs in." xor:"how,wire"`

	Cloud bool `help:"Play it on Meta's Cloud API, at a Meta in this process." xor:"wire"`
}

func (DemoCmd) Example() string {
	return "optinbot demo\noptinbot demo --fast | less\noptinbot demo --web\noptinbot demo --cloud"
}

// Run shows a day of a shop, on a terminal at reading pace, or the page of one that goes on.
func (c DemoCmd) Run(ctx context.Context, a *App) (err error) {
	if c.Web {
		return a.demoOnThePage(ctx)
	}
	if a.config, err = config.Default(a.defaults); err != nil { // whatever lies in this folder
		return err
	}
	o := demo.Options{Desk: a.options(), Out: a.out, Cloud: c.Cloud, Paint: text.Paint(a.paint()), Table: table}
	if !c.Fast && terminal(a.out) {
		o.Pace = &demo.Pace{Rest: a.rest, Replace: a.live}
	}
	return demo.Play(ctx, o)
}
