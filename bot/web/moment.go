package web

import (
	"strconv"
	"time"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// When is a moment in the zone of the number, absolute and then relative: "tomorrow 10:00, in 21 h
// 42 min". "" for none.
func (p *page) When(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(p.zone)
	return p.lang.at(t, p.now) + ", " + p.lang.away(t, p.now)
}

// At is a moment in the zone of the number: "tomorrow 10:00". "" for none.
func (p *page) At(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return p.lang.at(t.In(p.zone), p.now)
}

// Away is how far a moment is: "20 min ago", "in 3 h". "" for none.
func (p *page) Away(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return p.lang.away(t, p.now)
}

// Since is how long ago a moment was: "3 days 4 h".
func (p *page) Since(t time.Time) string { return p.lang.long(max(0, p.now.Sub(t))) }

// Clock is the time of the day of a moment in the zone of the number.
func (p *page) Clock(t time.Time) string { return p.lang.clock(t.In(p.zone)) }

// Today is the day and the time of now, in the zone of the number, with the name of the zone.
func (p *page) Today() string {
	now := p.now.In(p.zone)
	return p.lang.say("today.now", "day", p.lang.fullDay(now), "time", p.lang.clock(now), "zone", p.zone.String())
}

// Phone is a phone, or what names somebody in its place, as its reader may see it: whole, or masked for
// a viewer.
func (p *page) Phone(phone string) string {
	return p.Masked(phone)
}

// Masked is a text of the program as its reader may see it: a viewer sees not whom it names.
func (p *page) Masked(says string) string {
	if p.Who.Role.Includes(desk.Editor) {
		return says
	}
	return text.Masked(says)
}

// Zone is the name of the zone in which times are shown.
func (p *page) Zone() string { return p.zone.String() }

// Weekday is the name of a day, short.
func (p *page) Weekday(t time.Time) string {
	name := []rune(p.lang.say("weekday." + strconv.Itoa(int(t.Weekday()))))
	return string(name[:min(3, len(name))])
}

// Takes is a length of time that the desk has written, in words.
func (p *page) Takes(long string) string {
	d, err := time.ParseDuration(long)
	if err != nil {
		return long
	}
	return p.lang.long(d)
}

// Day names the day of a moment in the zone of the number: "today", "Tuesday 1 December".
func (p *page) Day(t time.Time) string { return p.lang.day(t.In(p.zone), p.now) }
