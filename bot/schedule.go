package bot

import (
	"time"

	"optinbot/flows"
)

// ScheduleStatus is where a recurring broadcast stands.
type ScheduleStatus string

// The statuses of a schedule.
const (
	ScheduleArmed     ScheduleStatus = "armed"
	SchedulePaused    ScheduleStatus = "paused"    // what falls into the pause does not go out
	ScheduleDisarmed  ScheduleStatus = "disarmed"  // the draft was edited after it was armed
	ScheduleCancelled ScheduleStatus = "cancelled" // by the operator
	ScheduleEnded     ScheduleStatus = "ended"     // there is no firing after `ends`
)

// A Schedule is a recurring broadcast that was armed, with the text as it was then. Each of its
// firings makes one Occurrence.
type Schedule struct {
	Number    string
	Broadcast string
	Status    ScheduleStatus
	Cron      string
	Zone      string // the IANA name of the zone of its wall times, or flows.ZoneContact
	Starts    string // see flows.Broadcast
	Ends      string
	Grace     time.Duration // 0: as configured
	Content   string        // the YAML as it was armed
	Media     *Media
	Version   string
	Note      string // why it is no longer armed
	ArmedAt   time.Time
	NextAt    time.Time // of the next firing. Zero: there is none
}

// A Firing is one time at which a broadcast goes out.
type Firing struct {
	Key  string    // makes its occurrence unique, whatever the clocks do
	At   time.Time // when the occurrence is due
	Wall string    // of each contact's own time: that wall time, as flows.AtLayout, else ""
}

// The first zone on earth reaches a wall time 14 hours before UTC does, the last one 12 hours
// after.
const (
	firstZone = 14 * time.Hour
	lastZone  = 12 * time.Hour
)

// AllZones is how long it takes from the first zone's reaching a wall time to the last one's.
const AllZones = firstZone + lastZone

// LoadZone finds a time zone by its IANA name. Where it is nil, every place has UTC.
type LoadZone func(name string) (*time.Location, error)

// Next returns the first firings after a moment, at most n of them.
func (s Schedule) Next(after time.Time, n int, load LoadZone) ([]Firing, error) {
	var out []Firing
	err := s.each(after, load, func(f Firing) bool { out = append(out, f); return len(out) < n })
	return out, err
}

// Begins is the moment after which the first firing comes of a schedule that is armed now. One at
// each contact's own time begins today where the clock of the shop has not got there yet, though
// other zones may have: who had that time longer ago than the grace waits (Missed).
func (s Schedule) Begins(now time.Time, shop *time.Location) time.Time {
	if s.Zone != flows.ZoneContact {
		return now
	}
	return asUTC(now.In(shop)).Add(-firstZone)
}

// each calls more for every firing after a moment, in order, until it says no.
func (s Schedule) each(after time.Time, load LoadZone, more func(Firing) bool) error {
	c, err := flows.ParseCron(s.Cron)
	if err != nil {
		return err
	}
	zone := time.UTC
	if s.Zone != flows.ZoneContact && load != nil {
		if zone, err = load(s.Zone); err != nil {
			return err
		}
	}
	// A wall time may come twice, or one that does not exist be moved to where another is: begin
	// early enough, and skip what has been.
	wall := asUTC(after.In(zone)).Add(-AllZones)
	last := after
	for wall = c.Next(wall); !wall.IsZero(); wall = c.Next(wall) {
		text := wall.Format(flows.AtLayout)
		if text < s.Starts {
			continue
		}
		if s.Ends != "" && text > s.Ends {
			return nil
		}
		for _, f := range s.firings(wall, zone, c.Hourly()) {
			if !f.At.After(last) {
				continue
			}
			if last = f.At; !more(f) {
				return nil
			}
		}
	}
	return nil
}

// firings are those of one wall time: one, but in an hour that comes twice two of a broadcast that
// goes out every hour, and in one that does not exist none of it.
func (s Schedule) firings(wall time.Time, zone *time.Location, hourly bool) []Firing {
	if s.Zone == flows.ZoneContact {
		return []Firing{OwnTime(wall)}
	}
	first, second := wallMoments(wall, zone)
	if !hourly {
		return []Firing{{Key: WallKey(wall), At: first}}
	}
	var out []Firing
	for _, at := range []time.Time{first, second} {
		if asUTC(at.In(zone)).Equal(wall) { // each skips the second where it is the first
			out = append(out, Firing{Key: at.UTC().Format(time.RFC3339), At: at})
		}
	}
	return out
}

// WallKey is the key of an occurrence at a wall time, which comes once even where the clock shows
// it twice.
func WallKey(wall time.Time) string { return wall.Format("2006-01-02T15:04") }

