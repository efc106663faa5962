package store

import (
	"fmt"
	"strings"

	"optinbot/bot"
)

// countRefusal notes on the number that WhatsApp's server did not take a promotion, or did not
// answer, and lets that slow the number down. An accepted promotion ends the row.
func (t *tx) countRefusal(k bot.Claim, r bot.SendResult) error {
	env := t.env(k.Number)
	if r.Status == bot.SendAccepted {
		return t.exec(`
			UPDATE numbers
			SET refusals = 0, refused_contact = 0, slow_until = 0
			WHERE name = $1 AND refusals > 0`, k.Number)
	}
	if !r.NotTaken() && r.Status != bot.SendUnknown {
		return nil
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
	c := bot.Contact{ID: contact}
	return t.mark(bot.Change{Contact: c, Occurrence: k.Occurrence, Broadcast: k.Broadcast, Status: bot.DeliveryHeld,
		Reason: bot.SlowDown,
		Until:  bot.HoldsPerson(int(refused), env.Now, env.Unlimited)}, env.Now)
}

// pauseRefused pauses what is under way: so many refusals in a row are not about one broadcast.
func (t *tx) pauseRefused(number string, refused bot.Refusals, said string) error {
	type running struct {
		id   int64
		name string
	}
	all, err := collect(t.rows, func(scan scanner) (o running, err error) {
		err = scan(&o.id, &o.name)
		return o, err
	}, "SELECT id, broadcast FROM occurrences WHERE number = $1 AND status = 'running' ORDER BY id", number)
	if err != nil {
		return err
	}
	var names []string
	for _, o := range all {
		g, err := t.guard(o.id)
		if err != nil {
			return err
		}
		if err := t.keepGuard(o.id, g.state.PausedByRefusals(refused), g.until); err != nil {
			return err
		}
		if err := t.exec("UPDATE occurrences SET status = 'paused', note = $1 WHERE id = $2", said, o.id); err != nil {
			return err
		}
		names = append(names, o.name)
	}
	if len(names) == 0 {
		return nil
	}
	return t.notice(number, 0, bot.Notify{Kind: bot.NoticeBroadcast, Text: fmt.Sprintf(
		"the guard has paused %s (%s): %s. Look at WhatsApp on the phone and wait some hours; `broadcast "+
			"resume NAME` goes on, with a few people first",
		strings.Join(names, ", "), bot.GuardPaused, said)}, millis(t.env(number).Now))
}
