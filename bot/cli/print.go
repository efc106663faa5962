package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"optinbot/bot/text"
)

// printJSON prints v for programs.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(text.JSON(w))
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// table prints rows in columns; the first row is the heading. Each cell is one line, whatever is in
// it.
func table(w io.Writer, rows [][]string) error {
	widths := make([]int, len(rows[0]))
	for _, r := range rows {
		for i := range r {
			r[i] = text.Line(r[i])
			widths[i] = max(widths[i], text.Columns(r[i]))
		}
	}
	var b strings.Builder
	for _, r := range rows {
		for i, cell := range r {
			b.WriteString(cell)
			if i < len(r)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-text.Columns(cell)+2))
			}
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// told adds to how a verb ended that its answer did not come out whole: most of the answer is
// printed without a look at the error, and a cut proof of consent must not pass for a whole one.
func (a *App) told(err error) error {
	s, ok := a.out.(*text.Screen)
	if !ok || s.Failed == nil {
		return err
	}
	untold := fmt.Errorf("standard output cannot be written: %w. What has come out is not whole", s.Failed)
	if err == nil || errors.Is(err, errSilent) || errors.Is(err, s.Failed) {
		return untold
	}
	return errors.Join(err, untold)
}
