package cli

import "optinbot/flows"

// FlowSchemaCmd is `flow schema`.
type FlowSchemaCmd struct {
	Broadcast bool `help:"Of a broadcast instead of a flow."`
}

func (FlowSchemaCmd) Example() string {
	return "optinbot flow schema > flows/flow.schema.json\n" +
		"optinbot flow schema --broadcast > flows/broadcasts/broadcast.schema.json"
}

// Run prints the schema. The first line of a file tells the editor where it lies: #
// yaml-language-server: $schema=flow.schema.json
func (c FlowSchemaCmd) Run(a *App) error {
	text := flows.FlowSchema()
	if c.Broadcast {
		text = flows.BroadcastSchema()
	}
	_, err := a.out.Write(text)
	return err
}
