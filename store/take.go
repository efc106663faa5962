package store

import (
	"cmp"
	"context"
	"time"

	"optinbot/bot"
)

// HandleMessage gives an inbound message its turn, in one transaction: dedupe, contact, decision, state,
// preferences, consent, replies. When it returns without error all of that is durable and the
// message may be acknowledged. On an error nothing happened and WhatsApp will deliver the message
// again.
func (s *Store) HandleMessage(ctx context.Context, number string, m bot.Message, envs bot.Envs) (turn bot.Turn, err error) {
	m = m.Bounded()
	m.At = m.At.Truncate(bot.Tick)
	err = s.decide(ctx, withBrand(number), envs, func(t *tx) error {
		env := t.env(number) // in the write: a flow that was accepted before it counts
		env.CountBraked = t.answered(number, env.Now)
		t.setEnv(number, env)
		c, had, err := t.resolveContact(number, m)
		if err != nil {
			return err
		}
		fresh := false
		if !had {
			if err := t.firstTime(c.ID, &m); err != nil {
				return err
			}
			fresh, err = t.receive(c, m, env.Now)
		}
		if err != nil || !fresh {
			turn = bot.Turn{Contact: *c, Duplicate: !fresh, Changes: t.changes}
			return err
		}
		if err := t.countStranger(number, c, m, env.Now); err != nil {
			return err
		}
		t.ask(&env, number, c.ID, m)
		t.setEnv(number, env)
		after, effects, err := bot.Step(env, *c, m)
		if err = cmp.Or(err, t.failed); err != nil {
			return err
		}
		if err := t.save(&after, env.Now); err != nil {
			return err
		}
		if err := t.decided(c, &after, effects); err != nil {
			return err
		}
		err = t.apply(&after, effects)
		turn = bot.Turn{Contact: after, Effects: effects, Changes: t.changes}
		return err
	})
	return turn, err
}

// receive notes the message. fresh is false when it had its turn before. History is a second
// telling of the chat, and what the shop's people type has IDs of its own, and a message that could
// not be decrypted may be followed by the readable one under the same ID, so each has a key of its
// own.
func (t *tx) receive(c *bot.Contact, m bot.Message, now time.Time) (fresh bool, err error) {
	if read, err := t.wasRead(c, m); err != nil || read {
		return false, err
	}
	if !m.FromMe && !m.History && c.TooMuch(now) {
		m.Length, m.Text = max(m.Length, len(m.Text)), ""
	}
	n, err := t.execCount(`
		INSERT INTO inbox (
			contact_id, message_id, source, kind, text, server_time, received_at, length
		)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT DO NOTHING`,
		c.ID, m.ID, sourceOf(m), kindOf(m), m.Text, millis(m.At), millis(now), m.Length)
	return n == 1, err
}

// countStranger counts whoever writes for the first time. The operator hears of many, unless the
// brake has told of the same flood.
func (t *tx) countStranger(number string, c *bot.Contact, m bot.Message, now time.Time) error {
	if !c.LastInbound.IsZero() || m.FromMe || m.History {
		return nil
	}
	var before bot.Strangers
	var from, braked int64
	_, err := t.row(`
		SELECT strangers, strangers_from, braked_at
		FROM numbers
		WHERE name = $1`, []any{number}, &before.People, &from, &braked)
	if err != nil {
		return err
	}
	before.From = timeOf(from)
	s, tells := before.Plus(now)
	if tells && bot.NewFlood(timeOf(braked), now) {
		if err := t.notice(number, 0, bot.Notify{Kind: bot.NoticeFlood, Text: s.Sentence()}, millis(now)); err != nil {
			return err
		}
	}
	return t.exec(`
		UPDATE numbers
		SET strangers = $1, strangers_from = $2
		WHERE name = $3`, s.People, millis(s.From), number)
}

