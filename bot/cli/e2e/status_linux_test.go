package e2e

import (
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// BenchmarkStatus runs `status` in a new folder: what every verb costs before it does anything, in
// processor time and resident memory.
func BenchmarkStatus(b *testing.B) {
	file, err := program()
	must(b, err)
	dir := filepath.Join(b.TempDir(), "shop")
	if out, err := exec.Command(file, "init", dir).CombinedOutput(); err != nil {
		b.Fatalf("init: %v\n%s", err, out)
	}
	var cpu, resident float64
	for b.Loop() {
		cmd := exec.Command(file, "status")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("status: %v\n%s", err, out)
		}
		cpu += (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
		resident += float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
	}
	b.ReportMetric(1000*cpu/float64(b.N), "cpu-ms/op")
	b.ReportMetric(resident*1024/1e6/float64(b.N), "resident-MB")
}
