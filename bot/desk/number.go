package desk

import (
	"context"
	"time"

	"optinbot/bot"
	"optinbot/store"
)

// A NumberDetail is all that can be known of one number at once.
type NumberDetail struct {
	NumberStatus
	Phone           string         `json:"phone"` // E.164. "": it has never been linked
	Card            string         `json:"card"`  // its name on the contact card that it sends
	RestrictedUntil time.Time      `json:"restricted_until,omitzero"`
	SafeMode        bool           `json:"safe_mode"`
	RestoredAt      time.Time      `json:"restored_at,omitzero"`
	BackupAt        time.Time      `json:"backup_at,omitzero"` // when the backup was made that was restored
	Established     bool           `json:"established"`
	OnCloud         bool           `json:"on_cloud"` // connected by Meta's Cloud API: no phone, and no warm-up
	Every           time.Duration  `json:"-"`        // one promotion in this time
	Most            int            `json:"most_a_day"`
	Languages       []string       `json:"languages"` // in which people can ask for promotions
	Sources         []store.Source `json:"sources"`   // the newest first
	WarmUp          []int          `json:"warm_up"`   // promotions a day: the first is for the day of linking, the last for the day on which it is over
}

// NumberDetail returns all about one number, "" is the first. It changes nothing, and may be
// repeated.
func (d *Desk) NumberDetail(ctx context.Context, number string) (v NumberDetail, err error) {
	n, row, err := d.numberRow(ctx, number)
	if err != nil {
		return v, err
	}
	if v.NumberStatus, err = d.Status(ctx, n, 0); err != nil {
		return v, err
	}
	limits := d.limits[n.Name]
	v.Phone, v.Card, v.RestrictedUntil = row.Phone, d.CardName(n.Name), row.RestrictedUntil
	v.SafeMode, v.RestoredAt, v.BackupAt = row.SafeMode, row.RestoredAt, row.BackupAt
	v.Established, v.Every, v.Most = limits.Established, limits.Every, limits.NumberPerDay
	v.OnCloud = n.OnCloud()
	for day := 1; day <= warmUpDays && !limits.NoWarmUp; day++ {
		most := bot.WarmUpCap(day, limits.Established)
		v.WarmUp = append(v.WarmUp, min(most, limits.NumberPerDay))
		if most >= limits.NumberPerDay {
			break
		}
	}
	if m := d.Machine(n.Name); m != nil {
		for _, language := range m.Flow.Languages {
			if len(m.Flow.OptIn.Phrases[language]) > 0 {
				v.Languages = append(v.Languages, language)
			}
		}
	}
	v.Sources, err = d.Store.Sources(ctx, n.Name)
	return v, err
}

// Sources are the #tags that are known of a number, the newest first, with how many times somebody
// asked for promotions by each. It changes nothing, and may be repeated.
func (d *Desk) Sources(ctx context.Context, number string) ([]store.Source, error) {
	n, _, err := d.numberRow(ctx, number)
	if err == nil {
		err = d.mayRead(ctx, n.Name)
	}
	if err != nil {
		return nil, err
	}
	found, err := d.Store.Sources(ctx, n.Name)
	return append([]store.Source{}, found...), err
}

// warmUpDays is after how many days at the latest the warm-up allows as much as any number may send.
const warmUpDays = 60
