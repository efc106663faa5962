package cloud

import (
	"context"
	"slices"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/cloud/cloudtest"
)

// next waits for the event after those that are known, and returns its kind.
func (l *line) kindsAfter(n int) []bot.NumberEventKind {
	l.t.Helper()
	if err := l.in.until(l.ctx, func() bool { return len(l.in.events) > n }); err != nil {
		l.t.Fatal(err)
	}
	return l.in.kinds()[n:]
}

// TestSyncedAfterWhatWasMissed: Meta says nothing at the end, so the time without webhooks is waited
// for once more, between 15 minutes and a day.
func TestSyncedAfterWhatWasMissed(t *testing.T) {
	for down, wait := range map[time.Duration]time.Duration{
		0: 15 * time.Minute, time.Minute: 15 * time.Minute, 3 * time.Hour: 3 * time.Hour, 90 * time.Hour: 24 * time.Hour,
	} {
		l := connected(t, setup{options: func(o *Options) {
			if down > 0 {
				o.DownSince = o.Now().Add(-down)
			}
		}})
		l.srv.Advance(wait - time.Second)
		l.c.Look()
		if got := l.in.kinds(); !slices.Equal(got, []bot.NumberEventKind{bot.NumberConnected}) {
			t.Errorf("%s: %q too early", down, got)
		}
		l.srv.Advance(time.Second)
		l.c.Look()
		l.c.Look()
		if got := l.in.kinds(); !slices.Equal(got, []bot.NumberEventKind{bot.NumberConnected, bot.NumberSynced}) {
			t.Errorf("%s: %q", down, got)
		}
		if h := l.c.Health(); !h.Synced || h.Quality != "GREEN" || h.Limit != "TIER_2K" || h.Throughput != "STANDARD" {
			t.Errorf("%+v", h)
		}
		if account, phone := l.c.Linked(); account != l.srv.Number().ID || phone != cloudtest.DefaultPhone {
			t.Error(account, phone)
		}
		if _, known := l.c.Ahead(); !known {
			t.Error("the answer told the time")
		}
	}
}

// synced is a number whose wait after connecting is over.
func (l *line) synced() {
	l.srv.Advance(leastLag)
	l.c.Look()
	if !l.c.Health().Synced {
		l.t.Fatal("not synced")
	}
}

