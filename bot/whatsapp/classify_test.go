package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"

	"optinbot/bot"
)

// TestUnknownIsNeverFailed: only what is proven is claimed. Whatever may have left the machine is
// unknown.
func TestUnknownIsNeverFailed(t *testing.T) {
	writtenAt := whatsmeow.MessageDebugTimings{Send: time.Millisecond}
	rows := []struct {
		name    string
		timings whatsmeow.MessageDebugTimings
		err     error
		want    bot.SendStatus
		code    int
	}{
		{"acknowledged", writtenAt, nil, bot.SendAccepted, 0},
		{"463", writtenAt, fmt.Errorf("%w %d", whatsmeow.ErrServerReturnedError, 463), bot.SendRefused, 463},
		{"479", writtenAt, fmt.Errorf("%w %d", whatsmeow.ErrServerReturnedError, 479), bot.SendRefused, 479},
		{"refused without a code", writtenAt, whatsmeow.ErrServerReturnedError, bot.SendRefused, 0},
		{"time-out", writtenAt, whatsmeow.ErrMessageTimedOut, bot.SendUnknown, 0},
		{"time-out, whatever the timings say", whatsmeow.MessageDebugTimings{}, whatsmeow.ErrMessageTimedOut, bot.SendUnknown, 0},
		{"cut", writtenAt, &whatsmeow.DisconnectedError{Action: "message send"}, bot.SendUnknown, 0},
		{"cut, whatever the timings say", whatsmeow.MessageDebugTimings{}, &whatsmeow.DisconnectedError{Action: "message send"}, bot.SendUnknown, 0},
		{"deadline while waiting", writtenAt, context.DeadlineExceeded, bot.SendUnknown, 0},
		{"deadline, whatever the timings say", whatsmeow.MessageDebugTimings{}, context.DeadlineExceeded, bot.SendUnknown, 0},
		{"cancelled while waiting", writtenAt, context.Canceled, bot.SendUnknown, 0},
		{"gone before the frame was repeated", writtenAt, whatsmeow.ErrNotConnected, bot.SendUnknown, 0},
		{"gone, whatever the timings say", whatsmeow.MessageDebugTimings{}, whatsmeow.ErrNotConnected, bot.SendUnknown, 0},
		{"writing failed", writtenAt, fmt.Errorf("failed to send message node: %w", errors.New("broken pipe")), bot.SendUnknown, 0},
		{"deadline before it was written", whatsmeow.MessageDebugTimings{Marshal: 1, GetDevices: 2}, fmt.Errorf("failed to get device list: %w", context.DeadlineExceeded), bot.SendNotTried, 0},
		{"no answer about the contact", whatsmeow.MessageDebugTimings{}, fmt.Errorf("failed to get user info for 5511900000001@s.whatsapp.net to fill LID cache: %w", whatsmeow.ErrIQTimedOut), bot.SendNotTried, 0},
		{"nobody there", whatsmeow.MessageDebugTimings{}, errors.New("no LID found for 5511900000001@s.whatsapp.net from server"), bot.SendRefused, 0},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got := classify(whatsmeow.SendResponse{DebugTimings: row.timings}, row.err)
			if got.Status != row.want || got.Code != row.code {
				t.Errorf("got %+v, want %s %d", got, row.want, row.code)
			}
			if strings.Contains(got.Detail, "5511900000001") {
				t.Errorf("a phone in %q", got.Detail)
			}
			if got.Status != bot.SendAccepted && got.Detail == "" {
				t.Error("no detail")
			}
		})
	}
}
