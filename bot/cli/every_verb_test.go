package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode"

	"github.com/alecthomas/kong"

	"optinbot/bot/text"
	"optinbot/bot/whatsapp/whatsapptest"
)

// everyVerb is every verb, in an order in which each finds what it needs, with what is typed after it and what comes in on standard
// input. A verb that changes little comes before one that ends what others show. {dir} is a folder beside the working folder.
var everyVerb = []struct{ args, stdin string }{
	{args: "version"},
	{args: "status"}, {args: "status --json"},
	{args: "doctor"}, {args: "doctor --json"},
	{args: "contacts list"}, {args: "contacts list --json"},
	{args: "contacts show +12125550101"}, {args: "contacts show +12125550102 --json"}, {args: "contacts show +12125550101 --as-test"},
	{args: "contacts waiting"}, {args: "contacts waiting --json"},
	{args: "contacts export --vcard"}, {args: "contacts export +12125550101"}, {args: "contacts export +12125550102 --json"},
	{args: "contacts import customers.csv"}, {args: "contacts import customers.csv --json"}, {args: "contacts import strange.csv"},
	{args: "contacts untag vip +12125550101"}, {args: "contacts untag nothing"},
	{args: "contacts zone +12125550101"}, {args: "contacts zone +12125550101 America/New_York"},
	{args: "contacts pause +12125550102"}, {args: "contacts resume +12125550102"},
	{args: "contacts release +12125550101 --reason x"},
	{args: "consent show +12125550101"}, {args: "consent show +12125550101 --json"},
	{args: "consent export"}, {args: "consent export +12125550101 --json"},
	{args: "consent verify"},
	{args: "flow check"}, {args: "flow check strange.yaml"}, {args: "flow check --json strange.yaml"},
	{args: "flow test"}, {args: "flow test strange.chat"},
	{args: "flow explain member"}, {args: "flow graph"}, {args: "flow graph --format svg"}, {args: "flow graph --format dot"},
	{args: "flow reload"}, {args: "flow versions"}, {args: "flow diff"}, {args: "flow diff strange.yaml"}, {args: "flow schema"},
	{args: "flow rollback"},
	{args: "broadcast list"}, {args: "broadcast list --json"},
	{args: "broadcast preview hello"}, {args: "broadcast preview hello --json"}, {args: "broadcast preview strange"},
	{args: "broadcast test hello"},
	{args: "broadcast status weekend-offer"}, {args: "broadcast status weekend-offer --json"},
	{args: "broadcast why weekend-offer +12125550101"}, {args: "broadcast why weekend-offer +12125550102 --json"},
	{args: "simulate --broadcast hello --all"}, {args: "simulate --json --all"},
	{args: "broadcast schedule hello --yes"},
	{args: "broadcast pause weekend-offer"}, {args: "broadcast status weekend-offer"}, {args: "broadcast resume weekend-offer"},
	{args: "broadcast release weekend-offer"}, {args: "broadcast resolve weekend-offer --arrived"}, {args: "broadcast cancel weekend-offer"},
	{args: "invite"}, {args: "invite --poster poster.svg"},
	{args: "reply +12125550101 Yes."},
	{args: "chat", stdin: hostile + "\n/as +12125550109 " + oneLineHostile + "\nI want promotions\n" + oneLineHostile + "\n/state\n/" + oneLineHostile + "\n"},
	{args: "chat --json", stdin: `{"from":"+12125550109","text":"I want promotions","name":` + quotedJSON(hostile) + "}\n{" + oneLineHostile + "\n"},
	{args: "optout +12125550102 --reason x"}, {args: "optout --from customers.csv"}, {args: "optout --from strange.csv --json"},
	{args: "contacts erase +12125550101"}, {args: "contacts erase +12125550101 --yes"},
	{args: "backup backup.tar.gz"}, {args: "restore strange.csv"},
	{args: "number release"}, {args: "number change"},
	{args: "init {dir}/shop"},
	{args: "link"}, {args: "run"},
	{args: "demo"},
}

// hostile is what a stranger may call himself or write: sequences that a terminal obeys, lines that look like ours, marks piled up.
const (
	oneLineHostile = "\x1b]52;c;cm0=\x07\x1b[2J\x08\x7f\u009b31m\u202ecod\u2066e \u2028FORGED \x1b]8;;http://x.example\x1b\\link" +
		"Z\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301"
	hostile = "Ana\nFORGED line\r\nFORGED line\rFORGED\t" + oneLineHostile
)

func quotedJSON(s string) string {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(quoted)
}

