package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"optinbot/bot/lock"
)

// A spoiled shop is one in which `run` cannot start.
type spoiled struct {
	what   string
	spoil  func(t *testing.T, b *binary)
	run    int // the exit code of `run`
	status int // and of `status`, which stays what it was
	says   string
}

func (b *binary) write(file, text string) {
	b.t.Helper()
	must(b.t, os.WriteFile(filepath.Join(b.dir, filepath.FromSlash(file)), []byte(text), 0o600))
}

func (b *binary) remove(files ...string) {
	b.t.Helper()
	for _, file := range files {
		must(b.t, os.RemoveAll(filepath.Join(b.dir, filepath.FromSlash(file))))
	}
}

// spoiledShops are the ways in which a file keeps `run` from starting, and beside them what only looks like one.
var spoiledShops = []spoiled{
	{"a key of the configuration that is none", func(_ *testing.T, b *binary) { b.write("config.yaml", "pce: 1\n") },
		exitFile, exitFailed, `config.yaml:1:1: there is no setting "pce"`},
	{"a setting beyond its ceiling", func(_ *testing.T, b *binary) { b.write("config.yaml", "hours: {to: \"23:00\"}\n") },
		exitFile, exitFailed, "hours.to is 23:00"},
	{"a variable with a bad value", func(_ *testing.T, b *binary) { b.env = append(b.env, "OPTINBOT_PACE_EVERY=often") },
		exitFile, exitFailed, `"often" is not a duration`},
	{"no shop at all", func(_ *testing.T, b *binary) { b.remove("config.yaml", "data", "flows") },
		exitFile, exitRefused, "neither a config.yaml nor a data folder"},
	{"a flow that never ran and has a mistake", func(_ *testing.T, b *binary) {
		b.remove("data")
		b.write("flows/promotions.yaml", "flow: promotions\n")
	},
		exitFile, exitFailed, "flows/promotions.yaml:"},
	{"no file of the flow", func(_ *testing.T, b *binary) { b.remove("data", "flows/promotions.yaml") },
		exitFile, exitFailed, "there is no flow promotions.yaml"},
	{"no folder of flows", func(_ *testing.T, b *binary) { b.write("config.yaml", "flows: talk\n") },
		exitFile, exitFailed, "there is no folder"},
	{"the key is gone", func(_ *testing.T, b *binary) { b.remove("data/secret.key") },
		exitFile, exitFailed, "secret.key is gone; restore it"},
	{"the key is cut", func(_ *testing.T, b *binary) { b.write("data/secret.key", "12ab\n") },
		exitFile, exitFailed, "secret.key is not a key of 64 hex digits"},
	{"another key", func(_ *testing.T, b *binary) { b.write("data/secret.key", strings.Repeat("ab", 32)+"\n") },
		exitFile, exitFailed, "secret.key is not the key of this database"},
	{"the database is gone", func(_ *testing.T, b *binary) { b.remove("data/bot.db", "data/bot.db-wal", "data/bot.db-shm") },
		exitFile, exitRefused, "bot.db is gone, and secret.key beside it says"},
	{"the database and its key are gone", func(_ *testing.T, b *binary) {
		b.remove("data/bot.db", "data/bot.db-wal", "data/bot.db-shm", "data/secret.key")
		b.write("data/session-main.db", "")
	}, exitFile, exitRefused, "bot.db is gone, and session-main.db beside it says"},
	{"the database is empty", func(_ *testing.T, b *binary) {
		b.remove("data/bot.db-wal", "data/bot.db-shm")
		b.write("data/bot.db", "")
		b.write("data/optouts.log", "2026-03-02T10:00:00.000Z optout main "+strings.Repeat("0", 64)+"\n")
	}, exitFile, exitRefused, "bot.db is empty, and optouts.log beside it says"},
	{"the database is none", func(_ *testing.T, b *binary) { b.write("data/bot.db", strings.Repeat("not a database ", 1000)) },
		exitFile, exitFailed, "file is not a database"},
	{"the database is of a newer program", func(t *testing.T, b *binary) {
		db := b.database()
		_, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)")
		must(t, err)
		must(t, db.Close())
	}, exitFile, exitRefused, "a newer version of optinbot"},
	{"the file of the test server is gone", func(_ *testing.T, b *binary) {
		b.env = append(b.env, "OPTINBOT_WHATSAPP_TEST_SERVER="+filepath.Join(b.dir, "nowhere.json"))
	}, exitFile, exitDone, "nowhere.json"},
	{"the session is of the other side", func(t *testing.T, b *binary) {
		db := b.databaseOf("session-main.db")
		for _, change := range []string{"CREATE TABLE whatsmeow_device (jid TEXT)", "INSERT INTO whatsmeow_device VALUES ('1.0:1@s.whatsapp.net')"} {
			_, err := db.Exec(change)
			must(t, err)
		}
		must(t, db.Close())
		b.write("server.json", `{"addr": "127.0.0.1:9", "cert_pub_key": "`+strings.Repeat("00", 32)+`"}`)
		b.env = append(b.env, "OPTINBOT_WHATSAPP_TEST_SERVER="+filepath.Join(b.dir, "server.json"))
	}, exitFile, exitDone, "belongs to WhatsApp"},
	{"another bot has the folder", func(t *testing.T, b *binary) {
		release, err := lock.Take(filepath.Join(b.dir, "data", "run.lock"))
		must(t, err)
		t.Cleanup(func() { _ = release() })
	}, exitFailed, exitDone, "another `optinbot run` serves this folder"},
	{"a flag that is none", func(_ *testing.T, b *binary) { b.args = []string{"--nope"} },
		exitRefused, exitRefused, "unknown flag --nope"},
}

