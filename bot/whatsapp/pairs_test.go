package whatsapp

import (
	"context"
	"errors"
	"testing"

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

// TestC7WhatTheMapLearnsIsHeard: each pair that the library's map takes up is told once, whichever way it came; what is no person, or was
// not kept, is not told.
func TestC7WhatTheMapLearnsIsHeard(t *testing.T) {
	h := newHearing()
	m := heardLIDs{aMap{}, h}
	other := types.NewJID("900000000000009", types.HiddenUserServer)
	pair := bot.Pair{Phone: bot.Identity{Kind: bot.Phone, Value: "+" + anaPhone.User}, LID: bot.Identity{Kind: bot.LID, Value: anaLID.User}}
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
	if got := h.take(); len(got) != 1 || got[0].LID.Value != other.User {
		t.Errorf("the phone has another LID now: %v", got)
	}
}
