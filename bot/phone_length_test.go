package bot

import "testing"

// TestHasPhoneLength: also in the spellings that a phone had before its country changed them.
func TestHasPhoneLength(t *testing.T) {
	t.Parallel()
	for phone, want := range map[string]bool{
		"+12125550101": true, "+1212555": false, "+121255501019": false, "+447700900001": true,
		"+5511900000001": true, "+551100000001": true, "+5511900": false, "+5215512345678": true, "+999123456789": true,
	} {
		if got := HasPhoneLength(phone); got != want {
			t.Errorf("%s: %v, want %v", phone, got, want)
		}
	}
}
