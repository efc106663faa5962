package app

import (
	"context"
	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/whatsapp"
	"time"
)

// sessionFiles are the sessions of whatsmeow.
type sessionFiles struct{ config *config.Config }

func (s sessionFiles) inUse(number string) bool {
	return whatsapp.InUse(s.config.SessionFile(number), number)
}

func (s sessionFiles) home(ctx context.Context, number string) error {
	err := whatsapp.CheckHome(ctx, s.config.SessionFile(number), s.config.WhatsApp.TestServer != "")
	if err != nil {
		return refuse("number %s: %v", number, err)
	}
	return nil
}

func (s sessionFiles) check(ctx context.Context, number, account string) error {
	return whatsapp.CheckSession(ctx, s.config.SessionFile(number), account)
}

func (s sessionFiles) holds(ctx context.Context, number string, ids []bot.Identity) (map[string]int, error) {
	return whatsapp.Holds(ctx, s.config.SessionFile(number), ids)
}

func (s sessionFiles) erase(ctx context.Context, number string, ids []bot.Identity, now time.Time) error {
	return whatsapp.Erase(ctx, s.config.SessionFile(number), ids, now)
}
