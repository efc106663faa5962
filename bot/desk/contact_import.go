package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"optinbot/bot"
	"optinbot/flows"
	"optinbot/store"
)

// Bounds of what may be imported.
const (
	maxTag  = 40
	maxTags = 20
)

// ImportContacts takes names and tags of people who have written to a number. With undo it takes
// the tags of the sheet away, and the names that it gave. It is refused where the sheet has no such
// columns, and with a column about consent: people give that themselves. A line about somebody who
// has never written is refused in the report, and the others are taken. An error after some lines
// comes with the report of how far it is. It may be repeated: what is taken stays as it is.
func (d *Desk) ImportContacts(
	ctx context.Context, number string, s Sheet, undo bool, done rowsDone,
) (report *SheetReport, err error) {
	ctx, end, err := d.begin(ctx, ActImportContacts, number)
	if err != nil {
		return nil, err
	}
	defer func() { end(err) }()
	n, err := d.numberFor(ctx, number)
	if err != nil {
		return nil, err
	}
	country, err := d.country(ctx, n.Name)
	if err != nil {
		return nil, err
	}
	if len(s.Rows) == 0 {
		return nil, Refuse("%s is empty: its first line must name its columns", s.Name)
	}
	first := s.Rows[0]
	if first.Broken != "" {
		return nil, Refuse("%s:%d: %s", s.Name, first.Line, first.Broken)
	}
	columns, err := columnsOf(first.Fields)
	if err != nil {
		return nil, Refuse("%s:%d: %v", s.Name, first.Line, err)
	}
	i := &importing{Desk: d, number: n.Name, country: country, columns: columns, undo: undo, seen: map[int64]int{}}
	return i.all(ctx, s.Rows[1:], done)
}

