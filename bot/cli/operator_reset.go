package cli

import "context"

// OperatorResetCmd is `operator reset`.
type OperatorResetCmd struct {
	AsJSON
	Name string `arg:"" help:"The operator."`
}

func (OperatorResetCmd) Example() string { return "optinbot operator reset marta" }

// Run takes password, authenticator and sessions away, and shows another link once.
func (c OperatorResetCmd) Run(ctx context.Context, a *App) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	link, err := d.ResetOperator(ctx, c.Name)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, link)
	}
	printLink(a, link, d.ShopZone())
	return nil
}
