package bot

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"optinbot/flows"
)

// DailyBackup is when a running bot makes a backup, and how many it keeps.
type DailyBackup struct {
	At   time.Duration  // after midnight, in the zone
	Zone *time.Location // of the shop
	Keep int            // at least 1
	Shop string         // letters and digits that tell this shop's files from another's in the same folder
}

// Day is the day, as 2026-03-02, whose backup is the last one that should have been made: today's,
// or yesterday's before its hour.
func (d DailyBackup) Day(now time.Time) string {
	local := now.In(d.Zone)
	if clock := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute; clock < d.At {
		local = time.Date(local.Year(), local.Month(), local.Day()-1, 12, 0, 0, 0, d.Zone)
	}
	return local.Format(time.DateOnly)
}

// Name is the name of a day's backup.
func (d DailyBackup) Name(day string) string {
	return fmt.Sprintf("optinbot-daily-%s-%s.tar.gz", day, d.Shop)
}

var dailyName = flows.Pattern(`^optinbot-daily-(\d{4}-\d\d-\d\d)-([0-9a-z]+)\.tar\.gz(?:\.age)?$`)

// Made reports whether a folder with files of these names has the backup that should be there now.
func (d DailyBackup) Made(names []string, now time.Time) bool {
	day := d.Day(now)
	return slices.ContainsFunc(names, func(name string) bool { return d.dayOf(name) == day })
}

// dayOf is the day of a backup of this shop, "" for any other file.
func (d DailyBackup) dayOf(name string) string {
	if m := dailyName().FindStringSubmatch(name); m != nil && m[2] == d.Shop {
		return m[1]
	}
	return ""
}

// Surplus are the files that may go: the oldest daily backups of this shop, so that the newest Keep
// stay. What a clock that was ahead has named after a day to come is left alone, and is not
// counted.
func (d DailyBackup) Surplus(names []string, now time.Time) (over []string) {
	var own []string
	for _, name := range names {
		if day := d.dayOf(name); day != "" && day <= d.Day(now) {
			own = append(own, name)
		}
	}
	slices.SortFunc(own, func(a, b string) int { return cmp.Compare(d.dayOf(b), d.dayOf(a)) })
	if len(own) <= d.Keep {
		return nil
	}
	return own[d.Keep:]
}
