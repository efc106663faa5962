package desk_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
)

// tries does something on the phone.
func (s *shop) tries(ctx context.Context, act desk.TryAct) desk.TryView {
	s.t.Helper()
	v, err := s.Try(ctx, "", act)
	must(s.t, err)
	return v
}

func TestSomebodyTriesTheDraft(t *testing.T) {
	t.Parallel()
	s := running(t)
	shown, err := s.FlowText(s.Ctx, "")
	must(t, err)
	_, err = s.SaveFlow(s.Ctx, "", shown.Version, edited(t, "Take care!", "Farewell!"))
	must(t, err)
	before := s.held()
	s.tries(s.Ctx, desk.TryAct{Text: "I want promotions"})
	v := s.tries(s.Ctx, desk.TryAct{})
	if !v.Draft || len(v.Lines) < 3 || !v.Lines[0].Mine || v.Consent != bot.Subscribed || v.State != "interests" ||
		!v.QuestionOpen || v.Promotion == "" || v.NextIs != "reminder" {
		t.Errorf("the phone shows %+v", v)
	}
	v = s.tries(s.Ctx, desk.TryAct{Next: true})
	if last := v.Lines[len(v.Lines)-1]; last.Kind != string(bot.SayReminder) || v.NextIs != "timeout" || v.NextTo != "member" {
		t.Errorf("after a wait the phone shows %+v", v)
	}
	v = s.tries(s.Ctx, desk.TryAct{Wait: 30 * time.Hour})
	if v.State != "member" || v.QuestionOpen || v.Promotion != "" {
		t.Errorf("a day later the phone shows %+v", v)
	}
	s.tries(s.Ctx, desk.TryAct{Send: "weekend-offer"})
	s.tries(s.Ctx, desk.TryAct{Kind: bot.KindAudio})
	v = s.tries(s.Ctx, desk.TryAct{Text: "2"})
	if last := v.Lines[len(v.Lines)-1]; !strings.Contains(last.Text, "Farewell!") || v.Consent != bot.Unsubscribed {
		t.Errorf("after a stop the phone shows %+v", v)
	}
	if s.held() != before {
		t.Error("trying a flow has changed the shop's database")
	}

	file, err := s.SaveTry(s.Ctx, "", "Ein Réminder: ../../later\n< [reply] x")
	must(t, err)
	if want := s.Path("flows/tests/ein-reminder-later-reply-x.chat"); file != desk.ShownPath(want) {
		t.Errorf("saved as %s", file)
	}
	tested, err := s.TestFlowText(s.Ctx, "", edited(t, "Take care!", "Farewell!"))
	must(t, err)
	if tested.Failed > 0 {
		t.Errorf("what was saved is not as expected: %+v", tested)
	}
	if tested, err = s.TestFlowText(s.Ctx, "", shown.Text); err != nil || tested.Failed != 1 {
		t.Errorf("the flow of before is as what was saved expects: %+v %v", tested, err)
	}
	if _, err := s.SaveTry(s.Ctx, "", "ein reminder: later < [reply] x"); !errors.Is(err, desk.ErrRefused) {
		t.Errorf("a second test of that name: %v", err)
	}
	if _, err := s.SaveTry(s.Ctx, "", "../.."); !errors.Is(err, desk.ErrRefused) {
		t.Errorf("a test without a name: %v", err)
	}
	must(t, s.EndTry(s.Ctx, ""))
	if _, err := s.SaveTry(s.Ctx, "", "another"); !errors.Is(err, desk.ErrStale) {
		t.Errorf("saving after the end: %v", err)
	}
}

func TestEachOperatorHasAPhone(t *testing.T) {
	t.Parallel()
	s := running(t)
	as := func(name string) context.Context { return desk.As(s.Ctx, desk.Who{Name: name, Role: desk.Editor}) }
	s.tries(as("ana"), desk.TryAct{Text: "hello"})
	if v := s.tries(as("rui"), desk.TryAct{}); len(v.Lines) > 0 || v.Known {
		t.Errorf("another operator sees %+v", v)
	}
	if v := s.tries(as("ana"), desk.TryAct{}); len(v.Lines) == 0 {
		t.Error("the phone has forgotten what was said")
	}
	if v := s.tries(as("ana"), desk.TryAct{Begin: true, As: desk.Customer{Phone: "+5511900000001"}}); len(v.Lines) > 0 ||
		v.Phone != "+5511900000001" {
		t.Errorf("begun again it shows %+v", v)
	}
	_, err := s.Try(as("ana"), "", desk.TryAct{Begin: true, As: desk.Customer{Phone: "12"}})
	if !errors.Is(err, desk.ErrRefused) {
		t.Errorf("a phone that is none: %v", err)
	}
}

func TestPhonesAreBoundedAndPutAway(t *testing.T) {
	t.Parallel()
	s := running(t)
	as := func(i int) context.Context {
		return desk.As(s.Ctx, desk.Who{Name: fmt.Sprint("operator ", i), Role: desk.Editor})
	}
	most := 0
	for ; most < 20; most++ {
		if _, err := s.Try(as(most), "", desk.TryAct{}); errors.Is(err, desk.ErrRefused) {
			break
		} else {
			must(t, err)
		}
	}
	if most == 20 || folders(t, s) != most {
		t.Fatalf("%d phones and %d folders", most, folders(t, s))
	}
	s.Plays("+2h")
	s.tries(as(100), desk.TryAct{})
	if got := folders(t, s); got != 1 {
		t.Errorf("%d folders are left of phones that nobody uses", got)
	}
	must(t, s.Desk.Close())
	if got := folders(t, s); got != 0 {
		t.Errorf("%d folders are left after the end", got)
	}
}

// folders counts the folders in which something is played.
func folders(t *testing.T, s *shop) int {
	t.Helper()
	list, err := filepath.Glob(s.Path("data/playing-*"))
	must(t, err)
	if _, err := os.Stat(s.Path("data")); err != nil {
		t.Fatal(err)
	}
	return len(list)
}
