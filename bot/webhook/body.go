package webhook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"optinbot/bot"
	"optinbot/store"
)

// request makes what is posted for an event.
func request(ctx context.Context, s *store.Store, e store.Endpoint, row store.EventRow) (r Request, err error) {
	b := row.Body()
	if e.Personal && !row.Merged() { // the person has not left: only the ID has
		c, err := s.ContactOfEvent(ctx, row.Number, row.Seq) // the one whom it is about now
		if err != nil {
			return r, err
		}
		b.EventPerson = personOf(c)
	}
	if row.Type == bot.EventDelivery {
		if b.Outcomes, err = outcomes(ctx, s, e, row); err != nil {
			return r, err
		}
	}
	r.Body, err = json.Marshal(b)
	r.ID = idOf(row)
	return r, err
}

// idOf is the webhook-id of an event. After a restore the same seq may be another event, which
// differs by its time.
func idOf(row store.EventRow) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %s %d", row.Number, row.Seq, row.Type, row.At.UnixMilli()))
	return "msg_" + hex.EncodeToString(sum[:12])
}

func outcomes(
	ctx context.Context, s *store.Store, e store.Endpoint, row store.EventRow,
) (all []bot.OutcomeBody, err error) {
	rows, err := s.Outcomes(ctx, row.Number, row.Seq)
	for _, o := range rows {
		one := o.Body()
		if e.Personal {
			c, err := s.ContactByID(ctx, o.Contact)
			if err != nil {
				return nil, err
			}
			one.EventPerson = personOf(c)
		}
		all = append(all, one)
	}
	return all, err
}

// personOf is who somebody is. It is empty for nobody, and for who was erased.
func personOf(c *bot.Contact) bot.EventPerson {
	if c == nil {
		return bot.EventPerson{}
	}
	return bot.EventPerson{Phone: c.Phone(), LID: bot.LIDOf(c.Identities), BSUID: bot.BSUIDOf(c.Identities)}
}
