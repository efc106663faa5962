package desk

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestCodesAreThoseOfRFC6238 checks the vectors of its appendix B, for SHA-1.
func TestCodesAreThoseOfRFC6238(t *testing.T) {
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037",
		20000000000: "65353130",
	} {
		if got := totpCode(secret, at/30, 8); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
	text, now := totpEncoding.EncodeToString(secret), time.Unix(1111111111, 0)
	step := now.Unix() / 30
	for typed, want := range map[string]int64{
		totpCode(secret, step, 6): step, totpCode(secret, step-1, 6): step - 1, totpCode(secret, step+1, 6): step + 1,
		totpCode(secret, step-2, 6): 0, totpCode(secret, step+2, 6): 0, "": 0, "000000": 0, totpCode(secret, step, 8): 0,
	} {
		if got := totpStepOf(text, typed, now, 0); got != want {
			t.Errorf("%q: step %d, want %d", typed, got, want)
		}
	}
	if got := totpStepOf(text, " 050 471 ", now, 0); got != step {
		t.Errorf("with spaces: step %d, want %d", got, step)
	}
	if got := totpStepOf(text, totpCode(secret, step, 6), now, step); got != 0 {
		t.Error("a code counts twice")
	}
}

// TestSecurityGuessesSlowDown: after a few failures nobody may try for a while, that doubles up to a
// quarter of an hour, for a name from anywhere and for an address with any name. What succeeds
// forgets them.
func TestSecurityGuessesSlowDown(t *testing.T) {
	l := newDoors()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var pauses []time.Duration
	told := 0
	for n := range 25 {
		tell, err := l.try(now, "name marta", fmt.Sprintf("from 192.0.2.%d", n))
		if err != nil {
			t.Fatalf("try %d: %v", n, err)
		}
		told += len(tell)
		_, err = l.try(now, "name marta", "from 198.51.100.1")
		var many TooMany
		if !errors.As(err, &many) {
			pauses = append(pauses, 0)
			l.undo("name marta", "from 198.51.100.1")
			continue
		}
		pauses = append(pauses, many.RetryAfter)
		if _, err := l.try(now.Add(many.RetryAfter-time.Nanosecond), "name marta"); err == nil {
			t.Errorf("try %d: it may come before its time", n)
		}
		now = now.Add(many.RetryAfter)
	}
	want := []time.Duration{0, 0, 0, 0, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute,
		15 * time.Minute, 15 * time.Minute}
	for i, pause := range want {
		if pauses[i] != pause {
			t.Errorf("after %d failures: %s, want %s", i+1, pauses[i], pause)
		}
	}
	if told != 1 {
		t.Errorf("%d notices about 25 failures, want one", told)
	}
	if _, err := l.try(now, "name rui", "from 203.0.113.9"); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	l.succeeded("name marta")
	if _, err := l.try(now, "name marta"); err != nil {
		t.Errorf("after a success: %v", err)
	}
	for n := range 3 * maxTries {
		_, _ = l.try(now, fmt.Sprint("name ", n))
		if len(l.tries) > maxTries+1 {
			t.Fatalf("%d names are remembered", len(l.tries))
		}
	}
}

// TestSecurityNamesThatAreNone: what strangers type as a name is not remembered, however long it is.
func TestSecurityNamesThatAreNone(t *testing.T) {
	for _, typed := range []string{"", "Marta Silva", strings.Repeat("a", 1<<20), strings.Repeat("é", 40)} {
		if key := nameKey(typed); key != "no name" {
			t.Errorf("%d bytes are remembered", len(key))
		}
	}
	if key := nameKey("marta"); key != "name marta" {
		t.Error(key)
	}
	if got := network(strings.Repeat("x", 1<<20)); len(got) > 200 {
		t.Errorf("%d bytes of an address are remembered", len(got))
	}
}

// TestSecurityAddressesOfAHousehold: whoever has a network has every address in it.
func TestSecurityAddressesOfAHousehold(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "x": "x",
	} {
		if got := network(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
	for address, want := range map[string]bool{"127.0.0.1": true, "::1": true, "::ffff:127.0.0.1": true, "192.0.2.7": false, "": false} {
		if onThisMachine(address) != want {
			t.Errorf("%s is of this machine: %v", address, !want)
		}
	}
}

// Hashed is how often a password was hashed.
func (d *Desk) Hashed() int64 { return d.doors.hashed.Load() }
