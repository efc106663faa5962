package demo_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"optinbot/bot/config"
	"optinbot/bot/demo"
	"optinbot/bot/desk/desktest"
)

// shown is what the demo prints. It is told at a pace where one is given.
func shown(t *testing.T, pace *demo.Pace, cloud bool) string {
	t.Helper()
	if testing.Short() && !cloud {
		t.Skip("talks to a WhatsApp server; with -race the library's own races may show (docs/testing.md)")
	}
	c, err := config.Default(desktest.Defaults(t))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if pace != nil {
		pace.Replace = func(line string) { out.WriteString("\r" + line) }
	}
	err = demo.Play(t.Context(), demo.Options{
		Desk: desktest.Options(t, c, desktest.Setup{}), Out: &out, Pace: pace, Cloud: cloud,
		Table: func(w io.Writer, rows [][]string) error {
			for _, r := range rows {
				fmt.Fprintln(w, strings.Join(r, " | "))
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestTheDemoIsTheSameEachTime: the events of the wire come in their own order, and what is shown
// does not.
func TestTheDemoIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	sameEachTime(t, false,
		"João | stopped | no | stopped at 15:33, before it was their turn", "one every 36 seconds", "the real WhatsApp client")
}

// TestTheDemoOnTheCloudAPI: the same story over Meta's wire, each time.
func TestTheDemoOnTheCloudAPI(t *testing.T) {
	t.Parallel()
	sameEachTime(t, true, "one of the 6 templates of weekend-offer, which Meta has approved", "ten a second", "optinbot reply PHONE",
		"Kim | yes | not yet | may want to stop", "Pia | yes | not yet | sent something unreadable", "the real client of the Cloud API")
}

func sameEachTime(t *testing.T, cloud bool, wants ...string) {
	t.Helper()
	first, second := shown(t, nil, cloud), shown(t, nil, cloud)
	if first != second {
		t.Errorf("first\n%s\nthen\n%s", first, second)
	}
	for _, want := range append(wants,
		"Ana | yes | yes | at 15:", "Lucía | stopped | yes | at 15:", "Caio | stopped | no | had asked to stop",
		"Zoe | yes | not yet | somebody from the shop is writing with them", "Moe | no | no | never asked for promotions",
		"Noah | yes | yes | at 22:", ", when it was day where they live",
	) {
		if !strings.Contains(first, want) {
			t.Errorf("it does not show %q:\n%s", want, first)
		}
	}
}

// TestThePaceChangesNoEnd: at reading pace the same people get the broadcast, and what is only
// counted is one line that is replaced.
func TestThePaceChangesNoEnd(t *testing.T) {
	t.Parallel()
	rests := 0
	paced := shown(t, &demo.Pace{Rest: func(context.Context, time.Duration) { rests++ }}, false)
	if rests < 100 || strings.Count(paced, "\r") < 20 {
		t.Errorf("%d rests, %d lines that are replaced", rests, strings.Count(paced, "\r"))
	}
	plain := shown(t, nil, false)
	for _, told := range []string{plain, paced} {
		if !strings.Contains(told, "WHO | SUBSCRIBED") {
			t.Fatalf("no table:\n%s", told)
		}
	}
	if a, b := table(plain), table(paced); a != b {
		t.Errorf("without a pace\n%s\nwith one\n%s", a, b)
	}
}

// table is the table that says who got it.
func table(told string) string {
	_, rows, _ := strings.Cut(told, "WHO | SUBSCRIBED")
	rows, _, _ = strings.Cut(rows, "\n\n")
	var out []string
	for row := range strings.Lines(rows) {
		if strings.Contains(row, " | ") {
			out = append(out, strings.TrimSpace(row))
		}
	}
	return strings.Join(out, "\n")
}
