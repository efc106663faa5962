package cli

import (
	"context"

	"optinbot/bot/desk"
)

// OperatorRoleCmd is `operator role`.
type OperatorRoleCmd struct {
	ForNumbers
	All  bool      `name:"all-numbers" help:"On all numbers (default: as it was)."`
	Name string    `arg:"" help:"The operator."`
	Role desk.Role `arg:"" help:"viewer, editor or owner." enum:"${roles}"`
}

func (OperatorRoleCmd) Example() string {
	return "optinbot operator role rui owner\noptinbot operator role rui editor --number outlet"
}

// Run changes what the operator may do from now on.
func (c OperatorRoleCmd) Run(ctx context.Context, a *App) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	numbers := c.Number
	switch {
	case c.All && len(numbers) > 0:
		return desk.Refuse("--number and --all-numbers exclude each other")
	case c.All:
		numbers = []string{}
	}
	if err := d.SetOperatorRole(ctx, c.Name, c.Role, numbers); err != nil {
		return err
	}
	a.page().say("%s is %s now.", c.Name, c.Role)
	return nil
}
