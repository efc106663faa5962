package store

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
)

// FuzzReadOptouts: any text is read or refused, and what was read is written as it was.
func FuzzReadOptouts(f *testing.F) {
	line := "2026-03-02T15:00:00.000Z optout main " + strings.Repeat("ab", 32) + "\n"
	f.Add([]byte(line))
	f.Add([]byte(line + strings.Replace(line, "optout", "erase", 1) + line[:20]))
	f.Add([]byte("\x00\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		lines, err := readOptouts(bytes.NewReader(text))
		if err != nil {
			return
		}
		for _, l := range lines {
			again, err := parseOptoutLine(l.String())
			if err != nil || !again.at.Equal(l.at) || again.kind != l.kind || again.number != l.number || again.hash != l.hash {
				t.Fatalf("%q is read back as %+v, %v", l.String(), again, err)
			}
		}
	})
}

// FuzzUnpack: a file that is no backup is refused, whatever is in it.
func FuzzUnpack(f *testing.F) {
	var backup bytes.Buffer
	zipped := gzip.NewWriter(&backup)
	out := tar.NewWriter(zipped)
	for _, file := range []struct{ name, text string }{{manifestName, `{"heads":{"main":"x"}}`}, {databaseName, "SQLite format 3"}, {keyName, "00"}, {"../x", "y"}} {
		if err := out.WriteHeader(&tar.Header{Name: file.name, Mode: 0o600, Size: int64(len(file.text))}); err != nil {
			f.Fatal(err)
		}
		if _, err := out.Write([]byte(file.text)); err != nil {
			f.Fatal(err)
		}
	}
	if out.Close() != nil || zipped.Close() != nil {
		f.Fatal("pack")
	}
	f.Add(backup.Bytes())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<16 {
			return
		}
		if _, err := unpack(bytes.NewReader(text), t.TempDir()); err == nil {
			t.Fatal("the sum of a database that nobody made fits")
		}
		_, _ = ManifestOf(bytes.NewReader(text))
	})
}
