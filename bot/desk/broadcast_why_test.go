package desk_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/store"
)

// why is what the desk says of the newest occurrence of weekly and somebody.
func (s *shop) why(name string) string {
	s.t.Helper()
	story, err := s.WhyBroadcast(s.Ctx, "main", "weekly", s.Who(name).Phone(), 0)
	must(s.t, err)
	return strings.Join(story.Why, "\n")
}

// TestB8WhyTellsTheStory: one delivery's story in sentences, from its times, also when there is a
// newer occurrence. Nothing changes.
func TestB8WhyTellsTheStory(t *testing.T) {
	t.Parallel()
	s := selling(t, "contact: {per_day: 3, gap: 1h, per_week: 21}\n"+oneNumber, offer)
	s.Plays("Ana +5511900000001 > quero promoções")
	s.arms()
	s.Plays("+0s", "+31m") // her open question held it
	sent := s.Delivery(1, "Ana")
	s.Plays("+5m", "reads Ana", "+5m", "Ana > could you send fewer messages?", "+5m", "Ana > 2")
	s.arms()
	s.Plays("+1s")
	const waited = "It was planned at 2026-03-02 14:00 UTC and waited from 2026-03-02 14:00 UTC for question_open.\n"
	for id, want := range map[int64]string{
		2: "Ana did not get it, and will not, because they asked to stop (unsubscribed).",
		1: "Ana got it: sent at 2026-03-02 14:30 UTC (variant 1, message " + sent.MessageID + ").\n" + waited +
			"Their phone received it at 2026-03-02 14:30 UTC.\nIt was read at 2026-03-02 14:36 UTC.\n" +
			"They wrote again at 2026-03-02 14:41 UTC.\nThey asked to stop at 2026-03-02 14:46 UTC.",
	} {
		s.unchanged("why", func() {
			story, err := s.WhyBroadcast(s.Ctx, "main", "weekly", "+5511900000001", id)
			must(t, err)
			if got := strings.Join(story.Why, "\n"); got != want || story.Occurrence != id || story.Broadcast != "weekly" || story.Delivery == nil {
				t.Errorf("occurrence %d:\n%s\nwant\n%s", id, got, want)
			}
		})
	}
}

// TestWhyIsNotFound: an occurrence, a person and a number that are not there.
func TestWhyIsNotFound(t *testing.T) {
	t.Parallel()
	s := selling(t, oneNumber, offer)
	ask := func(number, name, phone string, id int64) func() error {
		return func() error { _, err := s.WhyBroadcast(s.Ctx, number, name, phone, id); return err }
	}
	s.missing("`optinbot broadcast schedule weekly` arms it", ask("main", "weekly", ana, 0))
	s.arms()
	s.missing(`broadcast "weekly" has no occurrence 9`, ask("main", "weekly", ana, 9))
	s.missing(nobody+" has never written to number main", ask("main", "weekly", nobody, 0))
	s.refused(`"abc" is not a phone`, ask("main", "weekly", "abc", 0))
	s.missing(`broadcast "weekly" was never scheduled`, ask("nope", "weekly", ana, 0))
}

