package e2e

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestNoWorkBeforeMain goes by what the runtime says of the start of each package: bytes, for times depend on the machine.
func TestNoWorkBeforeMain(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	const (
		ours = 100_000   // of each of our packages: short patterns and tables of words
		all  = 5_000_000 // of all of them: what the libraries take
	)
	file, err := program()
	must(t, err)
	cmd := exec.Command(file, "version")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	must(t, err)
	sum, seen := 0, false
	for _, line := range regexp.MustCompile(`(?m)^init (\S+) .* (\d+) bytes`).FindAllSubmatch(out, -1) {
		name := string(line[1])
		bytes, err := strconv.Atoi(string(line[2]))
		must(t, err)
		sum += bytes
		own := strings.HasPrefix(name, "optinbot/")
		if seen = seen || own; own && bytes > ours {
			t.Errorf("package %s takes %d bytes before main, and may take %d: let a verb ask for it (sync.OnceValue)", name, bytes, ours)
		}
	}
	if !seen || sum > all {
		t.Errorf("all packages take %d bytes before main, and may take %d:\n%s", sum, all, out)
	}
}
