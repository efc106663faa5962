package cli

import (
	"context"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/whatsapp"
)

// sessionFiles are the sessions of whatsmeow.
type sessionFiles struct{ config *config.Config }

func (s sessionFiles) InUse(number string) bool {
	return whatsapp.InUse(s.config.SessionFile(number), number)
}

func (s sessionFiles) Home(ctx context.Context, number string) error {
	err := whatsapp.CheckHome(ctx, s.config.SessionFile(number), s.config.WhatsApp.TestServer != "")
	if err != nil {
		return desk.Refuse("number %s: %v", number, err)
	}
	return nil
}

func (s sessionFiles) Check(ctx context.Context, number, account string) error {
	return whatsapp.CheckSession(ctx, s.config.SessionFile(number), account)
}

func (s sessionFiles) Holds(ctx context.Context, number string, ids []bot.Identity) (map[string]int, error) {
	return whatsapp.Holds(ctx, s.config.SessionFile(number), ids)
}

func (s sessionFiles) Erase(ctx context.Context, number string, ids []bot.Identity, now time.Time) error {
	return whatsapp.Erase(ctx, s.config.SessionFile(number), ids, now)
}