// TestNoStatusForTenMinutes: an accepted message without any webhook says that stops do not come
// either. It holds until webhooks come, and then for as long as they did not.
func TestNoStatusForTenMinutes(t *testing.T) {
	l := connected(t, setup{})
	l.ana()
	l.synced()
	l.send(bot.Outgoing{Text: "x"})
	l.srv.Advance(silent - time.Second)
	l.c.Look()
	if !l.c.Health().Synced {
		t.Error("too early")
	}
	l.srv.Advance(40*time.Minute + time.Second)
	l.c.Look()
	if l.c.Health().Synced {
		t.Fatal("nothing came for 50 minutes")
	}
	l.srv.Deliver(l.ctx)
	l.c.Look()
	l.srv.Advance(50*time.Minute - time.Second)
	l.c.Look()
	if l.c.Health().Synced {
		t.Error("what was held back may still come")
	}
	l.srv.Advance(time.Second)
	l.c.Look()
	if !l.c.Health().Synced {
		t.Error("it is over")
	}
	want := []bot.NumberEventKind{bot.NumberConnected, bot.NumberSynced, bot.NumberConnected, bot.NumberSynced}
	if got := l.in.kinds(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestADroppedMessageIsNoSilence: pacing drops a message without a word. Other webhooks come.
func TestADroppedMessageIsNoSilence(t *testing.T) {
	l := connected(t, setup{})
	ana := l.ana()
	l.synced()
	l.srv.Next(cloudtest.Fate{Dropped: true})
	l.send(bot.Outgoing{Text: "x"})
	l.srv.Advance(time.Minute)
	ana.Send("hello?")
	l.srv.Deliver(l.ctx)
	l.srv.Advance(silent)
	l.c.Look()
	if !l.c.Health().Synced {
		t.Error("webhooks come")
	}
}

// TestWhatWeCouldNotTakeHolds: our own disk was full for an hour, and Meta repeats ever more rarely.
func TestWhatWeCouldNotTakeHolds(t *testing.T) {
	l := connected(t, setup{})
	ana := l.ana()
	l.synced()
	l.in.failing(func(what any) error {
		if _, event := what.(bot.NumberEvent); event {
			return nil
		}
		return errDisk
	})
	ana.Send("2")
	l.srv.Deliver(l.ctx)
	l.c.Look()
	if l.c.Health().Synced {
		t.Fatal("a stop waits at Meta")
	}
	l.in.failing(nil)
	l.srv.Advance(time.Hour)
	l.srv.Deliver(l.ctx)
	l.c.Look()
	l.srv.Advance(time.Hour - time.Second)
	l.c.Look()
	if l.c.Health().Synced {
		t.Error("too early")
	}
	l.srv.Advance(time.Second)
	l.c.Look()
	if !l.c.Health().Synced {
		t.Error("it is over")
	}
}

// TestABadTokenHoldsTheNumber: nothing is connected until it is good again, and it is told once.
func TestABadTokenHoldsTheNumber(t *testing.T) {
	l := connected(t, setup{})
	l.srv.ExpireToken(l.srv.Now())
	for range 2 {
		if l.c.Poll(l.ctx) == nil {
			t.Error("it is taken")
		}
	}
	if got := l.in.kinds(); !slices.Equal(got, []bot.NumberEventKind{bot.NumberConnected, bot.NumberDisconnected}) {
		t.Fatalf("%q", got)
	}
	l.srv.ExpireToken(time.Time{})
	if err := l.c.Poll(l.ctx); err != nil {
		t.Error(err)
	}
	if got := l.in.kinds(); got[len(got)-1] != bot.NumberConnected {
		t.Errorf("%q", got)
	}
	l.srv.Next(cloudtest.Fate{Code: 131042})
	if r := l.send(bot.Outgoing{Text: "x"}); r.Cause != bot.CauseAccount {
		t.Errorf("%+v", r)
	}
	if got := l.kindsAfter(3); !slices.Equal(got, []bot.NumberEventKind{bot.NumberDisconnected}) {
		t.Errorf("a send that is refused for the account tells it: %q", got)
	}
}

// TestQualityAndLimitAreTold: when they change, once.
func TestQualityAndLimitAreTold(t *testing.T) {
	l := connected(t, setup{})
	l.srv.Number().Set("quality_rating", "RED")
	l.srv.Number().Set("whatsapp_business_manager_messaging_limit", "TIER_250")
	for range 2 {
		if err := l.c.Poll(l.ctx); err != nil {
			t.Fatal(err)
		}
	}
	if got := l.in.kinds(); !slices.Equal(got, []bot.NumberEventKind{bot.NumberConnected, bot.NumberQuality, bot.NumberTrouble}) {
		t.Errorf("%q", got)
	}
	if h := l.c.Health(); h.Quality != "RED" || h.Limit != "TIER_250" {
		t.Errorf("%+v", h)
	}
}

// TestNewsReachesTheNumber: from the webhooks of its account, and of templates.
func TestNewsReachesTheNumber(t *testing.T) {
	var heard []TemplateEvent
	l := connected(t, setup{two: true, options: func(o *Options) {
		o.Templates = func(_ context.Context, e TemplateEvent) { heard = append(heard, e) }
	}})
	n := l.srv.Number()
	until := l.srv.Now().Add(24 * time.Hour)
	n.Restrict("RESTRICTED_BIZ_INITIATED_MESSAGING", until)
	n.AddTemplate(cloudtest.Template{Name: "t", Language: "pt_BR", Body: "Hi!"})
	n.Review("t", "pt_BR", "PAUSED", "")
	n.Rate("t", "pt_BR", "RED")
	n.Recategorise("t", "pt_BR", "UTILITY")
	l.srv.Deliver(l.ctx)
	last := l.in.events[len(l.in.events)-1]
	if last.Kind != bot.NumberRestricted || !last.Until.Equal(until) || len(l.other.kinds()) != 1 {
		t.Errorf("%+v %q", last, l.other.kinds())
	}
	if len(heard) != 3 || heard[0].Status != "PAUSED" || heard[0].Language != "pt_BR" || heard[1].Quality != "RED" || heard[2].Category != "UTILITY" {
		t.Errorf("%+v", heard)
	}
}

// TestATemplateIsToldOfEachTime: it is approved, paused and approved again. Both approvals may come with
// the same bytes, and the second is not taken for a repeat of the first.
func TestATemplateIsToldOfEachTime(t *testing.T) {
	var heard []string
	l := connected(t, setup{options: func(o *Options) {
		o.Templates = func(_ context.Context, e TemplateEvent) { heard = append(heard, e.Status) }
	}})
	n := l.srv.Number()
	n.AddTemplate(cloudtest.Template{Name: "t", Language: "pt_BR", Body: "Hi!"})
	want := []string{"APPROVED", "PAUSED", "APPROVED"}
	for _, status := range want {
		n.Review("t", "pt_BR", status, "")
		l.srv.Deliver(l.ctx)
	}
	if c := l.hook.Counts(); !slices.Equal(heard, want) || c.Taken != 3 || c.Repeated != 0 {
		t.Errorf("%q %+v", heard, c)
	}
}

// TestAfterADisconnectTheTimeIsWaitedFor: also within one process.
func TestAfterADisconnectTheTimeIsWaitedFor(t *testing.T) {
	l := connected(t, setup{})
	l.synced()
	l.c.Disconnect()
	l.srv.Advance(2 * time.Hour)
	if err := l.c.Connect(l.ctx); err != nil {
		t.Fatal(err)
	}
	l.kindsAfter(2)
	l.srv.Advance(2*time.Hour - time.Second)
	l.c.Look()
	if l.c.Health().Synced {
		t.Error("too early")
	}
	l.srv.Advance(time.Second)
	l.c.Look()
	if !l.c.Health().Synced {
		t.Error("it is over")
	}
}

// TestItLooksAndAsksByItself: nobody calls look or Poll.
func TestItLooksAndAsksByItself(t *testing.T) {
	l := connected(t, setup{options: func(o *Options) { o.LookEvery, o.PollEvery = time.Millisecond, time.Millisecond }})
	l.srv.Advance(leastLag)
	if err := l.in.until(l.ctx, func() bool { return len(l.in.events) > 1 && l.in.events[1].Kind == bot.NumberSynced }); err != nil {
		t.Error(err)
	}
	if err := l.srv.WaitUntil(l.ctx, func() bool { return l.srv.Requests("number") > 2 }); err != nil {
		t.Error(err)
	}
	l.srv.ExpireToken(l.srv.Now())
	if err := l.in.until(l.ctx, func() bool { return l.in.events[len(l.in.events)-1].Kind == bot.NumberDisconnected }); err != nil {
		t.Error(err)
	}
	l.srv.ExpireToken(time.Time{})
	if err := l.in.until(l.ctx, func() bool { return l.in.events[len(l.in.events)-1].Kind != bot.NumberDisconnected }); err != nil {
		t.Error(err)
	}
}

func TestHeartbeat(t *testing.T) {
	var b heartbeat
	at := func(d time.Duration) time.Time { return noon.Add(d) }
	b.begin(at(0), time.Time{})
	for i := range maxWaits + 5 {
		b.accepted(string(rune(i+300)), at(0))
	}
	if len(b.waits) != maxWaits {
		t.Errorf("%d are watched", len(b.waits))
	}
	b.heard(at(time.Minute), nil)
	b.heard(at(silent), nil)
	if len(b.waits) != 0 || !b.whole(at(leastLag)) {
		t.Errorf("%d without a status are watched for ever", len(b.waits))
	}
	b.accepted("a", at(time.Hour))
	b.accepted("b", at(2*time.Hour))
	b.heard(at(3*time.Hour), []string{"b"}) // nobody looked in between
	if b.whole(at(5*time.Hour-time.Second)) || !b.whole(at(5*time.Hour)) {
		t.Errorf("%+v", b)
	}
}

// TestWhatTheNextRunIsTold: a wait that a restart cuts off is waited for again, to its end. So is the
// time in which webhooks were missing, or could not be taken.
func TestWhatTheNextRunIsTold(t *testing.T) {
	now := cloudtest.Begin
	var b heartbeat
	b.begin(now, now.Add(-5*time.Hour))
	ended := now.Add(5 * time.Hour)
	for range 3 { // restarts, each after an hour, with ten minutes between the runs
		now = now.Add(time.Hour)
		came := b.cameUntil(now)
		now = now.Add(10 * time.Minute)
		b.begin(now, came)
		if b.until.Before(ended) {
			t.Fatalf("a restart ends the wait at %s, before %s", b.until, ended)
		}
	}
	if now = b.until; !b.cameUntil(now).Equal(now) {
		t.Error("everything has come, and that is not told")
	}
	b.accepted("m1", now)
	now = now.Add(silent)
	if got := b.cameUntil(now); !got.Equal(now.Add(-silent)) {
		t.Errorf("webhooks are missing for %s, and %s is told", silent, now.Sub(got))
	}
	b.begin(now, now.Add(-time.Second))
	now = b.until
	b.taken(now, false)
	if got := b.cameUntil(now.Add(time.Hour)); !got.Equal(now) {
		t.Errorf("what could not be taken for an hour is told as %s", now.Add(time.Hour).Sub(got))
	}
}

// TestCameUntilIsOfAConnection: nobody knows anything before Connect and after Disconnect.
func TestCameUntilIsOfAConnection(t *testing.T) {
	l := connected(t, setup{options: func(o *Options) { o.Hasty = true }})
	if got := l.c.CameUntil(); !got.Equal(l.srv.Now()) {
		t.Error(got)
	}
	l.c.Disconnect()
	if got := l.c.CameUntil(); !got.IsZero() {
		t.Error(got)
	}
}

// TestHastyWaitsForNothing: at a test server a number is synced at once.
func TestHastyWaitsForNothing(t *testing.T) {
	l := connected(t, setup{options: func(o *Options) { o.Hasty = true }})
	l.c.Look()
	if got := l.in.kinds(); !slices.Contains(got, bot.NumberSynced) {
		t.Error(got)
	}
}

// TestTheStandingIsToldBeforeAnythingGoesOut: once at a start, and when a poll or a webhook says
// something else.
func TestTheStandingIsToldBeforeAnythingGoesOut(t *testing.T) {
	l := connected(t, setup{})
	got := func() []bot.Standing {
		l.in.mu.Lock()
		defer l.in.mu.Unlock()
		return slices.Clone(l.in.standings)
	}
	want := []bot.Standing{{Rating: "GREEN", Limit: 2000, Throughput: 80}}
	if err := l.c.Poll(l.ctx); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got(), want) {
		t.Fatalf("%+v", got())
	}
	l.srv.Number().Set("whatsapp_business_manager_messaging_limit", "TIER_UNLIMITED")
	l.srv.Number().Set("throughput", map[string]any{"level": "HIGH"})
	if err := l.c.Poll(l.ctx); err != nil {
		t.Fatal(err)
	}
	want = append(want, bot.Standing{Rating: "GREEN", Limit: bot.UnlimitedPerDay, Throughput: 1000})
	if !slices.Equal(got(), want) || l.c.Throughput() != 1000 {
		t.Fatalf("%+v", got())
	}
	p := part{limit: "TIER_10K"}
	l.c.takeNews(l.ctx, p)
	l.c.takeNews(l.ctx, part{limit: "TIER_OF_ALL"})
	want = append(want, bot.Standing{Rating: "GREEN", Limit: 10_000, Throughput: 1000})
	if !slices.Equal(got(), want) {
		t.Fatalf("%+v", got())
	}
}

// TestALimitIsANumberOfPeople, or is not known.
func TestALimitIsANumberOfPeople(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]int{
		"TIER_250": 250, "TIER_2K": 2000, "TIER_10K": 10_000, "TIER_100K": 100_000, "TIER_UNLIMITED": bot.UnlimitedPerDay,
		"": 0, "TIER_": 0, "TIER_0": 0, "TIER_-5": 0, "2K": 0, "TIER_K": 0, "TIER_99999999999999999999K": 0, "TIER_900000K": bot.UnlimitedPerDay,
	} {
		if got := peopleOf(word); got != want {
			t.Errorf("%q: %d", word, got)
		}
	}
}
