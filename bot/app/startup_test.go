package app

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

// What `version` may need. A quiet machine needs less than 30 ms; the margin is for one that is busy.
const (
	startMemory = 30 << 10 // kB
	startTime   = 30 * time.Millisecond
	startTries  = 10
)

// TestStartIsLight: nothing that is linked opens files, reads tables or starts a runtime before a verb asks for it.
func TestStartIsLight(t *testing.T) {
	if testing.Short() || runtime.GOOS != "linux" {
		t.Skip("builds the program and reads /proc")
	}
	file, err := program()
	must(t, err)
	least := time.Hour
	for range startTries {
		memory, took := started(t, file)
		if memory > startMemory {
			t.Fatalf("version needs %d kB of memory, and may need %d", memory, startMemory)
		}
		if least = min(least, took); least < startTime {
			return
		}
	}
	t.Errorf("version needs %s of processor time at the least, and may need %s", least, startTime)
}

// started runs `version` until it wants to print, and looks at it there: in a pipe that is full it waits.
func started(t *testing.T, file string) (memory int, took time.Duration) {
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
	memory, err = strconv.Atoi(string(m[1]))
	must(t, err)
	must(t, r.Close())
	_ = cmd.Wait() // nobody reads what it prints
	return memory, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// stat is a process's state, and its processor time so far (proc_pid_stat(5): the third, and the fourteenth and fifteenth field).
func stat(t *testing.T, pid int) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	must(t, err)
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+2:]))
	return fields[0] + " " + fields[11] + " " + fields[12]
}

// TestOurPackagesDoNoWorkBeforeMain goes by what the runtime says of the start of each package.
func TestOurPackagesDoNoWorkBeforeMain(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	const most = 100_000 // bytes: short patterns and tables of words
	file, err := program()
	must(t, err)
	cmd := exec.Command(file, "version")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	must(t, err)
	lines := regexp.MustCompile(`(?m)^init (optinbot/\S+) .* (\d+) bytes`).FindAllSubmatch(out, -1)
	if len(lines) == 0 {
		t.Fatalf("the runtime says nothing of our packages:\n%s", out)
	}
	for _, line := range lines {
		if bytes, err := strconv.Atoi(string(line[2])); err != nil || bytes > most {
			t.Errorf("package %s takes %s bytes before main, and may take %d: let a verb ask for it (sync.OnceValue)", line[1], line[2], most)
		}
	}
}
