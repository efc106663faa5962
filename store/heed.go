package store

import (
	"fmt"
	"time"

	"optinbot/bot"
)

// heed does what a refusal says beyond the person: of the number, or of the broadcast. occurrence is
// 0 for a message of a conversation.
func (t *tx) heed(number string, occurrence int64, cause bot.Cause, detail string) error {
	switch {
	case cause.HoldsNumber():
		return t.holdNumber(number, cause, detail)
	case occurrence == 0:
		return nil
	case cause.HoldsBroadcast():
		return t.holdBroadcast(occurrence, cause, detail)
	case cause == bot.CauseMarketingLimit:
		return t.guardLimited(number, occurrence)
	}
	return nil
}

// holdNumber lets the number wait that WhatsApp refused to let send. It tries again by itself, and
// the operator hears of it once, until something was accepted. On a wire that tells only later whether
// a message was sent, one message at a time tries, and a receipt ends the wait: see letsSend. Where
// people or a policy are the reason, its broadcasts wait for the operator.
func (t *tx) holdNumber(number string, cause bot.Cause, detail string) error {
	now := t.env(number).Now
	n, err := t.number(number)
	if err != nil {
		return err
	}
	since := n.AccountSince
	if since.IsZero() && t.env(number).Wire.SentLater {
		since = now
	}
	err = t.exec(`
		UPDATE numbers
		SET account_until = $1, account_since = $2, account_trouble = $3
		WHERE name = $4`, millis(bot.AccountRefused(now)), millis(since), detail, number)
	if err != nil {
		return err
	}
	if cause == bot.CauseRestricted && !now.Before(n.RestrictedUntil) {
		err := t.numberEvent(number, bot.NumberEvent{Kind: bot.NumberRestricted, Detail: detail, At: now})
		if err != nil {
			return err
		}
	}
	paused := 0
	if cause != bot.CauseAccount {
		paused, err = t.pauseAll(number, detail, lookAtWhat, now, func(s bot.GuardState) bot.GuardState {
			return s.PausedBecause(detail)
		})
	}
	if err != nil || n.AccountTrouble != "" || paused > 0 {
		return err
	}
	return t.notice(number, 0, bot.Notify{Kind: bot.NoticeNumber, Text: "WhatsApp does not let the number send: " + detail +
		". What waits goes out when that is settled; nobody is left out"}, millis(now))
}

// lookAtWhat is what the operator is to look at where people are the reason.
const lookAtWhat = "at what was sent and to whom"

// sendsAgain notes that WhatsApp's server took a message. That it took a promotion also ends a row of
// refusals. Where a receipt tells whether it was sent, that it was taken does not say that the number
// may send.
func (t *tx) sendsAgain(number string, promotion bool) error {
	later := flag(t.env(number).Wire.SentLater)
	if promotion {
		return t.exec(`
			UPDATE numbers
			SET refusals = 0, refused_contact = 0, slow_until = 0,
				account_until = CASE WHEN $2 = 1 THEN account_until ELSE 0 END,
				account_since = CASE WHEN $2 = 1 THEN account_since ELSE 0 END,
				account_trouble = CASE WHEN $2 = 1 THEN account_trouble ELSE '' END
			WHERE name = $1 AND (refusals > 0 OR account_until > 0 AND $2 = 0)`, number, later)
	}
	if later == 1 {
		return nil
	}
	return t.letsSend(number)
}

// letsSend notes that WhatsApp lets the number send.
func (t *tx) letsSend(number string) error {
	return t.exec(`
		UPDATE numbers
		SET account_until = 0, account_since = 0, account_trouble = ''
		WHERE name = $1 AND account_until > 0`, number)
}

// triesAccount notes that one message tries whether WhatsApp lets the number send: nothing else is
// claimed until there is an answer, or for a while.
func (t *tx) triesAccount(number string, now time.Time) error {
	return t.exec(`
		UPDATE numbers
		SET account_until = $1
		WHERE name = $2`, millis(bot.AccountRefused(now)), number)
}

// holdBroadcast pauses an occurrence whose message WhatsApp does not take: everybody else would be
// refused as well.
func (t *tx) holdBroadcast(occurrence int64, cause bot.Cause, detail string) error {
	g, err := t.guard(occurrence)
	if err != nil {
		return err
	}
	now := t.env(g.number).Now
	note, first := detail, "look at the draft"
	if cause == bot.CauseTemplate {
		note, first = string(bot.TemplateNotReady), "look at the template"
	}
	paused, err := t.setStatus(occurrence, bot.OccurrencePaused, note, now)
	if err != nil || !paused {
		return err
	}
	return t.notice(g.number, 0, bot.Notify{Kind: bot.NoticeBroadcast, Text: fmt.Sprintf(
		"broadcast %s is paused, because WhatsApp does not take its message: %s. First %s; then `broadcast resume %s` "+
			"goes on, or `broadcast cancel %s` drops the rest", g.broadcast, detail, first, g.broadcast, g.broadcast,
	)}, millis(now))
}

// guardLimited lets the guard count somebody who may have no more promotions for now.
func (t *tx) guardLimited(number string, occurrence int64) error {
	env := t.env(number)
	g, err := t.guard(occurrence)
	if err != nil {
		return err
	}
	f, err := t.figures(occurrence, env.Now)
	if err != nil {
		return err
	}
	state, told := g.state.CountLimited(bot.Limits{Guard: env.Guard}, f.Sent)
	if err := t.keepGuard(occurrence, state, g.until); err != nil || told == "" {
		return err
	}
	return t.guardTells(occurrence, g, bot.GuardSlowed, told, env.Now)
}

// rated notes how WhatsApp rates the number, and lets its broadcasts go out so, those under way and
// those to come.
func (t *tx) rated(number string, e bot.NumberEvent) error {
	n, err := t.number(number)
	if err != nil || n.Quality == e.Guard {
		return err
	}
	if err := t.exec("UPDATE numbers SET quality = $1 WHERE name = $2", e.Guard, number); err != nil {
		return err
	}
	if err := t.rateRunning(number, e.Guard); err != nil {
		return err
	}
	if e.Guard == bot.GuardPause {
		paused, err := t.pauseAll(number, e.Detail, lookAtWhat, e.At, func(s bot.GuardState) bot.GuardState {
			return s.PausedBecause(e.Detail)
		})
		if err != nil || paused > 0 {
			return err
		}
	}
	if e.Guard == bot.GuardCalm {
		return nil
	}
	return t.notice(number, 0, bot.Notify{Kind: bot.NoticeNumber, Text: e.Detail}, millis(e.At))
}

func (t *tx) rateRunning(number string, level bot.GuardLevel) error {
	ids, err := column[int64](t.rows, `
		SELECT id
		FROM occurrences
		WHERE number = $1 AND status IN ('running', 'paused')
		ORDER BY id`, number)
	if err != nil {
		return err
	}
	for _, id := range ids {
		g, err := t.guard(id)
		if err != nil {
			return err
		}
		if err := t.keepGuard(id, g.state.RatedAs(level), g.until); err != nil {
			return err
		}
	}
	return nil
}
