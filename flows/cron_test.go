package flows

import (
	"strings"
	"testing"
	"time"
)

// TestCron has what docs/broadcasts.md says of cron: the first wall time after New Year 2026, or that it is refused.
func TestCron(t *testing.T) {
	for text, want := range map[string]string{
		"0 10 * * 5": "2026-01-02 10:00", "0 10 * * FRI": "2026-01-02 10:00", "0 10 * * 0": "2026-01-04 10:00", "0 10 * * 7": "2026-01-04 10:00",
		"0 10 13 * FRI": "2026-02-13 10:00", "0 10 * * FRI#1": "2026-01-02 10:00", "0 10 * * FRI#L": "2026-01-30 10:00", "5 9 L * *": "2026-01-31 09:05",
		"0 9,18 * * *": "2026-01-01 09:00", "30 * * * *": "2026-01-01 00:30", "0 10 29 2 *": "2028-02-29 10:00",
		"* 10 * * *": "", "*/5 * * * *": "", "0,30 10 * * *": "", "60 10 * * *": "", "0 25 * * *": "", "0 10 * *": "", "0 10 * * * *": "",
		"0 10 31 2 *": "", "@daily": "", "TZ=UTC 10 * * *": "", "H 10 * * *": "", "0 10 * * Friday": "", "": "",
	} {
		c, err := ParseCron(text)
		got := ""
		if err == nil {
			got = c.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).Format(AtLayout)
		}
		if got != want {
			t.Errorf("%q: %q, want %q (%v)", text, got, want, err)
		}
	}
}

// TestO2CronSaysWhichField: the error is for the operator: it names the field, and has nothing of how it was read.
func TestO2CronSaysWhichField(t *testing.T) {
	for text, want := range map[string]string{
		"0 25 * * 5": `"25", the hour, has to be a number from 0 to 23`, "0 10,x * * *": `"10,x", the hour`, "0 10 32 * *": `"32", the day of the month`,
		"0 10 * 13 *": `"13", the month`, "0 10 * * FRY": `"FRY", the day of the week`, "0 10 * * 5#6": `"5#6", the day of the week`,
	} {
		if _, err := ParseCron(text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
