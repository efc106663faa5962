package bot

import (
	"slices"
	"testing"
	"time"
)

// Tuesday 3 March 2026, noon in Europe/London, where the shop of these tests is.
var tuesday = time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)

func testLimits() Limits {
	l := DefaultLimits()
	l.Load = time.LoadLocation
	return l
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// TestMaySendReasons has one case for each verdict, and for each pair that says which comes first.
func TestMaySendReasons(t *testing.T) {
	t.Parallel()
	hold := func(r Reason, until time.Time) Decision { return Decision{Action: ActionHold, Reason: r, Until: until} }
	skip := func(r Reason) Decision { return Decision{Action: ActionSkip, Reason: r} }
	ago := func(d time.Duration) time.Time { return tuesday.Add(-d) }
	with := func(r ...Reason) func(*Contact) {
		return func(c *Contact) {
			for _, reason := range r {
				c.hold(reason, ago(time.Hour))
			}
		}
	}
	sends := func(at ...time.Time) func(*Contact) { return func(c *Contact) { c.Sends = at } }
	ticks := func(at ...time.Time) func(*Contact) { return func(c *Contact) { c.UndeliveredSince = at } }
	for _, test := range []struct {
		name   string
		change func(*Contact)
		limits func(*Limits)
		want   Decision
	}{
		{name: "subscribed", want: Decision{Action: ActionSend}},
		{name: "new", change: func(c *Contact) { c.Consent = New }, want: skip(NotSubscribed)},
		{name: "no entry of the ledger says so", change: func(c *Contact) { c.Proven = false }, want: skip(NotSubscribed)},
		{name: "pending", change: func(c *Contact) { c.Consent = Pending }, want: skip(NotSubscribed)},
		{name: "unsubscribed", change: func(c *Contact) { c.Consent = Unsubscribed }, want: skip(SkippedUnsubscribed)},
		{name: "unsubscribed with a hold", change: func(c *Contact) { c.Consent = Unsubscribed; c.hold(UnsureStop, tuesday) }, want: skip(SkippedUnsubscribed)},
		{name: "safe mode", change: with(SafeMode), want: hold(SafeMode, time.Time{})},
		{name: "reassigned", change: with(NumberReassigned), want: hold(NumberReassigned, time.Time{})},
		{name: "unsure", change: with(UnsureStop), want: hold(UnsureStop, time.Time{})},
		{name: "undecryptable", change: with(UndecryptableMessage), want: hold(UndecryptableMessage, time.Time{})},
		{name: "disclosure", change: with(AwaitingDisclosure), want: hold(AwaitingDisclosure, time.Time{})},
		{name: "463", change: with(NeedsInbound), want: hold(NeedsInbound, time.Time{})},
		{name: "not delivering", change: ticks(ago(120*time.Hour), ago(72*time.Hour)), want: hold(NotDelivering, time.Time{})},
		{name: "one tick, not yet for 72 hours", change: ticks(ago(120*time.Hour), ago(72*time.Hour-Tick)), want: Decision{Action: ActionSend}},
		{name: "one at one tick", change: ticks(ago(120 * time.Hour)), want: Decision{Action: ActionSend}},
		{name: "unsure before not delivering", change: func(c *Contact) { ticks(ago(120*time.Hour), ago(72*time.Hour))(c); with(UnsureStop)(c) }, want: hold(UnsureStop, time.Time{})},
		{name: "fatigued", change: func(c *Contact) { c.UnreadPromotions = 12 }, want: skip(Fatigued)},
		{name: "eleven unread", change: func(c *Contact) { c.UnreadPromotions = 11 }, want: Decision{Action: ActionSend}},
		{name: "unsubscribed and fatigued", change: func(c *Contact) { c.Consent, c.UnreadPromotions = Unsubscribed, 12 }, want: skip(SkippedUnsubscribed)},
		{name: "expired and fatigued", change: func(c *Contact) { c.UnreadPromotions = 12 }, limits: func(l *Limits) { l.Expires = 0 }, want: skip(Expired)},
		{name: "fatigued and unsure", change: func(c *Contact) { c.UnreadPromotions = 12; with(UnsureStop)(c) }, want: skip(Fatigued)},
		{name: "suppressed", change: func(c *Contact) { c.Consent, c.Suppressed = Unsubscribed, true }, want: skip(Suppressed)},
		{name: "test limits never lift fatigue", change: func(c *Contact) { c.UnreadPromotions = 12 }, limits: func(l *Limits) { l.Unlimited = true }, want: skip(Fatigued)},
		{name: "unsure before disclosure", change: with(AwaitingDisclosure, UnsureStop), want: hold(UnsureStop, time.Time{})},
		{name: "takeover", change: func(c *Contact) { c.LastHuman = ago(time.Hour) }, want: hold(HumanTakeover, tuesday.Add(11*time.Hour))},
		{name: "takeover over", change: func(c *Contact) { c.LastHuman = ago(12 * time.Hour) }, want: Decision{Action: ActionSend}},
		{name: "takeover resumed", change: func(c *Contact) { c.LastHuman, c.Resumed = ago(time.Hour), ago(time.Minute) }, want: Decision{Action: ActionSend}},
		{name: "takeover resumed, then again", change: func(c *Contact) { c.LastHuman, c.Resumed = ago(time.Minute), ago(time.Hour) },
			want: hold(HumanTakeover, tuesday.Add(12*time.Hour-time.Minute))},
		{name: "question, 30 minutes", change: func(c *Contact) {
			c.LastInbound, c.FlowQuestion = ago(10*time.Minute), &FlowQuestion{Timeout: tuesday.Add(time.Hour)}
		}, want: hold(QuestionOpen, tuesday.Add(20*time.Minute))},
		{name: "question, its timeout first", change: func(c *Contact) {
			c.LastInbound, c.FlowQuestion = ago(10*time.Minute), &FlowQuestion{Timeout: tuesday.Add(5 * time.Minute)}
		}, want: hold(QuestionOpen, tuesday.Add(5*time.Minute))},
		{name: "question of yesterday", change: func(c *Contact) {
			c.LastInbound, c.FlowQuestion = ago(24*time.Hour), &FlowQuestion{Timeout: tuesday.Add(time.Hour)}
		}, want: Decision{Action: ActionSend}},
		{name: "gap", change: sends(ago(19 * time.Hour)), want: hold(MinGap, tuesday.Add(time.Hour))},
		{name: "gap over", change: sends(ago(20 * time.Hour)), want: Decision{Action: ActionSend}},
		{name: "gap counts from the last", change: sends(ago(time.Hour), ago(50*time.Hour)), want: hold(MinGap, tuesday.Add(19*time.Hour))},
		{name: "day", change: sends(ago(2 * time.Hour)), limits: func(l *Limits) { l.Gap = time.Hour },
			want: hold(DailyCap, time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC))},
		{name: "week", change: sends(ago(6*24*time.Hour), ago(2*24*time.Hour)), want: hold(WeeklyCap, tuesday.Add(24*time.Hour))},
		{name: "week over", change: sends(ago(7*24*time.Hour), ago(2*24*time.Hour)), want: Decision{Action: ActionSend}},
		{name: "hours", change: func(c *Contact) { c.Zones = []string{"Asia/Tokyo"} }, want: hold(QuietHours, time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC))},
		{name: "no legal hour", change: func(c *Contact) { c.Zones = []string{"Asia/Tokyo"} }, limits: func(l *Limits) { l.Expires = 2 * time.Hour },
			want: skip(NoLegalHour)},
		{name: "expired", limits: func(l *Limits) { l.Expires = 0 }, want: skip(Expired)},
		{name: "test limits lift hours and caps", change: func(c *Contact) { c.Sends, c.Zones = []time.Time{ago(time.Minute)}, []string{"Asia/Tokyo"} },
			limits: func(l *Limits) { l.Unlimited = true }, want: Decision{Action: ActionSend}},
		{name: "test limits never lift a stop", change: func(c *Contact) { c.Consent = Unsubscribed }, limits: func(l *Limits) { l.Unlimited = true },
			want: skip(SkippedUnsubscribed)},
		{name: "test limits never lift a hold", change: with(UnsureStop), limits: func(l *Limits) { l.Unlimited = true }, want: hold(UnsureStop, time.Time{})},
		{name: "test limits never lift a takeover", change: func(c *Contact) { c.LastHuman = tuesday }, limits: func(l *Limits) { l.Unlimited = true },
			want: hold(HumanTakeover, tuesday.Add(12*time.Hour))},
	} {
		c := &Contact{ID: 1, Consent: Subscribed, Proven: true}
		l := testLimits()
		if test.change != nil {
			test.change(c)
		}
		if test.limits != nil {
			test.limits(&l)
		}
		if got := MaySend(c, l, tuesday, tuesday.Add(l.Expires)); got != test.want {
			t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
		}
	}
}

