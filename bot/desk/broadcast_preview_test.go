package desk_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

// TestPreviewCountsPeople: everybody who is subscribed is asked about, in their language, at the
// moment at which it goes out; whoever is not stays out. It changes nothing.
func TestPreviewCountsPeople(t *testing.T) {
	t.Parallel()
	s := selling(t, oneNumber, "at: 2026-03-02 16:00\ntext: {en: \"Hi {first_name|there}!\", pt: Oi!}\naudience: language != \"pt\"\n")
	s.Plays("Ana "+cy+" > I want promotions", "Bia +5511900000001 > quero promoções", "Cy +3460000001 > quiero promociones",
		"Dan +447700900004 > hello", "+31m", "Eve +447700900005 > I want promotions", "takeover Eve")
	var p *desk.Preview
	s.unchanged("a preview", func() {
		var err error
		p, err = s.Preview(s.Ctx, "main", "weekly", desk.PreviewOptions{Samples: 2})
		must(t, err)
	})
	if p.People != 3 || p.NotInAudience != 1 || p.Now != 2 || !maps.Equal(p.Held, map[bot.Reason]int{bot.HumanTakeover: 1}) {
		t.Errorf("%d people, %d not in the audience, %d now, held %v", p.People, p.NotInAudience, p.Now, p.Held)
	}
	if !maps.Equal(p.Languages, map[string]int{"en": 2, "es": 1}) || !maps.Equal(p.Missing, map[string]int{"es": 1}) || p.Instead != "en" {
		t.Errorf("languages %v, missing %v, instead %s", p.Languages, p.Missing, p.Instead)
	}
	if len(p.Samples) != 2 || p.Samples[0].To != cy || p.Samples[0].Text != "Hi Ana!\n\nReply 2 to stop." || p.Longest != 30 {
		t.Errorf("samples %+v, the longest has %d", p.Samples, p.Longest)
	}
	if !p.Due.Equal(time.Date(2026, 3, 2, 16, 0, 0, 0, time.UTC)) || p.First != "2026-03-02 16:00 UTC" || !p.Linked || p.CleanRecord {
		t.Errorf("due %s, %s, linked %v", p.Due, p.First, p.Linked)
	}
	again, err := s.Preview(s.Ctx, "main", "weekly", desk.PreviewOptions{})
	if err != nil || again.Version != p.Version {
		t.Errorf("asked again it is %s, not %s: %v", again.Version, p.Version, err)
	}
}

// TestPreviewSaysHowFarItReaches: the number's pace, its warm-up and its caps leave people out who
// are told here.
func TestPreviewSaysHowFarItReaches(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		settings, takes  string
		linked           int
		unlinked         bool
		perDay, notReach int
	}{
		{settings: "pace: {every: 1m}\n", takes: "5m0s", perDay: 1000},
		{settings: "pace: {every: 1m, per_day: 3}\nbroadcast: {expires: 5h}\n", takes: "3m0s", perDay: 3, notReach: 2},
		{settings: "pace: {every: 1m}\n", linked: 8, takes: "5m0s", perDay: 30},
		{settings: "pace: {every: 1m}\n", unlinked: true, takes: "0s", notReach: 5},
	} {
		s := shopOf(t, desktest.Setup{Config: row.settings + oneNumber, Linked: row.linked, Unlinked: row.unlinked, Files: map[string]string{draft: offer}})
		for i := range 5 {
			s.Plays(fmt.Sprintf("P%d +44770090001%d > I want promotions", i, i))
		}
		s.Plays("+31m")
		p, err := s.Preview(s.Ctx, "main", "weekly", desk.PreviewOptions{})
		must(t, err)
		if p.Linked == row.unlinked || p.PerDay != row.perDay || p.Takes != row.takes || p.NotInTime != row.notReach {
			t.Errorf("%+v: linked %v, %d a day, takes %s, %d not in time", row, p.Linked, p.PerDay, p.Takes, p.NotInTime)
		}
	}
}

