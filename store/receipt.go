package store

import (
	"context"
	"errors"

	"optinbot/bot"
)

// Receipt notes how far messages got. It resolves what was unknown: WhatsApp's server has it, or a
// phone, or it will not arrive.
func (s *Store) Receipt(ctx context.Context, number string, r bot.Receipt, envs bot.Envs) error {
	return s.decide(ctx, touchedBy(number, r.Cause), envs, func(t *tx) error {
		at := millis(r.At)
		if at == 0 {
			at = millis(t.env(number).Now)
		}
		ids, err := t.idsOf(number, r)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := t.receiptOf(number, id, at, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// idsOf returns our IDs of the messages of a receipt, of those that are known. What the wire calls
// them is kept.
func (t *tx) idsOf(number string, r bot.Receipt) ([]string, error) {
	if len(r.MessageIDs) > 0 {
		for i, wire := range r.WireIDs[:min(len(r.WireIDs), len(r.MessageIDs))] {
			if err := t.knownAs(number, r.MessageIDs[i], wire); err != nil {
				return nil, err
			}
		}
		return r.MessageIDs, nil
	}
	var ids []string
	for _, wire := range r.WireIDs {
		var id string
		found, err := t.row(`
			SELECT message_id
			FROM outbox
			WHERE number = $1 AND wire_id = $2 AND wire_id <> ''`, []any{number, wire}, &id)
		if err != nil {
			return nil, err
		}
		if found {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// wireIDTaken is whether another message of a number ($1) has an ID of the wire ($2). That it is not
// empty is said again for the index, without which all messages of the number are read.
const wireIDTaken = `EXISTS (SELECT 1 FROM outbox o WHERE o.number = $1 AND o.wire_id = $2 AND o.wire_id <> '')`

// named keeps what the wire calls a message. An ID that it has given before stays where it is.
const named = `
	UPDATE outbox
	SET wire_id = $2
	WHERE number = $1 AND message_id = $3 AND wire_id = ''
		AND NOT ` + wireIDTaken

func (t *tx) knownAs(number, id, wire string) error {
	if wire == "" {
		return nil
	}
	return t.exec(named, number, wire, id)
}

func (t *tx) receiptOf(number, id string, at int64, r bot.Receipt) error {
	switch r.Kind {
	case bot.ReceiptFailed:
		return t.didNotArrive(number, id, r)
	case bot.ReceiptSent:
		m, err := t.sentMessage(number, id)
		if err == nil && m.letsSend {
			err = t.letsSend(number)
		}
		if err != nil || m.isSentPromotion() {
			return err // nothing new, as after most sends
		}
		if err := t.wasSent(number, id, at); err != nil {
			return err
		}
		_, err = t.settleSent(number, id, m)
		return err
	}
	read := r.Kind == bot.ReceiptRead
	if err := t.receipt(number, id, read, at); err != nil {
		return err
	}
	return t.arrived(number, id, read, r.Pricing, at)
}

// wasSent notes that WhatsApp's server has a promotion, of which that was not known.
func (t *tx) wasSent(number, id string, at int64) error {
	news, err := t.execCount(`
		UPDATE deliveries
		SET status = 'sent', sent_at = CASE WHEN sent_at > 0 THEN sent_at ELSE claimed_at END
		WHERE number = $1 AND message_id = $2 AND message_id <> '' AND status IN ('claimed', 'unknown')`,
		number, id)
	if err != nil || news == 0 {
		return err
	}
	return t.outcome(number, id, timeOf(at))
}

// receipt notes the first time a phone reports a promotion. What was read has arrived, too. That
// may be before the server's word about the send.
func (t *tx) receipt(number, id string, read bool, at int64) error {
	const received = "('claimed', 'sent', 'unknown', 'delivered', 'read', 'replied', 'opted_out')"
	var wanted bool
	_, err := t.row(`
		UPDATE deliveries
		SET sent_at = CASE WHEN sent_at > 0 THEN sent_at ELSE claimed_at END,
			delivered_at = CASE WHEN delivered_at > 0 THEN delivered_at ELSE $2 END,
			read_at = CASE WHEN read_at = 0 AND $3 = 1 THEN $2 ELSE read_at END,
			status = CASE
				WHEN opted_out_at > 0 THEN 'opted_out'
				WHEN replied_at > 0 THEN 'replied'
				WHEN read_at > 0 OR $3 = 1 THEN 'read'
				ELSE 'delivered'
			END
		WHERE number = $1 AND message_id = $4 AND message_id <> '' AND status IN `+received+`
		RETURNING `+outcomeWanted,
		[]any{number, at, flag(read), id}, &wanted)
	if err != nil || !wanted {
		return err
	}
	return t.outcome(number, id, timeOf(at))
}

// A sentMessage is a message of the outbox of which a receipt came. The zero value is none.
type sentMessage struct {
	contact  int64
	kind     bot.SayKind
	status   OutboxStatus
	attempts int
	letsSend bool // WhatsApp did not let the number send when it was claimed: that it was sent ends that
}

func (m sentMessage) isSentPromotion() bool {
	return m.kind == bot.SayBroadcast && m.status == OutboxSent
}

func (t *tx) sentMessage(number, id string) (m sentMessage, err error) {
	_, err = t.row(`
		SELECT contact_id, kind, status, attempts, EXISTS (
			SELECT 1
			FROM numbers n
			WHERE n.name = o.number AND n.account_until > 0 AND o.claimed_at > n.account_since
		)
		FROM outbox o
		WHERE o.number = $1 AND o.message_id = $2`,
		[]any{number, id}, &m.contact, &m.kind, &m.status, &m.attempts, &m.letsSend)
	return m, err
}

// settleSent settles a message of which it was not known that it went out. It is not sent again. A
// disclosure ends its hold. It returns whose the message is. Nil: nobody's that is known, or erased.
func (t *tx) settleSent(number, id string, m sentMessage) (*bot.Contact, error) {
	if m.status == "" {
		return nil, nil
	}
	contact, status := m.contact, m.status
	if status == OutboxUnknown || status == OutboxClaimed || status == OutboxQueued && m.attempts > 0 {
		err := t.exec(`
			UPDATE outbox
			SET status = 'sent', done_at = CASE WHEN done_at > 0 THEN done_at ELSE $1 END
			WHERE number = $2 AND message_id = $3`, millis(t.env(number).Now), number, id)
		if err != nil {
			return nil, err
		}
	}
	if contact <= 0 {
		return nil, nil // nobody's: an erasure takes the messages away, but one of an earlier version may have left them
	}
	c, err := t.contact(contact)
	if err != nil || status == OutboxFailed || c.Disclosure != id || !c.Has(bot.AwaitingDisclosure) {
		return c, err
	}
	turn, err := t.act(c, func(e bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
		return bot.Accepted(e, c, id)
	})
	if err != nil {
		return nil, err
	}
	return &turn.Contact, nil
}

// arrived settles a message that a phone has, and lets the contact know of the sign of their phone.
func (t *tx) arrived(number, id string, read bool, priced bot.Pricing, at int64) error {
	m, err := t.sentMessage(number, id)
	if err == nil && m.letsSend {
		err = t.letsSend(number)
	}
	if err != nil {
		return err
	}
	c, err := t.settleSent(number, id, m)
	if err != nil || c == nil {
		return err
	}
	if err := t.charged(number, id, c, priced, at); err != nil || !c.ReceiptMatters(read) {
		return err
	}
	_, err = t.act(c, func(e bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
		return bot.Arrived(e, c, read)
	})
	return err
}

// didNotArrive notes that a message which the server had taken will not arrive. What a phone has
// reported stands.
func (t *tx) didNotArrive(number, id string, r bot.Receipt) error {
	now := t.env(number).Now
	k := bot.Claim{Number: number, MessageID: id}
	after, reason := deliveryAfter(OutboxFailed, r.Cause)
	found, err := t.row(`
		UPDATE deliveries
		SET status = $1, reason = $2, detail = $3, done_at = $4
		WHERE number = $5 AND message_id = $6 AND message_id <> '' AND status IN ('claimed', 'sent', 'unknown')
		RETURNING occurrence_id, claimed_at`,
		[]any{after, reason, r.Detail, millis(now), number, id}, &k.Occurrence, moment(&k.At))
	if err != nil {
		return err
	}
	if found {
		if err := errors.Join(t.outcome(number, id, now), t.uncost(number, id)); err != nil {
			return err
		}
	}
	var contact int64
	failed, err := t.row(`
		UPDATE outbox
		SET status = 'failed', detail = $1, done_at = CASE WHEN done_at > 0 THEN done_at ELSE $2 END
		WHERE number = $3 AND message_id = $4 AND status IN ('claimed', 'sent', 'unknown')
			AND (kind <> 'broadcast' OR $5 = 1)
		RETURNING contact_id`,
		[]any{r.Detail, millis(now), number, id, flag(found)}, &contact)
	if err != nil || !failed || contact <= 0 {
		return err // a phone has it, or they were erased
	}
	if err := t.heed(number, k.Occurrence, r.Cause, r.Detail); err != nil {
		return err
	}
	if found {
		if err := t.badRefusal(number, k.Occurrence, contact, r.Cause); err != nil {
			return err
		}
		if err := t.notAccepted(contact, k.At, now); err != nil {
			return err
		}
	}
	refused := bot.SendResult{Status: bot.SendRefused, Cause: r.Cause, Code: r.Code, Detail: r.Detail}
	return t.afterSend(contact, k, refused, OutboxFailed)
}
