package desk

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"optinbot/flows"
)

// Bounds of a file of rows.
const (
	mostSheet    = 256 << 20 // bytes
	mostRowLines = 50        // of one row, which has line breaks in its fields
)

// ReadSheet reads a file of rows, as spreadsheets and other tools save it. Messages call it name. A
// phone of the number's country tells where a row begins. It refuses a file that is too large, and
// changes nothing.
func (d *Desk) ReadSheet(ctx context.Context, number, name string, in io.Reader) (Sheet, error) {
	country, err := d.country(ctx, number)
	if err != nil {
		return Sheet{}, err
	}
	return sheetFrom(in, name, phonesOfCountry(country))
}

// sheetFrom reads rows. Messages call them name.
func sheetFrom(in io.Reader, name string, isPhone func(string) bool) (Sheet, error) {
	// Who begins a file with a byte order mark tells its encoding by it.
	decoded := transform.NewReader(in, unicode.BOMOverride(encoding.Nop.NewDecoder()))
	all, err := io.ReadAll(io.LimitReader(decoded, mostSheet+1))
	if err != nil {
		return Sheet{}, fmt.Errorf("read %s: %w", name, err)
	}
	if len(all) > mostSheet {
		return Sheet{}, Refuse("%s is larger than %d MB; split it", name, mostSheet>>20)
	}
	return Sheet{Name: name, Rows: sheetOf(string(all), isPhone)}, nil
}

// excelHint begins a line in which Excel is told what separates the columns.
const excelHint = "sep="

// sheetOf splits a text into rows. A row that is no CSV is one that is broken, and the next line is
// the next row: one stray quote must not swallow the rows after it. Rows without a word are left
// out.
func sheetOf(text string, isPhone func(string) bool) (rows []SheetRow) {
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
func (s *sheetReader) next() SheetRow {
	row := SheetRow{Line: s.at + 1}
	text := ""
	for n := 0; n < mostRowLines && s.at+n < len(s.lines); n++ {
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
