package whatsapp

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"

	"optinbot/bot"
)

// aMap is the library's, of which only the writing matters here.
type aMap struct {
	store.LIDStore
	broken error
}

func (m aMap) PutLIDMapping(context.Context, types.JID, types.JID) error { return m.broken }
func (m aMap) PutManyLIDMappings(_ context.Context, all []store.LIDMapping) error {
	clear(all) // the library reorders the slice it is given
	return m.broken
}

// TestC7WhatTheMapLearnsIsHeard: each pair that the library's map takes up is told once, whichever
// way it came. What is no person, or was not kept, is not told.
func TestC7WhatTheMapLearnsIsHeard(t *testing.T) {
	h := newHearing()
	m := heardLIDs{aMap{}, h}
	other := types.NewJID("900000000000009", types.HiddenUserServer)
	pair := bot.Pair{Phone: bot.Identity{Kind: bot.Phone, Value: "+" + anaPhone.User}, Account: bot.Identity{Kind: bot.LID, Value: anaLID.User}}
	for range 2 {
		if err := m.PutLIDMapping(t.Context(), anaLID, anaPhone); err != nil {
			t.Fatal(err)
		}
	}
	err := m.PutManyLIDMappings(t.Context(), []store.LIDMapping{{LID: anaLID, PN: anaPhone}, {LID: other, PN: types.EmptyJID}, {LID: anaPhone, PN: anaLID}})
	if err != nil {
		t.Fatal(err)
	}
	if got := h.take(); len(got) != 1 || got[0] != pair {
		t.Errorf("heard %v, want %v", got, pair)
	}
	broken := heardLIDs{aMap{broken: errors.New("the disk is full")}, h}
	_ = broken.PutLIDMapping(t.Context(), other, anaPhone)
	if got := h.take(); len(got) != 0 {
		t.Errorf("heard what the map does not have: %v", got)
	}
	if err := m.PutLIDMapping(t.Context(), other, anaPhone); err != nil {
		t.Fatal(err)
	}
	if got := h.take(); len(got) != 1 || got[0].Account.Value != other.User {
		t.Errorf("the phone has another LID now: %v", got)
	}
}

// stubborn is a bot.Inbound that cannot commit the pair of one phone, until that is mended.
type stubborn struct {
	*recorder
	not    string
	mended atomic.Bool
}

func (s *stubborn) Pairs(ctx context.Context, pairs []bot.Pair) error {
	if !s.mended.Load() && slices.ContainsFunc(pairs, func(p bot.Pair) bool { return p.Phone.Value == s.not }) {
		return errors.New("the store refused")
	}
	return s.recorder.Pairs(ctx, pairs)
}

// TestC7OnePairKeepsNoOtherWaiting: a pair that cannot be committed is tried again and again, and
// those that are heard with it and after it are committed at once.
func TestC7OnePairKeepsNoOtherWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		h := &stubborn{recorder: &recorder{}, not: "+" + anaPhone.User}
		c := &Client{options: Options{Inbound: h, RetryDelays: []time.Duration{time.Second}}, pairs: newHearing(), log: slog.New(slog.DiscardHandler)}
		ended := make(chan struct{})
		go func() { defer close(ended); c.pairsLoop(ctx) }()
		phone := func(n string) types.JID { return types.NewJID("1212555010"+n, types.DefaultUserServer) }
		lid := func(n string) types.JID { return types.NewJID("90000000000000"+n, types.HiddenUserServer) }
		c.pairs.hear(store.LIDMapping{LID: anaLID, PN: anaPhone}, store.LIDMapping{LID: lid("1"), PN: phone("1")})
		synctest.Wait()
		c.pairs.hear(store.LIDMapping{LID: lid("2"), PN: phone("2")})
		synctest.Wait()
		if len(h.pairs) != 2 {
			t.Errorf("committed at once: %v, want two", h.pairs)
		}
		h.mended.Store(true)
		time.Sleep(c.options.stubbornDelay() + time.Second)
		if synctest.Wait(); len(h.pairs) != 3 {
			t.Errorf("committed in the end: %v, want all three", h.pairs)
		}
		end()
		<-ended
	})
}
