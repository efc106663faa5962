package bot

import (
	"slices"
	"testing"
	"time"

	"optinbot/flows"
)

func recurring(cron, zone string) Schedule {
	return Schedule{Number: "main", Broadcast: "weekly", Cron: cron, Zone: zone, Status: ScheduleArmed}
}

// firingsBetween are the keys and moments (UTC) of the firings between two moments.
func firingsBetween(t *testing.T, s Schedule, from, to string) (keys, moments []string) {
	t.Helper()
	end := at(t, to)
	list, err := s.Next(at(t, from), 200, time.LoadLocation)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if !f.At.After(end) {
			keys, moments = append(keys, f.Key), append(moments, f.At.UTC().Format("01-02 15:04"))
		}
	}
	return keys, moments
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	m, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestB6OnceOverDaylightSaving: a wall time that comes twice or not at all is one occurrence; an
// hourly one goes by hours.
func TestB6OnceOverDaylightSaving(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, cron, zone, from, to string
		keys, moments              []string
	}{
		{"autumn, 02:30 comes twice", "30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z",
			[]string{"2026-10-25T02:30", "2026-10-26T02:30"}, []string{"10-25 00:30", "10-26 01:30"}},
		{"spring, 02:30 does not come: 03:30", "30 2 * * *", "Europe/Berlin", "2027-03-27T12:00:00Z", "2027-03-29T12:00:00Z",
			[]string{"2027-03-28T02:30", "2027-03-29T02:30"}, []string{"03-28 01:30", "03-29 00:30"}},
		{"ten o'clock stays ten o'clock", "0 10 * * 6,0,1", "America/New_York", "2026-10-30T20:00:00Z", "2026-11-02T20:00:00Z",
			[]string{"2026-10-31T10:00", "2026-11-01T10:00", "2026-11-02T10:00"}, []string{"10-31 14:00", "11-01 15:00", "11-02 15:00"}},
		{"hourly in autumn: 25 hours a day", "0 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", "2026-10-25T02:30:00Z",
			[]string{"2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"}, []string{"10-25 00:00", "10-25 01:00", "10-25 02:00"}},
		{"hourly in spring: 23", "0 * * * *", "Europe/Berlin", "2027-03-27T23:30:00Z", "2027-03-28T02:30:00Z",
			[]string{"2027-03-28T00:00:00Z", "2027-03-28T01:00:00Z", "2027-03-28T02:00:00Z"}, []string{"03-28 00:00", "03-28 01:00", "03-28 02:00"}},
		{"the day that Samoa left out", "0 10 * * *", "Pacific/Apia", "2011-12-29T12:00:00Z", "2012-01-01T00:00:00Z",
			[]string{"2011-12-29T10:00", "2011-12-30T10:00", "2012-01-01T10:00"}, []string{"12-29 20:00", "12-30 20:00", "12-31 20:00"}},
		{"half an hour, Lord Howe", "45 1 * * *", "Australia/Lord_Howe", "2026-04-03T20:00:00Z", "2026-04-05T20:00:00Z",
			[]string{"2026-04-05T01:45", "2026-04-06T01:45"}, []string{"04-04 14:45", "04-05 15:15"}},
		{"the last Friday", "0 10 * * FRI#L", "Europe/Lisbon", "2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z",
			[]string{"2026-03-27T10:00", "2026-04-24T10:00"}, []string{"03-27 10:00", "04-24 09:00"}},
		{"own time: by the local date", "0 10 * * 5", flows.ZoneContact, "2026-03-26T19:00:00Z", "2026-04-03T00:00:00Z",
			[]string{"2026-03-27", "2026-04-03"}, []string{"03-26 20:00", "04-02 20:00"}},
	} {
		keys, moments := firingsBetween(t, recurring(c.cron, c.zone), c.from, c.to)
		if !slices.Equal(keys, c.keys) || !slices.Equal(moments, c.moments) {
			t.Errorf("%s: %v at %v, want %v at %v", c.name, keys, moments, c.keys, c.moments)
		}
	}
}

// TestB6EveryDayOfManyYearsOnce looks at all days of ten years in zones with all kinds of clocks:
// each local date has one firing, and what the wall shows then is the wall time, or it does not
// exist on that day.
func TestB6EveryDayOfManyYearsOnce(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Europe/Berlin", "America/Sao_Paulo", "America/New_York", "Africa/Casablanca", "Australia/Lord_Howe", "Asia/Tehran", "Africa/Cairo"} {
		place, s := zone(t, name), recurring("30 2 * * *", name)
		last, dates := time.Date(2018, 1, 1, 0, 0, 0, 0, place), 0
		for range 3650 {
			next, err := s.Next(last, 1, time.LoadLocation)
			if err != nil || len(next) != 1 || !next[0].At.After(last) {
				t.Fatalf("%s after %s: %v %v", name, last, next, err)
			}
			last = next[0].At.In(place)
			if next[0].Key[:10] != last.Format(time.DateOnly) || last.Format("15:04") != "02:30" && last.Format("15:04") != "03:30" && last.Format("15:04") != "03:00" {
				t.Fatalf("%s: the firing %s is at %s", name, next[0].Key, last)
			}
			dates++
		}
		if want := time.Date(2018, 1, dates, 0, 0, 0, 0, time.UTC).Format(time.DateOnly); last.Format(time.DateOnly) != want {
			t.Errorf("%s: day %d is %s, want %s", name, dates, last, want)
		}
	}
}

