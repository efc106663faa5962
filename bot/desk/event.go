package desk

import (
	"context"

	"optinbot/bot"
)

// Events returns what happened at a number after an event, by its seq, the oldest first, at most so
// many. It is what webhooks tell, and names people by the contact's ID only. It changes nothing, and
// may be repeated. Events are kept as long as retention.events says.
func (d *Desk) Events(ctx context.Context, number string, after int64, most int) ([]bot.EventBody, error) {
	if err := d.mayRead(ctx, number); err != nil {
		return nil, err
	}
	rows, err := d.Store.EventsAfter(ctx, number, after, most)
	all := []bot.EventBody{}
	for _, row := range rows {
		body := row.Body()
		if row.Type == bot.EventDelivery {
			outcomes, err := d.Store.Outcomes(ctx, row.Number, row.Seq)
			if err != nil {
				return nil, err
			}
			for _, o := range outcomes {
				body.Outcomes = append(body.Outcomes, o.Body())
			}
		}
		all = append(all, body)
	}
	return all, err
}

// LastEvent is the seq of the last event of a number, 0 where there was none.
func (d *Desk) LastEvent(ctx context.Context, number string) (seq int64, err error) {
	if err := d.mayRead(ctx, number); err != nil {
		return 0, err
	}
	return d.Store.LastEvent(ctx, number)
}
