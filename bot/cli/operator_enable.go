package cli

import "context"

// OperatorEnableCmd is `operator enable`.
type OperatorEnableCmd struct {
	Name string `arg:"" help:"The operator."`
}

func (OperatorEnableCmd) Example() string { return "optinbot operator enable marta" }

// Run lets the operator in again.
func (c OperatorEnableCmd) Run(ctx context.Context, a *App) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.EnableOperator(ctx, c.Name); err != nil {
		return err
	}
	a.page().say("%s may log in again, with the password of the backup. If that may be known to others: `optinbot operator reset %s`.", c.Name, c.Name)
	return nil
}
