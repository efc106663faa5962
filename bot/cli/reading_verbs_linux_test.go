package cli

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// readOnlyCopy copies a folder to a disk that is read-only then.
func readOnlyCopy(t *testing.T, dir string) (disk string) {
	t.Helper()
	disk = t.TempDir()
	if err := unix.Mount("none", disk, "tmpfs", 0, ""); err != nil {
		t.Skipf("only root can put a disk there: %v", err)
	}
	t.Cleanup(func() { must(t, unix.Unmount(disk, 0)) })
	must(t, os.CopyFS(disk, os.DirFS(dir)))
	must(t, unix.Mount("none", disk, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	return disk
}

// TestStatusTellsOfAFullDisk: on a full disk nobody is answered, and `status` says so as `doctor` does.
func TestStatusTellsOfAFullDisk(t *testing.T) {
	dir, disk := olderFolder(t), t.TempDir()
	if err := unix.Mount("none", disk, "tmpfs", 0, "size=64m"); err != nil {
		t.Skipf("only root can put a disk there: %v", err)
	}
	t.Cleanup(func() { must(t, unix.Unmount(disk, 0)) })
	must(t, os.CopyFS(disk, os.DirFS(dir)))
	if code, out, errs := verbIn(t, disk, "status"); code != exitDone || !strings.Contains(out, "MB are free on the disk") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
}
