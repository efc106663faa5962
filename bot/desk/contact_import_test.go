package desk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk"
)

// sheet is a file of rows, with fields that stand between commas.
func sheet(lines ...string) desk.Sheet {
	s := desk.Sheet{Name: "list.csv"}
	for i, line := range lines {
		s.Rows = append(s.Rows, desk.SheetRow{Line: i + 1, Fields: strings.Split(line, ",")})
	}
	return s
}

// ignored is told of progress and does nothing with it.
func ignored(int, int) {}

// refusals are the lines that a report refuses, with why.
func refusals(r desk.SheetReport) (out []string) {
	for _, line := range r.Refused {
		out = append(out, fmt.Sprint(line.Line, " ", line.Reason))
	}
	return out
}

// TestImportContacts: names and tags of people who have written, and nothing of anybody else. The
// same file again changes nothing, and undoing it takes back what it gave and no more.
func TestImportContacts(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	ctx := t.Context()
	s.writes(ana, "hello")
	s.writes(ben, "hello")
	tag(t, s, "old", ana)
	file := sheet("Phone, NAME ,tags",
		"+1 212 555 0101,\u200eAna Example\u200e,VIP; new,",
		ben+",,vip",
		nobody+",Stranger,vip",
		"12,No Phone,vip",
		"(212) 555-0102,Again,vip",
		"+12125550102,Twice,x",
	)
	file.Rows[1].Fields = file.Rows[1].Fields[:3]
	file.Rows = append(file.Rows, desk.SheetRow{Line: 8, Fields: []string{ana}, Broken: "a quote is not closed"})
	said := 0
	report, err := s.ImportContacts(ctx, "main", file, false, func(done, all int) {
		if said++; done != 7 || all != 7 {
			t.Errorf("%d of %d are done", done, all)
		}
	})
	must(t, err)
	want := []string{
		"4 they have never written to this number: people are not imported, they write first",
		`5 "12": it is not a phone with its country code, such as +5511900000001`,
		`6 "(212) 555-0102": it is not a phone with its country code, such as +5511900000001`,
		"7 the same person stands in line 3",
		"8 a quote is not closed",
	}
	if got := refusals(*report); report.Lines != 7 || report.Taken != 2 || report.Left != 0 || said != 1 {
		t.Errorf("%+v, told %d times", report, said)
	} else if len(got) != len(want) || !slices.Equal([]string{got[0], got[3], got[4]}, []string{want[0], want[3], want[4]}) {
		t.Errorf("refused:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	names := func() string {
		a, b := s.contact(ana), s.contact(ben)
		return fmt.Sprint(a.DisplayName(), a.Tags, b.DisplayName(), b.Tags, a.Consent, s.contact(nobody) == nil)
	}
	if got := names(); got != "Ana Example[old vip new][vip]pendingtrue" && got != "Ana Example [old vip new]  [vip] pending true" {
		t.Errorf("the store holds %q", got)
	}
	s.unchanged("the same file again", func() {
		_, err := s.ImportContacts(ctx, "main", file, false, ignored)
		must(t, err)
	})
	for range 2 {
		report, err = s.ImportContacts(ctx, "main", file, true, ignored)
		must(t, err)
		if c := s.contact(ana); report.Taken != 2 || c.DisplayName() != "" || !slices.Equal(c.Tags, []string{"old"}) || len(s.contact(ben).Tags) > 0 {
			t.Errorf("undone: %+v %q %v", report, c.DisplayName(), c.Tags)
		}
	}
}

// TestImportRefusesASheet: without columns that can be told nothing of it is taken.
func TestImportRefusesASheet(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.writes(ana, "hello")
	row := ana + ",Ana"
	for _, c := range []struct {
		sheet desk.Sheet
		says  string
	}{
		{desk.Sheet{Name: "list.csv"}, "list.csv is empty: its first line must name its columns"},
		{desk.Sheet{Name: "list.csv", Rows: []desk.SheetRow{{Line: 3, Broken: "a quote is not closed"}}}, "list.csv:3: a quote is not closed"},
		{sheet("phone,consent", row), `list.csv:1: there is no column "consent": only phone, name and tags can be imported, never consent`},
		{sheet("phone,Phone", row), `there are two columns "phone"`},
		{sheet("phone", ana), "the columns must be phone, and name or tags"},
		{sheet("name,tags", "Ana,vip"), "the columns must be phone, and name or tags"},
		{sheet("\xff\xfep\x00h\x00,\x00n", row), `save it as "CSV UTF-8"`},
	} {
		s.refused(c.says, func() error {
			_, err := s.ImportContacts(t.Context(), "main", c.sheet, false, ignored)
			return err
		})
	}
}

// TestImportRefusesALine: what a name or tags must not hold is refused with where it stands, and
// the other lines are taken.
func TestImportRefusesALine(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.writes(ana, "hello")
	s.writes(ben, "hello")
	many := make([]string, 21)
	for i := range many {
		many[i] = fmt.Sprint("t", i)
	}
	for _, c := range []struct{ name, tags, says string }{
		{"Jo\xe3o", "", `the file is not UTF-8: save it as "CSV UTF-8"`},
		{"Ana", "v\xe3o", `save it again as "CSV UTF-8"`},
		{"Ana\nBen", "", `there is a line break after "Ana": the field has two lines, or a quote is not closed`},
		{"Jo\ufffdo", "", `a character after "Jo" was lost when the file was saved: save it again as "CSV UTF-8"`},
		{"An\u200ba", "", `there is a character that nobody sees after "An": a zero width space (U+200B); delete it`},
		{"An\x01a", "", `there is a character that nobody sees after "An": U+0001; delete it`},
		{"Ana \u200da", "", "a zero width joiner (U+200D)"},
		{"a name that is long and in which somebody sees nothing \u2060 or", "", `after "mebody sees nothing "`},
		{strings.Repeat("á", 61), "", "the name is longer than 60 characters"},
		{"", strings.Repeat("x", 41), "a tag is longer than 40 characters"},
		{"", strings.Join(many, ";"), "more than 20 tags"},
	} {
		s.unchanged(c.says, func() {
			file := desk.Sheet{Name: "list.csv", Rows: []desk.SheetRow{
				{Line: 1, Fields: []string{"phone", "name", "tags"}}, {Line: 2, Fields: []string{ana, c.name, c.tags}},
			}}
			report, err := s.ImportContacts(t.Context(), "main", file, false, ignored)
			must(t, err)
			if got := refusals(*report); len(got) != 1 || !strings.Contains(got[0], c.says) || report.Taken != 0 {
				t.Errorf("%q %q: taken %d, refused %q, want %q", c.name, c.tags, report.Taken, got, c.says)
			}
		})
	}
	report, err := s.ImportContacts(t.Context(), "main", sheet("phone,name", ana+",Ana,x,y", ben+",Ben"), false, ignored)
	must(t, err)
	if got := refusals(*report); report.Taken != 1 || len(got) != 1 || !strings.Contains(got[0], "it has 4 fields, the first line 2") {
		t.Errorf("%+v", report)
	}
}

// TestImportKeepsNamesOfPeople: what scripts and emoji need is a name, and its letters come in one
// piece.
func TestImportKeepsNamesOfPeople(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.writes(ana, "hello")
	for typed, kept := range map[string]string{
		"João": "João", "Joa\u0303o": "João", "\ufeff\u202bرضا\u202c ": "رضا", "می\u200cخواهم": "می\u200cخواهم",
		"👩\u200d👧": "👩\u200d👧", "🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F": "🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F",
	} {
		report, err := s.ImportContacts(t.Context(), "main", sheet("phone,name", ana+","+typed), false, ignored)
		must(t, err)
		if got := s.contact(ana).ShopName; got != kept || report.Taken != 1 {
			t.Errorf("%+q is kept as %+q, want %+q; %+v", typed, got, kept, report)
		}
	}
}

// TestAnInterruptedImport: each line is taken, refused or left. What is counted as taken is stored,
// and the same file again does the rest.
func TestAnInterruptedImport(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	lines := []string{"phone,tags"}
	for i := range desk.ACommit + 50 {
		phone := fmt.Sprintf("+1212555%04d", i)
		s.writes(phone, "hello")
		lines = append(lines, phone+",vip")
	}
	ctx, cancel := context.WithCancel(t.Context())
	report, err := s.ImportContacts(ctx, "main", sheet(lines...), false, func(int, int) { cancel() })
	if !errors.Is(err, context.Canceled) || report.Left == 0 || report.Taken+report.Left != report.Lines {
		t.Fatalf("%+v %v", report, err)
	}
	tagged := func() int {
		n := 0
		must(t, s.Store.Contacts(t.Context(), "main", "", func(c *bot.Contact) error { n += len(c.Tags); return nil }))
		return n
	}
	if tagged() != report.Taken {
		t.Errorf("%d have the tag, %d are counted", tagged(), report.Taken)
	}
	report, err = s.ImportContacts(t.Context(), "main", sheet(lines...), false, ignored)
	must(t, err)
	if report.Left != 0 || tagged() != report.Lines {
		t.Errorf("%+v, %d have the tag", report, tagged())
	}
}
