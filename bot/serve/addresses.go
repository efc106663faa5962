package serve

import (
	"context"
	"time"

	"optinbot/bot"
)

// addressFinder finds out, while `run` serves a number, which addresses are of one person: a stop from
// one address must hold for the other.
type addressFinder struct {
	*numberServer
	look  chan struct{} // to look at the session's map of phones and LIDs
	typed chan string   // phones that a person of the shop wrote to, and that nobody is known by

	asked map[string]bool // of typed: each is asked about once
	times []time.Time     // when, in the last hour
}

// typedAtMost is how many phones an hour are asked about because the shop wrote to them.
const typedAtMost = 30

// connected has the map looked at: what it learned in the moment of a crash was not told.
func (w *addressFinder) connected() {
	select {
	case w.look <- struct{}{}:
	default: // it is about to look
	}
}

// wrote is told of every message that a person of the shop typed. To whom, is known by the phone
// only where the phone's app says no more. They may be somebody who is known by LID.
func (w *addressFinder) wrote(m bot.Message) {
	phone := bot.PhoneOf(m.Identities)
	if !m.FromMe || m.History || phone == "" || bot.LIDOf(m.Identities) != "" {
		return
	}
	select {
	case w.typed <- phone:
	default: // so many are not asked about anyway
	}
}

// watch looks at the map after connecting, and asks WhatsApp about phones. It looks for phones to
// ask about every minute, and when something was written.
func (w *addressFinder) watch(ctx context.Context) error {
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-w.look:
			err = w.meet(ctx)
		case phone := <-w.typed:
			err = w.askTyped(ctx, phone)
		case <-ticker.C:
			err = w.askNext(ctx)
		}
		if err != nil && ctx.Err() == nil {
			w.Log.Warn("who has which phone could not be found out; it is tried again", "number", w.number.Name,
				"error", err)
		}
	}
}

// meet asks the session's map for the other address of everybody who is known by one.
func (w *addressFinder) meet(ctx context.Context) error {
	directory := w.client.Directory()
	if directory == nil {
		return nil
	}
	ids, err := w.Store.Lonely(ctx, w.number.Name)
	if err != nil {
		return err
	}
	var pairs []bot.Pair
	for _, id := range ids {
		other, ok := directory.Other(id)
		if pair, isPair := bot.PairOf(id, other); ok && isPair {
			pairs = append(pairs, pair)
		}
	}
	return w.pump.Pairs(ctx, pairs)
}

// askNext asks about the phone that has waited longest of those that left off WhatsApp.
func (w *addressFinder) askNext(ctx context.Context) error {
	directory := w.client.Directory()
	if directory == nil {
		return nil
	}
	if n, err := w.Store.PhonesToAsk(ctx, w.number.Name); err != nil || n == 0 || !directory.Ready() {
		return err
	}
	phone, err := w.Store.NextToAsk(ctx, w.number.Name, w.Now())
	if err != nil || phone == "" {
		return err
	}
	if err := w.ask(ctx, phone); err != nil {
		return err
	}
	return w.Store.Asked(ctx, w.number.Name, phone)
}

func (w *addressFinder) ask(ctx context.Context, phone string) error {
	pairs, err := w.client.Directory().AskLID(ctx, bot.Spellings(phone))
	if err != nil {
		return err
	}
	return w.pump.Pairs(ctx, pairs)
}

func (w *addressFinder) askTyped(ctx context.Context, phone string) error {
	now := w.Now()
	for len(w.times) > 0 && !w.times[0].After(now.Add(-time.Hour)) {
		w.times = w.times[1:]
	}
	if w.client.Directory() == nil || w.asked[phone] || len(w.times) >= typedAtMost {
		return nil
	}
	anybody, err := w.Store.AnybodyByLID(ctx, w.number.Name)
	if err != nil || !anybody {
		return err
	}
	w.asked[phone], w.times = true, append(w.times, now)
	return w.ask(ctx, phone)
}

func (s *numberServer) newAddressFinder() *addressFinder {
	return &addressFinder{numberServer: s, look: make(chan struct{}, 1), typed: make(chan string, typedAtMost),
		asked: map[string]bool{}}
}
