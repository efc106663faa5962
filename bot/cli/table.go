package cli

import (
	"io"
	"slices"
	"strings"

	"optinbot/bot/text"
)

// A column of a table says what may happen to it where the terminal has no room for all of them.
type column struct {
	head  string
	least int // how narrow it may become. 0: it is never cut
	gives int // the column with the most gives its place up first. 0: it stays
}

// columnGap is between two columns.
const columnGap = 2

// table prints rows in columns. The first row is the heading. Each cell is one line, whatever is in
// it.
func table(w io.Writer, rows [][]string) error {
	columns := make([]column, len(rows[0]))
	for i, head := range rows[0] {
		columns[i].head = head
	}
	return (&page{Writer: w}).table(columns, rows[1:])
}

// table prints rows in columns below a heading. In a pipe every cell is whole. On a terminal cells
// are cut and columns left out, as far as it takes to have each row on one line.
func (p *page) table(columns []column, rows [][]string) error {
	t := &fitting{columns: columns}
	for i, c := range columns {
		t.shown = append(t.shown, i)
		t.natural = append(t.natural, text.Columns(c.head))
	}
	for _, r := range rows {
		for i := range r {
			r[i] = text.Line(r[i])
			t.natural[i] = max(t.natural[i], text.Columns(r[i]))
		}
	}
	t.widths = slices.Clone(t.natural)
	if p.columns > 0 {
		t.fit(p.columns)
	}
	var b strings.Builder
	t.row(&b, func(i int) string { return columns[i].head })
	for _, r := range rows {
		t.row(&b, func(i int) string { return r[i] })
	}
	_, err := io.WriteString(p, b.String())
	return err
}

// fitting is a table that is being fitted into a terminal.
type fitting struct {
	columns []column
	natural []int // as wide as the widest cell
	widths  []int
	shown   []int // which columns are left
}

// fit cuts and leaves out what does not fit into so many columns of the terminal.
func (t *fitting) fit(columns int) {
	for {
		over := (len(t.shown) - 1) * columnGap
		for _, i := range t.shown {
			over += t.widths[i]
		}
		if over -= columns; over <= 0 || !t.cut(over) && !t.leaveOut() {
			return
		}
	}
}

// cut makes the columns that may be cut narrower, the widest first, and reports whether that was
// enough.
func (t *fitting) cut(over int) bool {
	for ; over > 0; over-- {
		widest := -1
		for _, i := range t.shown {
			if least := t.columns[i].least; least > 0 && t.widths[i] > least &&
				(widest < 0 || t.widths[i] > t.widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return false
		}
		t.widths[widest]--
	}
	return true
}

// leaveOut leaves a column out, and reports whether there was one. The others have as much room as
// they like again.
func (t *fitting) leaveOut() bool {
	first := -1
	for _, i := range t.shown {
		if t.columns[i].gives > 0 && (first < 0 || t.columns[i].gives > t.columns[first].gives) {
			first = i
		}
	}
	if first < 0 {
		return false
	}
	t.shown = slices.DeleteFunc(t.shown, func(i int) bool { return i == first })
	t.widths = slices.Clone(t.natural)
	return true
}

// row writes the cells of one row.
func (t *fitting) row(b *strings.Builder, cell func(column int) string) {
	line := ""
	for n, i := range t.shown {
		shown := text.Fit(cell(i), t.widths[i])
		if line += shown; n < len(t.shown)-1 {
			line += strings.Repeat(" ", t.widths[i]-text.Columns(shown)+columnGap)
		}
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
}
