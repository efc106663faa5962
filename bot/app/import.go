package app

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"optinbot/bot"
)

// ContactsImportCmd is `contacts import`.
type ContactsImportCmd struct {
	ForNumber
	AsJSON
	File string `arg:"" help:"A CSV file, as spreadsheets save it, whose first line names its columns: phone, and name or tags (several in one field, separated by ; or a comma)." type:"existingfile"`
}

// Example is shown by --help.
func (ContactsImportCmd) Example() string {
	return "optinbot contacts import customers.csv\n\n  phone,name,tags\n  +5511900000001,Ana Souza,vip;bakery"
}

// imported is the report.
type imported struct {
	Taken   int           `json:"taken"`
	Refused []refusedLine `json:"refused"`
}

type refusedLine struct {
	Line   int    `json:"line"`
	Reason string `json:"reason"`
}

// Bounds of what may be imported.
const (
	maxTag  = 40
	maxTags = 20
)

// Run imports names and tags of people who have written to the number; a line about anybody else is refused, and so is any column
// about consent. What a line says of somebody is one transaction.
func (c ContactsImportCmd) Run(a *App) error {
	h, n, err := a.openNumber(c.Number)
	if err != nil {
		return err
	}
	defer h.close()
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	text := bufio.NewReader(f)
	rows := csv.NewReader(text)
	rows.FieldsPerRecord, rows.TrimLeadingSpace, rows.Comma = -1, true, separatorOf(text)
	head, err := rows.Read()
	if err == nil && head[0] == excelHint {
		head, err = rows.Read()
	}
	if errors.Is(err, io.EOF) {
		return refuse("%s is empty: its first line must name its columns", filepath.Base(c.File))
	}
	if err != nil {
		return refuse("%s has no first line with the names of its columns: %v", filepath.Base(c.File), err)
	}
	columns, err := columnsOf(filled(head))
	if err != nil {
		line, _ := rows.FieldPos(0)
		return refuse("%s:%d: %v", filepath.Base(c.File), line, err)
	}
	report, err := c.lines(h, n, rows, columns)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, report)
	}
	fmt.Fprintf(a.out, "%s taken, %d refused.\n", plural(report.Taken, "line", "lines"), len(report.Refused))
	for _, r := range report.Refused {
		fmt.Fprintf(a.out, "  %s:%d: %s\n", filepath.Base(c.File), r.Line, r.Reason)
	}
	return nil
}

// excelHint begins a line in which Excel is told what separates the columns; what follows shows it anyway.
const excelHint = "sep="

// separatorOf is what stands between the columns: a spreadsheet saves semicolons where a comma is the decimal point, or tabs.
func separatorOf(text *bufio.Reader) rune {
	const head = 200 // bytes; the names of three columns are shorter
	start, _ := text.Peek(head)
	for _, b := range start {
		switch b {
		case ',', ';', '\t':
			return rune(b)
		case '\n':
			return ','
		}
	}
	return ','
}

// filled is a row without the empty fields at its end, which spreadsheets save where something once stood.
func filled(row []string) []string {
	for len(row) > 0 && strings.TrimSpace(row[len(row)-1]) == "" {
		row = row[:len(row)-1]
	}
	return row
}

// columnsOf reads the first line: where phone, name and tags are.
func columnsOf(head []string) (map[string]int, error) {
	columns := map[string]int{}
	for i, name := range head {
		if !utf8.ValidString(name) {
			return nil, errors.New(notUTF8)
		}
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))
		if !slices.Contains([]string{"phone", "name", "tags"}, name) {
			return nil, fmt.Errorf("there is no column %q: only phone, name and tags can be imported, never consent: people give that themselves", name)
		}
		if _, twice := columns[name]; twice {
			return nil, fmt.Errorf("there are two columns %q", name)
		}
		columns[name] = i
	}
	if _, ok := columns["phone"]; !ok || len(columns) < 2 {
		return nil, errors.New("the columns must be phone, and name or tags")
	}
	return columns, nil
}

func (c ContactsImportCmd) lines(h *house, n NumberConfig, rows *csv.Reader, columns map[string]int) (imported, error) {
	report, seen := imported{Refused: []refusedLine{}}, map[int64]int{}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return report, nil
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			report.Refused = append(report.Refused, refusedLine{broken.Line, "not CSV: " + broken.Err.Error()})
			continue
		}
		if err != nil {
			return report, err
		}
		line, _ := rows.FieldPos(0)
		if row = filled(row); len(row) == 0 {
			continue
		}
		why, err := c.line(h, n, row, columns, line, seen)
		if err != nil {
			return report, err
		}
		if why != "" {
			report.Refused = append(report.Refused, refusedLine{line, why})
			continue
		}
		report.Taken++
	}
}

// line takes one line, or says why not.
func (c ContactsImportCmd) line(h *house, n NumberConfig, row []string, columns map[string]int, line int, seen map[int64]int) (refused string, err error) {
	get := func(column string) string {
		if i, ok := columns[column]; ok && i < len(row) {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	if len(row) > len(columns) {
		return fmt.Sprintf("it has %d fields, the first line %d: what separates fields needs quotes around the field where it stands inside one", len(row), len(columns)), nil
	}
	phone, ok := bot.ParsePhone(get("phone"))
	if !ok {
		return "this is not a phone with its country code, such as +5511900000001", nil
	}
	name, tags, refused := get("name"), tagsOf(get("tags")), ""
	if refused = unfit(name, tags); refused != "" {
		return refused, nil
	}
	contact, err := h.store.Contact(h.app.ctx, n.Name, phone)
	if err != nil {
		return "", err
	}
	if contact == nil {
		return "they have never written to this number: people are not imported, they write first", nil
	}
	if before := seen[contact.ID]; before != 0 {
		return fmt.Sprintf("the same person stands in line %d", before), nil
	}
	seen[contact.ID] = line
	_, err = h.act(contact, func(e bot.Env, b bot.Contact) (bot.Contact, []bot.Effect, error) {
		return bot.Introduce(e, b, name, tags)
	})
	return "", err
}

func tagsOf(field string) (tags []string) {
	for _, tag := range strings.FieldsFunc(field, func(r rune) bool { return r == ';' || r == ',' }) {
		if tag = strings.ToLower(strings.TrimSpace(tag)); tag != "" && !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	return tags
}

const notUTF8 = `the file is not UTF-8: save it as "CSV UTF-8"`

// unfit says what is wrong with a name or tags.
func unfit(name string, tags []string) string {
	for _, s := range append([]string{name}, tags...) {
		if !utf8.ValidString(s) {
			return notUTF8
		}
		if strings.IndexFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\ufffd' }) >= 0 {
			return "there are characters in it that nobody sees"
		}
	}
	switch {
	case len([]rune(name)) > 60:
		return "the name is longer than 60 characters"
	case len(tags) > maxTags:
		return fmt.Sprintf("more than %d tags", maxTags)
	case slices.ContainsFunc(tags, func(t string) bool { return len([]rune(t)) > maxTag }):
		return fmt.Sprintf("a tag is longer than %d characters", maxTag)
	}
	return ""
}
