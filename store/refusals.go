package store

import (
	"fmt"
	"strings"
	"time"

	"optinbot/bot"
)

// countRefusal notes on the number that WhatsApp's server did not take a promotion, or did not
// answer, and lets that slow the number down. An accepted promotion ends the row: see sendsAgain.
func (t *tx) countRefusal(k bot.Claim, r bot.SendResult) error {
	env := t.env(k.Number)
	if r.NotTaken() && r.Cause == bot.CausePersonBusy {
		return t.holdRefused(k, bot.HoldsBusyPerson(env.Now))
	}
	if r.Status != bot.SendUnknown && !(r.NotTaken() && r.Cause == bot.CauseBusy) {
		return nil // what it says of the number or of the broadcast is heeded elsewhere, see heed
	}
	n, err := t.number(k.Number)
	if err != nil {
		return err
	}
	refused, own := n.Refusals.Plus(k.Contact.ID, env.Now, env.Unlimited)
	if r.NotTaken() {
		if err := t.putBehind(k, own); err != nil {
			return err
		}
	}
	if own {
		return nil
	}
	err = t.exec(`
		UPDATE numbers
		SET refusals = $1, refused_contact = $2, slow_until = $3
		WHERE name = $4`,
		refused.InRow, refused.Contact, millis(refused.Until), k.Number)
	if err != nil || !refused.Tells() {
		return err
	}
	said := refused.Sentence(r.Detail)
	if refused.Pauses() {
		return t.pauseRefused(k.Number, refused, said)
	}
	return t.notice(k.Number, 0, bot.Notify{Kind: bot.NoticeNumber,
		Text: said + ". Promotions wait, for longer each time; nobody is left out. Nothing to do yet"}, millis(env.Now))
}

// behind is how much later than others a refused delivery has its turn: those of the canary, too,
// go after everybody else.
const behind = 2

// putBehind lets a delivery that was refused wait for the others of its occurrence. One that was
// refused again, and nobody in between, waits by itself.
func (t *tx) putBehind(k bot.Claim, own bool) error {
	var contact, refused int64
	found, err := t.row(`
		UPDATE deliveries
		SET refused = refused + 1, turn = turn + $1
		WHERE number = $2 AND message_id = $3 AND message_id <> '' AND status = 'planned'
		RETURNING contact_id, refused`,
		[]any{behind, k.Number, k.MessageID}, &contact, &refused)
	if err != nil || !found || !own {
		return err
	}
	env := t.env(k.Number)
	return t.holdRefused(k, bot.HoldsPerson(int(refused), env.Now, env.Unlimited))
}

// holdRefused keeps one person's delivery waiting that is planned again.
func (t *tx) holdRefused(k bot.Claim, until time.Time) error {
	var contact int64
	found, err := t.row(`
		SELECT contact_id
		FROM deliveries
		WHERE number = $1 AND message_id = $2 AND message_id <> '' AND status = 'planned'`,
		[]any{k.Number, k.MessageID}, &contact)
	if err != nil || !found {
		return err
	}
	return t.mark(bot.Change{Contact: bot.Contact{ID: contact}, Occurrence: k.Occurrence, Broadcast: k.Broadcast,
		Status: bot.DeliveryHeld, Reason: bot.SlowDown, Until: until}, t.env(k.Number).Now)
}

// pauseRefused pauses what is under way: so many refusals in a row are not about one broadcast.
func (t *tx) pauseRefused(number string, refused bot.Refusals, said string) error {
	_, err := t.pauseAll(number, said, "wait some hours", t.env(number).Now, func(s bot.GuardState) bot.GuardState {
		return s.PausedByRefusals(refused)
	})
	return err
}

// pauseAll lets the guard pause all broadcasts of a number that are under way, with one notice that
// says what to do. It returns how many there were.
func (t *tx) pauseAll(
	number, said, do string, now time.Time, paused func(bot.GuardState) bot.GuardState,
) (n int, err error) {
	type running struct {
		id   int64
		name string
	}
	all, err := collect(t.rows, func(scan scanner) (o running, err error) {
		err = scan(&o.id, &o.name)
		return o, err
	}, "SELECT id, broadcast FROM occurrences WHERE number = $1 AND status = 'running' ORDER BY id", number)
	if err != nil {
		return 0, err
	}
	var names []string
	for _, o := range all {
		g, err := t.guard(o.id)
		if err != nil {
			return 0, err
		}
		if err := t.keepGuard(o.id, paused(g.state), g.until); err != nil {
			return 0, err
		}
		if err := t.exec("UPDATE occurrences SET status = 'paused', note = $1 WHERE id = $2", said, o.id); err != nil {
			return 0, err
		}
		names = append(names, o.name)
	}
	if len(names) == 0 {
		return 0, nil
	}
	return len(names), t.notice(number, 0, bot.Notify{Kind: bot.NoticeBroadcast, Text: fmt.Sprintf(
		"the guard has paused %s (%s): %s. Look at WhatsApp and %s; `broadcast resume NAME` goes on, with a few "+
			"people first", strings.Join(names, ", "), bot.GuardPaused, said, do)}, millis(now))
}
