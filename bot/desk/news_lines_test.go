package desk_test

import (
	"slices"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/store"
)

// TestNewsInWords: a line for each thing that happened, and one where a notice tells it, too.
func TestNewsInWords(t *testing.T) {
	t.Parallel()
	notice := func(kind bot.NoticeKind, says string, contact int64) []store.Notice {
		return []store.Notice{{Kind: string(kind), Text: says, Contact: contact}}
	}
	became := func(name string, before, status bot.OccurrenceStatus) desk.BroadcastNews {
		return desk.BroadcastNews{Before: before, OccurrenceView: desk.OccurrenceView{
			Broadcast: name, Status: status, DueAt: time.Date(2026, 12, 5, 13, 0, 0, 0, time.UTC),
			People: []store.Count{{Status: bot.DeliverySent, People: 39}, {Status: bot.DeliverySkipped, People: 2}},
		}}
	}
	ownTime := became("sale", "", bot.OccurrenceScheduled)
	ownTime.OwnTime = "10:00"
	for _, c := range []struct {
		what string
		news desk.News
		want []desk.NewsLine
	}{
		{"nothing", desk.News{}, nil},
		{"one joined", desk.News{Joined: 1, Subscribed: 13}, []desk.NewsLine{{Says: "Somebody joined: 13 subscribed now.", Tone: desk.Good}}},
		{"some joined", desk.News{Joined: 3, Subscribed: 16}, []desk.NewsLine{{Says: "3 people joined: 16 subscribed now.", Tone: desk.Good}}},
		{"one left", desk.News{Left: 1}, []desk.NewsLine{{Says: "Somebody left: 0 subscribed now."}}},
		{"some left", desk.News{Left: 2, Subscribed: 1}, []desk.NewsLine{{Says: "2 people left: 1 subscribed now."}}},
		{"both", desk.News{Joined: 2, Left: 1, Subscribed: 16}, []desk.NewsLine{{Says: "2 joined, 1 left: 16 subscribed now."}}},
		{"about somebody", desk.News{Notices: notice(bot.NoticeNeedsPerson, "somebody waits", 7)}, []desk.NewsLine{
			{Says: "Somebody waits. Who: `optinbot contacts waiting`.", Tone: desk.Warns, Notice: "somebody waits"},
		}},
		{"a test is not shown", desk.News{Notices: notice(bot.NoticeTest, "the text of a draft", 0)}, []desk.NewsLine{
			{Says: "A test of a broadcast goes to your own chat."},
		}},
		{"scheduled", desk.News{Broadcasts: []desk.BroadcastNews{became("sale", "", bot.OccurrenceScheduled), ownTime}}, []desk.NewsLine{
			{Says: "Broadcast sale is scheduled for 2026-12-05 13:00 UTC."},
			{Says: "Broadcast sale is scheduled for 10:00 in each person's own time."},
		}},
		{"over", desk.News{Broadcasts: []desk.BroadcastNews{became("sale", bot.OccurrenceRunning, bot.OccurrenceDone)}}, []desk.NewsLine{
			{Says: "Broadcast sale is over: sent to 39 people."},
		}},
		{"the notice says why", desk.News{
			Notices: notice(bot.NoticeBroadcast, "broadcast summer-sale is paused: 3 stopped", 0),
			Broadcasts: []desk.BroadcastNews{
				became("summer-sale", bot.OccurrenceRunning, bot.OccurrencePaused), became("sale", bot.OccurrenceRunning, bot.OccurrenceCancelled),
			},
		}, []desk.NewsLine{
			{Says: "Broadcast summer-sale is paused: 3 stopped.", Tone: desk.Warns, Notice: "broadcast summer-sale is paused: 3 stopped"},
			{Says: "Broadcast sale is cancelled."},
		}},
		{"that it begins is told beside a notice", desk.News{
			Notices:    notice(bot.NoticeBroadcast, "broadcast sale was due yesterday", 0),
			Broadcasts: []desk.BroadcastNews{became("sale", bot.OccurrenceScheduled, bot.OccurrenceRunning)},
		}, []desk.NewsLine{
			{Says: "Broadcast sale was due yesterday.", Tone: desk.Warns, Notice: "broadcast sale was due yesterday"},
			{Says: "Broadcast sale begins. Watch it: `optinbot broadcast status sale --watch`."},
		}},
		{"a notice of another kind says nothing of it", desk.News{
			Notices:    notice(bot.NoticeFlow, "flow sale was edited", 0),
			Broadcasts: []desk.BroadcastNews{became("sale", bot.OccurrenceRunning, bot.OccurrencePaused)},
		}, []desk.NewsLine{
			{Says: "Flow sale was edited.", Tone: desk.Warns, Notice: "flow sale was edited"},
			{Says: "Broadcast sale is paused. Go on with: `optinbot broadcast resume sale`."},
		}},
		{"it goes on", desk.News{Broadcasts: []desk.BroadcastNews{became("sale", bot.OccurrencePaused, bot.OccurrenceRunning)}}, []desk.NewsLine{
			{Says: "Broadcast sale goes on."},
		}},
		{"it is late", desk.News{Broadcasts: []desk.BroadcastNews{became("sale", bot.OccurrenceScheduled, bot.OccurrenceLate)}}, []desk.NewsLine{
			{Says: "Broadcast sale is late and waits for you: `optinbot broadcast release sale`."},
		}},
	} {
		if got := c.news.Lines(time.UTC); !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.what, got, c.want)
		}
	}
}

