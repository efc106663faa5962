package serve

import (
	"context"
	"time"

	"optinbot/bot/desk"
)

// dailyLook is how often `run` looks whether a backup is due.
const dailyLook = time.Minute

// keepBackups lets the daily backups be made until ctx is done.
func keepBackups(ctx context.Context, d *desk.Daily) {
	ticker := time.NewTicker(dailyLook)
	defer ticker.Stop()
	for {
		d.Look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