// TestB5NumberMaySendReasons has one case for each reason of a number.
func TestB5NumberMaySendReasons(t *testing.T) {
	t.Parallel()
	tomorrow := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name   string
		change func(*NumberState)
		off    bool
		reason Reason
		until  time.Time
	}{
		{name: "sends", change: func(*NumberState) {}},
		{name: "safe mode", change: func(n *NumberState) { n.SafeMode = true }, reason: SafeMode},
		{name: "restricted", change: func(n *NumberState) { n.RestrictedUntil = tomorrow }, reason: RestrictedUntil, until: tomorrow},
		{name: "restriction over", change: func(n *NumberState) { n.RestrictedUntil = tuesday }},
		{name: "offline sync", change: func(n *NumberState) { n.Status = NumberConnected }, reason: OfflineSync},
		{name: "no answer", change: func(n *NumberState) { n.Status = NumberUnanswered }, reason: Disconnected},
		{name: "disconnected", change: func(n *NumberState) { n.Status = NumberDisconnected }, reason: Disconnected},
		{name: "logged out", change: func(n *NumberState) { n.Status = NumberLoggedOut }, reason: Disconnected},
		{name: "never connected", change: func(n *NumberState) { n.Status = "" }, reason: Disconnected},
		{name: "refused for now", change: func(n *NumberState) { n.Refusals = Refusals{InRow: 1, Until: tuesday.Add(time.Minute)} }, reason: SlowDown, until: tuesday.Add(time.Minute)},
		{name: "refused, and the pause is over", change: func(n *NumberState) { n.Refusals = Refusals{InRow: 1, Until: tuesday} }},
		{name: "refused before the clock was set back", change: func(n *NumberState) { n.Refusals = Refusals{InRow: 1, Until: tomorrow} }},
		{name: "test limits never lift it", change: func(n *NumberState) { n.Refusals = Refusals{InRow: 1, Until: tuesday.Add(time.Second)} }, off: true, reason: SlowDown, until: tuesday.Add(time.Second)},
		{name: "warm-up, first week", change: func(n *NumberState) { n.LinkedAt = tuesday.AddDate(0, 0, -6) }, reason: WarmUp, until: tomorrow},
		{name: "warm-up, day 8", change: func(n *NumberState) { n.LinkedAt, n.SentToday = tuesday.AddDate(0, 0, -7), 19 }},
		{name: "warm-up, day 8, full", change: func(n *NumberState) { n.LinkedAt, n.SentToday = tuesday.AddDate(0, 0, -7), 20 }, reason: WarmUp, until: tomorrow},
		{name: "never linked", change: func(n *NumberState) { n.LinkedAt = time.Time{} }, reason: WarmUp, until: tomorrow},
		{name: "cap", change: func(n *NumberState) { n.SentToday = 1000 }, reason: NumberCap, until: tomorrow},
		{name: "cap of yesterday", change: func(n *NumberState) { n.SentToday, n.Day = 1000, "2026-03-02" }},
		{name: "pace", change: func(n *NumberState) { n.NextMarketingAt = tuesday.Add(time.Second) }, reason: Pace, until: tuesday.Add(time.Second)},
		{name: "pace never hides a reason", change: func(n *NumberState) { n.NextMarketingAt, n.SentToday = tuesday.Add(time.Second), 1000 }, reason: NumberCap, until: tomorrow},
		{name: "test limits", change: func(n *NumberState) { n.SentToday, n.LinkedAt = 1000, tuesday }, off: true},
		{name: "test limits never lift the sync", change: func(n *NumberState) { n.Status = NumberConnected }, off: true, reason: OfflineSync},
	} {
		n := NumberState{LinkedAt: tuesday.AddDate(0, 0, -90), Status: NumberSynced, Day: "2026-03-03"}
		test.change(&n)
		l := testLimits()
		l.Unlimited = test.off
		want := Decision{Action: ActionSend}
		if test.reason != "" {
			want = Decision{Action: ActionHold, Reason: test.reason, Until: test.until}
		}
		if got := NumberMaySend(n, l, tuesday); got != want {
			t.Errorf("%s: got %+v, want %+v", test.name, got, want)
		}
	}
}

