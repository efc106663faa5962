package editor

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
)

// TestTheBundleIsWhatTheLockSays: the file that the page serves was made from this main.js and these
// packages, by this version of esbuild. Where it was not, `go generate ./bot/web/editor` makes it.
func TestTheBundleIsWhatTheLockSays(t *testing.T) {
	var lock struct {
		Esbuild, Bundle, Main string
		Packages              map[string]struct{ Version, SHA256 string }
	}
	if err := json.Unmarshal(read(t, "lock.json"), &lock); err != nil {
		t.Fatal(err)
	}
	packed, err := gzip.NewReader(bytes.NewReader(read(t, "../assets/editor.js.gz")))
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := io.ReadAll(packed)
	if err != nil {
		t.Fatal(err)
	}
	for file, is := range map[string]struct {
		content []byte
		want    string
	}{"assets/editor.js.gz": {bundle, lock.Bundle}, "main.js": {read(t, "main.js"), lock.Main}} {
		if sum := sha256.Sum256(is.content); hex.EncodeToString(sum[:]) != is.want {
			t.Errorf("%s is another one than the lock says: go generate ./bot/web/editor", file)
		}
	}
	licences, tools := string(read(t, "LICENSES")), string(read(t, "../../../tools.mod"))
	for name, p := range lock.Packages {
		if len(p.SHA256) != sha256.Size*2 {
			t.Errorf("the lock does not say which archive %s is", name)
		}
		if !strings.Contains(licences, "\n"+name+" "+p.Version+"\n") {
			t.Errorf("LICENSES lacks %s %s", name, p.Version)
		}
	}
	if !strings.Contains(tools, "github.com/evanw/esbuild "+lock.Esbuild) {
		t.Errorf("tools.mod has another esbuild than %s", lock.Esbuild)
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
