package cli

import (
	"context"
	"slices"

	"pgregory.net/rapid"

	"optinbot/bot"
)

// The session's map of phones and LIDs learns of people by ways that are no messages, true things and old ones, and tells the bot or dies
// before it does.

// propertyPairs are what it may learn: who has which phone, has had it, or will have it.
func propertyPairs() []bot.Pair {
	pair := func(phone bot.Identity, l string) bot.Pair { return bot.Pair{Phone: phone, Account: lid(l)} }
	return []bot.Pair{pair(anna, "101"), pair(anna, "101"), pair(bob, "202"), pair(cleo, "303"), pair(anna, "109"), pair(cleo, "202")}
}

// learn lets the map of a number learn a pair, and most times tell of it.
func (w *propertyWorld) learn() {
	number := w.number()
	pair := rapid.SampledFrom(propertyPairs()).Draw(w.t, "pair")
	w.model.maps(number, pair)
	if rapid.IntRange(0, 2).Draw(w.t, "told") == 0 {
		return
	}
	w.risk(func() error { return w.pumps[number].Pairs(w.ctx, []bot.Pair{pair}) })
}

// meet is what `run` does after connecting: what the map learned before a crash was not told.
func (w *propertyWorld) meet(number string) error {
	ids, err := w.house.Store.Lonely(w.ctx, number)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if pair, ok := bot.PairOf(id, w.model.sessions[number][id]); ok {
			if err := w.pumps[number].Pairs(w.ctx, []bot.Pair{pair}); err != nil {
				return err
			}
		}
	}
	return nil
}

// met lets the model follow what a claim has learned from the map.
func (w *propertyWorld) met(number string) {
	for phone, l := range w.model.sessions[number] {
		pair := bot.Pair{Phone: phone, Account: l}
		if phone.Kind != bot.Phone {
			continue
		}
		c, err := w.house.Store.Contact(w.ctx, number, l.Value)
		w.must(err)
		if c != nil && slices.Contains(c.Identities, phone) && w.model.holder(number, bot.Phone, phone.Value) != w.model.holder(number, bot.LID, l.Value) {
			w.did["pair before a claim"]++
			w.model.fills(number, pair.Identities())
		}
	}
}

// envsOf is what decisions of a number need, with its session's map.
func (w *propertyWorld) envsOf(served string) bot.Envs {
	return func(number string) bot.Env {
		env := w.house.Envs(number)
		if number == served {
			env.OtherAddress = func(id bot.Identity) (bot.Identity, bool) {
				other, ok := w.model.sessions[served][id]
				return other, ok
			}
		}
		return env
	}
}

// maps notes a pair in a session's map, where each address has one other.
func (m *model) maps(number string, pair bot.Pair) {
	known := m.sessions[number]
	if known == nil {
		known = map[bot.Identity]bot.Identity{}
		m.sessions[number] = known
	}
	for _, id := range pair.Identities() {
		delete(known, known[id])
		delete(known, id)
	}
	known[pair.Phone], known[pair.Account] = pair.Account, pair.Phone
}

// lookUp is what decoding does: a message with one address gets the other from the map.
func (m *model) lookUp(number string, in bot.Message) bot.Message {
	if len(in.Identities) != 1 {
		return in
	}
	if other, ok := m.sessions[number][in.Identities[0]]; ok {
		in.Identities, in.LookedUp = []bot.Identity{in.Identities[0], other}, true
	}
	return in
}

// believed are the addresses of a message that count: what it did not carry itself, or is history, only fills what is missing.
func (m *model) believed(w written) []bot.Identity {
	if (w.LookedUp || w.History) && m.contradicts(w.number, w.Identities) {
		return w.Identities[:1]
	}
	return w.Identities
}

func (m *model) contradicts(number string, ids []bot.Identity) bool {
	phone, l := bot.PhoneOf(ids), bot.LIDOf(ids)
	if phone == "" || l == "" {
		return false
	}
	a, b := m.holder(number, bot.Phone, phone), m.holder(number, bot.LID, l)
	return a != nil && a.lid() != "" && a != b || b != nil && bot.PhoneOf(b.ids) != "" && a != b
}

// leftElsewhere: the map knows another address of theirs, and whoever has that has left since they came.
func (m *model) leftElsewhere(p *somebody) bool {
	for _, id := range p.ids {
		other, ok := m.sessions[p.number][id]
		if !ok || bot.PhoneOf(p.ids) != "" && p.lid() != "" {
			continue
		}
		if q := m.holder(p.number, other.Kind, other.Value); q != nil && q != p && q.stands() == standsOut && !p.in.After(q.out) {
			return true
		}
	}
	return false
}

// Learn tells the model of what was committed.
func (i propertyInbox) Learn(ctx context.Context, number string, pairs []bot.Pair, envs bot.Envs) (turns []bot.Turn, err error) {
	for _, pair := range pairs {
		learned, err := i.Store.Learn(ctx, number, []bot.Pair{pair}, envs)
		if err != nil {
			return turns, err
		}
		i.w.model.fills(number, pair.Identities())
		for _, turn := range learned {
			i.w.did["pair"]++
			if turn.Contact.Consent == bot.Unsubscribed {
				i.w.noPromotionWaits(turn.Contact.ID) // an answer to what they wrote after it may
			}
		}
		turns = append(turns, learned...)
	}
	return turns, nil
}