// columnsOf reads the first line: where phone, name and tags are.
func columnsOf(head []string) (map[string]int, error) {
	columns := map[string]int{}
	for i, name := range head {
		if !utf8.ValidString(name) {
			return nil, errors.New(notUTF8)
		}
		name = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains([]string{"phone", "name", "tags"}, name) {
			return nil, fmt.Errorf("there is no column %q: only phone, name and tags can be imported, never consent: "+
				"people give that themselves", name)
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

// importing takes the lines of one file.
type importing struct {
	*Desk
	number, country string
	columns         map[string]int
	undo            bool
	seen            map[int64]int // in which line a contact was
}

// all takes the lines, many in a transaction.
func (i *importing) all(ctx context.Context, rows []SheetRow, done rowsDone) (*SheetReport, error) {
	report := &SheetReport{Lines: len(rows), Refused: []RefusedLine{}}
	for len(rows) > 0 {
		part := rows[:min(ACommit, len(rows))]
		acts, refused, err := i.part(ctx, part)
		if err == nil {
			err = i.Store.ActAll(partOf(ctx, len(part) == len(rows)), i.number, acts, i.Envs)
		}
		if err != nil {
			report.Left = len(rows)
			return report, err
		}
		report.Taken += len(acts)
		report.Refused = append(report.Refused, refused...)
		rows = rows[len(part):]
		done(report.Lines-len(rows), report.Lines)
	}
	return report, nil
}

// part reads some lines.
func (i *importing) part(ctx context.Context, rows []SheetRow) (acts []store.Acting, refused []RefusedLine, err error) {
	for _, row := range rows {
		act, why, err := i.line(ctx, row)
		if err != nil {
			return nil, nil, err
		}
		if why != "" {
			refused = append(refused, RefusedLine{row.Line, why})
			continue
		}
		acts = append(acts, act)
	}
	return acts, refused, nil
}

// line reads one line, or says why not.
func (i *importing) line(ctx context.Context, row SheetRow) (act store.Acting, refused string, err error) {
	if row.Broken != "" {
		return act, row.Broken, nil
	}
	get := func(column string) string {
		if at, ok := i.columns[column]; ok && at < len(row.Fields) {
			return strings.TrimSpace(row.Fields[at])
		}
		return ""
	}
	if len(row.Fields) > len(i.columns) {
		return act, fmt.Sprintf("it has %d fields, the first line %d: what separates fields needs quotes around the "+
			"field where it stands inside one", len(row.Fields), len(i.columns)), nil
	}
	name, tags := displayed(get("name")), tagsOf(get("tags"))
	phone, refused := phoneIn(row, i.columns["phone"], i.country)
	if refused == "" {
		refused = unfit(name, tags)
	}
	if refused != "" {
		return act, refused, nil
	}
	contact, err := i.Store.Contact(ctx, i.number, phone)
	if err != nil {
		return act, "", err
	}
	if contact == nil {
		return act, "they have never written to this number: people are not imported, they write first", nil
	}
	if before := i.seen[contact.ID]; before != 0 {
		return act, fmt.Sprintf("the same person stands in line %d", before), nil
	}
	i.seen[contact.ID] = row.Line
	return store.Acting{Contact: contact.ID, Act: func(e bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
		if i.undo {
			return bot.RevertProfile(e, c, name, tags)
		}
		return bot.SetProfile(e, c, name, tags)
	}}, "", nil
}

// tagsOf are the tags of a field, as they are kept: see flows.Tag.
func tagsOf(field string) (tags []string) {
	for _, tag := range strings.FieldsFunc(field, func(r rune) bool { return r == ';' || r == ',' }) {
		if tag = flows.Tag(tag); tag != "" && !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	return tags
}

const notUTF8 = `the file is not UTF-8: save it as "CSV UTF-8"`

// displayed is a name without the marks of direction that it is copied with, and with its letters
// in one piece.
func displayed(name string) string {
	return norm.NFC.String(strings.TrimFunc(name, func(r rune) bool {
		return unicode.IsSpace(r) ||
			unicode.Is(unicode.Bidi_Control, r) || r == '\ufeff'
	}))
}

// unfit says what is wrong with a name or tags.
func unfit(name string, tags []string) string {
	for _, s := range append([]string{name}, tags...) {
		if !utf8.ValidString(s) {
			return notUTF8
		}
		if what := unseen(s); what != "" {
			return what
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

// unseen names the first character of a text that nobody sees and no script or emoji needs, and
// where it stands. "" if there is none.
func unseen(s string) string {
	before := '\x00'
	for at, r := range s {
		switch {
		case r == '\n' || r == '\r':
			return fmt.Sprintf("there is a line break after %q: the field has two lines, or a quote is not closed",
				endOf(s[:at]))
		case r == '\ufffd':
			return fmt.Sprintf("a character after %q was lost when the file was saved: save it again as \"CSV UTF-8\"",
				endOf(s[:at]))
		case joiner(r) && before != 0 && !unicode.IsSpace(before): // Sinhala, Persian, families of emoji
		case flagTag(r) && (before == blackFlag || flagTag(before)):
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return fmt.Sprintf("there is a character that nobody sees after %q: %s; delete it", endOf(s[:at]),
				nameOf(r))
		}
		before = r
	}
	return ""
}

// nameOf is what Unicode calls a character that nobody sees, as far as such are met in names.
func nameOf(r rune) string {
	names := map[rune]string{
		'\t': "a tab", '\u00ad': "a soft hyphen", '\u200b': "a zero width space", '\u200c': "a zero width non-joiner", '\u200d': "a zero width joiner",
		'\u200e': "a left-to-right mark", '\u200f': "a right-to-left mark", '\u202e': "a right-to-left override", '\u2060': "a word joiner", '\ufeff': "a byte order mark",
	}
	if name, ok := names[r]; ok {
		return fmt.Sprintf("%s (U+%04X)", name, r)
	}
	return fmt.Sprintf("U+%04X", r)
}

// blackFlag begins the flags of England, Scotland and Wales, whose letters nobody sees.
const blackFlag = '\U0001F3F4'

func flagTag(r rune) bool { return r >= '\U000E0020' && r <= '\U000E007F' }

func joiner(r rune) bool { return r == '\u200d' || r == '\u200c' }

// endOf is the end of a text, to find a place by.
func endOf(s string) string {
	runes := []rune(s)
	return string(runes[max(0, len(runes)-20):])
}
