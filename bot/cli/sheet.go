package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// readSheet reads a file of rows, fromInput is standard input.
func (a *App) readSheet(ctx context.Context, d *desk.Desk, number, file string) (desk.Sheet, error) {
	if file == fromInput {
		return d.ReadSheet(ctx, number, "standard input", a.in)
	}
	f, err := os.Open(file)
	if err != nil {
		return desk.Sheet{}, err
	}
	defer f.Close()
	return d.ReadSheet(ctx, number, filepath.Base(file), f)
}

// printRefused prints the lines that were not taken, and where to go on after what ended it.
func printRefused(w io.Writer, r *desk.SheetReport, name string) {
	for _, line := range r.Refused {
		fmt.Fprintf(w, "  %s:%d: %s\n", name, line.Line, line.Reason)
	}
	if r.Left > 0 {
		fmt.Fprintf(w, "%s not come to: the same command again takes them; what is taken already stays as it is.\n",
			text.Plural(r.Left, "line was", "lines were"))
	}
}

// tellEvery is after how many rows standard error says how far it is.
const tellEvery = 10_000

// tell says how far a long file is.
func (a *App) tell(done, all int) {
	if done%tellEvery < desk.ACommit && done >= tellEvery {
		fmt.Fprintf(a.err, "%d of %d lines\n", done, all)
	}
}
