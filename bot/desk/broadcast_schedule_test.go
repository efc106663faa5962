package desk_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk"
)

// TestD3ScheduleTakesWhatThePreviewShowed: a draft is scheduled by the version of its preview. Where the draft or its time
// has changed since, nothing is, and the error says what to do.
func TestD3ScheduleTakesWhatThePreviewShowed(t *testing.T) {
	t.Parallel()
	const words = "text: {en: \"Hi {first_name|there}!\", pt: Oi!, es: Hola}\n"
	const daily, late = "cron: \"0 10 * * *\"\n", "at: 2126-03-10 10:00\n"
	for _, row := range []struct {
		name        string
		draft       string
		asked       desk.PreviewOptions
		then        string // the draft as it is saved after the preview
		passes      string // time between the preview and the answer
		now         bool
		isScheduled bool
	}{
		{name: "nothing has changed", draft: late, isScheduled: true},
		{name: "it took a while to answer", draft: late, passes: "+1h", isScheduled: true},
		{name: "a draft without a time goes out when the answer comes", passes: "+1h", isScheduled: true},
		{name: "at once goes out when the answer comes", draft: late, asked: desk.PreviewOptions{Now: true}, now: true, passes: "+1h", isScheduled: true},
		{name: "another number of texts was shown", draft: late, asked: desk.PreviewOptions{Samples: 3}, isScheduled: true},
		{name: "the text was edited", draft: late, then: late + strings.ReplaceAll(words, "Hi", "Hello")},
		{name: "the time was edited", draft: late, then: "at: 2126-03-11 10:00\n" + words},
		{name: "the preview was for its time, and it is to go out at once", draft: late, now: true},
		{name: "the preview was for at once, and it is to go out at its time", draft: late, asked: desk.PreviewOptions{Now: true}},
		{name: "its first time has passed", draft: daily, passes: "+25h"},
		{name: "a recurring one", draft: daily, isScheduled: true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := selling(t, oneNumber, row.draft+words)
			p, err := s.Preview(s.Ctx, "main", "weekly", row.asked)
			must(t, err)
			if row.then != "" {
				s.Save(draft, row.then)
			}
			if row.passes != "" {
				s.Plays(row.passes)
			}
			schedule := func() error {
				_, err := s.Schedule(s.Ctx, "main", "weekly", desk.ScheduleOptions{Now: row.now}, p.Version)
				return err
			}
			if row.isScheduled {
				must(t, schedule())
			} else {
				s.refused("has changed since. Look at it again", schedule)
			}
			if scheduled := s.armed() == 1; scheduled != row.isScheduled {
				t.Errorf("scheduled: %v", scheduled)
			}
		})
	}
}

// TestD3TheCountThatWasShown: who joined since the preview makes it stale, who left since does not. Of
// few people one in ten may join.
func TestD3TheCountThatWasShown(t *testing.T) {
	t.Parallel()
	s := selling(t, oneNumber, offer)
	s.Plays("Ana "+cy+" > I want promotions", "Ben +447700900055 > I want promotions")
	p, err := s.Preview(s.Ctx, "main", "weekly", desk.PreviewOptions{})
	must(t, err)
	s.Plays("Cleo +447700900056 > I want promotions")
	for _, version := range []string{p.Version, strings.TrimSuffix(p.Version, ".2"), p.Version + "x", ""} {
		if _, err := s.Schedule(s.Ctx, "main", "weekly", desk.ScheduleOptions{}, version); !errors.Is(err, desk.ErrStale) || s.armed() != 0 {
			t.Errorf("%q with one person more: %v, %d are armed", version, err, s.armed())
		}
	}
	s.Plays("Cleo +447700900056 > 2", "Ben +447700900055 > 2")
	out, err := s.Schedule(s.Ctx, "main", "weekly", desk.ScheduleOptions{}, p.Version)
	must(t, err)
	if out.Plan.People != 1 || s.armed() != 1 {
		t.Errorf("armed for %d, %d are armed", out.Plan.People, s.armed())
	}

	few := selling(t, oneNumber, offer)
	joins := func(from, to int) {
		for i := from; i < to; i++ {
			few.Plays(fmt.Sprintf("Guest%d +4477009001%02d > I want promotions", i, i))
		}
	}
	joins(0, 10)
	p, err = few.Preview(few.Ctx, "main", "weekly", desk.PreviewOptions{})
	must(t, err)
	joins(10, 12)
	var more desk.MoreThanShownError
	_, err = few.Schedule(few.Ctx, "main", "weekly", desk.ScheduleOptions{}, p.Version)
	if !errors.As(err, &more) || !errors.Is(err, desk.ErrStale) || !errors.Is(err, desk.ErrRefused) || more.Shown != 10 || more.People != 12 {
		t.Errorf("12 where 10 were shown: %v", err)
	}
	few.Plays("Guest11 +447700900111 > 2")
	out, err = few.Schedule(few.Ctx, "main", "weekly", desk.ScheduleOptions{}, p.Version)
	if err != nil || out.Plan.People != 11 {
		t.Errorf("11 where 10 were shown: %v, %v", out, err)
	}
}

