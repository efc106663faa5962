package whatsapp

import (
	"strings"
	"testing"
	"time"

	"go.mau.fi/util/jsontime"
	"go.mau.fi/whatsmeow/types/events"

	"optinbot/bot"
)

// TestB1NumberEvents: everything that can happen to a number has a name and tells the operator what
// to do.
func TestB1NumberEvents(t *testing.T) {
	now := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	end := now.Add(6 * 24 * time.Hour)
	rows := []struct {
		name  string
		event any
		kind  bot.NumberEventKind
		until time.Time
		says  string
	}{
		{"connected", &events.Connected{}, bot.NumberConnected, time.Time{}, "connected"},
		{"offline sync", &events.OfflineSyncCompleted{Count: 3}, bot.NumberSynced, time.Time{}, "(3 items)"},
		{"offline sync of one", &events.OfflineSyncCompleted{Count: 1}, bot.NumberSynced, time.Time{}, "(1 item)"},
		{"unlinked", &events.LoggedOut{Reason: events.ConnectFailureLoggedOut}, bot.NumberLoggedOut, time.Time{}, "optinbot link"},
		{"locked", &events.LoggedOut{OnConnect: true, Reason: events.ConnectFailureMainDeviceGone}, bot.NumberLoggedOut, time.Time{}, "403"},
		{"banned for good", &events.LoggedOut{OnConnect: true, Reason: events.ConnectFailureUnknownLogout}, bot.NumberLoggedOut, time.Time{}, "406"},
		{"outdated", &events.ClientOutdated{}, bot.NumberOutdated, time.Time{}, "2026-09-21"},
		{"replaced", &events.StreamReplaced{}, bot.NumberReplaced, time.Time{}, "another program"},
		{"banned", &events.TemporaryBan{Code: events.TempBanSentToTooManyPeople, Expire: time.Hour}, bot.NumberBanned, now.Add(time.Hour), "101"},
		{"banned, no end", &events.TemporaryBan{Code: events.TempBanBlockedByUsers}, bot.NumberBanned, time.Time{}, "102"},
		{"restricted", &events.NotifyAccountReachoutTimelock{EnforcementType: "BULK_MESSAGING", IsActive: true,
			TimeEnforcementEnds: jsontime.UnixString{Time: end}}, bot.NumberRestricted, end, "BULK_MESSAGING"},
		{"restricted, no end", &events.NotifyAccountReachoutTimelock{IsActive: true}, bot.NumberRestricted, time.Time{}, "start chats"},
		{"released", &events.NotifyAccountReachoutTimelock{}, bot.NumberReleased, time.Time{}, "lifted"},
		{"refused", &events.ConnectFailure{Reason: events.ConnectFailureBadUserAgent}, bot.NumberFailed, time.Time{}, "409"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			e, ok := numberEvent(row.event, now)
			if !ok || e.Kind != row.kind || !e.Until.Equal(row.until) || !e.At.Equal(now) {
				t.Errorf("got %+v %v", e, ok)
			}
			if !strings.Contains(e.Detail, row.says) {
				t.Errorf("%q does not say %q", e.Detail, row.says)
			}
		})
	}
	for _, event := range []any{&events.KeepAliveTimeout{}, &events.QR{}, &events.Message{}, &events.PushName{},
		&events.Disconnected{}, &events.ConnectFailure{Reason: 429}, &events.ConnectFailure{Reason: 499}} {
		if e, ok := numberEvent(event, now); ok {
			t.Errorf("%T became %+v", event, e)
		}
	}
}
