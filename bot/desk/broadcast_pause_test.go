package desk_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
)

// act is one of the acts on a broadcast.
type act func(ctx context.Context, number, name string) (*desk.BroadcastChange, error)

// acts are those that take nothing but the broadcast, by name.
func (s *shop) acts() map[string]act {
	return map[string]act{
		"pause": s.PauseBroadcast, "cancel": s.CancelBroadcast, "release": s.ReleaseBroadcast,
		"resume": func(ctx context.Context, number, name string) (*desk.BroadcastChange, error) {
			return s.ResumeBroadcast(ctx, number, name, false)
		},
		"resume late": func(ctx context.Context, number, name string) (*desk.BroadcastChange, error) {
			return s.ResumeBroadcast(ctx, number, name, true)
		},
	}
}

// offers are what is asked before an act, by the name of the act.
func (s *shop) offers(act string) func() ([]desk.Question, error) {
	switch act {
	case "cancel":
		return func() ([]desk.Question, error) { return s.OfferCancel(s.Ctx, "main", "weekly") }
	case "release":
		return func() ([]desk.Question, error) { return s.OfferRelease(s.Ctx, "main", "weekly") }
	}
	return nil
}

// does carries out an act on the draft weekly. What is to be asked before it is known then.
func (s *shop) does(name string) *desk.BroadcastChange {
	s.t.Helper()
	if offer := s.offers(name); offer != nil {
		s.unchanged("a look before "+name, func() {
			if asked, err := offer(); err != nil || len(asked) != 1 || asked[0].Asks == "" || asked[0].Anew {
				s.t.Errorf("before %s: %+v, %v", name, asked, err)
			}
		})
	}
	change, err := s.acts()[name](s.Ctx, "main", "weekly")
	if err != nil {
		s.t.Fatalf("%s: %v", name, err)
	}
	return change
}

// cannot looks that an act on the draft weekly is refused and changes nothing. Nothing is asked
// before it then.
func (s *shop) cannot(name, words string) {
	s.t.Helper()
	if offer := s.offers(name); offer != nil {
		s.refused(words, func() error { _, err := offer(); return err })
	}
	s.refused(words, func() error { _, err := s.acts()[name](s.Ctx, "main", "weekly"); return err })
}

// TestNothingToActOn: an act on what is not as it has to be is refused, with how it stands.
func TestNothingToActOn(t *testing.T) {
	t.Parallel()
	s := selling(t, oneNumber, "at: 2026-03-02 16:00\n"+offer)
	for name := range s.acts() {
		s.cannot(name, `nothing of broadcast "weekly" is `)
	}
	s.arms()
	for _, name := range []string{"release", "resume", "resume late"} {
		s.cannot(name, "; number 1 is scheduled")
	}
	s.does("cancel")
	for name := range s.acts() {
		s.cannot(name, "; number 1 is cancelled")
	}
	s.Save(draft, daily)
	s.arms()
	s.cannot("release", `nothing of broadcast "weekly" is late; it is armed`)
}

// TestPauseAndResume: what is paused does not go out, also over its time; resumed it goes out, and
// the answer says when, and to how many. Each act is refused the second time.
func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	s := selling(t, oneNumber, "at: 2026-03-02 16:00\n"+offer)
	s.Plays("Ana "+cy+" > I want promotions", "+31m")
	s.arms()
	change := s.does("pause")
	if len(change.Occurrences) != 1 || change.Occurrences[0].Goes != nil || change.Schedule || s.Statuses("weekly") != "paused" {
		t.Errorf("%+v; it is %s", change, s.Statuses("weekly"))
	}
	s.cannot("pause", "; number 1 is paused")
	s.Plays("at 2026-03-02T15:59:00Z")
	change = s.does("resume")
	if goes := change.Occurrences[0].Goes; goes == nil || *goes != (desk.Outlook{Due: "2026-03-02 16:00 UTC", People: 1}) {
		t.Errorf("resumed before its time: %+v", goes)
	}
	s.cannot("resume", "; number 1 is scheduled")
	s.does("pause")
	s.Plays("at 2026-03-02T17:00:00Z")
	if s.Promotions() != 0 {
		t.Fatal("it went out while it was paused")
	}
	change = s.does("resume")
	if goes := change.Occurrences[0].Goes; goes == nil || *goes != (desk.Outlook{People: 1}) {
		t.Errorf("resumed an hour after its time: %+v", goes)
	}
	s.Plays("+1s")
	if s.Promotions() != 1 {
		t.Errorf("it is %s", s.Statuses("weekly"))
	}
}

