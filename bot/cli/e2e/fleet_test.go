package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"optinbot/bot/desk"
	"optinbot/bot/whatsapp/whatsapptest"
)

// TestF2OperatorsMoveANumber: two machines have one number. An operator sees who serves it, moves it,
// drains a machine and ends that, and people are answered all the time.
func TestF2OperatorsMoveANumber(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	url := newDatabase(t)
	ctx := scene(t)
	srv, first := unlinked(t)
	first.onPostgres(url)
	env := first.env
	first.env = append(env[:len(env):len(env)], "OPTINBOT_STORE_HOST=north")
	if said := first.refused(exitDone, "fleet", "status"); !strings.Contains(said, "No process lives") || !strings.Contains(said, "nobody (not linked)") {
		t.Errorf("before all: %s", said)
	}
	if said := first.refused(exitRefused, "fleet", "move", "main"); !strings.Contains(said, "is not linked") {
		t.Errorf("a number that is not linked: %s", said)
	}
	first.link(srv)
	if said := first.refused(exitFailed, "fleet", "status"); !strings.Contains(said, "1 number is served by nobody: main") {
		t.Errorf("nobody runs: %s", said)
	}
	second := &binary{t: t, file: first.file, dir: filepath.Join(t.TempDir(), "second"), env: append(env[:len(env):len(env)], "OPTINBOT_STORE_HOST=south")}
	must(t, os.CopyFS(second.dir, os.DirFS(first.dir)))

	first.start()
	for _, args := range [][]string{{"fleet", "move", "main"}, {"fleet", "drain", "north"}} {
		if said := first.refused(exitRefused, args...); !strings.Contains(said, "there is only north") {
			t.Errorf("%s, where there is no other: %s", args, said)
		}
	}
	var log bytes.Buffer
	other := second.cmd("run")
	other.Stderr = &log
	must(t, other.Start())
	second.bot = other
	t.Cleanup(func() { _ = other.Process.Kill() })
	status := func() (f desk.Fleet) {
		t.Helper()
		must(t, json.Unmarshal([]byte(second.do("fleet", "status", "--json")), &f))
		return f
	}
	for deadline := time.Now().Add(patience); len(status().Processes) < 2; {
		if time.Now().After(deadline) {
			t.Fatalf("the second machine is not there: %+v\n%s", status(), log.String())
		}
	}
	f := status()
	if n := f.Numbers[0]; n.Host != "north" || !n.Served || n.Epoch == 0 || n.Since.IsZero() || n.Process == "" {
		t.Errorf("%+v", n)
	}
	for _, p := range f.Processes {
		if !p.Alive || p.Chores != (p.Host == "north") || len(p.Numbers) != map[string]int{"north": 1}[p.Host] || p.Heartbeat > 10_000 {
			t.Errorf("%+v", p)
		}
	}
	ana := srv.Contact("+12125550101")
	answers := func(who *whatsapptest.Contact, says, part string) {
		t.Helper()
		who.Send(says)
		if _, err := who.WaitText(ctx, part); err != nil {
			t.Fatalf("waiting for %q: %v; received %q\n%s", part, err, who.Texts(), log.String())
		}
	}
	answers(ana, "I want promotions", "You are in!")
	for i, row := range []struct {
		args     []string
		says, at string
	}{
		{[]string{"fleet", "move", "main", "south"}, "Number main is served on south.", "south"},
		{[]string{"fleet", "move", "main", "south"}, "Number main is served on south.", "south"}, // again
		{[]string{"fleet", "move", "main"}, "Number main is served on north.", "north"},
		{[]string{"fleet", "drain", "north"}, "north serves no number, and takes none.", "south"},
		{[]string{"fleet", "drain", "north", "--end"}, "north takes numbers again.", "south"},
	} {
		if said := first.do(row.args...); !strings.Contains(said, row.says) {
			t.Errorf("%s says %s", row.args, said)
		}
		f := status()
		if n := f.Numbers[0]; n.Host != row.at || !n.Served {
			t.Errorf("after %s: %+v", row.args, f)
		}
		if said := first.do("status"); !strings.Contains(said, "running on "+row.at+" (epoch ") {
			t.Errorf("after %s, status says %s", row.args, said)
		}
		if strings.Contains(strings.Join(row.args, " "), "drain north") && (len(f.Draining) == 1) != (len(row.args) == 3) {
			t.Errorf("after %s: %+v", row.args, f)
		}
		answers(srv.Contact(fmt.Sprintf("+1212555010%d", 2+i)), "I want promotions", "You are in!")
	}
	for _, row := range []struct {
		args []string
		says string
	}{
		{[]string{"fleet", "move", "main", "nowhere"}, "there are north, south"},
		{[]string{"fleet", "drain", "nowhere"}, "there are north, south"},
		{[]string{"fleet", "drain", "north", "--end"}, "north is not drained"},
	} {
		if said := second.refused(exitRefused, row.args...); !strings.Contains(said, row.says) {
			t.Errorf("%s says %s", row.args, said)
		}
	}
	first.do("fleet", "drain", "north")
	if said := second.refused(exitRefused, "fleet", "move", "main", "north"); !strings.Contains(said, "is drained") {
		t.Errorf("to a drained machine: %s", said)
	}
	if said := second.refused(exitRefused, "fleet", "drain", "south"); !strings.Contains(said, "nobody else could take the numbers of south") {
		t.Errorf("the last one: %s", said)
	}
	second.terminates()
	if said := first.refused(exitFailed, "fleet", "status"); !strings.Contains(said, "served by nobody: main") || !strings.Contains(said, "draining") {
		t.Errorf("the last one has ended: %s", said)
	}
	first.do("fleet", "drain", "north", "--end")
	answers(ana, "2", "no more promotions")
	first.terminates()
	scanLog(t, log.String())
}
