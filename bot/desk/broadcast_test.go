package desk_test

import (
	"slices"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

// daily is a draft that goes out every day at ten.
const daily = "cron: \"0 10 * * *\"\n" + offer

// TestListBroadcasts: the list has drafts, what was scheduled of them, and what is in the folder and
// is no draft.
func TestListBroadcasts(t *testing.T) {
	t.Parallel()
	s := shopOf(t, desktest.Setup{Config: "zone: Europe/Lisbon\n" + oneNumber, Files: map[string]string{draft: daily,
		"flows/broadcasts/later.yaml": "at: 2026-03-09 10:00\n" + offer, "flows/broadcasts/old.yml": offer, "flows/broadcasts/._mac.yaml": "x"}})
	list, err := s.ListBroadcasts(s.Ctx, "main")
	must(t, err)
	if !slices.Equal(list.Drafts, []string{"later", "weekend-offer", "weekly"}) || len(list.Occurrences)+len(list.Schedules) > 0 {
		t.Errorf("before: %+v", list)
	}
	if len(list.NotDrafts) != 1 {
		t.Fatalf("no drafts: %q", list.NotDrafts)
	}

	s.Plays("Ana " + cy + " > I want promotions")
	s.arms()
	p, err := s.Preview(s.Ctx, "main", "later", desk.PreviewOptions{Now: true})
	must(t, err)
	_, err = s.Schedule(s.Ctx, "main", "later", desk.ScheduleOptions{Now: true}, p.Version)
	must(t, err)
	s.Plays("+31m", "+1s")
	s.unchanged("the list", func() { list, err = s.ListBroadcasts(s.Ctx, "main") })
	must(t, err)
	if len(list.Occurrences) != 1 || len(list.Schedules) != 1 || list.Zone.String() != "Europe/Lisbon" {
		t.Fatalf("after: %+v", list)
	}
	o := list.Occurrences[0]
	if o.Broadcast != "later" || o.Status != bot.OccurrenceDone || !o.DueAt.Equal(p.Due) || len(o.People) != 1 || o.People[0].People != 1 ||
		o.People[0].Status != bot.DeliveryDelivered {
		t.Errorf("%+v", o)
	}
	want := "0 10 * * *, Europe/Lisbon: next 2026-03-03 10:00 WET, then 2026-03-04 10:00 WET, then 2026-03-05 10:00 WET"
	if v := list.Schedules[0]; v.Says != want || v.Status != bot.ScheduleArmed || v.Edited || len(v.Next) != 3 {
		t.Errorf("%+v", v)
	}
	s.Remove("flows/broadcasts")
	if list, err = s.ListBroadcasts(s.Ctx, "main"); err != nil || len(list.Drafts) > 0 || len(list.Occurrences) != 1 {
		t.Errorf("without a folder of drafts: %+v %v", list, err)
	}
}

// TestDueText: at each contact's own time there is no moment, but a wall time.
func TestDueText(t *testing.T) {
	t.Parallel()
	lisbon, err := time.LoadLocation("Europe/Lisbon")
	must(t, err)
	at := time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC)
	if got := desk.DueText(bot.Occurrence{DueAt: at}, lisbon); got != "2026-07-01 10:00 WEST" {
		t.Error(got)
	}
	if got := desk.DueText(bot.Occurrence{DueAt: at, Wall: "2026-07-01 10:00"}, lisbon); got != "2026-07-01 10:00 in each contact's own time" {
		t.Error(got)
	}
}

// TestOccurrence: an occurrence is found by its ID, and the newest without one. What is not there is
// not found, with what there is instead.
func TestOccurrence(t *testing.T) {
	t.Parallel()
	s := selling(t, oneNumber, offer)
	find := func(name string, id int64) func() error {
		return func() error { _, err := s.Occurrence(s.Ctx, "main", name, id); return err }
	}
	s.missing(`broadcast "nobody" was never scheduled`, find("nobody", 0))
	s.missing("it is a draft: `optinbot broadcast schedule weekly` arms it", find("weekly", 0))
	s.arms()
	s.Plays("+11m")
	s.arms()
	newest, err := s.Occurrence(s.Ctx, "main", "weekly", 0)
	must(t, err)
	first, err := s.Occurrence(s.Ctx, "main", "weekly", s.Occurrences("weekly")[1].ID)
	must(t, err)
	if newest.ID <= first.ID {
		t.Errorf("the newest is %d, the other %d", newest.ID, first.ID)
	}
	s.missing(`broadcast "weekly" has no occurrence 99`, find("weekly", 99))
	s.Save("flows/broadcasts/daily.yaml", daily)
	p, err := s.Preview(s.Ctx, "main", "daily", desk.PreviewOptions{})
	must(t, err)
	_, err = s.Arm(s.Ctx, p)
	must(t, err)
	s.missing(`broadcast "daily" has not gone out yet: 0 10 * * *, UTC: next 2026-03-03 10:00 UTC`, find("daily", 0))
}
