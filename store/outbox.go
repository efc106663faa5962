package store

import (
	"context"
	"encoding/json"
	"time"

	"optinbot/bot"
)

// sendTries is how often a reply or a goodbye goes out at most, with the same ID, when it is not
// known whether it arrived.
const sendTries = 2

// retryAfter is how long an answer waits that WhatsApp refused because it is busy, after each try.
// After one more try it has failed.
var retryAfter = [...]time.Duration{time.Second, 10 * time.Second, time.Minute, 5 * time.Minute}

// longest is the longest of them: what waits for longer was put off before the clock was set back.
const longest = 5 * time.Minute

// refusedTries is how often an answer goes out at most that WhatsApp refuses because it is busy.
const refusedTries = len(retryAfter) + 1

// An OutboxStatus is where a message of the outbox stands.
type OutboxStatus string

// The statuses.
const (
	OutboxQueued  OutboxStatus = "queued"  // it waits for its turn
	OutboxClaimed OutboxStatus = "claimed" // it is being sent
	OutboxSent    OutboxStatus = "sent"    // WhatsApp's server accepted it, or a phone has it
	OutboxUnknown OutboxStatus = "unknown" // nobody knows whether it went out, and it is not sent again
	OutboxVoided  OutboxStatus = "voided"  // it was taken back before it went out
	OutboxFailed  OutboxStatus = "failed"  // WhatsApp refused it for good
)

// underWay are the people to whom a message of a number ($1) is under way. Nobody is written to twice
// at a time, so that what is said to somebody arrives in order.
const underWay = `(SELECT contact_id FROM outbox WHERE number = $1 AND status = 'claimed')`

// ClaimReply claims the next message of a conversation: see ClaimReplies. It is nil when none waits.
func (s *Store) ClaimReply(
	ctx context.Context, number string, now time.Time, brake bot.Brake, stale bool,
) (*bot.Claim, error) {
	claims, err := s.ClaimReplies(ctx, number, now, brake, stale, 1)
	if err != nil || len(claims) == 0 {
		return nil, err
	}
	return claims[0], nil
}

// ClaimReplies claims the next messages of conversations, as many as most, in one transaction, each to
// somebody else. There are none where none waits, or where the brake lets none go out now. stale also
// takes answers to old messages, which wait for the end of the offline sync.
func (s *Store) ClaimReplies(
	ctx context.Context, number string, now time.Time, brake bot.Brake, stale bool, most int,
) (claims []*bot.Claim, err error) {
	asked := replyAsked{number, millis(now), brake, flag(stale)}
	if position, _, err := asked.next(s.queryPrepared(ctx)); err != nil || position == 0 {
		return nil, err // without a transaction, so that an idle loop writes nothing
	}
	err = s.write(ctx, only(number).claiming(), func(t *tx) error {
		claims = nil
		for len(claims) < most {
			k, err := t.claimReply(asked, now)
			if err != nil || k == nil {
				return err
			}
			claims = append(claims, k)
		}
		return nil
	})
	if err != nil {
		return nil, err // what the transaction claimed before it failed is not claimed
	}
	return claims, nil
}

// claimReply claims the message whose turn it is. It is nil when there is none.
func (t *tx) claimReply(asked replyAsked, now time.Time) (*bot.Claim, error) {
	position, tries, err := asked.next(t.rows)
	if err == nil && position != 0 && tries {
		err = t.triesAccount(asked.number, now)
	}
	if err != nil || position == 0 {
		return nil, err
	}
	k := bot.Claim{Number: asked.number, At: now}
	var contact int64
	var poll, buttons string
	found, err := t.row(`
		UPDATE outbox
		SET status = 'claimed', claimed_at = $1, attempts = attempts + 1
		WHERE position = $2
		RETURNING message_id, contact_id, kind, text, poll, media, buttons`,
		[]any{millis(now), position}, &k.MessageID, &contact, &k.Kind, &k.Text, &poll, mediaInto(&k.Media), &buttons)
	if err != nil || !found {
		return nil, err
	}
	c, err := t.contact(contact)
	if err != nil {
		return nil, err
	}
	k.Contact = *c
	if poll != "" {
		if err := json.Unmarshal([]byte(poll), &k.Poll); err != nil {
			return nil, err
		}
	}
	if buttons != "" {
		if err := json.Unmarshal([]byte(buttons), &k.Buttons); err != nil {
			return nil, err
		}
	}
	return &k, nil
}