// TestManyPeopleAreCountedOnce: what a preview found a short time ago is what is armed, where the draft,
// its time and the flow are the same. What speaks against it is asked anew all the same.
func TestManyPeopleAreCountedOnce(t *testing.T) {
	t.Parallel()
	s := selling(t, oneNumber, offer)
	s.Plays("Ana "+cy+" > I want promotions", "Ben +447700900055 > I want promotions")
	s.CountsAgain(1)
	o := desk.ScheduleOptions{Counted: true, Again: true}
	p, err := s.Preview(s.Ctx, "main", "weekly", desk.PreviewOptions{})
	must(t, err)
	s.Plays("Cleo +447700900056 > I want promotions")
	arm := func(o desk.ScheduleOptions) (people int, err error) {
		out, err := s.Schedule(s.Ctx, "main", "weekly", o, p.Version)
		if err == nil {
			people = out.Plan.People
		}
		return people, err
	}
	if people, err := arm(o); err != nil || people != 2 {
		t.Errorf("armed for %d, %v, want the 2 who were counted", people, err)
	}
	if _, err := arm(desk.ScheduleOptions{Counted: true}); err == nil || !strings.Contains(err.Error(), "people would get it twice") {
		t.Errorf("a second time: %v", err)
	}
	s.Plays("+59m")
	if people, err := arm(o); err != nil || people != 2 {
		t.Errorf("armed for %d, %v, after an hour less a minute", people, err)
	}
	s.Plays("+2m")
	if _, err := arm(o); !errors.Is(err, desk.ErrNotCounted) || s.armed() != 2 {
		t.Errorf("after an hour: %v, %d are armed", err, s.armed())
	}
	if _, err := arm(desk.ScheduleOptions{Again: true}); !errors.Is(err, desk.ErrStale) || s.armed() != 2 {
		t.Errorf("by a caller who waits, with 3 people: %v, %d are armed", err, s.armed())
	}
	p, err = s.Preview(s.Ctx, "main", "weekly", desk.PreviewOptions{})
	must(t, err)
	s.Swap("main", bot.NewMachine(s.Machine("main").Flow))
	if _, err := arm(o); !errors.Is(err, desk.ErrNotCounted) {
		t.Errorf("with another flow: %v", err)
	}
	p, err = s.Preview(s.Ctx, "main", "weekly", desk.PreviewOptions{})
	must(t, err)
	s.Save(draft, strings.ReplaceAll(offer, "Hi", "Hello")+"# edited\n")
	if _, err := arm(o); err == nil {
		t.Error("an edited text is armed")
	}
}

// TestScheduleRefusesWhatThePreviewObjectsTo: what keeps a draft from being scheduled does so without a look at its
// preview, too, and also where it came up since.
func TestScheduleRefusesWhatThePreviewObjectsTo(t *testing.T) {
	t.Parallel()
	s := selling(t, oneNumber, offer)
	p, err := s.Preview(s.Ctx, "main", "weekly", desk.PreviewOptions{})
	must(t, err)
	_, err = s.Schedule(s.Ctx, "main", "weekly", desk.ScheduleOptions{}, p.Version)
	must(t, err)
	_, err = s.Schedule(s.Ctx, "main", "weekly", desk.ScheduleOptions{}, p.Version)
	if !errors.Is(err, desk.ErrRefused) || !strings.Contains(err.Error(), "people would get it twice") {
		t.Errorf("a second time: %v", err)
	}
	if n := s.armed(); n != 1 {
		t.Errorf("%d are scheduled", n)
	}
	s.Plays("+1s")
	_, err = s.Schedule(s.Ctx, "main", "weekly", desk.ScheduleOptions{Again: true}, p.Version)
	must(t, err)

	s.Save(draft, "at: 2001-03-10 10:00\n"+offer)
	p, err = s.Preview(s.Ctx, "main", "weekly", desk.PreviewOptions{})
	must(t, err)
	_, err = s.Schedule(s.Ctx, "main", "weekly", desk.ScheduleOptions{Again: true}, p.Version)
	if !errors.Is(err, desk.ErrRefused) || !strings.Contains(err.Error(), "is over") {
		t.Errorf("its time is over: %v", err)
	}
}

// armed counts what is armed of the draft weekly.
func (s *shop) armed() (n int) {
	s.t.Helper()
	schedules, err := s.Store.Schedules(s.Ctx, "main", "weekly")
	must(s.t, err)
	for _, schedule := range schedules {
		if schedule.Status == bot.ScheduleArmed {
			n++
		}
	}
	return n + len(s.Occurrences("weekly"))
}