// TestB4HoursOfAZone: the first allowed moment from another on, in local time, also where days have
// 23 or 25 hours.
func TestB4HoursOfAZone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, zones, now, want string }{
		{"in the morning", "Europe/London", "2026-03-03T08:59:59Z", "2026-03-03T09:00:00Z"},
		{"at nine", "Europe/London", "2026-03-03T09:00:00Z", "2026-03-03T09:00:00Z"},
		{"a second before eight", "Europe/London", "2026-03-03T19:59:59Z", "2026-03-03T19:59:59Z"},
		{"at eight", "Europe/London", "2026-03-03T20:00:00Z", "2026-03-04T09:00:00Z"},
		{"on Saturday evening", "Europe/London", "2026-03-07T20:00:00Z", "2026-03-09T09:00:00Z"},
		{"before the clock goes forward", "Europe/London", "2026-03-28T20:30:00Z", "2026-03-30T08:00:00Z"},
		{"the Saturday before it goes back", "America/New_York", "2026-10-31T23:59:00Z", "2026-10-31T23:59:00Z"},
		{"before the clock goes back", "America/New_York", "2026-11-01T00:30:00Z", "2026-11-02T14:00:00Z"},
		{"half an hour off", "Asia/Kolkata", "2026-03-03T15:00:00Z", "2026-03-04T03:30:00Z"},
		{"where a Sunday is already Monday", "Pacific/Auckland", "2026-03-01T20:00:00Z", "2026-03-01T20:00:00Z"},
		{"where Saturday is already Sunday", "Pacific/Auckland", "2026-03-07T12:00:00Z", "2026-03-08T20:00:00Z"},
		{"two zones: allowed in both", "America/New_York America/Los_Angeles", "2026-03-03T15:00:00Z", "2026-03-03T17:00:00Z"},
		{"two zones: over in one", "America/New_York America/Los_Angeles", "2026-03-04T01:30:00Z", "2026-03-04T17:00:00Z"},
		{"so far apart that no hour is allowed in both: the shop's", "Pacific/Auckland Europe/London", "2026-03-03T03:00:00Z", "2026-03-03T09:00:00Z"},
		{"a zone nobody knows: the shop's", "Mars/Base", "2026-03-03T03:00:00Z", "2026-03-03T09:00:00Z"},
		{"no zone: the shop's", "", "2026-03-03T03:00:00Z", "2026-03-03T09:00:00Z"},
	} {
		l := testLimits()
		l.Zone = zone(t, "Europe/London")
		now, err := time.Parse(time.RFC3339, test.now)
		if err != nil {
			t.Fatal(err)
		}
		c := &Contact{Consent: Subscribed, Proven: true, Profile: Profile{Zones: fields(test.zones)}}
		got := now
		if v := MaySend(c, l, now, now.Add(7*24*time.Hour)); v.Action == ActionHold && v.Reason == QuietHours {
			got = v.Until
		} else if v.Action != ActionSend {
			t.Errorf("%s: %+v", test.name, v)
		}
		if got.Format(time.RFC3339) != test.want {
			t.Errorf("%s: from %s on the first moment is %s, want %s", test.name, test.now, got.Format(time.RFC3339), test.want)
		}
	}
}