// replyAsked is what decides which message of a conversation is next.
type replyAsked struct {
	number string
	now    int64
	brake  bot.Brake
	stale  int
}

// next is the place in the outbox of the message whose turn it is, 0 for none. The goodbye of
// somebody who was subscribed goes first, then what came first of what the brake does not hold. tries
// says that it is the one message that tries whether WhatsApp lets the number send: before the next
// try nothing has its turn.
func (a replyAsked) next(read reader) (position int64, tries bool, err error) {
	const waits = `
			SELECT COALESCE(MIN(position), 0)
			FROM outbox
			WHERE number = $1 AND status = 'queued' AND stale <= $2 AND (not_before <= $3 OR not_before > $4)
				AND contact_id NOT IN ` + underWay
	const query = `
		SELECT (` + waits + `
				AND braked = 0 AND kind = 'goodbye'
		), (` + waits + `
				AND braked = 0
		), (` + waits + `
				AND braked = 1
		), (
			SELECT COALESCE(MAX(account_until), 0)
			FROM numbers
			WHERE name = $1 AND account_since > 0
		)`
	type places struct{ goodbye, free, braked, account int64 }
	p, _, err := first(read, func(scan scanner) (p places, err error) {
		err = scan(&p.goodbye, &p.free, &p.braked, &p.account)
		return p, err
	}, query, a.number, a.stale, a.now, a.now+longest.Milliseconds())
	tries = p.account > 0
	switch {
	case err != nil || bot.NumberState{AccountUntil: timeOf(p.account)}.AccountWaits(timeOf(a.now)):
		return 0, false, err
	case p.goodbye != 0:
		return p.goodbye, tries, nil
	case p.braked == 0 || p.free != 0 && p.free < p.braked:
		return p.free, tries, nil
	}
	opens, err := brakeOpens(read, a.number, a.brake, a.now)
	if err != nil || opens > a.now {
		return p.free, tries, err
	}
	return p.braked, tries, nil
}

// Record notes how a send ended, in the outbox, on the delivery and, where it matters, on the
// contact. The contact may have become part of another while it was sent, so all is found by the
// message ID.
func (s *Store) Record(ctx context.Context, k bot.Claim, r bot.SendResult, envs bot.Envs) error {
	return s.decide(ctx, touchedBy(k.Number, r.Cause), envs, func(t *tx) error {
		env := t.env(k.Number)
		contact, status, err := t.settle(k, r, millis(env.Now))
		if err != nil {
			return err
		}
		switch {
		case status == OutboxSent:
			r = bot.SendResult{Status: bot.SendAccepted}
		case status == OutboxFailed && r.Status != bot.SendRefused:
			return nil // a receipt has said so, and all that follows from it is done
		}
		if k.Occurrence != 0 {
			if err := t.settleDelivery(k, r, status); err != nil {
				return err
			}
			if err := t.countRefusal(k, r); err != nil {
				return err
			}
		}
		if err := t.heedOutcome(k, r); err != nil {
			return err
		}
		if contact == 0 {
			return nil // erased while it was being sent
		}
		if k.Occurrence != 0 && (r.Status == bot.SendNotTried || r.NotTaken()) {
			return t.giveBack(contact, k, env.Now)
		}
		if k.Occurrence != 0 && status != OutboxSent {
			if err := t.notAccepted(contact, k.At, env.Now); err != nil {
				return err
			}
		}
		return t.afterSend(contact, k, r, status)
	})
}

