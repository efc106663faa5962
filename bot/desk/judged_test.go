package desk_test

import (
	"slices"
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/store"
)

// TestWhatAReportAmountsTo: what has failed, what is to be done and what waits is judged here, for
// whoever shows a report.
func TestWhatAReportAmountsTo(t *testing.T) {
	t.Parallel()
	refused := []desk.RefusedLine{{Line: 2, Reason: "not a phone"}}
	for what, is := range map[string]bool{
		"an import of nothing fails":              (&desk.SheetReport{Refused: refused}).Failed(),
		"an import of an empty file does not":     !(&desk.SheetReport{}).Failed(),
		"nor one of which something is taken":     !(&desk.SheetReport{Taken: 1, Refused: refused}).Failed(),
		"a stop that is not recorded is one":      (&desk.OptOutReport{SheetReport: desk.SheetReport{Taken: 1, Refused: refused}}).Failed(),
		"stops that are all recorded are none":    !(&desk.OptOutReport{SheetReport: desk.SheetReport{Taken: 1}}).Failed(),
		"one broken chain is too many":            !desk.Intact([]store.Verification{{Number: "a"}, {Number: "b", Problems: []string{"cut"}}}),
		"chains that hold":                        desk.Intact([]store.Verification{{Number: "a"}}),
		"what is not well is to be done":          desk.Examination{Findings: []desk.Finding{{OK: true}, {}, {}}}.ToDo() == 2,
		"promotions to a subscriber wait":         slices.Equal(desk.ContactView{Consent: bot.Subscribed, Holds: []bot.Reason{bot.MinGap}}.Waits(), []bot.Reason{bot.MinGap}),
		"promotions to nobody else do":            len(desk.ContactView{Consent: bot.Unsubscribed, Holds: []bot.Reason{bot.MinGap}}.Waits()) == 0,
		"they skip a subscriber who reads none":   desk.ContactView{Consent: bot.Subscribed, Fatigued: true}.Skipped(),
		"who has left is not skipped but is gone": !desk.ContactView{Consent: bot.Unsubscribed, Fatigued: true}.Skipped(),
	} {
		if !is {
			t.Error(what)
		}
	}
}
