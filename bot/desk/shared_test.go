package desk_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/flows"
)

// TestSecurityAFileThatOtherNumbersShare: whoever is limited to some numbers changes no flow that
// another number speaks, and no draft, which is of every number.
func TestSecurityAFileThatOtherNumbersShare(t *testing.T) {
	t.Parallel()
	s := newShop(t, twoNumbers)
	text, err := s.FlowText(s.Ctx, "main")
	must(t, err)
	for _, row := range []struct {
		numbers []string
		refused bool
	}{{nil, false}, {[]string{"main", "second"}, false}, {[]string{"main"}, true}} {
		ctx := desk.As(s.Ctx, desk.Who{Name: "rui", Via: desk.ViaAPI, Role: desk.Owner, Numbers: row.numbers})
		n, err := s.Number("main")
		must(t, err)
		for name, do := range map[string]func() error{
			"save":     func() error { _, err := s.SaveFlow(ctx, "main", text.Version, text.Text); return err },
			"drop":     func() error { _, err := s.DropFlowDraft(ctx, "main", text.Version); return err },
			"publish":  func() error { _, err := s.PublishFlow(ctx, "main", text.Version, text.InFile); return err },
			"rollback": func() error { _, err := s.RollBack(ctx, n, desk.RollbackOffer{Version: "nope"}); return err },
			"draft":    func() error { _, err := s.SaveDraft(ctx, "main", "fresh", "nope", "text: Hi"); return err },
		} {
			if err := do(); errors.Is(err, desk.ErrForbidden) != row.refused {
				t.Errorf("%s by somebody of %v: %v", name, row.numbers, err)
			}
		}
	}
}

// TestSecurityATestOfAnotherNumbersFlow: a test keeps an edit of its flow from being published, so whoever
// is limited to some numbers saves none of a flow that another number speaks, or that none speaks.
func TestSecurityATestOfAnotherNumbersFlow(t *testing.T) {
	t.Parallel()
	source, err := flows.Defaults.ReadFile("promotions.yaml")
	must(t, err)
	called := func(name string) string { return strings.Replace(string(source), "flow: promotions", "flow: "+name, 1) }
	s := shopOf(t, desktest.Setup{Config: oneNumber + "  - {name: outlet, flow: outlet}\n  - {name: third, flow: outlet}\n",
		Files: map[string]string{"flows/outlet.yaml": called("outlet"), "flows/nobodys.yaml": called("nobodys")}})
	saves := 0
	for _, row := range []struct {
		number, flow, numbers string
		refused               bool
	}{
		{"main", "", "", false}, {"main", "flow outlet", "", false}, {"main", "flow nobodys", "", false},
		{"main", "", "main", false}, {"main", "flow outlet.yaml", "main", true}, {"main", "flow promotions\nflow ../outlet", "main", true},
		{"main", "flow nobodys", "main", true}, {"outlet", "flow outlet", "outlet", true}, {"outlet", "", "outlet", true},
		{"outlet", "flow outlet", "outlet third", false}, {"outlet", "", "outlet third", true}, // the usual flow is main's
		{"main", "\n+1m\n# Another\nflow outlet", "main", true},
	} {
		ctx := desk.As(s.Ctx, desk.Who{Name: "rui", Via: desk.ViaWeb, Role: desk.Editor, Numbers: strings.Fields(row.numbers)})
		saves++
		test := "# A test\n" + row.flow + "\nAna +447700900001 > hi\n"
		file, err := s.SaveTest(ctx, row.number, fmt.Sprint("saved ", saves), test)
		if errors.Is(err, desk.ErrForbidden) != row.refused || (err == nil) == row.refused {
			t.Errorf("%+v: %q, %v", row, file, err)
		}
	}
	for numbers, refused := range map[string]bool{"outlet": true, "outlet third": false} {
		ctx := desk.As(s.Ctx, desk.Who{Name: numbers, Via: desk.ViaWeb, Role: desk.Editor, Numbers: strings.Fields(numbers)})
		_, err := s.Try(ctx, "outlet", desk.TryAct{Text: "hi"})
		must(t, err)
		if _, err := s.SaveTry(ctx, "outlet", "tried"); errors.Is(err, desk.ErrForbidden) != refused {
			t.Errorf("what somebody of %s tried: %v", numbers, err)
		}
		must(t, s.EndTry(ctx, "outlet"))
	}
}

// TestAListThatWasCutOffMayBeSentAgain: a request is carried out with the last part of its list. One that
// was cut off before is carried out when it comes again.
func TestAListThatWasCutOffMayBeSentAgain(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	list := desk.Sheet{Name: "list", Rows: []desk.SheetRow{{Fields: []string{"phone"}}}}
	for i := range desk.ACommit + 50 {
		list.Rows = append(list.Rows, desk.SheetRow{Line: i + 1, Fields: []string{fmt.Sprintf("+447700900%03d", i)}})
	}
	crm := desk.Who{Name: "key:crm", Via: desk.ViaAPI, Role: desk.Owner}
	key := desk.OnceKey{Key: "list", Request: "1"}
	ctx, cancel := context.WithCancel(desk.As(s.Ctx, crm))
	defer cancel()
	once, _, end, err := s.Once(ctx, key)
	must(t, err)
	report, err := s.OptOutSheet(once, "main", list, "phone", "before", func(int, int) { cancel() })
	end()
	if err == nil || report == nil || report.Left != 50 {
		t.Fatalf("it was not cut off: %+v, %v", report, err)
	}
	once, kept, end, err := s.Once(desk.As(s.Ctx, crm), key)
	defer end()
	if err != nil || kept != nil {
		t.Fatalf("again: %v, %v", kept, err)
	}
	report, err = s.OptOutSheet(once, "main", list, "phone", "before", ignored)
	if err != nil || report.Taken != desk.ACommit+50 {
		t.Errorf("%+v, %v", report, err)
	}
	if _, _, end, err := s.Once(desk.As(s.Ctx, crm), key); !errors.Is(err, desk.ErrInFlight) {
		end()
		t.Errorf("while it is in hand: %v", err)
	}
}