// heedOutcome does what the end of a send says of the number, or of the broadcast.
func (t *tx) heedOutcome(k bot.Claim, r bot.SendResult) error {
	switch r.Status {
	case bot.SendAccepted:
		return t.sendsAgain(k.Number, k.Occurrence != 0)
	case bot.SendRefused:
		return t.heed(k.Number, k.Occurrence, r.Cause, r.Detail)
	}
	return nil
}

// giveBack undoes what counts from the claim of a promotion that never left, or that WhatsApp's
// server did not take: the person's caps and gap, the number's day and pace.
func (t *tx) giveBack(contact int64, k bot.Claim, now time.Time) error {
	c, err := t.contact(contact)
	if err != nil {
		return err
	}
	if err := t.guardNotTried(k.Occurrence, k.At); err != nil {
		return err
	}
	if !t.env(k.Number).Wire.Reaches(c, k.At) {
		if err := t.countFirst(k.Number, -1, k.At); err != nil {
			return err
		}
	}
	back := bot.UndoClaim(*c, k.At)
	if err := t.save(&back, now); err != nil {
		return err
	}
	return t.exec(`
		UPDATE numbers
		SET sent_today = sent_today - 1, next_marketing_at = 0
		WHERE name = $1 AND sent_today > 0`, k.Number)
}

// notAccepted notes that silence about a promotion says nothing: WhatsApp's server did not take it,
// or nobody knows.
func (t *tx) notAccepted(contact int64, claimed, now time.Time) error {
	c, err := t.contact(contact)
	if err != nil {
		return err
	}
	after := bot.NotAccepted(*c, claimed)
	return t.save(&after, now)
}

// settle closes the row of the outbox and returns its status and whose it is. Sent is also said of
// what a phone has reported, however the send ended. A promotion that goes back to its place is
// queued in what it returns, and voided in its row: the delivery waits, not the message.
func (t *tx) settle(k bot.Claim, r bot.SendResult, now int64) (contact int64, status OutboxStatus, err error) {
	if r.Status == bot.SendAccepted {
		contact, claimed, err := t.settleAccepted(k, r, now)
		if err != nil || claimed {
			return contact, OutboxSent, err
		}
	}
	var attempts int
	var overtaken bool
	if _, err := t.row(`
		SELECT contact_id, attempts, overtaken, status
		FROM outbox
		WHERE number = $1 AND message_id = $2`,
		[]any{k.Number, k.MessageID}, &contact, &attempts, &overtaken, &status); err != nil {
		return 0, "", err
	}
	if status == OutboxSent || status == OutboxFailed {
		return contact, status, t.knownAs(k.Number, k.MessageID, r.WireID) // a receipt was quicker than the answer to the send
	}
	status = statusAfter(k, r, attempts, overtaken, !t.env(k.Number).Wire.NoRepeats)
	if r.Status == bot.SendNotTried || r.NotTaken() && r.Cause.HoldsNumber() {
		attempts-- // it says nothing of the message
	}
	row := status
	if k.Occurrence != 0 && status == OutboxQueued {
		row = OutboxVoided
	}
	err = t.exec(`
		UPDATE outbox
		SET status = $1, attempts = $2, done_at = $3, detail = $4
		WHERE number = $5 AND message_id = $6 AND status = 'claimed'`,
		row, attempts, now, r.Detail, k.Number, k.MessageID)
	if err == nil {
		err = t.knownAs(k.Number, k.MessageID, r.WireID)
	}
	waits := k.Media != nil && k.Occurrence == 0                      // for its file
	if err == nil && row == OutboxQueued && (r.NotTaken() || waits) { // what else waits for them keeps its place behind it
		wait := retryAfter[0]
		if r.NotTaken() {
			wait = waitAfter(r.Cause, attempts)
		}
		err = t.exec(`
			UPDATE outbox
			SET not_before = $1
			WHERE contact_id = $2 AND status = 'queued'`,
			now+wait.Milliseconds(), contact)
	}
	return contact, status, err
}