// TestResumeWhatIsLate: what would not start by itself any more is resumed only by whoever knows
// that it is late.
func TestResumeWhatIsLate(t *testing.T) {
	t.Parallel()
	s := selling(t, oneNumber, "at: 2026-03-02 16:00\n"+offer)
	s.Plays("Ana "+cy+" > I want promotions", "+31m")
	s.arms()
	s.does("pause")
	s.Plays("at 2026-03-03T14:00:00Z")
	var offer desk.ResumeOffer
	s.unchanged("a look at what is paused", func() {
		var err error
		offer, err = s.OfferResume(s.Ctx, "main", "weekly")
		must(t, err)
	})
	paused := offer.Paused
	if len(paused) != 1 || !paused[0].IsLate || paused[0].ByGuard || paused[0].Due != "2026-03-02 16:00 UTC" || paused[0].Ago != 22*time.Hour || paused[0].People != 1 {
		t.Fatalf("%+v", paused)
	}
	if q := offer.Questions; len(q) != 1 || !offer.Late || len(offer.Reminds) > 0 || q[0].Asks != "Send it now, though its time has passed?" || q[0].Before !=
		"weekly (number 1) was due 2026-03-02 16:00 UTC, 22 hours ago, and would go out now to 1 person. `broadcast cancel weekly` drops it." {
		t.Errorf("%+v", offer)
	}
	s.cannot("resume", "weekly (number 1) was due 2026-03-02 16:00 UTC: its time has passed since you looked")
	if goes := s.does("resume late").Occurrences[0].Goes; goes == nil || goes.People != 1 || goes.Due != "" {
		t.Errorf("%+v", goes)
	}
	if s.Plays("+1s"); s.Promotions() != 1 {
		t.Errorf("it is %s", s.Statuses("weekly"))
	}
}

// TestReleaseWhatIsLate: what came due while the bot was off waits for the operator, who sends it
// once.
func TestReleaseWhatIsLate(t *testing.T) {
	t.Parallel()
	s := selling(t, oneNumber, "at: 2026-03-02 16:00\n"+offer)
	s.Plays("Ana "+cy+" > I want promotions", "Ben +447700900004 > I want promotions", "Ben > 2", "+31m")
	s.arms()
	s.Sleeps(23 * time.Hour)
	s.Plays("+1s")
	if s.Statuses("weekly") != "late" || s.Promotions() != 0 {
		t.Fatalf("it is %s", s.Statuses("weekly"))
	}
	s.cannot("resume", "; number 1 is late")
	s.cannot("pause", "; number 1 is late")
	if goes := s.does("release").Occurrences[0].Goes; goes == nil || goes.People != 1 || goes.Begun {
		t.Errorf("%+v", goes)
	}
	s.cannot("release", `nothing of broadcast "weekly" is late; number 1 is scheduled`)
	if s.Plays("+1s"); s.Promotions() != 1 {
		t.Errorf("it is %s", s.Statuses("weekly"))
	}
	list, err := s.ListBroadcasts(s.Ctx, "main")
	must(t, err)
	if o := list.Occurrences[0]; !o.WasDue.Equal(time.Date(2026, 3, 2, 16, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", o)
	}
}

// TestCancel: nobody else gets what is cancelled, whether it is scheduled, late, paused or under way;
// whoever has it keeps it.
func TestCancel(t *testing.T) {
	t.Parallel()
	for what, before := range map[string]func(s *shop){
		"scheduled": func(*shop) {},
		"paused":    func(s *shop) { s.does("pause") },
		"late":      func(s *shop) { s.Sleeps(24 * time.Hour); s.Plays("+1s") },
		"running":   func(s *shop) { s.Plays("at 2026-03-02T16:00:00Z") },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := selling(t, "pace: {every: 10m}\n"+oneNumber, "at: 2026-03-02 16:00\n"+offer)
			for i := range 3 {
				s.Plays(fmt.Sprintf("P%d +44770090001%d > I want promotions", i, i))
			}
			s.Plays("+31m")
			s.arms()
			before(s)
			if s.Statuses("weekly") != what {
				t.Fatalf("it is %s", s.Statuses("weekly"))
			}
			got := s.Promotions()
			change := s.does("cancel")
			if len(change.Occurrences) != 1 || change.Occurrences[0].Goes != nil {
				t.Errorf("%+v", change)
			}
			s.cannot("cancel", "; number 1 is cancelled")
			if s.Plays("+48h"); s.Promotions() != 0 || got == 3 {
				t.Errorf("%d got it before, and somebody after", got)
			}
		})
	}
}