// TestWhySomebodyWaits: for each thing that a delivery waits for there is a sentence that names it,
// and one says until when.
func TestWhySomebodyWaits(t *testing.T) {
	t.Parallel()
	joined := []string{"Ana " + cy + " > I want promotions", "+31m"}
	for what, row := range map[string]struct {
		settings, source string
		before, after    []string // what happens before it is scheduled, and after
		acts             func(s *shop)
		want             []string
	}{
		"it has not begun": {source: "at: 2026-03-02 16:00\n" + offer, before: joined,
			want: []string{"It has not begun: weekly is scheduled, due 2026-03-02 16:00 UTC."}},
		"it is late": {source: "at: 2026-03-02 16:00\n" + offer, before: joined, acts: func(s *shop) { s.Sleeps(20 * time.Hour); s.Plays("+1s") },
			want: []string{"It has not begun, ", " (late): due 2026-03-02 16:00 UTC. It waits for: ", "`broadcast release weekly`"}},
		"they came later": {source: offer, after: []string{"+1s", "Ana " + cy + " > I want promotions"},
			want: []string{"They did not get it: they first wrote after 2026-03-02 14:00 UTC, when it began."}},
		"they never asked": {source: offer, before: []string{"Ana " + cy + " > hello", "+31m"}, after: []string{"+1s"},
			want: []string{"Ana did not get it, and will not, ", " (not_subscribed)."}},
		"their question is open": {source: offer, before: joined[:1], after: []string{"+1s"},
			want: []string{"Ana has not got it yet, ", " (question_open).\nIt waits for: ", "It expires at 2026-03-03 14:00 UTC."}},
		"a person writes with them": {source: offer, before: append(slices.Clone(joined), "takeover Ana"), after: []string{"+1s"},
			want: []string{"(human_takeover).\nIt waits for: ", "`contacts resume " + cy + "`"}},
		"it is paused while they wait": {source: offer, before: joined[:1], after: []string{"+1s"}, acts: func(s *shop) { s.does("pause") },
			want: []string{"(question_open).", "And it waits ", " (operator_paused), until: ", "`broadcast resume weekly`"}},
		"it is paused": {settings: "pace: {every: 10m}\n", source: offer, before: append(slices.Clone(joined), "Ben +447700900004 > I want promotions", "+31m"), after: []string{"+1s"},
			acts: func(s *shop) { s.does("pause") }, want: []string{"Ben has not got it yet, ", " (operator_paused). It waits for: "}},
		"it is not their turn": {settings: "pace: {every: 10m}\n", source: offer, before: append(slices.Clone(joined), "Ben +447700900004 > I want promotions", "+31m"), after: []string{"+1s"},
			want: []string{"Ben may get it and has not yet, ", " (pace)"}},
		"their turn is next": {settings: "pace: {every: 1m}\n", source: offer, before: append(slices.Clone(joined), "Ben +447700900004 > I want promotions", "+31m"), after: []string{"+1s"},
			acts: func(s *shop) { s.Sleeps(2 * time.Minute) }, want: []string{"Ben may get it, and will when it is their turn (pace)."}},
		"they hear from a person just now": {settings: "pace: {every: 10m}\n", source: offer, before: append(slices.Clone(joined), "Ben +447700900004 > I want promotions", "+31m"), after: []string{"+1s", "takeover Ben"},
			want: []string{"Ben has not got it yet, ", "(human_takeover)"}},
		"the number is not connected": {settings: "pace: {every: 10m}\n", source: offer, before: append(slices.Clone(joined), "Ben +447700900004 > I want promotions", "+31m"), after: []string{"+0s", "whatsapp disconnected"},
			want: []string{"Ben may get it and has not yet, ", " (number_disconnected)"}},
		"their own time has not come": {source: "at: 2026-03-03 10:00\nzone: contact\n" + offer, before: []string{"Ana +12125550101 > I want promotions", "+31m"}, after: []string{"at 2026-03-03T08:00:00Z"},
			want: []string{"Ana gets it in their own time, at 2026-03-03 10:00 (2026-03-03 15:00 UTC where the shop is)."}},
		"it comes again": {source: daily, before: joined, after: []string{"at 2026-03-03T10:00:00Z"},
			want: []string{"Ana got it: sent at 2026-03-03 10:00 UTC", "\nIt goes out again: 0 10 * * *, UTC: next 2026-03-04 10:00 UTC"}},
		"nobody knows": {source: offer, before: append(slices.Clone(joined), "whatsapp silent"), after: []string{"+1s"},
			want: []string{"Whether Ana got it is unknown: it was under way at 2026-03-02 14:31 UTC", "It is never sent again by itself"}},
		"WhatsApp refused it": {source: offer, before: append(slices.Clone(joined), "whatsapp refuses 479"), after: []string{"+1s"},
			want: []string{"Ana did not get it: it was sent at 2026-03-02 14:31 UTC, and WhatsApp refused it (failed: "}},
		"they left before their turn": {settings: "pace: {every: 10m}\n", source: offer, before: append(slices.Clone(joined), "Ben +447700900004 > I want promotions", "+31m"), after: []string{"+1s", "Ben > 2"},
			want: []string{"Ben did not get it: they left at 2026-03-02 15:02 UTC, before it was their turn."}},
		"they may have asked to stop": {source: offer, before: joined, after: []string{"+1s", "+1m", "Ana > could you send fewer of these messages to me than you have sent so far"},
			want: []string{"At 2026-03-02 14:32 UTC they may have asked to stop; the guard counts that."}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := selling(t, row.settings+oneNumber, row.source)
			s.Plays(row.before...)
			s.arms()
			s.Plays(row.after...)
			if row.acts != nil {
				row.acts(s)
			}
			who := "Ana"
			if s.People["Ben"] != nil {
				who = "Ben"
			}
			got := s.why(who)
			for _, part := range row.want {
				if !strings.Contains(got, part) {
					t.Errorf("it says\n%s\nand not %q", got, part)
				}
			}
			if strings.Contains(got, " NAME`") || strings.Contains(got, " PHONE") {
				t.Errorf("what it says cannot be typed:\n%s", got)
			}
		})
	}
}

