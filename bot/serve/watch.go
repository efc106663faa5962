package serve

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/fsnotify/fsnotify"

	"optinbot/bot/desk"
)

// settle is how long a folder has to be quiet before it is looked at: editors write in several
// steps.
const settle = 200 * time.Millisecond

// watchFlows reloads when a file in the folder of flows has changed, or somebody asked by asked. It
// watches the folder, not the file: most editors put a new file in its place. Where the system
// cannot watch (a network drive), asking is the way.
func watchFlows(ctx context.Context, d *desk.Desk, asked <-chan struct{}, reload func()) {
	var events chan fsnotify.Event
	var errs chan error
	if w, err := fsnotify.NewWatcher(); err == nil {
		defer w.Close()
		dir := d.Config.Path(d.Config.Flows)
		for _, folder := range []string{dir, dir + "/tests", dir + "/broadcasts"} {
			if err := w.Add(folder); err != nil && !errors.Is(err, os.ErrNotExist) {
				d.Log.Warn("the folder of flows cannot be watched; `optinbot flow reload` takes an edit", "error", err)
			}
		}
		events, errs = w.Events, w.Errors
	}
	lookWhenQuiet(ctx, d.Log, events, errs, asked, reload)
}

// lookWhenQuiet calls reload when the watcher has been quiet for a moment after an event or an
// error, and at once when asked.
func lookWhenQuiet(
	ctx context.Context, log *slog.Logger, events <-chan fsnotify.Event, errs <-chan error, asked <-chan struct{}, reload func(),
) {
	quiet := time.NewTimer(time.Hour)
	quiet.Stop()
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-events:
			quiet.Reset(settle)
		// such as more changes at once than the system counts: the watcher stands still until this
		// is read
		case err := <-errs:
			log.Warn("the folder of flows was not watched for a moment, so it is looked at now", "error", err)
			quiet.Reset(settle)
		case <-asked:
			quiet.Reset(0)
		case <-quiet.C:
			reload()
		}
	}
}