// TestEveryVerbIsTried holds the table against the command line.
func TestEveryVerbIsTried(t *testing.T) {
	parser, err := kong.New(&CLI{})
	must(t, err)
	for _, leaf := range parser.Model.Leaves(true) {
		path := strings.Fields(leaf.Path())
		tried := slices.ContainsFunc(everyVerb, func(v struct{ args, stdin string }) bool {
			args := strings.Fields(v.args)
			return len(args) >= len(path) && slices.Equal(args[:len(path)], path)
		})
		if !tried {
			t.Errorf("optinbot %s is not in everyVerb: add it there, with what it needs", leaf.Path())
		}
	}
}

// tried is a verb, what it printed, and what it left in TMPDIR.
type tried struct {
	args, out, errs string
	left            []string
}

var verbsTried struct {
	sync.Once
	list []tried
}

// tryVerbs runs every verb once, with the built program, in a folder that an earlier program made, full of what strangers wrote.
func tryVerbs(t *testing.T) []tried {
	t.Helper()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	verbsTried.Do(func() {
		file, err := program()
		must(t, err)
		srv := whatsapptest.NewServer()
		t.Cleanup(srv.Close)
		dir, beside, tmp := olderFolder(t), t.TempDir(), t.TempDir()
		must(t, srv.WriteFile(filepath.Join(beside, "server.json")))
		hostileFolder(t, dir)
		for _, v := range everyVerb {
			v.args = strings.ReplaceAll(v.args, "{dir}", beside)
			cmd := exec.Command(file, strings.Fields(v.args)...)
			cmd.Dir, cmd.Stdin = dir, strings.NewReader(v.stdin)
			cmd.Env = append(os.Environ(), "TMPDIR="+tmp, "OPTINBOT_WHATSAPP_TEST_SERVER="+filepath.Join(beside, "server.json"))
			verbsTried.list = append(verbsTried.list, try(t, cmd, v.args, tmp))
		}
		poster, err := os.ReadFile(filepath.Join(dir, "poster.svg"))
		must(t, err)
		verbsTried.list = append(verbsTried.list, tried{args: "the poster", out: string(poster)})
	})
	return verbsTried.list
}

// try runs one verb. `run` and `link` go on until somebody ends them.
func try(t *testing.T, cmd *exec.Cmd, args, tmp string) tried {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	must(t, cmd.Start())
	if args == "run" || args == "link" {
		end := time.AfterFunc(2*time.Second, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
		defer end.Stop()
	}
	giveUp := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	defer giveUp.Stop()
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatalf("optinbot %s: %v", args, err)
	}
	v := tried{args: args, out: out.String(), errs: errs.String()}
	left, err := os.ReadDir(tmp)
	must(t, err)
	for _, entry := range left {
		v.left = append(v.left, entry.Name())
		must(t, os.RemoveAll(filepath.Join(tmp, entry.Name())))
	}
	return v
}

// hostileFolder puts what strangers wrote wherever the program keeps it, as an earlier program kept it, and beside it files with mistakes.
func hostileFolder(t *testing.T, dir string) {
	t.Helper()
	db := (&binary{t: t, dir: dir}).database()
	defer db.Close()
	set := func(statement string, args ...any) {
		t.Helper()
		if _, err := db.Exec(statement, args...); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	set(`UPDATE contacts SET doc = json_set(doc, '$.name', ?, '$.tags', json(?), '$.preferences', json(?),
		'$.holds', json('[{"reason":"unsure_stop","since":"2026-11-29T08:42:00Z"}]'))`,
		hostile, "["+quotedJSON(hostile)+"]", `{"interests":[`+quotedJSON(hostile)+`],"place":["shop"]}`)
	set(`UPDATE contacts SET doc = json_set(doc, '$.given', ?) WHERE id % 2 = 0`, hostile)
	set(`UPDATE inbox SET text = ?`, hostile)
	set(`UPDATE numbers SET status_detail = ?, status = 'banned'`, hostile)
	set(`UPDATE occurrences SET note = ?`, hostile)
	set(`UPDATE deliveries SET detail = ?, status = 'failed', reason = 'failed'`, hostile)
	set(`UPDATE ledger_personal SET personal = json_set(personal, '$.words', ?, '$.name', ?, '$.reason', ?)`, hostile, hostile, hostile)
	set(`INSERT INTO notices (number, at, kind, text, contact_id) SELECT number, 1795941722000, 'unsure_stop', ?, id FROM contacts`, hostile)
	for name, content := range map[string]string{
		"flows/broadcasts/hello.yaml":   "broadcast: hello\nat: now\ntext: {en: \"Hi {name|you}, {interests|x}\"}\n",
		"flows/broadcasts/strange.yaml": "broadcast: strange\n\"\\e]0;x\\a\\u202E\": \"\\e[2J\"\ntext: {en: \"{\\e]0;x\\a|y}\"}\n",
		"strange.yaml":                  "flow: \"\\e]0;pwned\\a\\u202e\"\nbrand: \"\\e[2J\"\n\"\\e[31m\": 1\nstates: {\"\\u202e\": {goto: \"\\a\"}}\n",
		"strange.chat":                  "# " + oneLineHostile + "\nAna +12125550101 > I want promotions\n< " + oneLineHostile + "\n",
		"customers.csv":                 "phone,name\n+12125550101," + oneLineHostile + "\n" + oneLineHostile + ",Ana\n",
		"strange.csv":                   "phone," + oneLineHostile + "\n+12125550101,x\n",
	} {
		must(t, os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte(content), 0o600))
	}
	flow := filepath.Join(dir, "flows", "promotions.yaml")
	content, err := os.ReadFile(flow)
	must(t, err)
	strange := strings.Replace(string(content), "[preferences, my", `["pre\u202e\u2028\u009b</text>", preferences, my`, 1)
	must(t, os.WriteFile(flow, []byte(strange), 0o600))
}

