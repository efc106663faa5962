package cli

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"optinbot/bot/desk"
	"optinbot/bot/text"
	"optinbot/flows"
)

// Bounds of a file of rows.
const (
	mostSheet = 256 << 20 // bytes
	mostLines = 50        // of one row, which has line breaks in its fields
)

// readSheet reads a file of rows, fromInput is standard input. A phone of the number's country
// tells where a row begins.
func (a *App) readSheet(ctx context.Context, d *desk.Desk, number, file string) (desk.Sheet, error) {
	isPhone, err := d.PhoneReader(ctx, number)
	if err != nil {
		return desk.Sheet{}, err
	}
	if file == fromInput {
		return sheetFrom(a.in, "standard input", isPhone)
	}
	f, err := os.Open(file)
	if err != nil {
		return desk.Sheet{}, err
	}
	defer f.Close()
	return sheetFrom(f, filepath.Base(file), isPhone)
}

// sheetFrom reads rows. Messages call them name.
func sheetFrom(in io.Reader, name string, isPhone func(string) bool) (desk.Sheet, error) {
	// Who begins a file with a byte order mark tells its encoding by it.
	decoded := transform.NewReader(in, unicode.BOMOverride(encoding.Nop.NewDecoder()))
	all, err := io.ReadAll(io.LimitReader(decoded, mostSheet+1))
	if err != nil {
		return desk.Sheet{}, fmt.Errorf("read %s: %w", name, err)
	}
	if len(all) > mostSheet {
		return desk.Sheet{}, desk.Refuse("%s is larger than %d MB; split it", name, mostSheet>>20)
	}
	return desk.Sheet{Name: name, Rows: sheetOf(string(all), isPhone)}, nil
}

// excelHint begins a line in which Excel is told what separates the columns.
const excelHint = "sep="

// sheetOf splits a text into rows. A row that is no CSV is one that is broken, and the next line is
// the next row: one stray quote must not swallow the rows after it. Rows without a word are left
// out.
func sheetOf(text string, isPhone func(string) bool) (rows []desk.SheetRow) {
	if !strings.Contains(text, "\n") {
		text = strings.ReplaceAll(text, "\r", "\n") // as the first Macs wrote
	}
	s := sheetReader{lines: strings.Split(text, "\n"), isPhone: isPhone}
	hint := strings.ToLower(strings.Trim(strings.TrimSpace(s.lines[0]), `"`))
	if strings.HasPrefix(hint, excelHint) {
		s.at++
	}
	if s.at < len(s.lines) {
		s.separator = separatorOf(s.lines[s.at])
	}
	if named := strings.TrimPrefix(hint, excelHint); s.at > 0 && len(named) == 1 && strings.Contains(",;\t|", named) {
		s.separator = rune(named[0])
	}
	for s.at < len(s.lines) {
		row := s.next()
		if row.Fields = filled(row.Fields); len(row.Fields) > 0 || row.Broken != "" {
			if s.columns == 0 {
				s.columns = len(row.Fields)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

type sheetReader struct {
	lines     []string
	at        int // the next of lines
	separator rune
	columns   int // of the first row. 0: not known yet
	isPhone   func(string) bool
}

// next reads one row. It may have line breaks in it, where what begins on the next lines is no row
// of its own.
func (s *sheetReader) next() desk.SheetRow {
	row := desk.SheetRow{Line: s.at + 1}
	text := ""
	for n := 0; n < mostLines && s.at+n < len(s.lines); n++ {
		line := s.lines[s.at+n]
		if n > 0 && s.beginsRow(line) {
			break
		}
		text += line + "\n"
		fields, err := s.parse(text)
		if n > 0 && err == nil && len(filled(fields)) > max(s.columns, 1) {
			break
		}
		if err == nil {
			row.Fields, row.Broken = fields, ""
			s.at += n + 1
			return row
		}
		row.Broken = "not CSV: a quote is opened in this line and not closed"
		if strings.Count(text, `"`)%2 == 0 {
			row.Broken = "not CSV: there is a quote inside a field; quotes belong around the whole field, and are " +
				"written twice inside it"
			break
		}
	}
	row.Fields = strings.Split(s.lines[s.at], string(s.separator))
	s.at++
	return row
}

// calculated is ="…", by which a spreadsheet is kept from reading digits as a number.
var calculated = flows.Pattern(`(^|[,;\t|])="([^"]*)"`)

// parse reads text as one row.
func (s *sheetReader) parse(text string) ([]string, error) {
	r := csv.NewReader(strings.NewReader(calculated().ReplaceAllString(text, `$1"$2"`)))
	r.FieldsPerRecord, r.TrimLeadingSpace, r.Comma = -1, s.separator != '\t', s.separator
	fields, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil // an empty line
	}
	return fields, err
}

// beginsRow reports whether a line has a phone in a field of its own.
func (s *sheetReader) beginsRow(line string) bool {
	for _, field := range strings.Split(line, string(s.separator)) {
		if s.isPhone(strings.Trim(strings.TrimSpace(field), `"`)) {
			return true
		}
	}
	return false
}

// separatorOf is what stands between the columns: a spreadsheet saves semicolons where a comma is
// the decimal point, or tabs.
func separatorOf(line string) rune {
	quoted := false
	for _, r := range line {
		switch {
		case r == '"':
			quoted = !quoted
		case !quoted && strings.ContainsRune(",;\t|", r):
			return r
		}
	}
	return ','
}

// filled is a row without the empty fields at its end, which spreadsheets save where something once
// stood.
func filled(row []string) []string {
	for len(row) > 0 && strings.TrimSpace(row[len(row)-1]) == "" {
		row = row[:len(row)-1]
	}
	return row
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
