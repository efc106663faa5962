package cli

// FlowCmd is `flow`.
type FlowCmd struct {
	Check    FlowCheckCmd    `cmd:"" help:"Check flows and broadcasts: every problem at once, with its place and what to do."`
	Test     FlowTestCmd     `cmd:"" help:"Play the conversations beside the flow and compare what the bot says."`
	Explain  FlowExplainCmd  `cmd:"" help:"Explain what can happen in a state."`
	Graph    FlowGraphCmd    `cmd:"" help:"Draw a flow."`
	Reload   FlowReloadCmd   `cmd:"" help:"Make the running bot take an edit now, or show what would change."`
	Versions FlowVersionsCmd `cmd:"" help:"List the versions that a number has run with."`
	Rollback FlowRollbackCmd `cmd:"" help:"Write an earlier version back into the file."`
	Schema   FlowSchemaCmd   `cmd:"" help:"Print the JSON Schema by which editors complete and explain the keys."`
	Diff     FlowDiffCmd     `cmd:"" help:"Show in words how two versions of a flow differ."`
}
