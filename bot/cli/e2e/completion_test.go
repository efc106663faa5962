package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestShellsComplete drives the scripts in the shells that this machine has.
func TestShellsComplete(t *testing.T) {
	file, err := program()
	must(t, err)
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "config.yaml"),
		[]byte("numbers:\n  - {name: main, flow: promotions}\n  - {name: second, flow: promotions}\n"), 0o600))
	must(t, os.MkdirAll(filepath.Join(dir, "flows", "broadcasts"), 0o700))
	for _, name := range []string{"autumn", "autumn-late", "autumn$(touch pwned)"} {
		must(t, os.WriteFile(filepath.Join(dir, "flows", "broadcasts", name+".yaml"), nil, 0o600))
	}
	for _, c := range []struct{ shell, script, want string }{
		{"bash", `source <(PROGRAM completion bash)
COMP_WORDS=(PROGRAM broadcast preview aut); COMP_CWORD=3; _optinbot; printf '%s\n' "${COMPREPLY[@]}"
COMP_WORDS=(PROGRAM contacts list --number = ""); COMP_CWORD=5; _optinbot; printf '%s\n' "${COMPREPLY[@]}"
COMP_WORDS=(PROGRAM contacts show ""); COMP_CWORD=3; _optinbot; printf '%s\n' "${COMPREPLY[@]}"`,
			"autumn autumn-late main second"},
		{"zsh", `compdef() { :; }; compadd() { shift; print -l -- "$@"; }
source <(PROGRAM completion zsh)
words=(PROGRAM broadcast preview aut); CURRENT=4; _optinbot
words=(PROGRAM contacts list --number=); CURRENT=4; _optinbot`, "autumn autumn-late --number=main --number=second"},
		{"fish", `PROGRAM completion fish | source
complete -C 'PROGRAM broadcast preview aut'`, "autumn autumn-late"},
	} {
		shell, err := exec.LookPath(c.shell)
		if err != nil {
			t.Logf("%s is not tried: it is not on this machine", c.shell)
			continue
		}
		script := strings.ReplaceAll(c.script, "PROGRAM", file)
		cmd := exec.Command(shell, "-c", script)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if got := strings.Join(strings.Fields(string(out)), " "); err != nil || got != c.want {
			t.Errorf("%s: %v\n%s\nwant %s", c.shell, err, out, c.want)
		}
		if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
			t.Fatalf("%s ran the name of a file", c.shell)
		}
	}
}
