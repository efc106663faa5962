package desk

import (
	"context"

	"optinbot/bot/config"
)

// Settings returns every setting as it counts, with its meaning and who has set it. It changes
// nothing, and may be repeated. They are read when the program starts.
func (d *Desk) Settings(ctx context.Context) ([]config.SettingGroup, error) {
	return d.Config.Settings(), ctx.Err()
}
