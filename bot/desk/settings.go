package desk

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"optinbot/bot/config"
	"optinbot/bot/text"
)

// Settings returns every setting as it counts, with its meaning and who has set it: of the numbers
// only those that whoever acts may see, and phones only for those who may see them. It changes nothing,
// and may be repeated. They are read when the program starts.
func (d *Desk) Settings(ctx context.Context) (shown []config.SettingGroup, err error) {
	for _, group := range d.Config.Settings() {
		group.Settings = slices.DeleteFunc(group.Settings, func(s config.Setting) bool { return d.ofHidden(ctx, s.Key) })
		for i, s := range group.Settings {
			if !seesPhones(ctx) {
				group.Settings[i].Value = text.Masked(s.Value)
			}
		}
		if len(group.Settings) > 0 {
			shown = append(shown, group)
		}
	}
	return shown, ctx.Err()
}

// ofHidden reports whether a key of config.yaml is of a number that whoever acts may not see.
func (d *Desk) ofHidden(ctx context.Context, key string) bool {
	rest, of := strings.CutPrefix(key, "numbers.")
	if !of {
		return false
	}
	which, _, _ := strings.Cut(rest, ".")
	i, err := strconv.Atoi(which)
	return err != nil || i >= len(d.Config.Numbers) || d.mayRead(ctx, d.Config.Numbers[i].Name) != nil
}
