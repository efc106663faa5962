package app

import (
	"os"
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