func fields(s string) []string {
	var out []string
	for len(s) > 0 {
		i := slices.Index([]byte(s), ' ')
		if i < 0 {
			return append(out, s)
		}
		out, s = append(out, s[:i]), s[i+1:]
	}
	return out
}

// TestB4EveryMomentOfAYear: whatever the hour and the zone, what MaySend names is allowed there,
// and nothing earlier was.
func TestB4EveryMomentOfAYear(t *testing.T) {
	t.Parallel()
	l := testLimits()
	for _, name := range []string{"America/Sao_Paulo", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"} {
		z := zone(t, name)
		allowed := func(at time.Time) bool {
			local := at.In(z)
			return local.Weekday() != time.Sunday && local.Hour() >= 9 && local.Hour() < 20
		}
		for now := time.Date(2026, 1, 1, 0, 13, 0, 0, time.UTC); now.Year() == 2026; now = now.Add(37 * time.Minute) {
			at := nextLegal(now, l, []*time.Location{z})
			if !allowed(at) || at.Before(now) || at.After(now) && (allowed(now) || allowed(at.Add(-time.Minute))) {
				t.Fatalf("%s: from %s on: %s", name, now.In(z), at.In(z))
			}
		}
	}
}

// TestB4CapsOnDaysOfOtherLengths: the day of a cap is theirs, 25 hours included.
func TestB4CapsOnDaysOfOtherLengths(t *testing.T) {
	t.Parallel()
	z := zone(t, "America/New_York")
	now := time.Date(2026, 10, 31, 12, 0, 0, 0, z)
	for _, test := range []struct {
		sent time.Time
		want bool
	}{
		{time.Date(2026, 10, 30, 23, 59, 0, 0, z), false}, {time.Date(2026, 10, 31, 0, 0, 0, 0, z), true}, {now, true},
	} {
		until, full := dayFull([]time.Time{test.sent}, 1, now, z)
		if full != test.want || !until.Equal(time.Date(2026, 11, 1, 0, 0, 0, 0, z)) {
			t.Errorf("sent %s: full %v until %s", test.sent, full, until)
		}
	}
	sunday := time.Date(2026, 11, 1, 12, 0, 0, 0, z) // 25 hours
	if until, _ := dayFull(nil, 1, sunday, z); until.Sub(time.Date(2026, 11, 1, 0, 0, 0, 0, z)) != 25*time.Hour {
		t.Errorf("the day ends at %s", until.In(z))
	}
}

