package cli

import (
	"context"

	"optinbot/bot/config"
	"optinbot/bot/demo"
	"optinbot/bot/text"
)

// DemoCmd is `demo`.
type DemoCmd struct {
	Fast bool `help:"Print everything at once, as into a pipe."`
}

func (DemoCmd) Example() string { return "optinbot demo\noptinbot demo --fast | less" }

// Run shows a day of a shop, on a terminal at reading pace.
func (c DemoCmd) Run(ctx context.Context, a *App) (err error) {
	if a.config, err = config.Default(a.defaults); err != nil { // whatever lies in this folder
		return err
	}
	o := demo.Options{Desk: a.options(), Out: a.out, Paint: text.Paint(a.paint()), Table: table}
	if !c.Fast && terminal(a.out) {
		o.Pace = &demo.Pace{Rest: a.rest, Replace: a.live}
	}
	return demo.Play(ctx, o)
}
