package desk

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"

	"optinbot/bot"
)

// TestO2ImportReadsWhatSpreadsheetsSave: the separator is that of the first line.
func TestO2ImportReadsWhatSpreadsheetsSave(t *testing.T) {
	for head, want := range map[string]rune{
		"phone,name;x\n": ',', "phone;name,x\n": ';', "phone\tname\n": '\t', "\ufeffphone;name\n": ';', "\"a;b\",phone\n": ',', "": ',',
	} {
		if got := separatorOf(strings.TrimSuffix(head, "\n")); got != want {
			t.Errorf("%q: %q, want %q", head, got, want)
		}
	}
}

// TestO2AStrayQuoteCostsItsOwnLine: wherever quotes go astray, every other line of the file is read
// as it stands, and every line is a row or a broken one.
func TestO2AStrayQuoteCostsItsOwnLine(t *testing.T) {
	t.Parallel()
	const rows = 60
	isPhone := func(field string) bool { _, ok := bot.ParsePhone(field); return ok }
	text := func(n int) string { return fmt.Sprintf("+55119000%05d,Ana %d,vip", n, n) }
	for _, stray := range [][]int{{1}, {6}, {6, 41}, {6, 7}, {6, 16}, {20, 21, 22}, {rows}} {
		for at := range len(text(6)) + 1 {
			var lines []string
			damaged := map[int]bool{}
			for n := 1; n <= rows; n++ {
				line := text(n)
				if slices.Contains(stray, n) {
					line, damaged[n] = line[:min(at, len(line))]+`"`+line[min(at, len(line)):], true
				}
				lines = append(lines, line)
			}
			got := sheetOf("phone,name,tags\n"+strings.Join(lines, "\n")+"\n", isPhone)[1:]
			if len(got) != rows {
				t.Fatalf("quotes in lines %v at %d: %d rows of %d", stray, at, len(got), rows)
			}
			for i, row := range got {
				if !damaged[i+1] && (row.Broken != "" || strings.Join(row.Fields, ",") != text(i+1)) || row.Line != i+2 {
					t.Fatalf("quotes in lines %v at %d: row %d is %+v", stray, at, i+1, row)
				}
			}
		}
	}
}

// TestO2SheetsOfOtherPrograms: byte order marks, encodings with one, line ends and hints.
func TestO2SheetsOfOtherPrograms(t *testing.T) {
	t.Parallel()
	plain := "phone,name\n+5511900000001,Ana\n"
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(plain)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"plain": plain, "mark": "\ufeff" + plain, "quoted": "\ufeff\"phone\",\"name\"\r\n\"+5511900000001\",\"Ana\"\r\n", "hint": "sep=;\nphone;name\n+5511900000001;Ana",
		"mark and hint": "\ufeffsep=;\r\nphone;name\r\n+5511900000001;Ana", "quoted hint": "\"sep=;\"\nphone;name\n+5511900000001;Ana", "old Mac": "phone,name\r+5511900000001,Ana\r",
		"tabs": "phone\tname\n+5511900000001\tAna\n\n\n", "bars": "phone|name\n+5511900000001|Ana", "UTF-16": wide, "empty fields": ",,\nphone,name,,\n+5511900000001,Ana,,\n,,,",
		"calculated": "phone;name\n=\"+5511900000001\";Ana",
	} {
		s, err := sheetFrom(strings.NewReader(text), "the sheet", func(string) bool { return false })
		rows := s.Rows
		if err != nil || len(rows) != 2 || !slices.Equal(rows[0].Fields, []string{"phone", "name"}) || !slices.Equal(rows[1].Fields, []string{"+5511900000001", "Ana"}) {
			t.Errorf("%s: %+v %v", name, rows, err)
		}
	}
}
