package cli

import (
	"context"
	"slices"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/whatsapp"
)

// sessionFiles are the sessions of whatsmeow. A number on the Cloud API has none.
type sessionFiles struct{ config *config.Config }

// onCloud reports whether a number has no session, because it is on the Cloud API.
func (s sessionFiles) onCloud(number string) bool {
	return slices.ContainsFunc(s.config.OnCloud(), func(n config.Number) bool { return n.Name == number })
}

// sessionFile is the file of a number's session. "": it has none.
func (a *App) sessionFile(number string) string {
	if (sessionFiles{a.config}).onCloud(number) || a.config.Database() != "" {
		return ""
	}
	return a.config.SessionFile(number)
}

func (s sessionFiles) InUse(number string) bool {
	if s.onCloud(number) {
		return (&desk.Files{Config: s.config}).CloudTaken(number)
	}
	return whatsapp.InUse(s.config.SessionFile(number), number)
}

func (s sessionFiles) Home(ctx context.Context, number string) error {
	if s.onCloud(number) { // its account has another name at a test server, so it is not linked here
		return nil
	}
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
