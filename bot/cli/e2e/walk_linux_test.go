package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"optinbot/bot/whatsapp/whatsapptest"
)

// A walk is a person who has a document and a clean machine, and pastes the document line by line.
type walk struct {
	*binary
	srv  *whatsapptest.Server
	root string // what stands for / in paths that a line names
	at   string // the working folder
	path string
}

// A section is the text of a document below a heading, to the next heading of the same level.
func section(t *testing.T, file, heading string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	_, after, found := strings.Cut(string(text), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("%s has no section %q", file, heading)
	}
	after, _, _ = strings.Cut(after, "\n## ")
	return after
}

// pasted are the lines of a text's blocks for a shell, without comments.
func pasted(text string) (lines []string) {
	for _, block := range regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		if block[1] != "" && block[1] != "sh" {
			continue
		}
		for _, line := range strings.Split(block[2], "\n") {
			line, _, _ = strings.Cut(line, " #")
			if line = strings.TrimSpace(line); line != "" {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

// tabled are the commands of a text's tables: what the last column names.
func tabled(text string) (lines []string) {
	for _, row := range regexp.MustCompile("(?m)^\\|.*\\| `([^`]+)` \\|$").FindAllStringSubmatch(text, -1) {
		lines = append(lines, row[1])
	}
	return lines
}

// fakes are commands that need a machine of their own. What they would do there is not shown.
var fakes = map[string]string{
	"useradd":    "exit 0",
	"systemctl":  `echo "$@" >>"$WALK/systemctl"`,
	"journalctl": "exit 0",
	"sudo":       `[ "$1" = -u ] && shift 2; exec "$@"`,
	// Files keep the owner that they have.
	"install": `for a; do shift; case "$skip$a" in -o|-g) skip=1;; 1*) skip=;; *) set -- "$@" "$a";; esac; done; exec /usr/bin/install "$@"`,
}

func newWalk(t *testing.T) *walk {
	t.Helper()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	for _, tool := range []string{"sh", "install", "find"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("SKIPPED, AND NOT SHOWN: there is no %s here", tool)
		}
	}
	file, err := program()
	must(t, err)
	w := &walk{srv: whatsapptest.NewServer(), root: t.TempDir()}
	t.Cleanup(w.srv.Close)
	w.srv.Hasty(true)
	w.at = filepath.Join(w.root, "sources") // as `go build -o optinbot .` leaves them
	must(t, os.CopyFS(filepath.Join(w.at, "deploy"), os.DirFS("../../../deploy")))
	must(t, os.Symlink(file, filepath.Join(w.at, "optinbot")))
	for _, dir := range []string{"fakes", "usr/local/bin", "var/lib", "var/backups", "etc/systemd/system"} {
		must(t, os.MkdirAll(filepath.Join(w.root, dir), 0o755))
	}
	for name, does := range fakes {
		must(t, os.WriteFile(filepath.Join(w.root, "fakes", name), []byte("#!/bin/sh\n"+does+"\n"), 0o755))
	}
	server := filepath.Join(w.root, "server.json")
	must(t, w.srv.WriteFile(server))
	w.path = filepath.Join(w.root, "fakes") + ":" + filepath.Join(w.root, "usr/local/bin") + ":/usr/bin:/bin"
	w.binary = &binary{t: t, file: file, env: append(without(os.Environ(), "PATH"), "PATH="+w.path, "WALK="+w.root,
		"OPTINBOT_WHATSAPP_TEST_SERVER="+server, "OPTINBOT_WHATSAPP_TEST_LIMITS=off")}
	return w
}

// here lets paths of the machine be paths below the root of the walk.
func (w *walk) here(line string) string {
	return regexp.MustCompile(`(^|[ =])(/(?:usr/local/bin|var/lib|var/backups|etc/systemd)\S*)`).ReplaceAllString(line, "${1}"+w.root+"${2}")
}

// paste does one line. What it prints is returned; an exit code of 1 is said by `doctor` only, which has something to say.
func (w *walk) paste(line string) string {
	w.t.Helper()
	if to, ok := strings.CutPrefix(line, "cd "); ok {
		if w.at = filepath.Join(w.at, to); filepath.IsAbs(to) {
			w.at = w.here(to)
		}
		if _, err := os.Stat(w.at); err != nil {
			w.t.Fatalf("%s: %v", line, err)
		}
		return ""
	}
	w.dir = w.at
	if strings.HasSuffix(line, "optinbot link") {
		w.link(w.srv) // a phone scans the code
		return ""
	}
	cmd := exec.CommandContext(patient(w.t), "/bin/sh", "-c", w.here(line))
	cmd.Dir, cmd.Env = w.at, w.env
	out, err := cmd.CombinedOutput()
	if err != nil && !strings.HasSuffix(line, "doctor") {
		w.t.Errorf("%s: %v\n%s", line, err, out)
	}
	return string(out)
}

// unit are the values of a key of an installed unit.
func (w *walk) unit(name, key string) (values []string) {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.root, "etc/systemd/system", name))
	must(w.t, err)
	for _, m := range regexp.MustCompile(`(?m)^`+key+`=(.*)$`).FindAllStringSubmatch(string(text), -1) {
		values = append(values, m[1])
	}
	if len(values) == 0 {
		w.t.Fatalf("%s has no %s", name, key)
	}
	return values
}