// OwnTime is the firing at a wall time of each contact's own: it begins when the first zone on
// earth gets there, and is unique by the local date.
func OwnTime(wall time.Time) Firing {
	wall = asUTC(wall)
	return Firing{Key: wall.Format(time.DateOnly), At: wall.Add(-firstZone), Wall: wall.Format(flows.AtLayout)}
}

// WallTime is the moment at which a place reaches a wall time, given as if it were UTC: the first
// where it comes twice. Where the clock jumps over it, it is as much later than the jump (02:30
// becomes 03:30).
func WallTime(wall time.Time, zone *time.Location) time.Time {
	first, _ := wallMoments(wall, zone)
	return first
}

// wallMoments are the first and the last moment of a wall time. They are the same where it comes
// once.
func wallMoments(wall time.Time, zone *time.Location) (first, last time.Time) {
	// The offsets before and after: clocks never change twice within two days.
	before, after := offset(wall.Add(-24*time.Hour), zone), offset(wall.Add(24*time.Hour), zone)
	first, last = wall.Add(-before), wall.Add(-after)
	firstIs, lastIs := offset(first, zone) == before, offset(last, zone) == after
	switch {
	case firstIs && lastIs:
		return first, last
	case lastIs:
		return last, last
	}
	return first, first
}

func offset(at time.Time, zone *time.Location) time.Duration {
	_, seconds := at.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

// asUTC is what the clock on the wall shows, as if it were UTC.
func asUTC(local time.Time) time.Time {
	year, month, day := local.Date()
	return time.Date(year, month, day, local.Hour(), local.Minute(), local.Second(), local.Nanosecond(), time.UTC)
}

// NotBefore is when a contact's own time comes: the latest of the zones their phone may be in, or
// the shop's where none is known. zero for an occurrence that begins for everybody at once.
func (o Occurrence) NotBefore(c *Contact, l Limits) (at time.Time) {
	wall, err := time.Parse(flows.AtLayout, o.Wall)
	if err != nil {
		return time.Time{}
	}
	zones, _ := ZonesOf(c, l, wall)
	for _, zone := range zones {
		if t := WallTime(wall, zone).UTC(); t.After(at) {
			at = t
		}
	}
	return at
}

// spread is how long it takes until the last zone has got to an occurrence's own time.
func (o Occurrence) spread() time.Duration {
	if o.Wall == "" {
		return 0
	}
	return AllZones
}

// LateAt is when an occurrence that has not begun is late.
func (o Occurrence) LateAt(l Limits) time.Time { return o.DueAt.Add(o.spread() + o.grace(l)) }

func (o Occurrence) grace(l Limits) time.Duration {
	if o.Grace > 0 {
		return o.Grace
	}
	return l.Grace
}

// Missed reports whether a contact's own time, notBefore, was so long ago when the occurrence began
// that the operator has to say whether they still get it. After a release the occurrence is due at
// the moment of that.
func (o Occurrence) Missed(notBefore, now time.Time, l Limits) bool {
	if o.Wall == "" {
		return false
	}
	if o.DueAt.After(notBefore) {
		notBefore = o.DueAt
	}
	return now.Sub(notBefore) > o.grace(l)
}

// Expires is when its last delivery expires.
func (o Occurrence) Expires(l Limits) time.Time { return o.DueAt.Add(o.spread() + l.Expires) }

// ExpiresFor is when the delivery to a contact expires. notBefore is when their own time comes.
// Zero: at once.
func (o Occurrence) ExpiresFor(notBefore time.Time, l Limits) time.Time {
	if notBefore.After(o.DueAt) {
		return notBefore.Add(l.Expires)
	}
	return o.DueAt.Add(l.Expires)
}

// Occurrence is what a firing makes.
func (s Schedule) Occurrence(f Firing) Occurrence {
	return Occurrence{
		Number: s.Number, Broadcast: s.Broadcast, Key: f.Key, DueAt: f.At, Wall: f.Wall,
		Grace: s.Grace, Status: OccurrenceScheduled,
		Content: s.Content, Media: s.Media, Version: s.Version, ArmedAt: s.ArmedAt,
	}
}

// Due returns the firings that have come: all that may begin by themselves, and the newest of those
// that are late. missed is how many are late. next is the firing after them. Zero: there is none.
func (s Schedule) Due(now time.Time, l Limits) (due []Firing, missed int, next time.Time, err error) {
	err = s.each(s.NextAt.Add(-time.Nanosecond), l.Load, func(f Firing) bool {
		if f.At.After(now) {
			next = f.At
			return false
		}
		if now.After(s.Occurrence(f).LateAt(l)) {
			missed, due = missed+1, due[:0]
		}
		due = append(due, f)
		return true
	})
	return due, missed, next, err
}