// TestB4DaysWithoutMidnight: where the clock jumps over midnight, in a zone of the person or of the
// shop, the next day is never a moment that has come: whatever waits for it would be asked again
// and again.
func TestB4DaysWithoutMidnight(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Atlantic/Azores", "America/Santiago", "America/Havana", "Africa/Cairo", "Asia/Beirut", "America/Asuncion", "Europe/London"} {
		z := zone(t, name)
		l := testLimits()
		l.Zone, l.Gap, l.NumberPerDay = z, time.Hour, 1
		for now := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); now.Year() < 2027; now = now.Add(30 * time.Minute) {
			next := NextDay(now, z)
			if !next.After(now) || next.Sub(now) > 25*time.Hour || Day(next, z) != dateOf(now, z).AddDate(0, 0, 1).Format(time.DateOnly) || Day(next.Add(-Tick), z) != Day(now, z) {
				t.Fatalf("%s: the day after %s begins at %s", name, now.In(z), next.In(z))
			}
			c := &Contact{Consent: Subscribed, Proven: true, Profile: Profile{Zone: name}, Marketing: Marketing{Sends: []time.Time{now.Add(-2 * time.Hour)}}}
			n := NumberState{LinkedAt: now.AddDate(-1, 0, 0), Status: NumberSynced, Day: Day(now, z), SentToday: 1}
			for _, v := range []Decision{MaySend(c, l, now, now.AddDate(0, 0, 7)), NumberMaySend(n, l, now)} {
				if v.Action == ActionHold && !v.Until.After(now) {
					t.Fatalf("%s: at %s %+v", name, now.In(z), v)
				}
			}
		}
	}
}

// TestB4Claimed: caps and gap count from the claim; what is older than a week is forgotten.
func TestB4Claimed(t *testing.T) {
	t.Parallel()
	old := Contact{Marketing: Marketing{Sends: []time.Time{tuesday.AddDate(0, 0, -8), tuesday.AddDate(0, 0, -3)}}}
	got := RecordClaim(old, tuesday)
	if want := []time.Time{tuesday.AddDate(0, 0, -3), tuesday}; !slices.Equal(got.Sends, want) {
		t.Errorf("sends %v, want %v", got.Sends, want)
	}
	if !old.Sends[0].Equal(tuesday.AddDate(0, 0, -8)) {
		t.Error("the contact before was changed")
	}
}

