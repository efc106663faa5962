package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"optinbot/bot/lock"
	"optinbot/store"
)

// A RestoreOrder says which backup is to be restored.
type RestoreOrder struct {
	File       string   // the backup
	Identities []string // files with keys that may open it
	OptoutsLog string   // an optouts.log newer than the backup. "" for the one in the data folder
}

// A restoring is a backup that is open, and may be restored into the data folder, or into a database
// of PostgreSQL.
type restoring struct {
	File     string
	Folder   string
	Database string // without user and password. "": the data folder has the database

	desk   *Desk
	backup io.ReadCloser
	newer  string
}

// OpenRestore opens a backup to be restored, and changes nothing. It is refused while a bot runs in
// the folder, and without the key of an encrypted backup. Whoever gets it closes it. It may be
// repeated.
func OpenRestore(ctx context.Context, o Options, order RestoreOrder) (*restoring, error) {
	if err := leftBehind(o.Config.Path(o.Config.Data), o.Database); err != nil {
		return nil, err
	}
	accepting := *o.Files
	accepting.restoring = true
	o.Files = &accepting
	d, err := Load(ctx, o)
	if err != nil {
		return nil, err
	}
	if o.Files.runs() {
		return nil, Refuse("a running bot has this folder; stop `optinbot run` first")
	}
	for _, n := range o.Config.Numbers {
		if o.Sessions.InUse(n.Name) {
			return nil, Refuse("number %s is served by a running bot; stop `optinbot run` first", n.Name)
		}
	}
	backup, err := OpenBackup(order.File, order.Identities)
	if err != nil {
		return nil, err
	}
	return &restoring{
		File: order.File, Folder: o.Config.Path(o.Config.Data), Database: d.databaseShown(), desk: d, backup: backup,
		newer: order.OptoutsLog,
	}, nil
}

// Questions are what has to be answered with yes before the backup is restored.
func (r *restoring) Questions() []Question {
	return []Question{{Asks: fmt.Sprintf("Restore %s into %s?", ShownPath(r.File), cmp.Or(r.Database, r.Folder))}}
}

// Restore restores the backup, in safe mode, and returns what came of it. It is refused while a bot
// runs in the folder, or a process of the fleet lives. After another error nothing is changed, but for a
// database of PostgreSQL that was being filled: nobody can serve that until it is restored again.
func (r *restoring) Restore(ctx context.Context) (restored store.Restored, err error) {
	if err := os.MkdirAll(r.Folder, 0o700); err != nil {
		return restored, err
	}
	ctx, end, err := r.desk.begin(ctx, ActRestore, "")
	if err != nil {
		return restored, err
	}
	defer func() { end(err) }()
	release, err := lock.Take(r.desk.Files.RunLock()) // no bot starts meanwhile
	if err != nil {
		return restored, Refuse("a running bot has this folder: %v", err)
	}
	defer release()
	d := r.desk
	if d.Database == "" {
		restored, err = store.Restore(ctx, r.Folder, r.backup, r.newer, d.Envs, d.Now())
	} else {
		to := store.Move{Folder: r.Folder, URL: d.Database}
		restored, err = store.RestoreShared(ctx, to, r.backup, r.newer, d.Envs, d.Now())
	}
	if errors.Is(err, store.ErrServed) || errors.Is(err, store.ErrOccupied) || errors.Is(err, store.ErrMoved) {
		return restored, Refuse("nothing was restored: %v", err)
	}
	if err != nil {
		return restored, fmt.Errorf("nothing was restored: %w", err)
	}
	return restored, nil
}

// databaseShown names the database of PostgreSQL in words. "": it is a file of the folder.
func (d *Desk) databaseShown() string {
	if d.Database == "" {
		return ""
	}
	return d.Config.DatabaseShown()
}

// Close closes the backup.
func (r *restoring) Close() error { return r.backup.Close() }
