// Package clitest is what the tests of the command line and those of the built program share: a
// working folder of an earlier version, every verb and what hostile people write, and a person at
// a terminal.
package clitest

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// Unpack unpacks a working folder, which is a .tar.gz file, into a folder of the test.
func Unpack(t *testing.T, file string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	f, err := os.Open(file)
	must(t, err)
	defer f.Close()
	zipped, err := gzip.NewReader(f)
	must(t, err)
	for in := tar.NewReader(zipped); ; {
		head, err := in.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		must(t, err)
		name := filepath.Join(dir, filepath.Clean("/"+head.Name))
		if head.Typeflag == tar.TypeDir {
			must(t, os.MkdirAll(name, 0o700))
			continue
		}
		content, err := io.ReadAll(in)
		must(t, err)
		must(t, os.WriteFile(name, content, 0o600))
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