// TestB4SilenceIsCounted: what a claim counts is taken back when it was not accepted, and ends with
// a sign of them.
func TestB4SilenceIsCounted(t *testing.T) {
	t.Parallel()
	first, second, third := tuesday.AddDate(0, 0, -20), tuesday.AddDate(0, 0, -10), tuesday.AddDate(0, 0, -4)
	c := RecordClaim(RecordClaim(Contact{Consent: Subscribed}, first), second)
	if !c.NotDelivering(tuesday) || c.NotDelivering(second.Add(72*time.Hour-Tick)) || c.UnreadPromotions != 2 {
		t.Fatalf("after two: %+v", c)
	}
	for name, take := range map[string]func(Contact, time.Time) Contact{"not tried": UndoClaim, "not accepted": NotAccepted} {
		if got := take(c, second); got.UnreadPromotions != 1 || got.NotDelivering(tuesday) || len(c.UndeliveredSince) != 2 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := NotAccepted(RecordClaim(c, third), third); got.UnreadPromotions != 2 || !got.NotDelivering(tuesday) {
		t.Errorf("a third that was not accepted: %+v", got)
	}
	for _, test := range []struct {
		read   bool
		unread int
	}{{false, 2}, {true, 0}} {
		got, effects, err := Arrived(Env{Now: tuesday}, c, test.read)
		if err != nil || got.NotDelivering(tuesday) || got.UnreadPromotions != test.unread || len(effects) != 1 || got.ReceiptMatters(true) != (test.unread > 0) {
			t.Errorf("read %v: %+v %v %v", test.read, got, effects, err)
		}
	}
	if got := RecordClaim(c, second); !slices.Equal(c.UndeliveredSince, []time.Time{first, second}) || got.UnreadPromotions != 3 || NotAccepted(Contact{}, first).UnreadPromotions != 0 {
		t.Errorf("the contact before was changed, or counts below nothing: %+v", c)
	}
}

// TestB5WarmUpCap is the table of the product: none for seven days, then 20, 30, 50, 80 and 30 %
// more each day.
func TestB5WarmUpCap(t *testing.T) {
	t.Parallel()
	for day, want := range map[int]int{-1: 0, 0: 0, 1: 0, 7: 0, 8: 20, 9: 30, 10: 50, 11: 80, 12: 104, 13: 135, 14: 175} {
		if got := WarmUpCap(day, false); got != want {
			t.Errorf("day %d: %d, want %d", day, got, want)
		}
	}
	for day, want := range map[int]int{1: 200, 2: 260, 3: 338} {
		if got := WarmUpCap(day, true); got != want {
			t.Errorf("established, day %d: %d, want %d", day, got, want)
		}
	}
	if WarmUpCap(100_000, false) < 1_000_000 {
		t.Error("an old number is still held back")
	}
}

// TestB5WarmUpDays: the warm-up counts days of the calendar where the shop is, also those of 23 and
// 25 hours, and what waits for it waits until the first day that allows any.
func TestB5WarmUpDays(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		zone, linked, now string
		today             int
		until             string // of warm_up
	}{
		{"UTC", "2026-03-02T23:59:59Z", "2026-03-03T00:00:00Z", 0, "2026-03-09T00:00:00Z"},
		{"UTC", "2026-03-02T00:00:00Z", "2026-03-08T23:59:59Z", 0, "2026-03-09T00:00:00Z"},
		{"UTC", "2026-03-02T23:59:59Z", "2026-03-09T00:00:00Z", 20, ""},
		{"UTC", "2026-03-02T00:00:00Z", "2026-03-10T23:59:59Z", 30, ""},
		{"America/Sao_Paulo", "2026-03-03T02:59:59Z", "2026-03-03T03:00:00Z", 0, "2026-03-09T03:00:00Z"},
		{"America/Sao_Paulo", "2026-03-03T02:59:59Z", "2026-03-09T03:00:00Z", 20, ""},
		{"Europe/London", "2026-03-23T23:30:00Z", "2026-03-29T22:59:59Z", 0, "2026-03-29T23:00:00Z"}, // 29 March has 23 hours
		{"Europe/London", "2026-03-23T23:30:00Z", "2026-03-29T23:00:00Z", 20, ""},
		{"America/New_York", "2026-10-26T03:30:00Z", "2026-11-01T04:00:00Z", 20, ""}, // 1 November has 25 hours
		{"America/New_York", "2026-10-26T04:00:00Z", "2026-11-02T04:59:59Z", 0, "2026-11-02T05:00:00Z"},
	} {
		at := func(text string) time.Time {
			moment, err := time.Parse(time.RFC3339, text)
			if err != nil {
				t.Fatal(err)
			}
			return moment
		}
		l := testLimits()
		l.Zone = zone(t, test.zone)
		if got := WarmUpToday(at(test.linked), l, at(test.now)); got != test.today {
			t.Errorf("%s: linked %s, at %s %d, want %d", test.zone, test.linked, test.now, got, test.today)
		}
		v, want := NumberMaySend(NumberState{LinkedAt: at(test.linked), Status: NumberSynced}, l, at(test.now)), Decision{Action: ActionSend}
		if test.until != "" {
			want = Decision{Action: ActionHold, Reason: WarmUp, Until: at(test.until)}
		}
		if v.Action != want.Action || v.Reason != want.Reason || !v.Until.Equal(want.Until) {
			t.Errorf("%s: linked %s, at %s %+v, want %+v", test.zone, test.linked, test.now, v, want)
		}
	}
}
