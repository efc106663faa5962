package webhook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"optinbot/bot"
	"optinbot/store"
)

// A Body is what a receiver gets. docs/webhooks.md explains it.
type Body struct {
	Type     bot.EventType `json:"type"`
	Number   string        `json:"number"`
	Contact  int64         `json:"contact,omitzero"`
	Into     int64         `json:"into,omitzero"` // the contact that Contact has become one with
	At       time.Time     `json:"at"`
	Seq      int64         `json:"seq"`
	What     string        `json:"what,omitempty"`
	Outcomes []OutcomeBody `json:"outcomes,omitempty"`
	Person
}

// An OutcomeBody is what became of one promotion.
type OutcomeBody struct {
	Broadcast string             `json:"broadcast"`
	Contact   int64              `json:"contact"`
	Status    bot.DeliveryStatus `json:"status"`
	At        time.Time          `json:"at"`
	Person
}

// A Person is what only an endpoint gets that may know who people are.
type Person struct {
	Phone string `json:"phone,omitempty"`
	LID   string `json:"lid,omitempty"`
}

// request makes what is posted for an event.
func request(ctx context.Context, s *store.Store, e store.Endpoint, row store.EventRow) (r Request, err error) {
	b := Body{Type: row.Type, Number: row.Number, Contact: row.Told(), At: row.At, Seq: row.Seq, What: row.What}
	merged := row.Type == bot.EventUnsubscribed && row.What == bot.WhatMerged
	if merged {
		b.Into = known(row.Contact)
	}
	if e.Personal && !merged { // the person has not left: only the ID has
		c, err := s.ContactOfEvent(ctx, row.Number, row.Seq) // the one whom it is about now
		if err != nil {
			return r, err
		}
		b.Person = personOf(c)
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
) (all []OutcomeBody, err error) {
	rows, err := s.Outcomes(ctx, row.Number, row.Seq)
	for _, o := range rows {
		one := OutcomeBody{Broadcast: o.Broadcast, Contact: known(o.Contact), Status: o.Status, At: o.At}
		if e.Personal {
			c, err := s.ContactByID(ctx, o.Contact)
			if err != nil {
				return nil, err
			}
			one.Person = personOf(c)
		}
		all = append(all, one)
	}
	return all, err
}

// known is the ID by which a receiver knows somebody, also after they were erased.
func known(contact int64) int64 {
	if contact < 0 {
		return -contact
	}
	return contact
}

// personOf is who somebody is. It is empty for nobody, and for who was erased.
func personOf(c *bot.Contact) Person {
	if c == nil {
		return Person{}
	}
	return Person{Phone: c.Phone(), LID: bot.LIDOf(c.Identities)}
}