// TestStoryOfAName: a name is a stranger's, so it is cut, and what has none is called "They".
func TestStoryOfAName(t *testing.T) {
	t.Parallel()
	s := selling(t, oneNumber, offer)
	o, c := bot.Occurrence{Number: "main", Status: bot.OccurrenceRunning}, &bot.Contact{}
	d := &store.Delivery{Status: bot.DeliveryClaimed, ClaimedAt: s.Now()}
	if got := s.Story(o, c, d, store.NumberRow{}, desk.GuardView{}); got[0] != "It is being sent to They right now, since 2026-03-02 14:00 UTC." {
		t.Errorf("%q", got)
	}
	c.Name = strings.Repeat("A", 100) + "\x1b[31m"
	if got := s.Story(o, c, d, store.NumberRow{}, desk.GuardView{}); strings.Contains(got[0], "\x1b") || len(got[0]) > 130 {
		t.Errorf("%q", got)
	}
}

// TestB5TheCanary: fifty recently active people get it first. Then it waits for what they say, and
// says so. Three who leave pause it, with the figures, and `resume` is the operator's decision.
func TestB5TheCanary(t *testing.T) {
	t.Parallel()
	s := selling(t, "pace: {every: 1s}\n"+oneNumber, offer)
	for i := range 55 {
		s.Plays(fmt.Sprintf("P%d +3460000%04d > quiero promociones", i, i))
	}
	s.Plays("+31m")
	s.arms()
	s.Plays("+0s", "+10m")
	if got := s.Promotions(); got != 50 {
		t.Fatalf("the canary is %d people", got)
	}
	const want = "P0 may get it and has not yet: the first 50 people (the canary) have it, and the guard waits for what they say (pace), until 2026-03-02 15:32 UTC."
	if got := s.why("P0"); got != want {
		t.Errorf("why says %s\nwant %s", got, want)
	}
	p := s.progress()
	if p.Guard.Level != bot.GuardCalm || p.Guard.Wait == "" || p.ToGo != 5 || p.Over.Before(p.Guard.Until) || p.Reason != "" || p.Ended() {
		t.Errorf("while it waits: %+v", p)
	}
	s.Plays("P50 > 2", "P51 > 2", "P52 > 2")
	o := s.Occurrences("weekly")[0]
	if o.Status != bot.OccurrencePaused || !strings.HasPrefix(o.Note, "3 of 50 people") {
		t.Fatalf("it is %s: %s", o.Status, o.Note)
	}
	if got := s.why("P0"); !strings.Contains(got, "(guard_paused)") || !strings.Contains(got, "3 of 50 people") {
		t.Errorf("why says %s", got)
	}
	if p = s.progress(); p.Guard.Level != bot.GuardPause || p.Reason != bot.GuardPaused || p.Guard.Wait != "" || !p.Over.IsZero() || p.Guard.Odds < p.Odds {
		t.Errorf("while it is paused: %+v", p)
	}
	if told, err := s.Told(); err != nil || !slices.Contains(told, "broadcast") {
		t.Errorf("the operator hears %v %v", told, err)
	}
	if s.Plays("+3h"); s.Promotions() > 0 {
		t.Fatal("it goes out while it is paused")
	}
	offer, err := s.OfferResume(s.Ctx, "main", "weekly")
	paused := offer.Paused
	if err != nil || len(paused) != 1 || !paused[0].ByGuard || !strings.HasPrefix(paused[0].Note, "3 of 50 people") || paused[0].IsLate {
		t.Errorf("%+v %v", paused, err)
	}
	if len(offer.Reminds) != 1 || !strings.HasPrefix(offer.Reminds[0], "The guard had paused it: 3 of 50 people") || len(offer.Questions) > 0 || offer.Late {
		t.Errorf("%+v", offer)
	}
	if goes := s.does("resume").Occurrences[0].Goes; goes == nil || goes.People != 5 || !goes.Begun {
		t.Errorf("%+v", goes)
	}
	s.Plays("+1s", "+1m")
	if got := s.Promotions(); got != 5 {
		t.Fatalf("%d sent after the resume", got)
	}
}

