package desk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"filippo.io/age"

	"optinbot/bot/config"
	"optinbot/bot/lock"
	"optinbot/store"
)

// partEnding is what the name of a backup ends in until all of it is on the disk.
const partEnding = ".part"

// A BackupOrder says which backup is to be made.
type BackupOrder struct {
	File       string   // its name. "" for a name with the time, in the folder of the process
	Recipients []string // of age, for whom it is encrypted. None: those of config.yaml
}

// A BackupMade is a backup that is written.
type BackupMade struct {
	store.Manifest
	File       string `json:"-"`
	Recipients int    `json:"-"` // for how many it is encrypted. 0: it is not
	OptoutsLog string `json:"-"` // the file that makes an old backup safe
}

// BackUp writes a backup, also while `run` runs, and encrypted where there are recipients. Under
// its name it is whole, or is not there. A name that is taken is an error, and a recipient that is
// none is refused. It may be repeated, under another name.
func (d *Desk) BackUp(ctx context.Context, order BackupOrder) (made BackupMade, err error) {
	ctx, end, err := d.begin(ctx, ActBackup, "")
	if err != nil {
		return made, err
	}
	defer func() { end(err) }()
	to, err := d.recipients(order.Recipients)
	if err != nil {
		return made, Refuse("%v", err)
	}
	name := order.File
	if name == "" {
		name = "optinbot-" + d.Now().Format("2006-01-02-1504") + ".tar.gz"
		if len(to) > 0 {
			name += sealedEnding
		}
	}
	if _, err := os.Lstat(name); err == nil {
		return made, fmt.Errorf("%s is there already; nothing was written over it", ShownPath(name))
	}
	if err := d.Files.Sweep(); err != nil {
		d.Log.Warn(err.Error())
	}
	m, err := d.writeWhole(ctx, name, to)
	if err != nil {
		return made, err
	}
	if err := d.Store.BackedUp(ctx, d.Now()); err != nil {
		d.Log.Warn("the backup is written, and that could not be noted, so `doctor` does not know of it", "error", err)
	}
	return BackupMade{Manifest: m, File: name, Recipients: len(to), OptoutsLog: d.Files.optoutsLog()}, nil
}

// recipients reads the recipients that were given or, where there are none, those of config.yaml.
func (d *Desk) recipients(given []string) ([]age.Recipient, error) {
	if len(given) == 0 {
		given = d.Config.Backup.Recipients
	}
	return config.ParseRecipients(given)
}

// optoutsLog is the file of the opt-outs, which an older backup needs.
func (f *Files) optoutsLog() string {
	return filepath.Join(f.Config.Path(f.Config.Data), "optouts.log")
}

// writeWhole writes a backup beside its name and gives it the name when all of it is on the disk.
func (d *Desk) writeWhole(ctx context.Context, name string, to []age.Recipient) (m store.Manifest, err error) {
	// The copy lies beside the database, for it holds what that holds. It lies among the temporary
	// files where that disk cannot be written.
	dir, done, err := Scratch([]string{d.Config.Path(d.Config.Data), os.TempDir()}, d.Store.Size(ctx))
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, done()) }()
	for _, cut := range unfinished(filepath.Dir(name)) {
		_ = os.Remove(cut) // whoever cannot remove it is not whose it is
	}
	part := name + partEnding
	release, err := lock.Take(part)
	if err != nil {
		return m, fmt.Errorf("write %s: %w", ShownPath(part), err)
	}
	m, err = d.writeBackup(ctx, part, dir, to)
	if err = errors.Join(err, release()); err == nil {
		err = os.Rename(part, name)
	}
	if err != nil {
		return m, errors.Join(err, os.Remove(part))
	}
	return m, store.SyncFolder(filepath.Dir(name))
}

// writeBackup writes a backup into a file that is there and locked.
func (d *Desk) writeBackup(ctx context.Context, part, dir string, to []age.Recipient) (m store.Manifest, err error) {
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return m, err
	}
	w, err := sealed(f, to)
	if err == nil {
		if m, err = d.Store.Backup(ctx, dir, w, d.Now()); err == nil {
			err = w.Close()
		}
	}
	if err == nil {
		err = f.Sync()
	}
	return m, errors.Join(err, f.Close())
}

// unfinished are the backups in a folder that a kill has cut short.
func unfinished(folder string) (found []string) {
	parts, err := filepath.Glob(filepath.Join(folder, "optinbot-*"+partEnding))
	if err != nil {
		return nil // the folder has a name that means something else there
	}
	for _, part := range parts {
		if info, err := os.Stat(part); err == nil && info.Size() > 0 && !lock.Taken(part) {
			found = append(found, part)
		}
	}
	return found
}
