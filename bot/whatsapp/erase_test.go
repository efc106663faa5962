package whatsapp

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"optinbot/bot"
)

// TestO4EraseTheSession: after messages both ways nothing in WhatsApp's own file, free pages and
// journal included, tells of the person. And when they write again it works as ever.
func TestO4EraseTheSession(t *testing.T) {
	var file string
	srv, c, h := connected(t, func(o *Options) { file = o.Store })
	ana := srv.Contact("+5511900000001")
	ana.SetName("Anabella")
	h.message(t, ana.Send("oi"), bot.KindText)
	mustSend(t, c, to(ana), "olá, a secret offer")
	secrets := []string{"5511900000001", ana.LID().User, "Anabella", "a secret offer"}
	for _, secret := range secrets[:3] {
		if !holds(t, file, secret) {
			t.Fatalf("%q is not there to begin with", secret)
		}
	}
	rows, err := Holds(t.Context(), file, to(ana))
	if err != nil || len(rows) < 3 {
		t.Fatalf("%v %v", rows, err)
	}
	c.Disconnect()
	if err := Erase(t.Context(), file, to(ana), time.Now()); err != nil {
		t.Fatal(err)
	}
	for _, secret := range secrets {
		if holds(t, file, secret) {
			t.Errorf("%q is still there", secret)
		}
	}
	if rows, err := Holds(t.Context(), file, to(ana)); err != nil || len(rows) > 0 {
		t.Errorf("%v %v", rows, err)
	}
	connect(t, c, h)
	h.message(t, ana.Send("oi de novo"), bot.KindText)
	mustSend(t, c, to(ana), "olá")
}

// holds searches the session's file and its journal.
func holds(t *testing.T, file, what string) bool {
	t.Helper()
	files, err := filepath.Glob(file + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err == nil && bytes.Contains(text, []byte(what)) {
			return true
		}
	}
	return false
}
