package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"optinbot/bot/desk"
)

// TestC8AnInterruptedListIsAccountedFor: wherever a list or an import is interrupted, each of its
// lines is taken, refused or left, what is counted as taken is stored, and the same command again
// does the rest.
func TestC8AnInterruptedListIsAccountedFor(t *testing.T) {
	t.Parallel()
	const rows, bad = 450, 7
	var file strings.Builder
	for i := range rows {
		if i%70 == 3 {
			fmt.Fprintf(&file, "12%d\n", i)
			continue
		}
		fmt.Fprintf(&file, "+55119000%05d\n", i)
	}
	a := testApp(t, "numbers:\n  - {name: main, flow: promotions}\n")
	taken := func(stopAt int) (report desk.OptOutReport, err error) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		calls := 0
		a.now = func() time.Time {
			if calls++; calls == stopAt {
				cancel()
			}
			return time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)
		}
		var out bytes.Buffer
		a.in, a.out = strings.NewReader(file.String()), &out
		err = OptoutCmd{AsJSON: AsJSON{JSON: true}, From: fromInput}.Run(ctx, a)
		must(t, json.Unmarshal(out.Bytes(), &report))
		if report.Lines != rows || report.Taken+len(report.Refused)+report.Left != rows {
			t.Errorf("%d lines, %d taken, %d refused, %d left", report.Lines, report.Taken, len(report.Refused), report.Left)
		}
		return report, err
	}
	before := 0
	for _, stopAt := range []int{1, 3} {
		report, err := taken(stopAt)
		if !errors.Is(err, context.Canceled) || report.Left == 0 || report.Left == rows || report.Already != before {
			t.Errorf("interrupted: %+v, %v; %d were out already", report, err, before)
		}
		before = report.Taken
	}
	report, err := taken(0)
	if !errors.Is(err, errSilent) || report.Left != 0 || report.Already != before || len(report.Refused) != bad || report.Taken != rows-bad {
		t.Errorf("at the end: %+v, %v; %d were out already", report, err, before)
	}
}
