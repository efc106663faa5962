package whatsapp

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
)

// TestO3NothingPersonalInTheLog: phones, LIDs, keys and tokens are masked. Debug lines, which are
// whole stanzas, are left out unless asked for.
func TestO3NothingPersonalInTheLog(t *testing.T) {
	key := strings.Repeat("9f", 32)
	for _, row := range []struct{ in, want string }{
		{"No LID found for 5511900000001@s.whatsapp.net", "No LID found for <13>@s.whatsapp.net"},
		{"message from 900000000000001:12@lid (code 463)", "message from <15>:12@lid (code 463)"},
		{"token " + key, "token <64>"},
		{"key " + strings.Repeat("Ab+/", 10) + "Abc=", "key <44>"},
		{"Handler for 3EB0C767D26B8A3FE3 failed", "Handler for 3EB0C767D26B8A3FE3 failed"},
		{"took 123456 ns at 14:00", "took 123456 ns at 14:00"},
	} {
		if got := masked(row.in); got != row.want {
			t.Errorf("masked(%q) = %q, want %q", row.in, got, row.want)
		}
	}

	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	l := newLibraryLog(log, "", false)
	l.Debugf("<message>%s</message>", "5511900000001")
	l.Sub("Socket").Sub("Noise").Warnf("%s is gone", "5511900000001@s.whatsapp.net")
	if got := out.String(); strings.Contains(got, "<message>") || strings.Contains(got, "5511900000001") || !strings.Contains(got, "module=Socket/Noise") {
		t.Errorf("log: %s", got)
	}

	out.Reset()
	message := &waBinary.Node{
		Tag:     "message",
		Attrs:   waBinary.Attrs{"from": "5511900000001@s.whatsapp.net", "notify": `Ana "x" Souza`, "id": "3EB0C767D26B8A3FE3", "type": "text"},
		Content: []waBinary.Node{{Tag: "enc", Attrs: waBinary.Attrs{"v": "2"}, Content: []byte("words of hers")}},
	}
	l.Warnf("Node handling took %s for %s", time.Minute, message)
	l.Warnf("Failed to read %v", *message)
	for _, secret := range []string{"Ana", "Souza", "words", "5511900000001"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("the log says %q:\n%s", secret, out.String())
		}
	}
	if !strings.Contains(out.String(), "3EB0C767D26B8A3FE3") {
		t.Errorf("the log does not say which message it was:\n%s", out.String())
	}
}

// TestAFloodIsLoggedOnce: the library says of every message that its queue is full.
func TestAFloodIsLoggedOnce(t *testing.T) {
	var out bytes.Buffer
	l := newLibraryLog(slog.New(slog.NewTextHandler(&out, nil)), "", false)
	for range 100 {
		l.Sub("Client").Warnf("Handler queue is full, message ordering is no longer guaranteed")
		l.Warnf("something else")
	}
	if full, other := strings.Count(out.String(), "queue is full"), strings.Count(out.String(), "something else"); full != 1 || other != 100 {
		t.Errorf("the full queue is logged %d times, something else %d times", full, other)
	}
}