// settleAccepted closes the row of a message that WhatsApp's server took, as most are. claimed is false
// where something else has closed it before, such as a receipt that was quicker.
func (t *tx) settleAccepted(k bot.Claim, r bot.SendResult, now int64) (contact int64, claimed bool, err error) {
	claimed, err = t.row(`
		UPDATE outbox
		SET status = 'sent', done_at = $3, detail = $4,
			wire_id = CASE WHEN wire_id = '' AND NOT `+wireIDTaken+` THEN $2 ELSE wire_id END
		WHERE number = $1 AND message_id = $5 AND status = 'claimed'
		RETURNING contact_id`,
		[]any{k.Number, r.WireID, now, r.Detail, k.MessageID}, &contact)
	return contact, claimed, err
}

// waitAfter is how long an answer waits that WhatsApp did not take after so many tries. The longest
// is what the rule of the person allows: 4^n seconds.
func waitAfter(cause bot.Cause, attempts int) time.Duration {
	switch {
	case cause.HoldsNumber():
		return longest
	case cause == bot.CausePersonBusy:
		return min(longest, time.Second<<(2*attempts))
	}
	return retryAfter[attempts-1]
}

// statusAfter is the status of a message that was claimed so many times and whose send has ended
// so.
func statusAfter(k bot.Claim, r bot.SendResult, attempts int, overtaken, repeats bool) OutboxStatus {
	again := OutboxQueued
	if overtaken {
		again = OutboxVoided
	}
	switch r.Status {
	case bot.SendAccepted:
		return OutboxSent
	case bot.SendNotTried:
		return again
	case bot.SendRefused:
		if r.Cause.Later() && (overtaken || k.Occurrence != 0 || r.Cause.HoldsNumber() || attempts < refusedTries) {
			return again
		}
		return OutboxFailed
	}
	if k.Occurrence == 0 && attempts < sendTries && !overtaken && repeats {
		return OutboxQueued // once more, with the same ID
	}
	return OutboxUnknown
}

// settleDelivery does the same for the delivery, and lets programs outside hear of it. One that was not
// tried goes back to its place, unless that is gone: its occurrence was cancelled, or is over.
func (t *tx) settleDelivery(k bot.Claim, r bot.SendResult, status OutboxStatus) error {
	env := t.env(k.Number)
	now := millis(env.Now)
	after, reason := deliveryAfter(status, r.Cause)
	var sent int64
	if after == bot.DeliverySent {
		sent = now
	}
	var contact int64
	var wanted bool
	found, err := t.row(`
		UPDATE deliveries
		SET status = $2, done_at = $3, sent_at = $4, detail = $5, reason = $6
		WHERE number = $1 AND message_id = $7 AND message_id <> '' AND status = 'claimed'
		RETURNING contact_id, `+outcomeWanted,
		[]any{k.Number, after, now, sent, r.Detail, reason, k.MessageID}, &contact, &wanted)
	if err == nil && wanted {
		err = t.outcome(k.Number, k.MessageID, env.Now)
	}
	if err == nil && found && r.Status == bot.SendRefused {
		err = t.badRefusal(k.Number, k.Occurrence, contact, r.Cause)
	}
	if err == nil && found && after != bot.DeliverySent && after != bot.DeliveryUnknown {
		err = t.uncost(k.Number, k.MessageID)
	}
	if err != nil || after != bot.DeliveryPlanned {
		return err
	}
	var occurrence bot.OccurrenceStatus
	if _, err := t.row("SELECT status FROM occurrences WHERE id = $1", []any{k.Occurrence}, &occurrence); err != nil {
		return err
	}
	switch occurrence {
	case bot.OccurrenceCancelled:
		reason = bot.Cancelled
	case bot.OccurrenceDone:
		reason = bot.Expired
	default:
		return nil
	}
	return t.exec(`
		UPDATE deliveries
		SET status = 'skipped', reason = $1
		WHERE number = $2 AND message_id = $3 AND message_id <> '' AND status = 'planned'`,
		reason, k.Number, k.MessageID)
}

