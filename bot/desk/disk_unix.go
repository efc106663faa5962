//go:build linux || darwin

package desk

import "golang.org/x/sys/unix"

// FreeBytes is how much may still be written to the file system of a folder.
func FreeBytes(folder string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}
