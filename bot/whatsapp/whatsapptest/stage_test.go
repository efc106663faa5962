package whatsapptest_test

import (
	"testing"

	"go.mau.fi/whatsmeow/types/events"

	"optinbot/bot/whatsapp/whatsapptest"
)

// TestCutStages: two sockets break at a stage, and the one after them does not. The stages between,
// and sockets that hang, are for a client that looks after itself: the library alone would wait too
// long or for ever.
func TestCutStages(t *testing.T) {
	for name, at := range map[string]whatsapptest.Stage{"dial": whatsapptest.AtDial, "after": whatsapptest.AfterLogin} {
		t.Run(name, func(t *testing.T) {
			srv := newServer(t)
			link(t, srv)
			dials := srv.Dials()
			srv.CutAt(at, 2)
			srv.Drop()
			if err := srv.WaitUntil(within(t), func() bool { return srv.Dials() >= dials+3 && srv.Phone().Online() }); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestUnendingSync(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	ended := len(seen[*events.OfflineSyncCompleted](c))
	srv.Phone().Unending(true)
	srv.Drop()
	awaitN[*events.Connected](c, 2, nil)
	c.message(srv.Contact("+15550100001").Send("hi"))
	equal(t, "ends", len(seen[*events.OfflineSyncCompleted](c)), ended)
}
