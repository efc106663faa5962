package whatsapp

import (
	"errors"
	"testing"
	"time"

	"optinbot/bot"
)

// TestOpenConnection: what is opened through the port is the client, with what the server of the
// number asked for, and a number that is held gives an error and no connection.
func TestOpenConnection(t *testing.T) {
	o := testOptions(t, nil)
	want := bot.ConnectionOptions{Number: "shop", Inbound: &recorder{}, Now: time.Now}
	var open bot.OpenConnection = o.OpenConnection
	conn, err := open(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if account, phone := conn.Linked(); account != "" || phone != "" {
		t.Errorf("a number that is not linked is linked to %q, %q", account, phone)
	}
	if err := conn.Connect(t.Context()); !errors.Is(err, bot.ErrNotLinked) {
		t.Errorf("connect without a session: %v", err)
	}
	if err := conn.Notify(t.Context(), "x"); !errors.Is(err, bot.ErrNotTried) {
		t.Errorf("a notice without a session: %v", err)
	}
	if d := conn.Directory(); d == nil || d.Ready() {
		t.Errorf("the directory without a session: %v", d)
	}
	if c := conn.(*Client); c.options.Inbound != want.Inbound {
		t.Error("the way in got lost")
	}
	second, err := open(t.Context(), want)
	if !errors.Is(err, bot.ErrInUse) || second != nil {
		t.Errorf("the number is held; got %v, %v", second, err)
	}
}
