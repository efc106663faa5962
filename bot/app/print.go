package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"optinbot/bot/text"
)

// printJSON prints v for programs.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(text.JSON(w))
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// table prints rows in columns; the first row is the heading. Each cell is one line, whatever is in it.
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

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n  ")
}

// when shows a moment in a zone, for people; "-" for none.
func when(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(zone).Format("2006-01-02 15:04 MST")
}

// people is a number of people in words.
func people(n int) string { return plural(n, "person", "people") }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// told adds to how a verb ended that its answer did not come out whole: most of the answer is printed without a look at the error, and a
// cut proof of consent must not pass for a whole one.
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
