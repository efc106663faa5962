package cli

import (
	"context"

	"optinbot/bot/desk"
)

// OperatorRemoveCmd is `operator remove`.
type OperatorRemoveCmd struct {
	Confirmed
	Name string `arg:"" help:"The operator."`
}

func (OperatorRemoveCmd) Example() string { return "optinbot operator remove rui" }

// Run asks, and takes the operator away.
func (c OperatorRemoveCmd) Run(ctx context.Context, a *App) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := a.ask(ctx, c.Confirmed, desk.RemovalQuestions(c.Name)); err != nil {
		return err
	}
	if err := d.RemoveOperator(ctx, c.Name); err != nil {
		return err
	}
	a.page().say("%s can no longer log in.", c.Name)
	return nil
}