// TestPreviewOfARecurringOne: it says when it goes out, the first three times.
func TestPreviewOfARecurringOne(t *testing.T) {
	t.Parallel()
	s := selling(t, "zone: Europe/Lisbon\n"+oneNumber, daily)
	p, err := s.Preview(s.Ctx, "main", "weekly", desk.PreviewOptions{})
	must(t, err)
	if len(p.Next) != 3 || p.Cron != "0 10 * * *" || p.First != "2026-03-03 10:00 WET" ||
		p.Firings != "2026-03-03 10:00 WET, then 2026-03-04 10:00 WET, then 2026-03-05 10:00 WET" {
		t.Errorf("%+v", p)
	}
	now, err := s.Preview(s.Ctx, "main", "weekly", desk.PreviewOptions{Now: true})
	if err != nil || now.Cron != "" || now.Next != nil || now.Version == p.Version || !now.Due.Equal(s.Now()) {
		t.Errorf("at once: %+v %v", now, err)
	}
	s.Save(draft, "cron: \"0 10 * * *\"\nzone: Asia/Tokyo\nends: 2026-03-04\n"+offer)
	if p, err = s.Preview(s.Ctx, "main", "weekly", desk.PreviewOptions{}); err != nil || p.Firings != "2026-03-03 10:00 JST, then 2026-03-04 10:00 JST" {
		t.Errorf("in its own zone, with an end: %s %v", p.Firings, err)
	}
	s.Save(draft, "cron: \"0 10 * * *\"\nzone: contact\n"+offer)
	if p, err = s.Preview(s.Ctx, "main", "weekly", desk.PreviewOptions{}); err != nil || p.OwnTime != "2026-03-03 10:00" ||
		p.First != "2026-03-03 10:00 in each contact's own time" {
		t.Errorf("at each contact's own time: %+v %v", p, err)
	}
}

// TestPreviewIsRefused: what cannot be previewed is refused, or is not there.
func TestPreviewIsRefused(t *testing.T) {
	t.Parallel()
	s := selling(t, oneNumber, daily)
	preview := func(number, name string) func() error {
		return func() error { _, err := s.Preview(s.Ctx, number, name, desk.PreviewOptions{}); return err }
	}
	s.refused(`there is no number "nope"`, preview("nope", "weekly"))
	s.missing(`there is no broadcast "nothing"; `, preview("main", "nothing"))
	s.Save("flows/broadcasts/old.yml", offer)
	s.missing("old.yml is not read: a draft's name ends in .yaml; rename it to old.yaml", preview("main", "old"))
	s.Save(draft, "cron: \"0 10 * * *\"\nends: 2026-03-01\n"+offer)
	s.refused("there is none of these between now and its `ends`", preview("main", "weekly"))
	s.Save(draft, "text: {en: \"Hi {nobody}\"}\n")
	var problems desk.Problems
	if err := preview("main", "weekly")(); !errors.As(err, &problems) || !strings.Contains(err.Error(), "weekly.yaml:1:16: unknown-placeholder") {
		t.Errorf("a draft with problems: %v", err)
	}
	s.Save(draft, "at: 2026-03-09 10:00\nzone: Europe/Nowhere\n"+offer)
	says(t, preview("main", "weekly")(), "Europe/Nowhere")
	s.Save(draft, "media: {image: gone.jpg}\n"+offer)
	says(t, preview("main", "weekly")(), "gone.jpg")
}

// TestWhomAPreviewDoesNotReach: a warm-up that allows nothing today may still reach some before it
// expires, and the others are told of.
func TestWhomAPreviewDoesNotReach(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		p      desk.Preview
		nobody bool
		late   int
	}{
		{p: desk.Preview{People: 5, PerDay: 20}},
		{p: desk.Preview{People: 5, PerDay: 20, NotInTime: 2}, late: 2},
		{p: desk.Preview{People: 30, PerDay: 0, NotInTime: 10}, late: 10}, // the rest ends before it expires
		{p: desk.Preview{People: 30, PerDay: 0, NotInTime: 30}, nobody: true},
		{p: desk.Preview{}},
	} {
		if nobody, late := row.p.Reach(); nobody != row.nobody || late != row.late {
			t.Errorf("%+v: %t, %d", row.p, nobody, late)
		}
	}
}

