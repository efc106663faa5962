package bot

import "testing"

// FuzzParsePhone: what is taken for a phone is one in E.164, and reading it again changes nothing.
func FuzzParsePhone(f *testing.F) {
	for _, typed := range []string{"+55 11 90000-0001", "0044 7700 900001", "+1 (212) 555-0101", "12125550101", "+", "\u202e+1"} {
		f.Add(typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		phone, ok := ParsePhone(typed)
		if !ok {
			return
		}
		if again, ok := ParsePhone(phone); !ok || again != phone {
			t.Fatalf("%q is read as %q, and that as %q", typed, phone, again)
		}
		if n := len(phone); n < 8 || n > 16 || phone[0] != '+' {
			t.Fatalf("%q is read as %q", typed, phone)
		}
		if s := Spellings(phone); s[0] != phone {
			t.Fatalf("the first spelling of %q is %q", phone, s[0])
		}
		CountryOf(phone)
	})
}
