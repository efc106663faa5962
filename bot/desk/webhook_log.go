package desk

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"optinbot/bot"
	"optinbot/bot/text"
	"optinbot/store"
)

// A WebhookAttempt is one attempt to deliver an event.
type WebhookAttempt struct {
	Webhook int64         `json:"webhook"`
	At      time.Time     `json:"at"`
	Number  string        `json:"number"`
	Seq     int64         `json:"seq"`
	Type    bot.EventType `json:"type"`
	Contact int64         `json:"contact,omitzero"`
	Status  int           `json:"status,omitzero"` // of HTTP, 0: no answer
	Failed  string        `json:"failed,omitempty"`
	Answer  string        `json:"answer,omitempty"` // of a failure, the beginning. Foreign words
	TookMS  int64         `json:"took_ms"`
}

// WebhookLog returns the last attempts to deliver something to a receiver, the newest first. With
// most 0 all that are kept. ID 0 means all receivers, also removed ones.
func (d *Desk) WebhookLog(ctx context.Context, id int64, most int) ([]WebhookAttempt, error) {
	if err := d.may(ctx, ActSeeWebhooks, ""); err != nil {
		return nil, err
	}
	if id != 0 {
		if _, err := d.webhook(ctx, id); err != nil {
			return nil, err
		}
	}
	if most == 0 {
		most = everything
	}
	rows, err := d.Store.Attempts(ctx, id, most)
	all := []WebhookAttempt{}
	for _, a := range rows {
		all = append(all, WebhookAttempt{Webhook: a.Endpoint, At: a.At, Number: a.Number, Seq: a.Seq, Type: a.Type,
			Contact: max(a.Contact, 0), Status: a.Status, Failed: a.Failed, Answer: a.Answer, TookMS: a.Took.Milliseconds()})
	}
	return all, err
}

// A WebhookTest is how a receiver answered to an event of the type "test".
type WebhookTest struct {
	Status int    `json:"status,omitzero"` // of HTTP, 0: no answer
	Failed string `json:"failed,omitempty"`
	Answer string `json:"answer,omitempty"` // of a failure, the beginning. Foreign words
	TookMS int64  `json:"took_ms"`
}

// TestWebhook posts an event of the type "test" to a receiver, once, also to one that is switched
// off, and returns what it answered. It may be repeated.
func (d *Desk) TestWebhook(ctx context.Context, id int64) (v WebhookTest, err error) {
	ctx, end, err := d.begin(ctx, ActTestWebhook, "")
	if err != nil {
		return v, err
	}
	defer func() { end(err) }()
	e, err := d.webhook(ctx, id)
	if err != nil {
		return v, err
	}
	number := d.Config.Numbers[0].Name
	if len(e.Numbers) > 0 {
		number = e.Numbers[0]
	}
	body, err := json.Marshal(struct {
		Type   string    `json:"type"`
		Number string    `json:"number"`
		At     time.Time `json:"at"`
		Seq    int64     `json:"seq"`
	}{"test", number, d.Now().UTC().Truncate(time.Millisecond), 0})
	if err != nil {
		return v, err
	}
	random := make([]byte, 12)
	_, _ = rand.Read(random) // it never fails
	a := d.PostWebhook(ctx, e, "msg_test_"+hex.EncodeToString(random), body)
	return WebhookTest{Status: a.Status, Failed: a.Failed, Answer: a.Answer, TookMS: a.Took.Milliseconds()}, nil
}

// A WebhookReplay says which events go out to a receiver again: a range, or those that were given up.
type WebhookReplay struct {
	Number string // "": what was given up of all numbers, or a range of the first that the receiver gets
	From   *int64 // the seq of the first of a range. Nil: those that were given up
	To     *int64 // the seq of the last one. Nil: only the first
}

// ReplayWebhook lets events go out to a receiver again that it has got, or that were given up, and
// returns how many. They go out as fast as the receiver takes them, each person's in order. It is
// refused where there is none. It may be repeated: they go out once more.
func (d *Desk) ReplayWebhook(ctx context.Context, id int64, r WebhookReplay) (n int, err error) {
	ctx, end, err := d.begin(ctx, ActReplayWebhook, "")
	if err != nil {
		return 0, err
	}
	defer func() { end(err) }()
	e, err := d.webhook(ctx, id)
	if err != nil {
		return 0, err
	}
	if err := r.check(); err != nil {
		return 0, err
	}
	number, err := d.replayedNumber(e, r)
	if err != nil {
		return 0, err
	}
	if r.From == nil {
		if n, err = d.Store.ReplayDead(ctx, id, number); err == nil && n == 0 {
			err = Refuse("nothing was given up for webhook %d; name the events by their seq", id)
		}
		return n, err
	}
	first, last := *r.From, *cmp.Or(r.To, r.From)
	n, err = d.Store.ReplayEvents(ctx, e, number, first, last)
	if errors.Is(err, store.ErrTooManyEvents) {
		return 0, Refuse("%v: name fewer of them by their seq", err)
	}
	if err == nil && n == 0 {
		err = Refuse("there is no event from %d to %d of number %s that webhook %d asks for and has got to; events "+
			"are kept for %s", first, last, number, id, text.Duration(d.Config.Retention.Events.D()))
	}
	return n, err
}

// check refuses what names no events.
func (r WebhookReplay) check() error {
	for _, seq := range []*int64{r.From, r.To} {
		if seq != nil && *seq < 1 {
			return Misused{errors.New("a seq is at least 1")}
		}
	}
	if r.From == nil && r.To != nil {
		return Refuse("name the first event too, by its seq")
	}
	return nil
}

// replayedNumber is the number whose events go out again. "" is all of them.
func (d *Desk) replayedNumber(e store.Endpoint, r WebhookReplay) (string, error) {
	switch {
	case r.Number == "" && r.From == nil:
		return "", nil
	case r.Number == "" && len(e.Numbers) > 0:
		r.Number = e.Numbers[0]
	}
	n, err := NumberOf(d.Config, r.Number)
	return n.Name, err
}
