package cli

import (
	"context"
	"fmt"
	"strings"

	"optinbot/bot/desk"
	"optinbot/bot/play"
	"optinbot/bot/text"
)

// FlowTestCmd is `flow test`.
type FlowTestCmd struct {
	AsJSON
	Files  []string `arg:"" optional:"" help:"Conversations to play (default: tests/*.chat in the folder of flows)." type:"path"`
	Only   string   `help:"Only conversations whose title contains this." placeholder:"TEXT"`
	Update bool     `help:"Write what the bot says now into the files: read the difference before you keep it."`
}

func (FlowTestCmd) Example() string {
	return "optinbot flow test\noptinbot flow test --only stop\noptinbot flow test --update"
}

// Run plays the conversations. Exit code 1 when one is not as expected.
func (c FlowTestCmd) Run(ctx context.Context, a *App) error {
	o := a.options()
	files, err := play.ReadConversations(o, c.Files)
	if err != nil {
		return err
	}
	results, covered, err := play.Test(ctx, o, files, c.Only)
	if err != nil {
		return err
	}
	failed := play.Failed(results)
	if c.Update {
		return c.update(a, files, failed)
	}
	if c.JSON {
		err = printJSON(a.out, results)
	} else {
		printTested(a, results, failed)
		if c.Only == "" {
			for _, says := range covered {
				fmt.Fprintln(a.out, says)
			}
		}
	}
	if err == nil && failed > 0 {
		return errSilent
	}
	return err
}

func printTested(a *App, results []desk.TestResult, failed int) {
	paint := a.paint()
	for _, r := range results {
		if !r.Passed {
			fmt.Fprintf(a.out, "%s %s\n%s\n\n", paint.red("FAILED"), text.Line(r.Title),
				text.Lines(strings.Join(r.Failures, "\n")))
		}
	}
	fmt.Fprintf(a.out, "%s played", text.Plural(len(results), "conversation", "conversations"))
	if failed > 0 {
		fmt.Fprintf(a.out, ", %d not as expected. `optinbot flow test --update` writes what the bot says now into "+
			"the files.\n", failed)
	} else {
		fmt.Fprintln(a.out, ", all as expected.")
	}
}

// update writes what came of the steps into the files.
func (c FlowTestCmd) update(a *App, files []play.File, failed int) error {
	written, err := play.Update(files)
	for _, name := range written {
		fmt.Fprintf(a.out, "%s written\n", name)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s differed.\n", text.Plural(failed, "conversation", "conversations"))
	return nil
}