// TestAFeedTellsEachThingOnce: while it runs, and at its end what happened until then.
func TestAFeedTellsEachThingOnce(t *testing.T) {
	t.Parallel()
	s := selling(t, oneNumber, offer)
	feed, err := s.FollowAll(s.Ctx)
	must(t, err)
	joined, told := 0, make(chan int, 1000)
	end := feed.Tell(s.Ctx, func(number string, n desk.News) {
		if number != "main" {
			t.Errorf("news of %q", number)
		}
		if n.Joined > 0 {
			told <- n.Joined
		}
	})
	s.Plays("Ana " + cy + " > I want promotions")
	select {
	case joined = <-told:
	case <-time.After(2 * time.Minute):
		t.Error("it does not tell while it runs")
	}
	s.Plays("Ben +447700900012 > I want promotions")
	end()
	close(told)
	for n := range told {
		joined += n
	}
	if joined != 2 {
		t.Errorf("%d of 2 people are told", joined)
	}
}

// TestABriefOfANumber: whether it is linked, its flow, how many are subscribed, and what goes out
// next.
func TestABriefOfANumber(t *testing.T) {
	t.Parallel()
	s := selling(t, oneNumber, "at: 2026-03-02 16:00\n"+offer)
	s.Plays("Ana "+cy+" > I want promotions", "Ben +447700900012 > hi", "+31m")
	brief := func() desk.NumberBrief {
		t.Helper()
		var all []desk.NumberBrief
		s.unchanged("a brief", func() {
			var err error
			all, err = s.Briefs(s.Ctx)
			must(t, err)
		})
		if len(all) != 1 {
			t.Fatalf("%+v", all)
		}
		return all[0]
	}
	if b := brief(); b.Name != "main" || b.Linked.IsZero() || b.Flow != "promotions" || b.Subscribed != 1 || b.Broadcast != "" || b.Zone == nil {
		t.Errorf("%+v", b)
	}
	s.arms()
	if b := brief(); b.Broadcast != "weekly" || !b.At.Equal(time.Date(2026, 3, 2, 16, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", b)
	}
	s.Plays("at 2026-03-02T16:00:01Z")
	if b := brief(); b.Broadcast != "" {
		t.Errorf("it is over: %+v", b)
	}
}
