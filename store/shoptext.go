package store

import (
	"context"
	"time"

	"optinbot/bot"
)

// kindUnknown is the kind of the row of a message of which this build knew nothing. Beside those of
// bot.Kind there is automatic, too: the phone's app sent it by itself.
const kindUnknown = "unknown"

// typed are the rows of inbox that a person of the shop typed.
const typed = "source IN ('human', 'human_unread') AND kind NOT IN ('automatic', 'reaction', 'revoke', " +
	"'poll_vote', 'timer', 'nothing', 'call', 'album')"

// ask gives a decision about a message what it may ask of the store.
func (t *tx) ask(env *bot.Env, number string, contact int64, m bot.Message) {
	env.Registered = t.registered(number)
	env.ShopTextHistory = func(hash string) (p bot.ShopTextHistory) {
		p, err := t.prompt(number, hash, contact, m, env.Now)
		t.fail(err)
		return p
	}
	env.Unknown = func() (people int, told bool) {
		people, told, err := t.unknown(number, env.Now)
		t.fail(err)
		return people, told
	}
}

// fail notes that a decision rests on a wrong answer: its turn fails.
func (t *tx) fail(err error) {
	if t.failed == nil {
		t.failed = err
	}
}

func (t *tx) prompt(
	number, hash string, contact int64, m bot.Message, now time.Time,
) (p bot.ShopTextHistory, err error) {
	if p.Theirs, err = t.timeIn(`
		SELECT COALESCE(MAX(server_time), 0)
		FROM inbox
		WHERE contact_id = $1
			AND source NOT IN ('human', 'human_unread')
			AND kind NOT IN ('timer', 'nothing', 'call')
			AND server_time <= $2`, contact, millis(m.At)); err != nil {
		return p, err
	}
	if p.Ours, err = t.timeIn(`
		SELECT COALESCE(MAX(server_time), 0)
		FROM inbox
		WHERE contact_id = $1 AND server_time <= $2 AND message_id <> $3 AND `+typed,
		contact, millis(m.At), m.ID); err != nil {
		return p, err
	}
	err = t.rows(`
		SELECT contact_id, at
		FROM shop_texts
		WHERE number = $1 AND hash = $2 AND contact_id <> $3`,
		[]any{number, hash, contact}, func(scan scanner) error {
			var other, at int64
			err := scan(&other, &at)
			if p.Known = p.Known || other == 0; other != 0 {
				p.Others = append(p.Others, timeOf(at))
			}
			return err
		})
	if err == nil {
		p.Told, err = t.told(number, bot.NoticeAppAnswers, now.Add(-30*24*time.Hour))
	}
	return p, err
}

func (t *tx) timeIn(query string, args ...any) (time.Time, error) {
	var at int64
	_, err := t.row(query, args, &at)
	return timeOf(at), err
}

func (t *tx) told(number string, kind bot.NoticeKind, since time.Time) (bool, error) {
	var n int
	return t.row(`
		SELECT 1
		FROM notices
		WHERE number = $1 AND kind = $2 AND at > $3 LIMIT 1`,
		[]any{number, kind, millis(since)}, &n)
}

// unknown is how many people sent in the last day what this build does not know, and whether that
// was told in the last week.
func (t *tx) unknown(number string, now time.Time) (people int, told bool, err error) {
	_, err = t.row(`
		SELECT COUNT(DISTINCT i.contact_id)
		FROM inbox i
		JOIN contacts c ON c.id = i.contact_id
		WHERE c.number = $1 AND i.kind = 'unknown' AND i.received_at > $2`,
		[]any{number, millis(now.Add(-24 * time.Hour))}, &people)
	if err == nil {
		told, err = t.told(number, bot.NoticeOutdated, now.Add(-7*24*time.Hour))
	}
	return people, told, err
}

// shopText keeps a text that the phone's app may have sent by itself. Once that is sure, the
// takeovers end that it began.
func (t *tx) shopText(c *bot.Contact, e bot.ShopText) error {
	const put = `
		INSERT INTO shop_texts (number, hash, contact_id, message_id, at)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (number, hash, contact_id) DO UPDATE
		SET message_id = excluded.message_id, at = excluded.at`
	if !e.SentByApp {
		return t.exec(put, c.Number, e.Hash, c.ID, e.MessageID, millis(e.At))
	}
	if err := t.exec(put, c.Number, e.Hash, 0, "", millis(e.At)); err != nil {
		return err
	}
	if err := t.automatic(c.ID, e.MessageID); err != nil {
		return err
	}
	type taken struct {
		contact int64
		message string
		at      time.Time
	}
	all, err := collect(t.rows, func(scan scanner) (k taken, err error) {
		err = scan(&k.contact, &k.message, moment(&k.at))
		return k, err
	}, `
		SELECT contact_id, message_id, at
		FROM shop_texts
		WHERE number = $1 AND hash = $2 AND contact_id <> 0`, c.Number, e.Hash)
	if err != nil {
		return err
	}
	for _, k := range all {
		if err := t.notHuman(k.contact, k.message, k.at, c.ID); err != nil {
			return err
		}
	}
	return t.exec("DELETE FROM shop_texts WHERE number = $1 AND hash = $2 AND contact_id <> 0", c.Number, e.Hash)
}

func (t *tx) automatic(contact int64, message string) error {
	return t.exec(`
		UPDATE inbox
		SET kind = 'automatic'
		WHERE contact_id = $1 AND message_id = $2 AND source = 'human'`, contact, message)
}

// notHuman takes back that a person wrote a message. The contact of the turn under way is left to
// that turn.
func (t *tx) notHuman(contact int64, message string, at time.Time, turn int64) error {
	if err := t.automatic(contact, message); err != nil || contact == turn {
		return err
	}
	before, err := t.timeIn(`
		SELECT COALESCE(MAX(at), 0)
		FROM (
			SELECT MAX(server_time) AS at
			FROM inbox
			WHERE contact_id = $1 AND `+typed+`
			UNION ALL
			SELECT MAX(created_at)
			FROM outbox
			WHERE contact_id = $1 AND kind = 'human'
		) AS written`, contact)
	if err != nil {
		return err
	}
	other, err := t.contact(contact)
	if err != nil {
		return err
	}
	_, err = t.act(other, func(e bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
		return bot.NotHuman(e, c, at, before)
	})
	return err
}

// AppAnswers returns when the number's phone last answered somebody by itself. It is zero if it
// never did.
func (s *Store) AppAnswers(ctx context.Context, number string) (time.Time, error) {
	var at int64
	err := s.queryRow(ctx, `
		SELECT COALESCE(MAX(at), 0)
		FROM shop_texts
		WHERE number = $1 AND contact_id = 0`, number).Scan(&at)
	return timeOf(at), err
}