// TestB7StartsEndsAndWhatIsMissed: no firing outside starts and ends; of those that are late only
// the newest is kept, and counted.
func TestB7StartsEndsAndWhatIsMissed(t *testing.T) {
	t.Parallel()
	s := recurring("0 10 * * *", "Europe/Berlin")
	s.Starts, s.Ends = "2026-03-03 00:00", "2026-03-05 23:59"
	keys, _ := firingsBetween(t, s, "2026-02-01T00:00:00Z", "2026-04-01T00:00:00Z")
	if want := []string{"2026-03-03T10:00", "2026-03-04T10:00", "2026-03-05T10:00"}; !slices.Equal(keys, want) {
		t.Errorf("%v, want %v", keys, want)
	}
	s.Starts, s.Ends, s.NextAt = "", "", at(t, "2026-03-03T09:00:00Z")
	for _, c := range []struct {
		now    string
		due    []string
		missed int
		next   string
	}{
		{"2026-03-03T08:59:59Z", nil, 0, "2026-03-03T09:00:00Z"},
		{"2026-03-03T09:00:00Z", []string{"2026-03-03T10:00"}, 0, "2026-03-04T09:00:00Z"},
		{"2026-03-03T11:00:00Z", []string{"2026-03-03T10:00"}, 0, "2026-03-04T09:00:00Z"},
		{"2026-03-03T11:00:01Z", []string{"2026-03-03T10:00"}, 1, "2026-03-04T09:00:00Z"},
		{"2026-03-06T08:00:00Z", []string{"2026-03-05T10:00"}, 3, "2026-03-06T09:00:00Z"},
		{"2026-03-06T09:30:00Z", []string{"2026-03-05T10:00", "2026-03-06T10:00"}, 3, "2026-03-07T09:00:00Z"},
	} {
		due, missed, next, err := s.Due(at(t, c.now), testLimits())
		var keys []string
		for _, f := range due {
			keys = append(keys, f.Key)
		}
		if err != nil || !slices.Equal(keys, c.due) || missed != c.missed || !next.Equal(at(t, c.next)) {
			t.Errorf("at %s: %v, %d missed, next %s, %v; want %v, %d, %s", c.now, keys, missed, next, err, c.due, c.missed, c.next)
		}
	}
	s.Grace = 24 * time.Hour
	if due, missed, _, err := s.Due(at(t, "2026-03-04T08:59:00Z"), testLimits()); err != nil || len(due) != 1 || missed != 0 {
		t.Errorf("its own grace: %v %d %v", due, missed, err)
	}
}

// TestB4OwnTime: each contact gets it when the clock where they live shows the time, the latest of
// several zones they may be in, the shop's where none is known; the occurrence begins with the
// first zone and expires after the last.
func TestB4OwnTime(t *testing.T) {
	t.Parallel()
	l := testLimits()
	l.Zone = zone(t, "Europe/Lisbon")
	o := recurring("0 10 * * *", flows.ZoneContact).Occurrence(OwnTime(time.Date(2026, 3, 29, 10, 0, 0, 0, time.UTC)))
	if !o.DueAt.Equal(at(t, "2026-03-28T20:00:00Z")) || o.Key != "2026-03-29" {
		t.Errorf("begins at %s, key %s", o.DueAt, o.Key)
	}
	for _, c := range []struct {
		zones []string
		want  string
	}{
		{[]string{"Pacific/Kiritimati"}, "2026-03-28T20:00:00Z"},
		{[]string{"Asia/Tokyo"}, "2026-03-29T01:00:00Z"},
		{[]string{"Europe/Berlin"}, "2026-03-29T08:00:00Z"}, // on the morning of summer time
		{[]string{"Pacific/Pago_Pago"}, "2026-03-29T21:00:00Z"},
		{[]string{"Asia/Almaty", "Europe/Berlin", "Asia/Aqtobe"}, "2026-03-29T08:00:00Z"},
		{nil, "2026-03-29T09:00:00Z"},
		{[]string{"Nowhere/AtAll"}, "2026-03-29T09:00:00Z"},
	} {
		got := o.NotBefore(&Contact{Profile: Profile{Zones: c.zones}}, l)
		if !got.Equal(at(t, c.want)) {
			t.Errorf("%v: %s, want %s", c.zones, got, c.want)
		}
		if e := o.ExpiresFor(got, l); !e.Equal(got.Add(l.Expires)) || e.After(o.Expires(l)) {
			t.Errorf("%v: expires at %s, the occurrence at %s", c.zones, e, o.Expires(l))
		}
	}
	tokyo := at(t, "2026-03-29T01:00:00Z")
	if o.Missed(tokyo, tokyo.Add(l.Grace), l) || !o.Missed(tokyo, tokyo.Add(l.Grace+time.Second), l) {
		t.Error("who missed their own time by more than the grace waits for the operator, and nobody else")
	}
}