// progress is how the newest occurrence of weekly stands.
func (s *shop) progress() *desk.Progress {
	s.t.Helper()
	o, err := s.Latest(s.Ctx, "main", "weekly")
	must(s.t, err)
	var p *desk.Progress
	s.unchanged("a look at the progress", func() {
		p, err = s.Progress(s.Ctx, s.Numbers["main"], *o)
		must(s.t, err)
	})
	return p
}

// TestProgress: an occurrence under way, from its first message to its end.
func TestProgress(t *testing.T) {
	t.Parallel()
	s := selling(t, "pace: {every: 10m}\n"+oneNumber, "cron: \"0 10 * * *\"\n"+offer)
	for i := range 3 {
		s.Plays(fmt.Sprintf("P%d +44770090001%d > I want promotions", i, i))
	}
	s.arms()
	s.Plays("at 2026-03-03T10:00:00Z")
	p := s.progress()
	if p.Status != bot.OccurrenceRunning || p.ToGo != 2 || p.NotTime != 0 || p.Schedule == nil || p.Schedule.Broadcast != "weekly" {
		t.Errorf("%+v", p)
	}
	if over := p.Over.Sub(s.Now()); over < 10*time.Minute || over > 30*time.Minute {
		t.Errorf("it is over in %s", over)
	}
	if len(p.Variants) != 1 || p.Variants[0].Sent != 1 || len(p.Hours) != 1 || p.Location.String() != "UTC" {
		t.Errorf("variants %+v, hours %+v", p.Variants, p.Hours)
	}
	if len(p.ByHour) != 1 || p.ByHour[0].Variant != p.Variants[0].Variant || !p.ByHour[0].Hour.Equal(p.Hours[0].Hour) || p.ByHour[0].Sent != 1 {
		t.Errorf("by variant and hour %+v", p.ByHour)
	}
	if p.Sent != 1 || p.Of != 3 || p.Rate != 0 || !p.DoneAbout.Equal(s.Now().Add(20*time.Minute)) {
		t.Errorf("%d of %d, %g a minute, done at %s", p.Sent, p.Of, p.Rate, p.DoneAbout)
	}
	o := s.Occurrences("weekly")[0]
	s.Plays("+10m")
	if p = s.progress(); p.Sent != 2 || p.Of != 3 || p.Rate != 0 {
		t.Errorf("%d of %d, %g a minute", p.Sent, p.Of, p.Rate)
	}
	s.Plays("+20m")
	again, err := s.BroadcastStatus(s.Ctx, s.Numbers["main"], "weekly", o.ID)
	must(t, err)
	if !again.Ended() || again.ToGo != 0 || !again.Over.IsZero() || again.Coming != nil {
		t.Errorf("looked at again: %+v", again)
	}
	s.missing("has no occurrence 99", func() error {
		_, err := s.BroadcastStatus(s.Ctx, s.Numbers["main"], "weekly", 99)
		return err
	})
	shown := 0
	must(t, s.WatchBroadcast(s.Ctx, s.Numbers["main"], o.ID, "weekly", func(p *desk.Progress) error { shown++; return nil }))
	if shown != 1 {
		t.Errorf("what is over is shown %d times", shown)
	}
	enough := errors.New("enough")
	err = s.WatchBroadcast(s.Ctx, s.Numbers["main"], o.ID, "weekly", func(*desk.Progress) error { return enough })
	if !errors.Is(err, enough) {
		t.Errorf("a watch whose reader has failed: %v", err)
	}
}

// TestRate: how many a minute go out lately.
func TestRate(t *testing.T) {
	t.Parallel()
	s := selling(t, "pace: {every: 1m}\n"+oneNumber, "at: now\n"+offer)
	for i := range 9 {
		s.Plays(fmt.Sprintf("P%d +44770090001%d > I want promotions", i, i))
	}
	s.Plays("+31m")
	s.arms()
	s.Plays("+1s")
	s.Plays("+4m")
	p := s.progress()
	if p.Sent != 5 || p.Of != 9 || p.Rate != 1 {
		t.Errorf("%d of %d, %g a minute", p.Sent, p.Of, p.Rate)
	}
}

