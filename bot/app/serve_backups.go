package app

import (
	"context"
	"time"
)

// dailyLook is how often `run` looks whether a backup is due.
const dailyLook = time.Minute

// keepBackups lets the daily backups be made until ctx is done.
func keepBackups(ctx context.Context, d *daily) {
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
