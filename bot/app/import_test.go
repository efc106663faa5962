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
	if got := unfit("João", []string{"vip"}); got != "" {
		t.Errorf("UTF-8: %q", got)
	}
}