// TestAnUnfitDraft: what speaks against a draft is in its preview, and keeps it from being
// scheduled.
func TestAnUnfitDraft(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		what, source string
		before       func(s *shop)
		refusal      string
		twice        bool // it can be done on purpose
	}{
		{what: "a fit one", source: offer},
		{what: "its time is over", source: "at: 2026-03-02 08:00\n" + offer, refusal: "its time, 2026-03-02 08:00 UTC, is over; give it another `at:` or use --now"},
		{what: "a tag that nobody has, by a slip", source: offer + "audience: not (\"wip\" in tags)\n", refusal: `nobody has the tag "wip" (did you mean "vip"?): the audience leaves nobody out by it; correct the audience`},
		{what: "a tag that nobody has yet", source: offer + "audience: not (\"gold\" in tags)\n"},
		{what: "a slip that includes", source: offer + "audience: '\"wip\" in tags'\n"},
		{what: "a slip that was scheduled before", source: offer + "audience: not (\"wip\" in tags)\n", before: func(s *shop) {
			_, err := s.Store.Arm(s.Ctx, bot.Occurrence{Number: "main", Broadcast: "weekly", Key: "k", DueAt: s.Now().Add(time.Hour), Content: s.Read(draft), Version: s.version()})
			must(s.t, err)
			_, err = s.CancelBroadcast(s.Ctx, "main", "weekly")
			must(s.t, err)
		}},
		{what: "it is scheduled already", source: "at: 2026-03-02 16:00\n" + offer, before: (*shop).arms, refusal: "the same draft is scheduled already, for 2026-03-02 16:00 UTC (number 1, scheduled 2026-03-02 14:", twice: true},
		{what: "it has just gone out", source: offer, before: func(s *shop) { s.arms(); s.Plays("+1s", "+9m") }, refusal: "the same draft has just gone out (number 1, scheduled ", twice: true},
		{what: "it went out a while ago", source: offer, before: func(s *shop) { s.arms(); s.Plays("+1s", "+11m") }},
		{what: "it is paused", source: offer, before: func(s *shop) {
			s.arms()
			_, err := s.PauseBroadcast(s.Ctx, "main", "weekly")
			must(s.t, err)
			s.Plays("+1s")
		}, refusal: "the same draft is paused", twice: true},
		{what: "it is scheduled for the very same time", source: "at: 2026-03-02 16:00\n" + offer, before: (*shop).arms, refusal: "broadcast weekly is scheduled for that time already"},
		{what: "another text of it is under way", source: offer, before: func(s *shop) { s.arms(); s.Plays("+1s"); s.Edit(draft, "Hi ", "Hello ") }},
	} {
		t.Run(row.what, func(t *testing.T) {
			t.Parallel()
			s := selling(t, oneNumber, row.source)
			s.Plays("Ana "+cy+" > I want promotions", "+31m")
			_, err := s.Store.Act(s.Ctx, "main", s.Who("Ana").ID, s.Envs, func(e bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
				return bot.SetProfile(e, c, "Ana", []string{"vip"})
			})
			must(t, err)
			if row.before != nil {
				row.before(s)
			}
			now := row.twice && strings.Contains(row.source, "at: ")
			p, err := s.Preview(s.Ctx, "main", "weekly", desk.PreviewOptions{Now: now})
			must(t, err)
			schedule := func(o desk.ScheduleOptions) func() error {
				return func() error { _, err := s.Schedule(s.Ctx, "main", "weekly", o, p.Version); return err }
			}
			if objects := p.Objection != ""; objects != (row.refusal != "" && !row.twice && p.Unfit+p.Slip != "") {
				t.Errorf("the preview objects %q", p.Objection)
			}
			asked, answered, err := p.Questions(desk.ScheduleOptions{Now: now})
			switch {
			case row.refusal == "":
				must(t, err)
				if len(asked) != 1 || asked[0] != (desk.Question{Asks: "Schedule it?"}) || answered.Again {
					t.Errorf("asked %+v, then %+v", asked, answered)
				}
				must(t, schedule(desk.ScheduleOptions{Now: now})())
			case row.twice:
				must(t, err)
				s.asksTwice(p, asked)
				s.refused(row.refusal, schedule(desk.ScheduleOptions{Now: now}))
				must(t, schedule(answered)())
			default: // the store refuses the very same occurrence only when it is armed
				if err != nil && !strings.Contains(err.Error(), row.refusal) {
					t.Error(err)
				}
				s.refused(row.refusal, schedule(desk.ScheduleOptions{Now: now}))
				s.refused(row.refusal, schedule(desk.ScheduleOptions{Now: now, Again: true}))
			}
		})
	}
}

