package cli

import (
	"context"
	"slices"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/whatsapp"
	"optinbot/store"
)

// sharedSessions are the sessions of whatsmeow in a database that several machines share.
type sharedSessions struct {
	sessionFiles
	store *store.Store
}

func (a *App) sharedSessions(s *store.Store) desk.Sessions {
	return sharedSessions{sessionFiles{a.config}, s}
}

// InUse: a number that cannot be asked about is taken for one that is served.
func (s sharedSessions) InUse(number string) bool {
	if s.onCloud(number) {
		return s.sessionFiles.InUse(number)
	}
	members, seats, err := s.store.Fleet(context.Background(), store.DefaultLease())
	if err != nil {
		return true
	}
	return slices.ContainsFunc(seats, func(seat store.Seat) bool {
		return seat.Number == number && slices.ContainsFunc(members, func(m store.Member) bool { return m.ID == seat.Process && m.Alive })
	})
}

func (s sharedSessions) Home(ctx context.Context, number string) error {
	if s.onCloud(number) {
		return nil
	}
	saved, err := s.store.SavedSession(ctx, number)
	if err != nil || saved == nil {
		return err
	}
	if err := whatsapp.CheckSharedHome(ctx, saved, s.config.WhatsApp.TestServer != ""); err != nil {
		return desk.Refuse("number %s: %v", number, err)
	}
	return nil
}

func (s sharedSessions) Check(ctx context.Context, number, account string) error {
	saved, err := s.store.SavedSession(ctx, number)
	if err != nil {
		return err
	}
	return whatsapp.CheckShared(ctx, saved, account)
}

func (s sharedSessions) Holds(ctx context.Context, number string, ids []bot.Identity) (map[string]int, error) {
	saved, err := s.store.SavedSession(ctx, number)
	if err != nil || saved == nil {
		return map[string]int{}, err
	}
	return whatsapp.HoldsShared(ctx, saved, ids)
}

func (s sharedSessions) Erase(ctx context.Context, number string, ids []bot.Identity, now time.Time) error {
	saved, err := s.store.SavedSession(ctx, number)
	if err != nil || saved == nil {
		return err
	}
	return whatsapp.EraseShared(ctx, saved, ids, now)
}
