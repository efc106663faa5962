package serve

import (
	"testing"
	"time"

	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/bot/play"
	"optinbot/bot/whatsapp"
)

const mainNumber = "main"

// patience is how long a test waits for what must come.
const patience = 2 * time.Minute

// testOptions are of a folder as `init` makes it, with one number.
func testOptions(t *testing.T) desk.Options {
	t.Helper()
	o := desktest.Folder(t, desktest.Setup{Config: "numbers:\n  - {name: main, flow: promotions}"})
	o.NewID = whatsapp.NewMessageID
	return o
}

// newStage plays conversations in such a folder.
func newStage(t *testing.T) *play.Player {
	t.Helper()
	s, err := play.Open(t.Context(), testOptions(t), t.Name(), 90, false)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

// scanner holds a phone before the code.
type scanner func(code string) error

func (s scanner) Write(p []byte) (int, error) { return len(p), s(string(p[:len(p)-1])) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