// asksTwice looks that people who get a draft twice are asked about first, anew, and not where that
// is said to be on purpose.
func (s *shop) asksTwice(p *desk.Preview, asked []desk.Question) {
	s.t.Helper()
	if len(asked) != 2 || !asked[0].Anew || !strings.HasPrefix(asked[0].Asks, "The same draft ") ||
		!strings.HasSuffix(asked[0].Asks, ": people would get it twice. Schedule it all the same?") || asked[1].Anew {
		s.t.Errorf("%+v", asked)
	}
	s.refused("; --again does that on purpose", func() error { return asked[0].Unasked })
	asked, answered, err := p.Questions(desk.ScheduleOptions{Again: true})
	if must(s.t, err); len(asked) != 1 || !answered.Again {
		s.t.Errorf("on purpose: %+v %+v", asked, answered)
	}
}

// version is that of the draft weekly.
func (s *shop) version() string {
	s.t.Helper()
	b, err := s.Files.Draft(s.Ctx, "weekly", s.Machine("main").Flow)
	must(s.t, err)
	return b.Version
}

// TestStrangeNames: what an audience names is looked up among the tags of people and the broadcasts
// that are or were there.
func TestStrangeNames(t *testing.T) {
	t.Parallel()
	s := selling(t, oneNumber, offer)
	s.Plays("Ana " + cy + " > I want promotions")
	look := func(audience string) (said []string) {
		s.Save(draft, offer+"audience: '"+audience+"'\n")
		p, err := s.Preview(s.Ctx, "main", "weekly", desk.PreviewOptions{})
		must(t, err)
		for _, name := range p.Strange {
			said = append(said, name.String())
		}
		return said
	}
	for audience, want := range map[string][]string{
		`language == "en"`:              nil,
		`got("weekend-offer")`:          nil,
		`got("weekend-ofer")`:           {`there is no broadcast "weekend-ofer", and never was (did you mean "weekend-offer"?): the audience has nobody who got it`},
		`"gold" in tags`:                {`nobody has the tag "gold": the audience has nobody who has it`},
		`not got("nothing")`:            {`there is no broadcast "nothing", and never was: the audience leaves nobody out by it`},
		`got("nothing") or got("none")`: {`there is no broadcast "nothing", and never was: the audience has nobody who got it`, `there is no broadcast "none", and never was: the audience has nobody who got it`},
	} {
		if got := look(audience); !slices.Equal(got, want) {
			t.Errorf("%s: %q", audience, got)
		}
	}
}

// TestSendSamples: the texts of a draft go to the operator's own chat, marked as a test, each time
// they are asked for. Nobody else gets one, and nothing counts.
func TestSendSamples(t *testing.T) {
	t.Parallel()
	s := shopOf(t, desktest.Setup{Config: oneNumber})
	s.Plays("Ana " + cy + " > I want promotions")
	for _, row := range []struct {
		language string
		all      bool
		texts    int
	}{{"", false, 3}, {"", true, 6}, {"pt", false, 1}, {"pt", true, 2}, {"pt", true, 2}} {
		before := len(s.Notices())
		sent, err := s.SendSamples(s.Ctx, "main", "weekend-offer", row.language, row.all)
		if err != nil || sent.Texts != row.texts || len(s.Notices()) != before+row.texts || sent.Media != "" {
			t.Errorf("%+v: %+v %v, %d notices more", row, sent, err, len(s.Notices())-before)
		}
	}
	if got := s.Notices()[0]; !strings.HasPrefix(got, "TEST of weekend-offer, pt, variant 1 of 2. Nobody else gets this.\n\nOi, Ana! ") {
		t.Errorf("%q", got)
	}
	samples := func(number, name, language string) func() error {
		return func() error { _, err := s.SendSamples(s.Ctx, number, name, language, false); return err }
	}
	s.refused(`flow promotions does not speak "de"`, samples("main", "weekend-offer", "de"))
	s.refused(`there is no number "nope"`, samples("nope", "weekend-offer", ""))
	s.missing(`there is no broadcast "nothing"`, samples("main", "nothing", ""))
	if s.Plays("+1h"); s.Promotions() != 0 || len(s.Occurrences("")) > 0 {
		t.Error("a sample went to a person")
	}
}
