package desk

import (
	"context"
	"time"
)

// A Day is who asked for promotions and who stopped them on one day, where the shop is.
type Day struct {
	Joined int `json:"joined"`
	Left   int `json:"left"`
	Week   int `json:"week"` // by how many more people are subscribed than seven days ago
}

// Today returns what today has brought to a number so far. It changes nothing, and may be repeated.
func (d *Desk) Today(ctx context.Context, number string) (day Day, err error) {
	n, err := NumberOf(d.Config, number)
	if err != nil {
		return day, err
	}
	now := d.Now().In(d.limits[n.Name].Zone)
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	joined, left, err := d.Store.ConsentMoves(ctx, n.Name, midnight.AddDate(0, 0, -7))
	if err != nil {
		return day, err
	}
	day.Week = joined - left
	day.Joined, day.Left, err = d.Store.ConsentMoves(ctx, n.Name, midnight)
	return day, err
}
