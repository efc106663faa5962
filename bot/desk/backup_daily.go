package desk

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
	DailyOld   = 48 * time.Hour   // where one is made every day, no backup is older than that
)

// Daily makes the backup of every day while `run` runs.
type Daily struct {
	*Desk
	Plan   bot.DailyBackup
	folder string
	retry  time.Time // not before, after a failure
	told   string    // the day of which the operator heard last that there is no backup
}

// Daily returns what makes the daily backups. It is nil where config.yaml names no folder for them.
func (d *Desk) Daily() (*Daily, error) {
	c := d.Config
	if c.Backup.Folder == "" {
		return nil, nil
	}
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return nil, err
	}
	return &Daily{
		Desk: d, folder: c.Path(c.Backup.Folder),
		Plan: bot.DailyBackup{At: c.Backup.At.D(), Zone: zone, Keep: c.Backup.Keep, Shop: d.Store.Shop()},
	}, nil
}

// Look makes the backup that is due, if it is not there, and tells the operator once a day that it
// could not. It may be repeated at any time.
func (d *Daily) Look(ctx context.Context) {
	now := d.Now()
	// A longer wait means that the clock was set back since.
	if wait := d.retry.Sub(now); wait > 0 && wait <= dailyRetry {
		return
	}
	err := d.make(ctx, now)
	if err == nil || ctx.Err() != nil {
		return
	}
	d.retry = now.Add(dailyRetry)
	day := d.Plan.Day(now)
	d.Log.Error("the daily backup failed", "day", day, "folder", d.folder, "error", err)
	if d.told == day {
		return
	}
	text := fmt.Sprintf("the backup of %s could not be written to %s: %v. It is tried again every quarter of an hour",
		day, ShownPath(d.folder), err)
	if err := d.Store.NotifyFirst(ctx, d.Config.Numbers[0].Name, bot.NoticeBackup, text, now); err == nil {
		d.told = day
	}
}

func (d *Daily) make(ctx context.Context, now time.Time) error {
	if err := os.Mkdir(d.folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	names, err := NamesIn(d.folder)
	if err != nil {
		return err
	}
	if !d.Plan.Made(names, now) {
		name := d.Plan.Name(d.Plan.Day(now))
		if len(d.Config.Backup.Recipients) > 0 {
			name += sealedEnding
		}
		if _, err := d.BackUp(ctx, BackupOrder{File: filepath.Join(d.folder, name)}); err != nil {
			return err
		}
		d.Log.Info("the daily backup is written", "file", filepath.Join(d.folder, name))
		names = append(names, name)
	}
	for _, name := range d.Plan.Surplus(names, now) {
		err = errors.Join(err, os.Remove(filepath.Join(d.folder, name)))
	}
	return err
}

// NamesIn are the names of what lies in a folder. A folder that does not exist has none.
func NamesIn(folder string) (names []string, err error) {
	entries, err := os.ReadDir(folder)
	for _, entry := range entries {
		if entry.Type().IsRegular() {
			names = append(names, entry.Name())
		}
	}
	return names, err
}