// touchedBy are the numbers that the outcome of a send may be about: a stop is about the whole brand.
func touchedBy(number string, cause bot.Cause) scope {
	if cause == bot.CauseOptedOut {
		return withBrand(number)
	}
	return only(number)
}

// badRefusal notes a refusal as a bad reaction to a promotion, where it is one.
func (t *tx) badRefusal(number string, occurrence, contact int64, cause bot.Cause) error {
	reaction := map[bot.Cause]bot.Reaction{
		bot.CauseNeedsInbound: bot.ReactionRefused, bot.CauseOptedOut: bot.ReactionOptedOut,
	}[cause]
	if reaction == "" {
		return nil
	}
	return t.bad(number, occurrence, contact, reaction, t.env(number).Now)
}

func deliveryAfter(outbox OutboxStatus, cause bot.Cause) (bot.DeliveryStatus, bot.Reason) {
	switch outbox {
	case OutboxSent:
		return bot.DeliverySent, ""
	case OutboxFailed:
		if cause == bot.CauseNoMarketing {
			return bot.DeliverySkipped, bot.NoMarketingThere
		}
		return bot.DeliveryFailed, bot.Failed
	case OutboxQueued:
		return bot.DeliveryPlanned, ""
	case OutboxVoided:
		return bot.DeliveryVoided, bot.SkippedUnsubscribed
	}
	return bot.DeliveryUnknown, ""
}

// afterSend lets the contact know: an accepted disclosure ends its hold, a 463 starts one.
func (t *tx) afterSend(contact int64, k bot.Claim, r bot.SendResult, status OutboxStatus) error {
	if k.Occurrence != 0 && status != OutboxFailed {
		return nil // a promotion discloses nothing
	}
	c, err := t.contact(contact)
	if err != nil {
		return err
	}
	wire := t.env(k.Number).Wire
	switch {
	case status == OutboxUnknown && c.Disclosure == k.MessageID:
		_, err = t.act(c, bot.LoseDisclosure)
	case status == OutboxSent && c.Disclosure == k.MessageID && c.Has(bot.AwaitingDisclosure) && !wire.SentLater:
		_, err = t.act(c, func(e bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
			return bot.Accepted(e, c, k.MessageID)
		})
	case status == OutboxFailed:
		cause := r.Cause
		if cause == bot.CauseWindow && k.Occurrence == 0 {
			cause = bot.CauseOther // promotions are templates, which need no window
		}
		_, err = t.act(c, func(e bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
			return bot.Refused(e, c, cause)
		})
		told := r.Cause == bot.CauseOptedOut || // it is in the ledger
			r.Cause == bot.CauseNeedsInbound && c.Disclosure != k.MessageID // by Refused
		if err == nil && k.Occurrence == 0 && !told {
			err = t.notice(k.Number, c.ID, bot.Notify{Kind: bot.NoticeNotDelivered, Text: refusedText(c, k, r)},
				millis(t.env(k.Number).Now))
		}
		if err == nil && k.Occurrence != 0 {
			err = t.tellRefused(k.Number, c.ID, r.Cause)
		}
	}
	return err
}

// tellRefused lets the operator know of a promotion that was refused for a reason which only the shop
// can end, once a day for each number and reason.
func (t *tx) tellRefused(number string, contact int64, cause bot.Cause) error {
	notice, tells := bot.PromotionRefused(cause)
	if !tells {
		return nil
	}
	now := millis(t.env(number).Now)
	var told bool
	if _, err := t.row(`
		SELECT EXISTS (
			SELECT 1
			FROM notices
			WHERE number = $1 AND kind = $2 AND text = $3 AND at > $4 AND at <= $5
		)`, []any{number, notice.Kind, notice.Text, now - (24 * time.Hour).Milliseconds(), now}, &told); err != nil || told {
		return err
	}
	return t.notice(number, contact, notice, now)
}