// TestBroadcastStatusBeforeTheFirst: a recurring broadcast that has not gone out yet has a schedule
// to show.
func TestBroadcastStatusBeforeTheFirst(t *testing.T) {
	t.Parallel()
	s := selling(t, oneNumber, "cron: \"0 10 * * *\"\n"+offer)
	s.arms()
	got, err := s.BroadcastStatus(s.Ctx, s.Numbers["main"], "weekly", 0)
	must(t, err)
	if got.Progress != nil || got.Coming == nil || got.Coming.Schedule.Broadcast != "weekly" {
		t.Errorf("%+v", got)
	}
}

// TestProgressOfWhoWaits: it is not over before the last one of those may get it who are held, and
// never after it expires.
func TestProgressOfWhoWaits(t *testing.T) {
	t.Parallel()
	s := selling(t, oneNumber, offer)
	s.Plays("Ana +447700900004 > I want promotions")
	s.arms()
	s.Plays("+1s")
	d := s.Delivery(1, "Ana")
	if p := s.progress(); d.Status != bot.DeliveryHeld || p.ToGo != 1 || !p.Over.Equal(d.Until) {
		t.Errorf("held until %s, and over at %s", d.Until, p.Over)
	}
	s.does("pause")
	if p := s.progress(); p.Reason != bot.OperatorPaused || !p.Over.IsZero() {
		t.Errorf("%+v", p)
	}
}

// TestResolveUnknown: what is unknown is settled once, for one person or everybody, by what the
// operator knows.
func TestResolveUnknown(t *testing.T) {
	t.Parallel()
	s := selling(t, "pace: {every: 1s}\ncontact: {per_day: 3, gap: 1h, per_week: 21}\n"+oneNumber, offer)
	find := func(number, name, phone string) func() error {
		return func() error { _, err := s.UnknownDeliveries(s.Ctx, number, name, phone); return err }
	}
	s.refused("`optinbot broadcast schedule weekly` arms it", find("main", "weekly", ""))
	s.refused(`broadcast "nothing" was never scheduled`, find("main", "nothing", ""))
	for i := range 3 {
		s.Plays(fmt.Sprintf("P%d +44770090001%d > I want promotions", i, i))
	}
	s.Plays("+31m", "whatsapp silent")
	s.arms()
	s.Plays("+0s", "+2h", "whatsapp accepts")
	s.missing(nobody+" has never written", find("main", "weekly", nobody))
	settle := func(phone string, arrived bool) (int, error) {
		u, err := s.UnknownDeliveries(s.Ctx, "main", "weekly", phone)
		must(t, err)
		if asked := u.Questions(arrived); len(asked) > 0 == arrived {
			t.Errorf("arrived %v is asked %v", arrived, asked)
		}
		return s.ResolveUnknown(s.Ctx, u, arrived)
	}
	needs := func() string {
		found, err := s.Desk.Statuses(s.Ctx, 0)
		must(t, err)
		overview, err := s.Overview(s.Ctx, found)
		must(t, err)
		return fmt.Sprint(overview.Needs)
	}
	if got := needs(); !strings.Contains(got, "whether 3 deliveries of weekly arrived is unknown") {
		t.Errorf("status says %s", got)
	}
	if n, err := settle("+447700900011", true); err != nil || n != 1 || s.Delivery(1, "P1").Status != bot.DeliverySent {
		t.Errorf("settled %d %v, and it is %s", n, err, s.Delivery(1, "P1").Status)
	}
	s.refused("nothing of weekly is unknown there", func() error { _, err := settle("+447700900011", true); return err })
	s.Promotions()
	if n, err := settle("", false); err != nil || n != 2 || s.Delivery(1, "P2").Status != bot.DeliveryPlanned {
		t.Errorf("settled %d %v, and it is %s", n, err, s.Delivery(1, "P2").Status)
	}
	s.refused("nothing of weekly is unknown there", func() error { _, err := settle("", false); return err })
	if got := needs(); strings.Contains(got, "unknown") {
		t.Errorf("all is settled, and status says %s", got)
	}
	if s.Plays("+0s", "+3h"); s.Promotions() != 2 {
		t.Errorf("they are not sent again: %s; %s", s.why("P0"), s.why("P2"))
	}
}

// TestResolveSaysWhatIsWrong: a store that does not answer is no refusal.
func TestResolveSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := selling(t, oneNumber, offer)
	d := s.Reopen()
	must(t, d.Close())
	if _, err := d.UnknownDeliveries(s.Ctx, "main", "weekly", ""); err == nil || desk.FileFirst(err) {
		t.Errorf("%v", err)
	}
}
