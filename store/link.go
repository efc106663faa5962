package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"optinbot/bot"
)

// An OtherPhone is what Linked answers when a number is linked with another phone than the one that
// is recorded: people gave their consent to that one.
type OtherPhone struct{ Number, Recorded, Linked string }

func (e OtherPhone) Error() string {
	return fmt.Sprintf("number %s is %s, and this phone is %s: people asked the first one for promotions, not "+
		"this one. "+
		"Link with the phone of %s; where the shop has a new phone number, `optinbot number change %s` links that",
		e.Number, e.Recorded, e.Linked, e.Recorded, e.Number)
}

// SamePhone reports whether two phones are one, in whatever spelling.
func SamePhone(a, b string) bool { return a == b || slices.Contains(bot.Spellings(a), b) }

// MayLink answers an OtherPhone where a phone is not the one that is recorded.
func (n NumberRow) MayLink(phone string) error {
	if n.Phone != "" && phone != "" && !SamePhone(n.Phone, phone) {
		return OtherPhone{Number: n.Name, Recorded: n.Phone, Linked: phone}
	}
	return nil
}

// Linked notes that the number is linked, by the phone that is recorded, or the first one. By
// another it is an OtherPhone, and nothing changes. The warm-up counts from the first time, and
// linking again does not restart it. A number with subscribers that is linked anew waits for the
// phone's history (B7).
func (s *Store) Linked(ctx context.Context, name, jid, phone string, at time.Time) error {
	return s.write(ctx, only(name), func(t *tx) error { return t.linked(name, jid, phone, at) })
}

func (t *tx) linked(name, jid, phone string, at time.Time) error {
	n, err := t.number(name)
	if err != nil {
		return err
	}
	if err := n.MayLink(phone); err != nil {
		return err
	}
	if n.JID == jid {
		return nil // a second word about the same link
	}
	if err := t.awaitHistory(n); err != nil {
		return err
	}
	return t.exec(`
		UPDATE numbers
		SET jid = $1,
			phone = CASE WHEN $2 = '' THEN phone ELSE $2 END,
			linked_at = CASE WHEN linked_at = 0 THEN $3 ELSE linked_at END
		WHERE name = $4`,
		jid, phone, millis(at), name)
}

// awaitHistory makes promotions wait after a new link. A number without subscribers has nobody to
// wait for.
func (t *tx) awaitHistory(n NumberRow) error {
	return t.exec(`
		UPDATE numbers
		SET history_until = -1, away_since = $1
		WHERE name = $2
			AND linked_at > 0
			AND EXISTS (SELECT 1 FROM contacts c WHERE c.number = $2 AND c.consent = 'subscribed')`,
		millis(n.StatusAt), n.Name)
}

// ChangePhone notes that a number has another phone from now on. The warm-up begins anew, what
// WhatsApp held against the old phone is over, and promotions to everybody who is subscribed wait
// until they write to the new one themselves. It goes into the ledger. It returns how many people
// wait.
func (s *Store) ChangePhone(
	ctx context.Context, number, jid, phone string, at time.Time, envs bot.Envs,
) (held int, err error) {
	err = s.decide(ctx, only(number), envs, func(t *tx) error {
		held = 0
		n, err := t.number(number)
		if err != nil {
			return err
		}
		if err := t.awaitHistory(n); err != nil {
			return err
		}
		err = t.exec(`
			UPDATE numbers
			SET jid = $1, phone = $2, linked_at = $3, restricted_until = 0, status = '',
				status_detail = '', status_at = $3, phone_seen_at = $3, phone_missed_at = 0
			WHERE name = $4`, jid, phone, millis(at), number)
		if err != nil {
			return err
		}
		ids, err := t.subscribed(number)
		if err != nil {
			return err
		}
		for _, id := range ids {
			c, err := t.contact(id)
			if err != nil {
				return err
			}
			if _, err := t.act(c, bot.ChangeNumber); err != nil {
				return err
			}
			held++
		}
		return t.appendLedger(0, bot.ChangedNumberEntry(t.env(number), number, n.Phone, phone, held))
	})
	return held, err
}

func (t *tx) subscribed(number string) ([]int64, error) {
	return column[int64](t.rows, "SELECT id FROM contacts WHERE number = $1 AND consent = 'subscribed' ORDER BY id",
		number)
}

// historyEvent follows the wait after a new link: its time counts from the end of the first offline
// sync, and the phone's history, read to its end, is the end of it.
func (t *tx) historyEvent(name string, e bot.NumberEvent) error {
	switch e.Kind {
	case bot.NumberSynced:
		return t.exec(`
			UPDATE numbers
			SET history_until = $1
			WHERE name = $2 AND history_until = -1`,
			millis(e.At.Add(bot.HistoryWait)), name)
	case bot.NumberHistoryRead:
		return t.endHistoryWait(name, "the phone's history has been read, and every stop in it counts", e.At)
	}
	return nil
}

// EndHistoryWait ends the wait for the phone's history after bot.HistoryWait without it.
func (s *Store) EndHistoryWait(ctx context.Context, number string, now time.Time) error {
	var due bool
	err := s.queryRow(ctx, `
		SELECT EXISTS (
			SELECT 1
			FROM numbers
			WHERE name = $1 AND history_until > 0 AND history_until <= $2
		)`, number, millis(now)).Scan(&due)
	if err != nil || !due {
		return err
	}
	return s.write(ctx, only(number), func(t *tx) error {
		return t.endHistoryWait(number, "the phone has sent no history within half an hour", now)
	})
}

// endHistoryWait ends a wait, if there is one, with a notice that says what could not be checked.
func (t *tx) endHistoryWait(number, how string, now time.Time) error {
	n, err := t.number(number)
	if err != nil || !n.AwaitsHistory {
		return err
	}
	if err := t.exec("UPDATE numbers SET history_until = 0 WHERE name = $1", number); err != nil {
		return err
	}
	since := "the number was linked anew"
	if !n.AwaySince.IsZero() {
		since = fmt.Sprintf("the number was linked anew (the last event of its connection before: %s)",
			n.AwaySince.UTC().Format("2006-01-02 15:04 UTC"))
	}
	return t.notice(number, 0, bot.Notify{Kind: bot.NoticeHistory, Text: fmt.Sprintf(
		"%s: %s. Promotions go out again. What somebody wrote meanwhile and the phone has not handed over "+
			"could not be checked: "+
			"look through the chats on the phone, and record a stop that you find there with `optinbot optout "+
			"PHONE --reason`", since, how)}, millis(now))
}