// VoidClaim voids a claimed message that a stop has overtaken between the claim and the send.
func (s *Store) VoidClaim(ctx context.Context, k bot.Claim, now time.Time) error {
	return s.write(ctx, only(k.Number), func(t *tx) error {
		err := t.exec(`
			UPDATE outbox
			SET status = 'voided', done_at = $1
			WHERE number = $2 AND message_id = $3 AND status = 'claimed'`,
			millis(now), k.Number, k.MessageID)
		if err != nil {
			return err
		}
		err = t.exec(`
			UPDATE deliveries
			SET status = 'voided', reason = 'unsubscribed', done_at = $1
			WHERE number = $2 AND message_id = $3 AND message_id <> '' AND status = 'claimed'`,
			millis(now), k.Number, k.MessageID)
		if err != nil {
			return err
		}
		return t.uncost(k.Number, k.MessageID)
	})
}

// Recover settles what a crash left claimed: whether it was sent nobody knows. A delivery stays
// unknown, for it is never sent twice. A reply or goodbye goes out once more with the same ID. It
// returns how many deliveries became unknown.
func (s *Store) Recover(
	ctx context.Context, number string, now time.Time, envs bot.Envs,
) (unknown int64, err error) {
	err = s.decide(ctx, only(number), envs, func(t *tx) error {
		claims, err := collect(t.rows, func(scan scanner) (k claimRef, err error) {
			err = scan(&k.occurrence, &k.contact, moment(&k.at))
			return k, err
		}, `
			UPDATE deliveries
			SET status = 'unknown', done_at = $1, detail = 'the bot stopped while sending it'
			WHERE number = $2 AND status = 'claimed'
			RETURNING occurrence_id, contact_id, claimed_at`, millis(now), number)
		if err != nil {
			return err
		}
		for _, k := range claims {
			if err := t.outcomeOf(number, k.occurrence, k.contact, now); err != nil {
				return err
			}
			if k.contact < 0 {
				continue // erased
			}
			if err := t.notAccepted(k.contact, k.at, now); err != nil {
				return err
			}
		}
		unknown = int64(len(claims))
		again := sendTries
		if t.env(number).Wire.NoRepeats {
			again = 0
		}
		lost, err := column[int64](t.rows, `
			UPDATE outbox
			SET status = CASE
				WHEN occurrence_id = 0 AND attempts < $1 AND overtaken = 0 THEN 'queued'
				ELSE 'unknown'
			END
			WHERE number = $2 AND status = 'claimed'
			RETURNING CASE WHEN status = 'unknown' AND disclosure = 1 THEN contact_id ELSE 0 END`, again, number)
		if err != nil {
			return err
		}
		for _, contact := range lost {
			if err := t.disclosureLost(contact); err != nil {
				return err
			}
		}
		return nil
	})
	return unknown, err
}

// disclosureLost notes that nobody knows whether somebody has got the disclosure, and that it is not
// sent again. A contact that is 0 or erased is nobody.
func (t *tx) disclosureLost(contact int64) error {
	if contact <= 0 {
		return nil
	}
	c, err := t.contact(contact)
	if err != nil {
		return err
	}
	_, err = t.act(c, bot.LoseDisclosure)
	return err
}

// A claimRef is whose a delivery is, and when it was claimed.
type claimRef struct {
	occurrence, contact int64
	at                  time.Time
}

// refusedText says what was refused and what that means.
func refusedText(c *bot.Contact, k bot.Claim, r bot.SendResult) string {
	if c.Disclosure == k.MessageID {
		return "WhatsApp refused the message that tells this contact what they signed up for (" + r.Detail +
			"); promotions to them wait until they ask for promotions again"
	}
	return "WhatsApp refused an answer to this contact: " + r.Detail
}