// TestResumeUnderWay: what was paused half-way goes on with those who have not got it.
func TestResumeUnderWay(t *testing.T) {
	t.Parallel()
	s := selling(t, "pace: {every: 10m}\n"+oneNumber, offer)
	for i := range 3 {
		s.Plays(fmt.Sprintf("P%d +44770090001%d > I want promotions", i, i))
	}
	s.Plays("+31m")
	s.arms()
	s.Plays("+1s")
	if s.Promotions() != 1 {
		t.Fatal("it has not begun")
	}
	s.does("pause")
	s.Plays("+26h")
	if offer, err := s.OfferResume(s.Ctx, "main", "weekly"); err != nil || len(offer.Paused) != 1 || offer.Paused[0].IsLate || offer.Late ||
		len(offer.Questions) > 0 {
		t.Errorf("what has begun is late: %+v %v", offer, err)
	}
	if goes := s.does("resume").Occurrences[0].Goes; goes == nil || !goes.Begun || goes.People != 2 {
		t.Errorf("%+v", goes)
	}
}

// TestPauseAndResumeASchedule: what falls into the pause is over, and the next one comes.
func TestPauseAndResumeASchedule(t *testing.T) {
	t.Parallel()
	s := selling(t, oneNumber, "cron: \"0 10 * * *\"\nends: 2026-03-06\n"+offer)
	s.Plays("Ana "+cy+" > I want promotions", "+31m")
	s.arms()
	if change := s.does("pause"); !change.Schedule || len(change.Occurrences) > 0 {
		t.Errorf("%+v", change)
	}
	s.cannot("pause", `nothing of broadcast "weekly" is scheduled or under way; it is paused`)
	s.Plays("at 2026-03-04T12:00:00Z")
	if len(s.Occurrences("weekly")) > 0 {
		t.Fatal("it went out while it was paused")
	}
	if change := s.does("resume"); !change.Schedule {
		t.Errorf("%+v", change)
	}
	list, err := s.Schedules(s.Ctx, "main", "weekly")
	must(t, err)
	if !strings.HasPrefix(list[0].Says, "0 10 * * *, UTC: next 2026-03-05 10:00 UTC, then 2026-03-06 10:00 UTC") || len(list[0].Next) != 2 {
		t.Errorf("%+v", list[0])
	}
	s.Plays("at 2026-03-08T12:00:00Z")
	if s.Promotions() != 2 || s.status() != bot.ScheduleEnded {
		t.Errorf("%s, %s", s.Statuses("weekly"), s.status())
	}
	s.cannot("cancel", "; it is ended")
	list, err = s.Schedules(s.Ctx, "main", "weekly")
	if err != nil || !strings.HasPrefix(list[0].Says, "0 10 * * *, UTC: ended") || len(list[0].Next) > 0 {
		t.Errorf("%+v %v", list, err)
	}
}

// status is that of the schedule of the draft weekly.
func (s *shop) status() bot.ScheduleStatus {
	s.t.Helper()
	list, err := s.Store.Schedules(s.Ctx, "main", "weekly")
	must(s.t, err)
	return list[0].Status
}

// TestActsThatDoNotFit: what does not fit the flow of today can be resumed all the same; `run` says
// what is wrong with it, and the answer does not say when it goes out.
func TestActsThatDoNotFit(t *testing.T) {
	t.Parallel()
	s := selling(t, oneNumber, "at: 2026-03-02 16:00\n"+offer)
	_, err := s.Store.Arm(s.Ctx, bot.Occurrence{Number: "main", Broadcast: "weekly", Key: "k", DueAt: s.Now().Add(time.Hour),
		Content: "text: {en: \"Hi {shoe_size}!\"}\n", Version: "of another flow"})
	must(t, err)
	s.does("pause")
	if goes := s.does("resume").Occurrences[0].Goes; goes != nil {
		t.Errorf("%+v", goes)
	}
}

// TestReleaseWhoMissedTheirOwnTime: of a broadcast that is under way, who missed their own time is
// released too, once.
func TestReleaseWhoMissedTheirOwnTime(t *testing.T) {
	t.Parallel()
	s := selling(t, "zone: Europe/Lisbon\n"+oneNumber, "at: 2026-03-09 10:00\nzone: contact\n"+offer)
	s.Plays("Ken +819000000001 > I want promotions", "+31m")
	s.arms()
	s.cannot("release", "; number 1 is scheduled")
	s.Sleeps(time.Date(2026, 3, 9, 9, 0, 0, 0, time.UTC).Sub(s.Now())) // 18:00 in Tokyo
	s.Plays("+1s")
	if s.Statuses("weekly") != "running" || s.Promotions() != 0 {
		t.Fatalf("it is %s", s.Statuses("weekly"))
	}
	s.does("release")
	s.cannot("release", `nothing of broadcast "weekly" is late; number 1 is running`)
	if s.Plays("+1m"); s.Promotions() != 1 {
		t.Errorf("it is %s", s.Statuses("weekly"))
	}
}
