package app

import (
	"context"
	"fmt"
	"io"
	"os"

	"optinbot/bot/lock"
	"optinbot/store"
)

// A restoreOrder says which backup is to be restored.
type restoreOrder struct {
	File       string   // the backup
	Identities []string // files with keys that may open it
	OptoutsLog string   // an optouts.log newer than the backup; "" for the one in the data folder
}

// A restoring is a backup that is open, and may be restored into the data folder.
type restoring struct {
	File   string
	Folder string

	house  *house
	backup io.ReadCloser
	newer  string
}

// openRestore opens a backup to be restored, and changes nothing. It is refused while a bot runs in the
// folder, and without the key of an encrypted backup. Whoever gets it closes it. It may be repeated.
func openRestore(ctx context.Context, o options, order restoreOrder) (*restoring, error) {
	accepting := *o.files
	accepting.restoring = true
	o.files = &accepting
	h, err := loadHouse(ctx, o)
	if err != nil {
		return nil, err
	}
	if o.files.runs() {
		return nil, refuse("a running bot has this folder; stop `optinbot run` first")
	}
	for _, n := range o.config.Numbers {
		if o.sessions.inUse(n.Name) {
			return nil, refuse("number %s is served by a running bot; stop `optinbot run` first", n.Name)
		}
	}
	backup, err := openBackup(order.File, order.Identities)
	if err != nil {
		return nil, err
	}
	return &restoring{
		File: order.File, Folder: o.config.Path(o.config.Data), house: h, backup: backup, newer: order.OptoutsLog,
	}, nil
}

// restore restores the backup, in safe mode, and returns what came of it. It is refused while a bot runs in
// the folder. After another error nothing is changed. It may not be repeated.
func (r *restoring) restore(ctx context.Context) (restored store.Restored, err error) {
	if err := os.MkdirAll(r.Folder, 0o700); err != nil {
		return restored, err
	}
	release, err := lock.Take(r.house.files.runLock()) // no bot starts meanwhile
	if err != nil {
		return restored, refuse("a running bot has this folder: %v", err)
	}
	defer release()
	restored, err = store.Restore(ctx, r.Folder, r.backup, r.newer, r.house.envs, r.house.now())
	if err != nil {
		return restored, fmt.Errorf("nothing was restored: %w", err)
	}
	return restored, nil
}

// close closes the backup.
func (r *restoring) close() error { return r.backup.Close() }
