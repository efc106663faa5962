package app

import (
	"bufio"
	"strings"
	"testing"
)

// TestO2ImportReadsWhatSpreadsheetsSave: the separator is that of the first line; a file in another encoding is refused with what to do.
func TestO2ImportReadsWhatSpreadsheetsSave(t *testing.T) {
	for head, want := range map[string]rune{
		"phone,name;x\n": ',', "phone;name,x\n": ';', "phone\tname\n": '\t', "\ufeffphone;name\n": ';', "phone\n+1;x\n": ',', "": ',',
	} {
		if got := separatorOf(bufio.NewReader(strings.NewReader(head))); got != want {
			t.Errorf("%q: %q, want %q", head, got, want)
		}
	}
	if got := unfit("Jo\xe3o", nil); !strings.Contains(got, "CSV UTF-8") {
		t.Errorf("Latin-1: %q", got)
	}
	if _, err := columnsOf([]string{"\xff\xfep\x00h\x00o\x00n\x00e\x00", "\x00n"}); err == nil || !strings.Contains(err.Error(), "CSV UTF-8") {
		t.Errorf("UTF-16: %v", err)
	}
	if got := unfit("João", []string{"vip"}); got != "" {
		t.Errorf("UTF-8: %q", got)
	}
}
