package whatsapp

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

// TestO3NothingPersonalInTheLog: phones, LIDs, keys and tokens are masked; debug lines, which are whole stanzas, are left
// out unless asked for.
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
	l := libraryLog{log: log}
	l.Debugf("<message>%s</message>", "5511900000001")
	l.Sub("Socket").Sub("Noise").Warnf("%s is gone", "5511900000001@s.whatsapp.net")
	if got := out.String(); strings.Contains(got, "<message>") || strings.Contains(got, "5511900000001") || !strings.Contains(got, "module=Socket/Noise") {
		t.Errorf("log: %s", got)
	}
}