// TestStrangersDoNotControlTheTerminal: nothing that a stranger, a file or a server says reaches the terminal as more than signs, on
// standard output or standard error, from whatever verb; nor does it forge a line.
func TestStrangersDoNotControlTheTerminal(t *testing.T) {
	t.Parallel()
	shown := 0
	for _, v := range tryVerbs(t) {
		for stream, printed := range map[string]string{"standard output": v.out, "standard error": v.errs} {
			if strings.Contains(printed, "FORGED") {
				shown++
			}
			if bad := unsafe(printed, strings.Contains(v.args, "--json")); bad != "" {
				t.Errorf("optinbot %s prints %s on %s", v.args, bad, stream)
			}
		}
	}
	if shown < 20 {
		t.Errorf("only %d outputs show anything of a stranger: the test has lost its teeth", shown)
	}
}

// unsafe is the first thing in an output that a terminal would obey, or that looks like a line of ours; "" for none. JSON says all that
// there is, marks too.
func unsafe(printed string, isJSON bool) string {
	marks := 0
	for i, r := range strings.ReplaceAll(printed, "\r\n", "\n") {
		if marks++; !unicode.In(r, unicode.Mn, unicode.Me) {
			marks = 0
		}
		if r != '\n' && r != '\t' && text.Unsafe(r) || marks > 4 && !isJSON {
			return fmt.Sprintf("%U in %q", r, printed[max(0, i-40):min(len(printed), i+20)])
		}
	}
	for line := range strings.Lines(printed) {
		if strings.HasPrefix(strings.TrimSpace(line), "FORGED") {
			return fmt.Sprintf("the line %q", line)
		}
	}
	return ""
}

// TestVerbsLeaveTheTemporaryFolderEmpty: what lies in TMPDIR is open to everybody on the machine, so nothing is kept or looked for there.
func TestVerbsLeaveTheTemporaryFolderEmpty(t *testing.T) {
	t.Parallel()
	for _, v := range tryVerbs(t) {
		for _, left := range v.left {
			t.Errorf("optinbot %s left %s in TMPDIR", v.args, left)
		}
	}
}

// TestAFullDiskIsNoSuccess: an answer that could not be printed is a failure, and standard error says so, whatever the verb.
func TestAFullDiskIsNoSuccess(t *testing.T) {
	if testing.Short() {
		t.Skip("tries every verb")
	}
	dir, beside, tried := olderFolder(t), t.TempDir(), 0
	hostileFolder(t, dir)
	defaults, err := os.ReadFile("../../config.yaml")
	must(t, err)
	t.Chdir(dir)
	for _, v := range everyVerb {
		if v.args == "run" || v.args == "link" || v.args == "number change" { // they go on until somebody ends them
			continue
		}
		var errs strings.Builder
		full := &fullDisk{}
		a := newApp(t.Context(), defaults)
		a.in, a.out, a.err, a.environ = strings.NewReader(v.stdin), &text.Screen{To: full}, &errs, map[string]string{}
		code := a.run(t.Context(), strings.Fields(strings.ReplaceAll(v.args, "{dir}", beside)))
		if full.asked == 0 {
			continue
		}
		tried++
		if code == exitDone || !strings.Contains(errs.String(), "standard output cannot be written: no space left on device") {
			t.Errorf("optinbot %s: exit code %d: %s", v.args, code, errs.String())
		}
	}
	if tried < 60 {
		t.Errorf("only %d verbs print anything: the test has lost its teeth", tried)
	}
	full := &text.Screen{To: &fullDisk{}}
	a := newApp(t.Context(), defaults)
	a.out, a.err = full, io.Discard
	if code := a.run(t.Context(), []string{"status", "--help"}); code == exitDone {
		t.Error("--help that cannot be printed ends with 0")
	}
}

// A fullDisk takes nothing.
type fullDisk struct{ asked int }

func (d *fullDisk) Write([]byte) (int, error) {
	d.asked++
	return 0, syscall.ENOSPC
}