// firstTime gives a readable message the time of the unreadable one with its ID, where that is
// earlier: a message that their phone sends again may carry the time of the second try.
func (t *tx) firstTime(contact int64, m *bot.Message) error {
	if m.Kind == bot.KindUndecryptable || m.FromMe {
		return nil
	}
	var first int64
	found, err := t.row(`
		SELECT server_time
		FROM inbox
		WHERE contact_id = $1 AND message_id = $2 AND source = 'undecryptable'`,
		[]any{contact, m.ID}, &first)
	if m.Resent = found; found && first < millis(m.At) {
		m.At = timeOf(first)
	}
	return err
}

func kindOf(m bot.Message) string {
	if m.Unknown && !m.History {
		return kindUnknown
	}
	return string(m.Kind)
}

func sourceOf(m bot.Message) string {
	switch {
	case m.FromMe && m.Kind == bot.KindUndecryptable:
		return "human_unread"
	case m.FromMe:
		return "human"
	case m.History:
		return "history"
	case m.Kind == bot.KindUndecryptable:
		return "undecryptable"
	}
	return "live"
}

// hadTurn returns the one of the contacts whose message it was, when it had its turn before, and
// nil otherwise.
func (t *tx) hadTurn(m bot.Message, contacts ...*bot.Contact) (*bot.Contact, error) {
	for _, c := range contacts {
		if c == nil {
			continue
		}
		var n int
		found, err := t.row(`
			SELECT 1
			FROM inbox
			WHERE contact_id = $1 AND message_id = $2 AND source = $3`,
			[]any{c.ID, m.ID, sourceOf(m)}, &n)
		if err == nil && !found {
			found, err = t.wasRead(c, m)
		}
		if err != nil || found {
			return c, err
		}
	}
	return nil, nil
}

// wasRead reports whether a message that cannot be read now was read before: a second telling of
// it, which may fail in another way, says nothing new.
func (t *tx) wasRead(c *bot.Contact, m bot.Message) (read bool, err error) {
	if sourceOf(m) != "undecryptable" {
		return false, nil
	}
	_, err = t.row(`
		SELECT EXISTS (
			SELECT 1
			FROM inbox
			WHERE contact_id = $1 AND message_id = $2 AND source IN ('live', 'history')
		)`, []any{c.ID, m.ID}, &read)
	return read, err
}

// registered looks a source tag up when a message ends with one.
func (t *tx) registered(number string) func(string) bool {
	return func(tag string) bool {
		var n int
		found, err := t.row("SELECT 1 FROM sources WHERE number = $1 AND tag = $2", []any{number, tag}, &n)
		if err != nil {
			t.fail(err)
		}
		return found
	}
}

// Act decides something about one contact outside a message: an operator's act, a timer, an
// outcome. decide is one of the functions of package bot with its arguments bound.
func (s *Store) Act(
	ctx context.Context, number string, contact int64, envs bot.Envs, decide bot.Act,
) (turn bot.Turn, err error) {
	err = s.decide(ctx, withBrand(number), envs, func(t *tx) error {
		c, err := t.contact(contact)
		if err != nil {
			return err
		}
		turn, err = t.act(c, decide)
		turn.Changes = t.changes
		return err
	})
	return turn, err
}

// An Acting is what somebody does to one contact.
type Acting struct {
	Contact int64
	Act     bot.Act
}

// ActAll acts on several contacts of a number in one transaction.
func (s *Store) ActAll(ctx context.Context, number string, acts []Acting, envs bot.Envs) error {
	return s.decide(ctx, withBrand(number), envs, func(t *tx) error {
		for _, a := range acts {
			c, err := t.contact(a.Contact)
			if err != nil {
				return err
			}
			if _, err := t.act(c, a.Act); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *tx) act(c *bot.Contact, decide bot.Act) (bot.Turn, error) {
	env := t.env(c.Number)
	after, effects, err := decide(env, *c)
	if err != nil {
		return bot.Turn{}, err
	}
	if err := t.save(&after, env.Now); err != nil {
		return bot.Turn{}, err
	}
	if err := t.decided(c, &after, effects); err != nil {
		return bot.Turn{}, err
	}
	return bot.Turn{Contact: after, Effects: effects}, t.apply(&after, effects)
}
