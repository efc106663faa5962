package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"

	"optinbot/bot"
	"optinbot/bot/config"
)

const (
	dailyLook  = time.Minute      // how often `run` looks whether a backup is due
	dailyRetry = 15 * time.Minute // how long after a failed one it is tried again
	dailyOld   = 48 * time.Hour   // where one is made every day, no backup is older than that
)

// daily makes the backup of every day while `run` runs.
type daily struct {
	*house
	plan   bot.DailyBackup
	folder string
	to     []age.Recipient
	retry  time.Time // not before, after a failure
	told   string    // the day of which the operator heard last that there is no backup
}

// daily is nil where config.yaml names no folder.
func (h *house) daily() (*daily, error) {
	c := h.config
	if c.Backup.Folder == "" {
		return nil, nil
	}
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return nil, err
	}
	to, err := config.ParseRecipients(c.Backup.Recipients)
	return &daily{
		house: h, folder: c.Path(c.Backup.Folder), to: to,
		plan: bot.DailyBackup{At: c.Backup.At.D(), Zone: zone, Keep: c.Backup.Keep, Shop: h.store.Shop()},
	}, err
}

// keep goes on until ctx is done.
func (d *daily) keep(ctx context.Context) {
	ticker := time.NewTicker(dailyLook)
	defer ticker.Stop()
	for {
		d.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// look makes the backup that is due, if it is not there, and tells the operator once a day that it could not.
func (d *daily) look(ctx context.Context) {
	now := d.now()
	if wait := d.retry.Sub(now); wait > 0 && wait <= dailyRetry { // longer: the clock was set back since
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
	text := fmt.Sprintf("the backup of %s could not be written to %s: %v. It is tried again every quarter of an hour", day, shownPath(d.folder), err)
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
		if len(d.to) > 0 {
			name += sealedEnding
		}
		if _, err := d.backUp(ctx, filepath.Join(d.folder, name), d.to); err != nil {
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
