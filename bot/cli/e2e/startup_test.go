package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// startMemory is what `version` may need, in kB.
const startMemory = 30 << 10

// TestStartIsLight: nothing that is linked opens files, reads tables or starts a runtime before a verb asks for it.
func TestStartIsLight(t *testing.T) {
	if testing.Short() || runtime.GOOS != "linux" {
		t.Skip("builds the program and reads /proc")
	}
	file, err := program()
	must(t, err)
	if memory := memoryAtStart(t, file); memory > startMemory {
		t.Errorf("version needs %d kB of memory, and may need %d", memory, startMemory)
	}
}

// memoryAtStart runs `version` until it wants to print, and looks at it there: in a pipe that is full it waits.
func memoryAtStart(t *testing.T, file string) (kB int) {
	t.Helper()
	r, w, err := os.Pipe()
	must(t, err)
	defer r.Close()
	must(t, w.SetWriteDeadline(time.Now().Add(100*time.Millisecond)))
	for err == nil { // until nothing more goes in
		_, err = w.Write(make([]byte, 1<<10))
	}
	cmd := exec.Command(file, "version")
	cmd.Stdout = w
	must(t, cmd.Start())
	must(t, w.Close())
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	before := ""
	must(t, eventually(ctx, func() bool {
		now := stat(t, cmd.Process.Pid)
		waits := now == before && strings.HasPrefix(now, "S")
		before = now
		return waits
	}))
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	must(t, err)
	m := regexp.MustCompile(`VmHWM:\s*(\d+) kB`).FindSubmatch(status)
	if m == nil {
		t.Fatalf("no VmHWM in\n%s", status)
	}
	kB, err = strconv.Atoi(string(m[1]))
	must(t, err)
	must(t, r.Close())
	_ = cmd.Wait() // nobody reads what it prints
	return kB
}

// stat is a process's state, and its processor time so far (proc_pid_stat(5): the third, and the fourteenth and fifteenth field).
func stat(t *testing.T, pid int) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	must(t, err)
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+2:]))
	return fields[0] + " " + fields[11] + " " + fields[12]
}

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
