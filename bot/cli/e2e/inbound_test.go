package e2e

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestT3AHugeTextCostsLittle: somebody sends a text of eight million characters to the built program. Memory stays flat, and a stop in
// its wake is obeyed.
func TestT3AHugeTextCostsLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	ctx := scene(t)
	srv, b := linked(t)
	b.start()
	ana, eve := srv.Contact("+12125550101"), srv.Contact("+12125550102")
	must(t, eve.WaitAcknowledged(ctx, eve.Send("hello")))
	before := b.peak(t)
	must(t, eve.WaitAcknowledged(ctx, eve.Send(strings.Repeat("so much ", 1_000_000))))
	must(t, ana.WaitAcknowledged(ctx, ana.Send("2")))
	if grown := b.peak(t) - before; grown > 512<<20 {
		t.Errorf("a text of 8 MB took %d MB of memory", grown>>20)
	} else {
		t.Logf("a text of 8 MB took %d MB of memory", grown>>20)
	}
	db := b.database()
	defer db.Close()
	var longest int
	must(t, db.QueryRow("SELECT MAX(LENGTH(text)) FROM inbox").Scan(&longest))
	if longest > 8<<10 {
		t.Errorf("a text of %d characters is kept", longest)
	}
}

// peak is the most memory that the bot has had (proc(5): VmHWM of status).
func (b *binary) peak(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.pid))
	if err != nil {
		t.Skip("needs /proc: ", err)
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(text)
	if m == nil {
		t.Skip("no VmHWM here")
	}
	kb, err := strconv.Atoi(string(m[1]))
	must(t, err)
	return kb << 10
}
