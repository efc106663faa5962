package store

import "os"

// writable says why a file may not be written. Windows keeps locks by handle, so it may be opened.
func writable(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return f.Close()
}
