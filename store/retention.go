package store

import (
	"context"
	"time"

	"optinbot/bot"
)

// forgetAtOnce is how many messages or people one transaction forgets, so that nobody's turn waits
// long for it.
const forgetAtOnce = 500

// Forget lets go of what is older than the retention says: the words of messages, what webhooks
// told, people who never asked for promotions, acts and sessions of operators. It looks once a day
// (of UTC) and number. Proof of consent is kept. See ForgetOfNoNumber.
func (s *Store) Forget(ctx context.Context, number string, r bot.Retention, now time.Time, envs bot.Envs) error {
	due, err := s.forgetDue(ctx, number, now)
	if err != nil || !due {
		return err
	}
	if r.Messages > 0 {
		for _, statement := range []string{
			`
				UPDATE inbox
				SET text = ''
				WHERE (contact_id, message_id, source) IN (
					SELECT i.contact_id, i.message_id, i.source
					FROM inbox i
					JOIN contacts c ON c.id = i.contact_id
					WHERE c.number = $1 AND i.received_at < $2 AND i.text <> '' LIMIT $3
				)`,
			`
				UPDATE outbox
				SET text = '', media = '', wire_id = ''
				WHERE position IN (
					SELECT position
					FROM outbox
					WHERE number = $1
						AND created_at < $2
						AND (text <> '' OR media <> '' OR wire_id <> '')
						AND status NOT IN ('queued', 'claimed') LIMIT $3
				)`,
			`
				DELETE FROM unread_webhooks
				WHERE id IN (SELECT id FROM unread_webhooks WHERE number = $1 AND at < $2 LIMIT $3)`,
		} {
			if err := s.untilDone(ctx, number, statement, number, millis(now.Add(-r.Messages)),
				forgetAtOnce); err != nil {
				return err
			}
		}
	}
	if err := s.untilDone(ctx, number, `
		DELETE FROM written_first
		WHERE number = $1 AND piece IN (SELECT piece FROM written_first WHERE number = $1 AND piece < $2 LIMIT $3)`,
		number, pieceOf(now.Add(-48*time.Hour)), forgetAtOnce); err != nil {
		return err
	}
	if r.Events > 0 {
		if err := s.forgetEvents(ctx, number, now.Add(-r.Events)); err != nil {
			return err
		}
	}
	if r.Strangers > 0 {
		if err := s.forgetStrangers(ctx, number, now.Add(-r.Strangers), envs); err != nil {
			return err
		}
	}
	if !s.Shared() {
		if err := s.ForgetOfNoNumber(ctx, r, now); err != nil {
			return err
		}
	}
	return s.decide(ctx, only(number), envs, func(t *tx) error {
		return t.exec("UPDATE numbers SET forgot_on = $1 WHERE name = $2", now.UTC().Format(time.DateOnly), number)
	})
}

// ForgetOfNoNumber lets go of what belongs to no number: acts, sessions of operators, and answers to
// programs. Where processes share the database it is one of their chores, and Forget leaves it out.
func (s *Store) ForgetOfNoNumber(ctx context.Context, r bot.Retention, now time.Time) error {
	if r.Acts > 0 {
		if err := s.ForgetActs(ctx, now.Add(-r.Acts)); err != nil {
			return err
		}
	}
	if r.Sessions > 0 {
		if err := s.ForgetSessions(ctx, now.Add(-r.Sessions)); err != nil {
			return err
		}
	}
	if r.Answers > 0 {
		return s.forgetAnswers(ctx, now.Add(-r.Answers))
	}
	return nil
}

func (s *Store) forgetDue(ctx context.Context, number string, now time.Time) (due bool, err error) {
	err = s.queryRow(ctx, `
		SELECT EXISTS (SELECT 1 FROM numbers WHERE name = $1 AND forgot_on <> $2)`,
		number, now.UTC().Format(time.DateOnly)).Scan(&due)
	return due, err
}

// untilDone repeats a statement, each time in a transaction of its own, until it changes nothing.
func (s *Store) untilDone(ctx context.Context, number, statement string, args ...any) error {
	for {
		var n int64
		err := s.write(ctx, only(number), func(t *tx) (err error) {
			n, err = t.execCount(statement, args...)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
}

// forgetStrangers lets go of people who never asked for promotions and have been silent since
// before. They are not opted out: should they write again, they are greeted as anybody is.
func (s *Store) forgetStrangers(ctx context.Context, number string, before time.Time, envs bot.Envs) error {
	for {
		n := 0
		err := s.decide(ctx, only(number), envs, func(t *tx) error {
			n = 0
			silent, err := t.strangers(number, before)
			if err != nil {
				return err
			}
			for _, c := range silent {
				if err := t.forget(bot.ForgottenEntry(t.env(number), *c), c, forgetRows); err != nil {
					return err
				}
				n++
			}
			return nil
		})
		if err != nil || n == 0 {
			return err
		}
	}
}

func (t *tx) strangers(number string, before time.Time) ([]*bot.Contact, error) {
	return collect(t.rows, scanContact, `
		SELECT `+contactColumns+`
		FROM contacts c
		WHERE c.number = $1 AND c.consent IN ('new', 'pending') AND c.updated_at < $2
		LIMIT $3`, number, millis(before), forgetAtOnce)
}
