package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Duration is a time.Duration that is written "36s", "20h" or "7d".
type Duration time.Duration

// D is the duration.
func (d Duration) D() time.Duration { return time.Duration(d) }

// UnmarshalText reads a duration. In it d are days of 24 hours.
func (d *Duration) UnmarshalText(text []byte) error {
	if n, ok := strings.CutSuffix(string(text), "d"); ok {
		days, err := strconv.Atoi(n)
		if err == nil {
			*d = Duration(time.Duration(days) * 24 * time.Hour)
			return nil
		}
	}
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a duration such as 36s, 20h or 7d", text)
	}
	*d = Duration(v)
	return nil
}

// Clock is a time of day, written "09:00".
type Clock time.Duration

// D is the time since midnight.
func (c Clock) D() time.Duration { return time.Duration(c) }

// String is the time of day as it is written.
func (c Clock) String() string {
	return fmt.Sprintf("%02d:%02d", c.D()/time.Hour, c.D()%time.Hour/time.Minute)
}

// UnmarshalText reads a time of day.
func (c *Clock) UnmarshalText(text []byte) error {
	t, err := time.Parse("15:04", string(text))
	if err != nil {
		return fmt.Errorf(`%q is not a time of day such as "09:00"`, text)
	}
	*c = Clock(time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute)
	return nil
}

// Weekday is a day of the week, written "mon".
type Weekday time.Weekday

// UnmarshalText reads a day of the week.
func (d *Weekday) UnmarshalText(text []byte) error {
	i := slices.Index([]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}, strings.ToLower(string(text)))
	if i < 0 {
		return fmt.Errorf("%q is not a day: mon, tue, wed, thu, fri, sat or sun", text)
	}
	*d = Weekday(i)
	return nil
}

func weekdays(days []Weekday) (out []time.Weekday) {
	for _, d := range days {
		out = append(out, time.Weekday(d))
	}
	return out
}

// zones loads time zones and keeps them: a broadcast asks for the same few a million times.
func zones() func(string) (*time.Location, error) {
	var known sync.Map
	return func(name string) (*time.Location, error) {
		if zone, ok := known.Load(name); ok {
			return zone.(*time.Location), nil
		}
		zone, err := time.LoadLocation(name)
		if err == nil {
			known.Store(name, zone)
		}
		return zone, err
	}
}
