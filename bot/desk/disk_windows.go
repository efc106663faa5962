package desk

import "golang.org/x/sys/windows"

// FreeBytes is how much may still be written to the file system of a folder.
func FreeBytes(folder string) (free uint64, err error) {
	name, err := windows.UTF16PtrFromString(folder)
	if err == nil {
		err = windows.GetDiskFreeSpaceEx(name, &free, nil, nil)
	}
	return free, err
}
