package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// startMemory is what `version` may need, in kB.
const startMemory = 45 << 10

// TestStartIsLight: nothing that is linked opens files, reads tables or starts a runtime before a verb asks for it.
func TestStartIsLight(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	file, err := program()
	must(t, err)
	memory := memoryAtStart(t, file)
	t.Logf("%d kB", memory)
	if memory > startMemory {
		t.Errorf("version needs %d kB of memory, and may need %d", memory, startMemory)
	}
}

// memoryAtStart runs `version` until it wants to print, and looks at it there: in a pipe that is full it waits.
func memoryAtStart(t *testing.T, file string) (kB int) {
	t.Helper()
	var pipe [2]int
	must(t, unix.Pipe2(pipe[:], unix.O_NONBLOCK|unix.O_CLOEXEC))
	for err := error(nil); err == nil; { // until nothing more goes in
		_, err = unix.Write(pipe[1], make([]byte, 1<<10))
	}
	must(t, unix.SetNonblock(pipe[1], false)) // the program waits
	r, w := os.NewFile(uintptr(pipe[0]), "r"), os.NewFile(uintptr(pipe[1]), "w")
	defer r.Close()
	cmd := exec.Command(file, "version")
	cmd.Stdout = w
	must(t, cmd.Start())
	must(t, w.Close())
	before := ""
	must(t, eventually(patient(t), func() bool {
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
