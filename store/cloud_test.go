package store

import (
	"errors"
	"testing"
	"time"

	"optinbot/bot"
)

// TestACloudNumberIsLinked: with its portfolio, by the phone that people wrote to, and without a phone
// that gives signs.
func TestACloudNumberIsLinked(t *testing.T) {
	s, _, _ := newTold(t)
	ctx, now := t.Context(), time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	if err := errors.Join(s.Linked(ctx, "main", "1:2@s.whatsapp.net", "+12125550100", now),
		s.NumberEvent(ctx, "main", bot.NumberEvent{Kind: bot.NumberPhoneSeen, At: now})); err != nil {
		t.Fatal(err)
	}
	var other OtherPhone
	if err := s.LinkedCloud(ctx, "main", "1001", "+12125550199", "9001", now); !errors.As(err, &other) {
		t.Errorf("another phone: %v", err)
	}
	if row, err := s.Number(ctx, "main"); err != nil || row.JID != "1:2@s.whatsapp.net" || row.Portfolio != "" {
		t.Errorf("%+v, %v", row, err)
	}
	if err := s.LinkedCloud(ctx, "main", "1001", "+12125550100", "9001", now); err != nil {
		t.Fatal(err)
	}
	row, err := s.Number(ctx, "main")
	if err != nil || row.JID != "1001" || row.Portfolio != "9001" || !row.PhoneAt.IsZero() || !row.LinkedAt.Equal(now) {
		t.Errorf("%+v, %v", row, err)
	}
}

// TestCameUntilNeverGoesBack: a clock that was set back makes nobody believe that less has come.
func TestCameUntilNeverGoesBack(t *testing.T) {
	s, _, _ := newTold(t)
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for _, at := range []time.Time{now, now.Add(-time.Hour)} {
		if err := s.CameUntil(t.Context(), "main", at); err != nil {
			t.Fatal(err)
		}
		if row, err := s.Number(t.Context(), "main"); err != nil || !row.CameUntil.Equal(now) {
			t.Errorf("%v, %v", row.CameUntil, err)
		}
	}
}

// TestSecurityWhatCouldNotBeReadIsForgotten: with whoever it names, by phone or BSUID, and when it is
// old. What names others stays.
func TestSecurityWhatCouldNotBeReadIsForgotten(t *testing.T) {
	s, _, _ := newTold(t)
	ctx, now := t.Context(), time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	keep := func(age time.Duration, texts ...string) {
		t.Helper()
		for _, text := range texts {
			if err := s.KeepUnread(ctx, "main", []byte(text), now.Add(-age)); err != nil {
				t.Fatal(err)
			}
		}
	}
	left := func(want int) {
		t.Helper()
		if n, err := s.Unread(ctx, "main"); err != nil || n != want {
			t.Errorf("%d are kept, %v, want %d", n, err, want)
		}
	}
	keep(time.Hour, `{"from":"12125550107"}`, `{"from_user_id":"US.1b"}`, `{"from":"12125550108"}`, "\xff\x00{")
	left(4)
	c := &bot.Contact{ID: 7, Number: "main", Consent: bot.Unsubscribed, Identities: []bot.Identity{
		{Kind: bot.Phone, Value: "+12125550107"}, {Kind: bot.BSUID, Value: "9001/US.1b"},
	}}
	err := s.decide(ctx, everyNumber, func(string) bot.Env { return bot.Env{Now: now} }, func(t *tx) error { return t.erase(c) })
	if err != nil {
		t.Fatal(err)
	}
	left(2)
	keep(100*24*time.Hour, "an old one")
	if err := s.Forget(ctx, "main", bot.Retention{Messages: 90 * 24 * time.Hour}, now, func(string) bot.Env { return bot.Env{Now: now} }); err != nil {
		t.Fatal(err)
	}
	left(2)
}
