package cli

import (
	"context"

	"optinbot/bot/desk"
)

// OperatorAddCmd is `operator add`.
type OperatorAddCmd struct {
	AsJSON
	ForNumbers
	Name string    `arg:"" help:"How they log in: lower case letters, digits, dots, - and _."`
	Role desk.Role `help:"viewer, editor (also answers people and edits) or owner (also sends, erases, links, lets in)." default:"${usual_role}" enum:"${roles}"`
}

func (OperatorAddCmd) Example() string {
	return "optinbot operator add marta --role owner\noptinbot operator add rui --role editor --number outlet"
}

// Run adds the operator, and shows the link once.
func (c OperatorAddCmd) Run(ctx context.Context, a *App) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	link, err := d.AddOperator(ctx, c.Name, c.Role, c.Number)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, link)
	}
	printLink(a, link, d.ShopZone())
	return nil
}
