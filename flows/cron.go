package flows

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	cron "github.com/netresearch/go-cron"
)

// A Cron says on which wall times a recurring broadcast goes out: minute, hour, day of the month,
// month, day of the week. It knows no time zones: the wall times of a place are the same in every
// year, whatever its clocks do.
type Cron struct {
	next          cron.Schedule
	hourly, daily bool
}

// ParseCron reads five fields, as "0 10 * * 5". The error is for the operator.
func ParseCron(text string) (*Cron, error) {
	fields := strings.Fields(text)
	if len(fields) != 5 {
		return nil, fmt.Errorf("%q has not five fields but %d", text, len(fields))
	}
	if minute, err := strconv.Atoi(fields[0]); err != nil || minute < 0 || minute > 59 {
		return nil, errors.New("the first field, the minute, must be one number from 0 to 59: " +
			"more than once an hour is too often")
	}
	parser, err := cron.TryNewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Extended)
	if err != nil {
		return nil, err
	}
	next, err := parser.Parse(strings.Join(fields, " "))
	if err != nil {
		return nil, brokenField(parser, fields)
	}
	_, notOne := strconv.Atoi(fields[1])
	c := &Cron{next: next, hourly: fields[1] == "*", daily: notOne == nil}
	if c.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Errorf("%q never comes", text)
	}
	return c, nil
}

// cronFields are the five, and what they may be.
var cronFields = []string{
	"minute, has to be a number from 0 to 59", "hour, has to be a number from 0 to 23",
	"day of the month, has to be a number from 1 to 31, or L",
	"month, has to be a number from 1 to 12, or a name such as DEC",
	"day of the week, has to be a number from 0 to 7, or a name such as FRI or FRI#1",
}

// brokenField says which field cannot be read: the first with which nothing else is wrong.
func brokenField(parser cron.Parser, fields []string) error {
	for i, field := range fields {
		alone := []string{"0", "*", "*", "*", "*"}
		alone[i] = field
		if _, err := parser.Parse(strings.Join(alone, " ")); err != nil {
			return fmt.Errorf("%q, the %s; * is any", field, cronFields[i])
		}
	}
	return fmt.Errorf("%q does not fit together", strings.Join(fields, " "))
}

// Hourly reports whether it goes out in every hour: then hours are counted, not wall times.
func (c *Cron) Hourly() bool { return c.hourly }

// Next is the first wall time after wall, zero where none comes within five years. Wall times are
// kept as if they were UTC.
func (c *Cron) Next(wall time.Time) time.Time { return c.next.Next(wall.UTC()) }

// Daily reports whether it goes out at most once a day.
func (c *Cron) Daily() bool { return c.daily }
