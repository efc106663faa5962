package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestC2ADatabaseTakenAwayEndsTheBot: when somebody renames bot.db under a running bot, it acknowledges nothing more and ends with 78. No
// verb makes a new shop meanwhile. With the file back, the stop that was written in between is obeyed.
func TestC2ADatabaseTakenAwayEndsTheBot(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	ctx := scene(t)
	srv, b := linked(t)
	kill := b.start()
	ana := srv.Contact("+12125550101")
	ana.Send("I want promotions")
	if _, err := ana.WaitText(ctx, "You are in!"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(b.dir, "data", "bot.db")
	must(t, os.Rename(file, file+".old"))
	ana.Send("2")
	ended := make(chan error, 1)
	go func() { ended <- b.bot.Wait() }()
	select {
	case <-ended:
		if code := b.bot.ProcessState.ExitCode(); code != exitFile {
			t.Errorf("run ended with %d", code)
		}
	case <-time.After(patience):
		t.Errorf("run goes on with a database that has no name; Ana got %q", ana.Texts())
		kill()
	}
	if code, printed := b.both("status"); code != exitRefused || !strings.Contains(printed, "bot.db is gone") {
		t.Errorf("status: exit code %d: %s", code, printed)
	}
	if _, err := os.Stat(file); err == nil {
		t.Fatal("a new database was made")
	}
	must(t, os.Rename(file+".old", file))
	b.start()
	if _, err := ana.WaitText(ctx, "no more promotions"); err != nil {
		t.Errorf("the stop is lost: %v; Ana got %q", err, ana.Texts())
	}
	if out := b.do("status"); !strings.Contains(out, "1 unsubscribed") {
		t.Error(out)
	}
}

// TestC2AStopOutlivesTheWriteAheadLog: bot.db alone comes back after a kill, as from a snapshot or a copy without bot.db-wal. The stop that
// was acknowledged is in optouts.log, and is obeyed.
func TestC2AStopOutlivesTheWriteAheadLog(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	ctx := scene(t)
	srv, b := linked(t)
	kill := b.start()
	ana := srv.Contact("+12125550101")
	ana.Send("I want promotions")
	if _, err := ana.WaitText(ctx, "You are in!"); err != nil {
		t.Fatal(err)
	}
	kill()
	b.do("status") // the last one to close the database puts all of it into bot.db
	kill = b.start()
	ana.Send("2")
	if _, err := ana.WaitText(ctx, "no more promotions"); err != nil {
		t.Fatal(err)
	}
	kill()
	b.remove("data/bot.db-wal", "data/bot.db-shm")
	b.start()
	if out := b.do("status"); !strings.Contains(out, "0 subscribed") || !strings.Contains(out, "1 unsubscribed") {
		t.Errorf("the stop is lost:\n%s", out)
	}
}
