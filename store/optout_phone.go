package store

import (
	"cmp"
	"context"
	"errors"

	"optinbot/bot"
)

// OptOutPhone records an opt-out that reached the shop off WhatsApp (C8), for any phone, known or
// not, in every spelling of it, on the number and on every other number of its brand. It returns a
// turn for each contact that it was about: those of this number, or where it has none those of the
// brand's other numbers.
func (s *Store) OptOutPhone(
	ctx context.Context, number, phone, reason string, envs bot.Envs,
) (turns []bot.Turn, err error) {
	err = s.decide(ctx, withBrand(number), envs, func(t *tx) error {
		turns, err = t.optOutPhone(number, phone, reason)
		return err
	})
	return turns, err
}

// A ListedStop is an opt-out of a list that came from elsewhere.
type ListedStop struct {
	Phone  string // E.164
	Reason string // for the ledger
}

// A ListedOutcome is what an opt-out of a list has changed.
type ListedOutcome int

// The outcomes.
const (
	ListedAlready  ListedOutcome = iota // they were out on every number of the brand, and nothing has changed
	ListedLeft                          // a contact is unsubscribed now
	ListedStranger                      // nobody has this phone: should they ever write, they start as unsubscribed
)

// OptOutList records opt-outs in one transaction, as OptOutPhone does. Who is out already stays as
// they are, so that a list can be taken again.
func (s *Store) OptOutList(
	ctx context.Context, number string, stops []ListedStop, envs bot.Envs,
) (outcomes []ListedOutcome, err error) {
	err = s.decide(ctx, withBrand(number), envs, func(t *tx) error {
		outcomes = make([]ListedOutcome, len(stops))
		brand, err := t.othersOfBrand(number)
		if err != nil {
			return err
		}
		for i, stop := range stops {
			if outcomes[i], err = t.optOutListed(number, brand, stop); err != nil {
				return err
			}
		}
		return nil
	})
	return outcomes, err
}

func (t *tx) optOutListed(number string, brand []string, stop ListedStop) (ListedOutcome, error) {
	out := true
	for _, n := range append([]string{number}, brand...) {
		is, err := t.isOut(n, stop.Phone)
		if err != nil {
			return 0, err
		}
		out = out && is
	}
	if out {
		return ListedAlready, nil
	}
	turns, err := t.optOutPhone(number, stop.Phone, stop.Reason)
	if len(turns) == 0 {
		return ListedStranger, err
	}
	return ListedLeft, err
}

// isOut reports whether whoever has a phone, in any spelling, is unsubscribed on a number, or will
// be once they write to it.
func (t *tx) isOut(number, phone string) (bool, error) {
	ids, contacts := []bot.Identity{{Kind: bot.Phone, Value: phone}}, 0
	for _, id := range spelled(ids) {
		c, _, err := t.find(number, []bot.Identity{id})
		if err != nil {
			return false, err
		}
		if c == nil {
			continue
		}
		if contacts++; c.Consent != bot.Unsubscribed {
			return false, nil
		}
	}
	if contacts > 0 {
		return true, nil
	}
	since, err := t.suppressedSince(number, ids)
	return !since.IsZero(), err
}

// optOutPhone records one opt-out of a phone, or of the LID or BSUID of who has none. env is of the number.
func (t *tx) optOutPhone(number string, phone, reason string) (turns []bot.Turn, err error) {
	env := t.env(number)
	ids := []bot.Identity{bot.AddressOf(phone)}
	for _, id := range spelled(ids) {
		byPhone, byAccount, err := t.find(number, []bot.Identity{id})
		if err != nil {
			return nil, err
		}
		c := cmp.Or(byPhone, byAccount)
		if c == nil {
			continue
		}
		turn, err := t.act(c, func(e bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
			return bot.OptOutByOperator(e, c, reason)
		})
		if err != nil {
			return nil, err
		}
		turns = append(turns, turn)
		if err := t.operatorStop(turn.Contact.OptedOut, env.Now); err != nil {
			return nil, err
		}
	}
	cause := bot.Entry{
		Public: bot.Public{Number: number, Recorded: env.Now.UTC(), ServerTime: env.ServerNow().UTC(),
			Event: bot.EntryOptedOut,
			Rule:  "operator", Actor: "operator", Flow: env.Machine.Version(), Shown: "none"},
		Personal: bot.Personal{Identities: ids, Reason: reason},
	}
	if err := errors.Join(t.operatorStop(cause.Public.ServerTime, env.Now),
		t.suppress(number, ids, len(turns) == 0, cause)); err != nil {
		return nil, err
	}
	if len(turns) == 0 { // else OptOutByOperator has carried it to the brand's other numbers
		turns, err = t.optOutElsewhere(&bot.Contact{Number: number, Identities: ids}, bot.OptOutElsewhere{Entry: cause})
	}
	if n := len(turns); n > 0 {
		turns[n-1].Changes = t.changes
	}
	return turns, err
}
