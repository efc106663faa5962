package desk_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

// TestNumberDetail: what a page about one number shows.
func TestNumberDetail(t *testing.T) {
	t.Parallel()
	s := newShop(t, "pace: {per_day: 60}\n"+twoNumbers)
	if v, err := s.NumberDetail(s.Ctx, ""); err != nil || v.Phone != "" || v.Name != "main" || len(v.Sources) != 0 || v.Most != 60 || v.Card != "Casa Aurora" {
		t.Errorf("%+v %v", v, err)
	}
	s.linked("main", shopPhone)
	for _, source := range []string{"window", "flyer"} {
		_, err := s.Invite(s.Ctx, "main", source, "")
		must(t, err)
	}
	v, err := s.NumberDetail(s.Ctx, "main")
	must(t, err)
	if want := []int{0, 0, 0, 0, 0, 0, 0, 20, 30, 50, 60}; v.Phone != shopPhone || !slices.Equal(v.WarmUp, want) || !slices.Contains(v.Languages, "pt") {
		t.Errorf("%+v", v)
	}
	if len(v.Sources) != 2 || v.Sources[0].Since.IsZero() || v.Sources[0].Tag == v.Sources[1].Tag {
		t.Errorf("sources: %+v", v.Sources)
	}
	ctx := desk.As(s.Ctx, desk.Who{Name: "vera", Role: desk.Viewer, Numbers: []string{"second"}})
	if _, err := s.NumberDetail(ctx, "main"); !errors.Is(err, desk.ErrForbidden) {
		t.Errorf("a number that is not theirs: %v", err)
	}
}

// TestSourcesAreCounted: how many times somebody asked for promotions by each, on each number, also
// where an ad was there too. Who has them already does not come again.
func TestSourcesAreCounted(t *testing.T) {
	t.Parallel()
	s := newShop(t, twoNumbers)
	s.linked("main", shopPhone)
	s.linked("second", "+12125550199")
	for _, source := range []string{"window", "window-2", "flyer"} {
		_, err := s.Invite(s.Ctx, "main", source, "")
		must(t, err)
	}
	_, err := s.Invite(s.Ctx, "second", "window", "")
	must(t, err)
	for i, says := range []string{
		"I want promotions #window", "I want promotions #window", "stop", "I want promotions #window", "quero promoções #window-2", "I want promotions",
		"I want promotions #other",
	} {
		s.namedWrites(fmt.Sprintf("+44770090000%d", []int{1, 1, 1, 1, 2, 3, 4}[i]), "", says)
	}
	came := func(number string) map[string]int {
		v, err := s.NumberDetail(s.Ctx, number)
		must(t, err)
		all := map[string]int{}
		for _, source := range v.Sources {
			all[source.Tag] = source.Came
		}
		return all
	}
	if got, want := came("main"), map[string]int{"window": 2, "window-2": 1, "flyer": 0}; !maps.Equal(got, want) {
		t.Errorf("%v came, want %v", got, want)
	}
	if got := came("second"); got["window"] != 0 {
		t.Errorf("%v came to the other number", got)
	}
	problems, err := s.Store.Miscounted(s.Ctx)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}

// TestAnInvitationNotesNothing: only Invite makes a source known.
func TestAnInvitationNotesNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.linked("main", shopPhone)
	before, err := s.Invitation(s.Ctx, "main", "window", "pt")
	must(t, err)
	if v, err := s.NumberDetail(s.Ctx, "main"); err != nil || len(v.Sources) != 0 {
		t.Errorf("%+v %v", v.Sources, err)
	}
	after, err := s.Invite(s.Ctx, "main", "window", "pt")
	must(t, err)
	if before != after || before.Number != "main" {
		t.Errorf("%+v\n%+v", before, after)
	}
}

// TestTheDoctorOfSomeNumbersIsSilentAboutOthers: the machine is everybody's.
func TestTheDoctorOfSomeNumbersIsSilentAboutOthers(t *testing.T) {
	t.Parallel()
	s := shopOf(t, desktest.Setup{Config: twoNumbers})
	about := func(who desk.Who) (checks []string) {
		for _, f := range findings(t, s.Desk, desk.As(s.Ctx, who)) {
			checks = append(checks, f.Check)
		}
		return checks
	}
	all, some := about(desk.Who{Role: desk.Viewer}), about(desk.Who{Role: desk.Viewer, Numbers: []string{"second"}})
	if !slices.Contains(all, "main backup") || slices.Contains(some, "main backup") || !slices.Contains(some, "second backup") || !slices.Contains(some, "disk") {
		t.Errorf("all: %v\nsome: %v", all, some)
	}
}

// TestLedgerByPages: the newest entries first, each with whom it is about.
func TestLedgerByPages(t *testing.T) {
	t.Parallel()
	s := newShop(t, twoNumbers)
	if v, err := s.Ledger(s.Ctx, "", 0, 2); err != nil || len(v.Entries) != 0 || v.Older || v.Last != 0 || v.Number != "main" {
		t.Errorf("%+v %v", v, err)
	}
	s.writes(ana, phrase)
	s.writes(ben, phrase)
	s.writes(ben, "2")
	v, err := s.Ledger(s.Ctx, "main", 0, 2)
	must(t, err)
	if len(v.Entries) != 2 || !v.Older || v.Entries[0].Public.Seq != v.Last || v.Entries[0].Hash != v.Head || v.Entries[0].Contact != s.contact(ben).ID {
		t.Errorf("%+v", v)
	}
	older, err := s.Ledger(s.Ctx, "main", v.Entries[1].Public.Seq, 100)
	must(t, err)
	if int64(len(older.Entries)) != v.Last-2 || older.Older || older.Entries[len(older.Entries)-1].Public.Seq != 1 || older.Contacts[bot.Subscribed] != 1 {
		t.Errorf("%+v", older)
	}
	ctx := desk.As(s.Ctx, desk.Who{Name: "vera", Role: desk.Viewer, Numbers: []string{"second"}})
	if _, err := s.Ledger(ctx, "main", 0, 2); !errors.Is(err, desk.ErrForbidden) {
		t.Errorf("a number that is not theirs: %v", err)
	}
}
