package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"optinbot/bot"
)

const (
	dailyRetry = 15 * time.Minute // how long after a failed one it is tried again
	dailyOld   = 48 * time.Hour   // where one is made every day, no backup is older than that
)

// daily makes the backup of every day while `run` runs.
type daily struct {
	*house
	plan   bot.DailyBackup
	folder string
	retry  time.Time // not before, after a failure
	told   string    // the day of which the operator heard last that there is no backup
}

// daily returns what makes the daily backups. It is nil where config.yaml names no folder for them.
func (h *house) daily() (*daily, error) {
	c := h.config
	if c.Backup.Folder == "" {
		return nil, nil
	}
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return nil, err
	}
	return &daily{
		house: h, folder: c.Path(c.Backup.Folder),
		plan: bot.DailyBackup{At: c.Backup.At.D(), Zone: zone, Keep: c.Backup.Keep, Shop: h.store.Shop()},
	}, nil
}

// look makes the backup that is due, if it is not there, and tells the operator once a day that it could
// not. It may be repeated at any time.
func (d *daily) look(ctx context.Context) {
	now := d.now()
	// A longer wait means that the clock was set back since.
	if wait := d.retry.Sub(now); wait > 0 && wait <= dailyRetry {
		return
	}
	err := d.make(ctx, now)
	if err == nil || ctx.Err() != nil {
		return
	}
	d.retry = now.Add(dailyRetry)
	day := d.plan.Day(now)
	d.log.Error("the daily backup failed", "day", day, "folder", d.folder, "error", err)
	if d.told == day {
		return
	}
	text := fmt.Sprintf("the backup of %s could not be written to %s: %v. It is tried again every quarter of an hour",
		day, shownPath(d.folder), err)
	if err := d.store.NotifyFirst(ctx, d.config.Numbers[0].Name, bot.NoticeBackup, text, now); err == nil {
		d.told = day
	}
}

func (d *daily) make(ctx context.Context, now time.Time) error {
	if err := os.Mkdir(d.folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	names, err := namesIn(d.folder)
	if err != nil {
		return err
	}
	if !d.plan.Made(names, now) {
		name := d.plan.Name(d.plan.Day(now))
		if len(d.config.Backup.Recipients) > 0 {
			name += sealedEnding
		}
		if _, err := d.backUp(ctx, backupOrder{File: filepath.Join(d.folder, name)}); err != nil {
			return err
		}
		d.log.Info("the daily backup is written", "file", filepath.Join(d.folder, name))
		names = append(names, name)
	}
	for _, name := range d.plan.Surplus(names, now) {
		err = errors.Join(err, os.Remove(filepath.Join(d.folder, name)))
	}
	return err
}

func namesIn(folder string) (names []string, err error) {
	entries, err := os.ReadDir(folder)
	for _, entry := range entries {
		if entry.Type().IsRegular() {
			names = append(names, entry.Name())
		}
	}
	return names, err
}