// TestRunEndsWith78WhereAFileMustChange: a supervisor that keeps the bot down after 78 keeps it down only where starting it again would
// change nothing. Every other verb ends as it ever did.
func TestRunEndsWith78WhereAFileMustChange(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	file, err := program()
	must(t, err)
	well := &binary{t: t, file: file, dir: filepath.Join(t.TempDir(), "shop"), env: os.Environ()}
	if out, err := exec.Command(file, "init", well.dir).CombinedOutput(); err != nil {
		t.Fatalf("init: %v\n%s", err, out)
	}
	well.do("status") // makes the database
	for _, s := range spoiledShops {
		t.Run(strings.ReplaceAll(s.what, " ", "_"), func(t *testing.T) {
			b := &binary{t: t, file: file, dir: filepath.Join(t.TempDir(), "shop"), env: os.Environ()}
			must(t, os.CopyFS(b.dir, os.DirFS(well.dir)))
			s.spoil(t, b)
			for verb, want := range map[string]int{"run": s.run, "status": s.status} {
				code, printed := b.both(append([]string{verb}, b.args...)...)
				if code != want {
					t.Errorf("%s: exit code %d, should be %d:\n%s", verb, code, want, printed)
				}
				if want != exitDone && !strings.Contains(printed, s.says) {
					t.Errorf("%s does not say %q:\n%s", verb, s.says, printed)
				}
			}
		})
	}
}

// TestServiceKnowsTheExitCode: the unit keeps the bot down after the code that says so, and after no other: Go ends with 2 after a panic.
func TestServiceKnowsTheExitCode(t *testing.T) {
	t.Parallel()
	unit, err := os.ReadFile("../../../deploy/optinbot.service")
	must(t, err)
	found := regexp.MustCompile(`(?m)^RestartPreventExitStatus=(.*)$`).FindAllStringSubmatch(string(unit), -1)
	if len(found) != 1 || found[0][1] != "78" || exitFile != 78 {
		t.Errorf("RestartPreventExitStatus is %q, and `run` ends with %d", found, exitFile)
	}
}
