package desk_test

import (
	"fmt"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk/desktest"
)

// TestNewsTellsWhatHappened: who joined and left as numbers, notices and broadcasts; each once, and
// nothing of the time before.
func TestNewsTellsWhatHappened(t *testing.T) {
	t.Parallel()
	s := desktest.Open(t, desktest.Setup{Files: map[string]string{
		"flows/broadcasts/offer.yaml": "at: 2026-03-03 15:00\ntext: {en: \"Hi! Ten percent off. Reply 2 to stop.\"}\n",
	}})
	s.Start()
	s.Plays("Cy +447700900003 > I want promotions")
	f, err := s.Follow(s.Ctx, "main")
	must(t, err)
	if n, err := f.News(s.Ctx); err != nil || n.Joined+n.Left+len(n.Notices)+len(n.Broadcasts) > 0 {
		t.Errorf("nothing has happened since: %+v, %v", n, err)
	}
	s.Plays("Ana +447700900001 > I want promotions", "Ben +447700900002 > I want promotions", "Ben > stop")
	if n, err := f.News(s.Ctx); err != nil || n.Joined != 2 || n.Left != 1 || n.Subscribed != 2 {
		t.Errorf("two joined and one left: %+v, %v", n, err)
	}
	must(t, s.Store.Notify(s.Ctx, "main", bot.NoticeNumber, "one", s.Now()))
	must(t, s.Store.Notify(s.Ctx, "main", bot.NoticeNumber, "two", s.Now()))
	if n, err := f.News(s.Ctx); err != nil || len(n.Notices) != 2 || n.Notices[0].Text != "one" || n.Joined > 0 {
		t.Errorf("two notices, the oldest first: %+v, %v", n, err)
	}
	o, err := s.Store.Arm(s.Ctx, bot.Occurrence{
		Number: "main", Broadcast: "offer", Key: "k", DueAt: s.Now().Add(time.Hour), Status: bot.OccurrenceScheduled,
		Content: "text: {en: Hi}", Version: "v", ArmedAt: s.Now(),
	})
	must(t, err)
	_, err = s.Store.PauseBroadcast(s.Ctx, "main", "offer", s.Now())
	must(t, err)
	n, err := f.News(s.Ctx)
	if err != nil || len(n.Broadcasts) != 1 || n.Broadcasts[0].ID != o.ID || n.Broadcasts[0].Before != "" {
		t.Errorf("a new broadcast: %+v, %v", n, err)
	}
	_, err = s.Store.CancelBroadcast(s.Ctx, "main", "offer", s.Now())
	must(t, err)
	n, err = f.News(s.Ctx)
	if err != nil || len(n.Broadcasts) != 1 || n.Broadcasts[0].Status != bot.OccurrenceCancelled ||
		n.Broadcasts[0].Before != bot.OccurrencePaused {
		t.Errorf("cancelled: %+v, %v", n, err)
	}
	if n, err := f.News(s.Ctx); err != nil || n.Joined+n.Left+len(n.Notices)+len(n.Broadcasts) > 0 {
		t.Errorf("told twice: %+v, %v", n, err)
	}
}

// TestNewsLosesNoNotice: the next call tells of those that are too many for one.
func TestNewsLosesNoNotice(t *testing.T) {
	t.Parallel()
	s := desktest.Open(t, desktest.Setup{})
	f, err := s.Follow(s.Ctx, "main")
	must(t, err)
	const many = 60
	for i := range many {
		must(t, s.Store.Notify(s.Ctx, "main", bot.NoticeNumber, fmt.Sprint(i), s.Now()))
	}
	told := 0
	for told < many {
		n, err := f.News(s.Ctx)
		must(t, err)
		if len(n.Notices) == 0 {
			t.Fatalf("%d of %d notices are told", told, many)
		}
		for _, notice := range n.Notices {
			if notice.Text != fmt.Sprint(told) {
				t.Fatalf("%q is told where %d has its turn", notice.Text, told)
			}
			told++
		}
	}
}

// TestFollowFrom: whoever comes back is told what has happened since, once, and how every broadcast
// stands.
func TestFollowFrom(t *testing.T) {
	t.Parallel()
	s := desktest.Open(t, desktest.Setup{Files: map[string]string{
		"flows/broadcasts/offer.yaml": "at: 2026-03-03 15:00\ntext: {en: \"Hi! Ten percent off. Reply 2 to stop.\"}\n",
	}})
	s.Plays("Cy +447700900003 > I want promotions")
	f, err := s.Follow(s.Ctx, "main")
	must(t, err)
	left := f.Place()
	s.Plays("Ana +447700900001 > I want promotions")
	must(t, s.Store.Notify(s.Ctx, "main", bot.NoticeNumber, "one", s.Now()))
	_, err = s.Store.Arm(s.Ctx, bot.Occurrence{
		Number: "main", Broadcast: "offer", Key: "k", DueAt: s.Now().Add(time.Hour), Status: bot.OccurrenceScheduled,
		Content: "text: {en: Hi}", Version: "v", ArmedAt: s.Now(),
	})
	must(t, err)
	f, err = s.FollowFrom(s.Ctx, "main", left)
	must(t, err)
	n, err := f.News(s.Ctx)
	if err != nil || n.Joined != 1 || n.Subscribed != 2 || len(n.Notices) != 1 || len(n.Broadcasts) != 1 {
		t.Errorf("what has happened since: %+v, %v", n, err)
	}
	if n, err := f.News(s.Ctx); err != nil || n.Joined+n.Left+len(n.Notices)+len(n.Broadcasts) > 0 {
		t.Errorf("told twice: %+v, %v", n, err)
	}
}
