package store

import (
	"context"
	"errors"

	"optinbot/bot"
)

// Learn takes pairs of phone and account that did not come with a message: from a send, a query, a
// group, the phone's history. Two contacts that turn out to be one person become one at once, and
// an opt-out known by either address counts (C2, C7). A pair that contradicts what is recorded
// changes nothing. It returns a turn for each contact that changed. A pair that cannot be committed
// keeps no other from it.
func (s *Store) Learn(
	ctx context.Context, number string, pairs []bot.Pair, envs bot.Envs,
) (turns []bot.Turn, err error) {
	for _, p := range pairs {
		turn, learnErr := s.learnOne(ctx, number, p, envs)
		if err = errors.Join(err, learnErr); turn.Contact.ID != 0 {
			turns = append(turns, turn)
		}
	}
	return turns, err
}

// learnOne takes one pair. The turn's contact is zero where nothing changed.
func (s *Store) learnOne(ctx context.Context, number string, p bot.Pair, envs bot.Envs) (turn bot.Turn, err error) {
	news, err := s.isNews(ctx, number, p)
	if err != nil || !news {
		return turn, err
	}
	err = s.decide(ctx, withBrand(number), envs, func(t *tx) error {
		turn = bot.Turn{}
		c, _, err := t.learn(number, p)
		if err == nil && c != nil {
			turn = bot.Turn{Contact: *c, Changes: t.changes}
		}
		return err
	})
	if err != nil {
		return bot.Turn{}, err
	}
	return turn, nil
}

// isNews looks without a transaction whether a pair may change anything: most are of strangers, or
// are recorded.
func (s *Store) isNews(ctx context.Context, number string, p bot.Pair) (bool, error) {
	var phone, account int64
	err := s.queryRow(ctx, `
		SELECT
			COALESCE((SELECT contact_id FROM identities WHERE number = $1 AND kind = 'phone' AND value = $2), 0),
			COALESCE((SELECT contact_id FROM identities WHERE number = $1 AND kind = $3 AND value = $4), 0)`,
		number, p.Phone.Value, p.Account.Kind, p.Account.Value).Scan(&phone, &account)
	return phone != account, err
}

// learn fills what is missing by a pair. c is the person it is about, as they are afterwards. Nil:
// nothing changed, and others are the contacts that have the addresses.
func (t *tx) learn(number string, p bot.Pair) (c *bot.Contact, others []*bot.Contact, err error) {
	byPhone, byAccount, err := t.find(number, p.Identities())
	if err != nil {
		return nil, nil, err
	}
	if r := bot.ResolvePair(p, byPhone, byAccount); r.Contact != nil {
		c, err = t.applyResolution(number, p.Identities(), t.env(number).ServerNow(), r)
		return c, nil, err
	}
	for _, o := range []*bot.Contact{byPhone, byAccount} {
		if o != nil {
			others = append(others, o)
		}
	}
	return nil, others, nil
}

// otherAddress asks for the second address of somebody who is about to be sent a promotion and is
// known by one. changed: they are another contact now, or have left. elsewhere: somebody with that
// address, who cannot be made one with them, has left: so have they.
func (t *tx) otherAddress(c *bot.Contact) (changed, elsewhere bool, err error) {
	env := t.env(c.Number)
	both := bot.PhoneOf(c.Identities) != "" && bot.AccountOf(c.Identities).Value != ""
	if env.OtherAddress == nil || len(c.Identities) == 0 || both {
		return false, false, nil
	}
	other, ok := env.OtherAddress(c.Identities[0])
	pair, isPair := bot.PairOf(c.Identities[0], other)
	if !ok || !isPair {
		return false, false, nil
	}
	learned, others, err := t.learn(c.Number, pair)
	if err != nil {
		return false, false, err
	}
	for _, o := range others {
		if o.ID != c.ID && o.Consent == bot.Unsubscribed && !c.OptedIn.After(o.OptedOut) {
			elsewhere = true
		}
	}
	return learned != nil, elsewhere, nil
}

// Lonely returns the addresses of a number's contacts that are known by a phone or a LID only.
func (s *Store) Lonely(ctx context.Context, number string) ([]bot.Identity, error) {
	return collect(s.query(ctx), scanIdentity, `
		SELECT i.kind, i.value
		FROM identities i
		WHERE i.number = $1
			AND NOT EXISTS (SELECT 1 FROM identities o WHERE o.contact_id = i.contact_id AND o.kind <> i.kind)
		ORDER BY i.contact_id`, number)
}