// TestO1RunningIsWalked pastes the installation of docs/running.md into a machine with an empty root, and then does what systemd would do
// with the units: `run` in its folder, and the backup in its own.
func TestO1RunningIsWalked(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	t.Log("NOT SHOWN: useradd, systemctl and journalctl are fakes, sudo goes on as the same user, and nobody owns another's files")
	for _, line := range pasted(section(t, "../../../docs/running.md", "As a service")) {
		w.paste(line)
	}
	enabled, err := os.ReadFile(filepath.Join(w.root, "systemctl"))
	must(t, err)
	for _, unit := range []string{"optinbot.service", "optinbot-backup.timer"} {
		if !strings.Contains(string(enabled), unit) {
			t.Errorf("%s is not started: %s", unit, enabled)
		}
	}
	if starts := w.unit("optinbot.service", "ExecStart"); len(starts) != 1 || w.here(starts[0]) != filepath.Join(w.root, "usr/local/bin/optinbot")+" run" {
		t.Errorf("optinbot.service starts %s", starts)
	}
	w.dir = w.here(w.unit("optinbot.service", "WorkingDirectory")[0])
	w.file = filepath.Join(w.root, "usr/local/bin/optinbot")
	kill := w.start()
	defer kill()
	w.at = w.here(w.unit("optinbot-backup.service", "WorkingDirectory")[0])
	for _, starts := range w.unit("optinbot-backup.service", "ExecStart") {
		w.paste(regexp.MustCompile(`-name (\S+)`).ReplaceAllString(starts, `-name "$1"`)) // systemd expands no names
	}
	if made, err := filepath.Glob(filepath.Join(w.at, "optinbot-*.tar.gz")); err != nil || len(made) != 1 {
		t.Errorf("the nightly backup made %v %v", made, err)
	}
	w.dir = w.here("/var/lib/optinbot")
	if out := w.do("status"); !strings.Contains(out, "linked since") {
		t.Errorf("status:\n%s", out)
	}
}

// TestO1ReadmeIsWalked pastes the first steps of README.md, from the built program to `run`. A customer joins, and then come the commands
// of its table.
func TestO1ReadmeIsWalked(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	t.Log("NOT SHOWN: go build is not pasted; `demo` is shown by TestO1OneCommandRunsTheMainJob")
	steps := section(t, "../../../README.md", "Start in ten minutes")
	for _, line := range pasted(steps) {
		switch {
		case strings.HasPrefix(line, "go build "):
		case strings.HasSuffix(line, "optinbot run"):
			kill := w.start()
			defer kill()
		default:
			w.paste(line)
		}
	}
	if w.pid == 0 {
		t.Fatal("README.md does not run the bot")
	}
	ana := w.srv.Contact("+12125550101")
	ana.Send("I want promotions")
	ctx := scene(t)
	if _, err := ana.WaitText(ctx, "You are in!"); err != nil {
		t.Fatal(err, ana.Texts())
	}
	commands := tabled(steps)
	if last := len(commands) - 1; last < 0 || !strings.HasSuffix(commands[last], "doctor") {
		t.Fatalf("README.md's table does not end with doctor: %q", commands)
	}
	for _, line := range commands {
		if strings.Contains(line, "broadcast schedule") {
			line += " --yes" // y at the question
		}
		w.paste(line)
	}
	if _, err := ana.WaitText(ctx, "Yes, we are open."); err != nil {
		t.Error(err, ana.Texts())
	}
}
