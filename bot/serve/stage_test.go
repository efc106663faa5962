package serve

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/play"
	"optinbot/bot/whatsapp"
	"optinbot/flows"
)

const mainNumber = "main"

// patience is how long a test waits for what must come.
const patience = 2 * time.Minute

// testOptions are of a folder as `init` makes it, with one number.
func testOptions(t *testing.T) desk.Options {
	t.Helper()
	dir := t.TempDir()
	must(t, os.CopyFS(filepath.Join(dir, "flows"), flows.Defaults))
	file := filepath.Join(dir, "config.yaml")
	must(t, os.WriteFile(file, []byte("numbers:\n  - {name: main, flow: promotions}\n"), 0o600))
	defaults, err := os.ReadFile("../../config.yaml")
	must(t, err)
	c, err := config.Load(defaults, file, true, nil)
	must(t, err)
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	return desk.Options{
		Config: c, Files: &desk.Files{Config: c, Log: log}, Sessions: noSessions{}, Log: log, Now: time.Now,
		NewID: whatsapp.NewMessageID,
	}
}

// newStage plays conversations in such a folder.
func newStage(t *testing.T) *play.Player {
	t.Helper()
	s, err := play.Open(t.Context(), testOptions(t), t.Name(), 90, false)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

// noSessions are those of a folder where nobody has linked anything.
type noSessions struct{}

func (noSessions) InUse(string) bool                           { return false }
func (noSessions) Home(context.Context, string) error          { return nil }
func (noSessions) Check(context.Context, string, string) error { return nil }
func (noSessions) Holds(context.Context, string, []bot.Identity) (map[string]int, error) {
	return nil, nil
}
func (noSessions) Erase(context.Context, string, []bot.Identity, time.Time) error { return nil }

// scanner holds a phone before the code.
type scanner func(code string) error

func (s scanner) Write(p []byte) (int, error) { return len(p), s(string(p[:len(p)-1])) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
