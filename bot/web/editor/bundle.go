//go:build ignore

// Bundle makes the editor of the page from main.js and what it imports: assets/editor.js.gz, and beside
// this file its lock and the licences. `go generate ./bot/web/editor` calls it. Without a network it
// takes the packages from the folder EDITOR_PACKAGES, where they lie as `npm pack` names them.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// A lock says what the bundle is made of.
type lock struct {
	Esbuild  string            `json:"esbuild"`
	Bundle   string            `json:"bundle"` // SHA-256 of editor.js, before it is compressed
	Main     string            `json:"main"`   // of main.js
	Packages map[string]pinned `json:"packages"`
}

// pinned is one package of npm.
type pinned struct {
	Version string `json:"version"`
	SHA256  string `json:"sha256"` // of its archive
}

const (
	lockFile = "lock.json"
	bundle   = "../assets/editor.js.gz"
)

func main() {
	var l lock
	text := must(os.ReadFile(lockFile))
	check(json.Unmarshal(text, &l))
	modules := must(os.MkdirTemp("", "editor-"))
	defer os.RemoveAll(modules)
	var licences bytes.Buffer
	licences.WriteString("The editor of the page is made of these packages.\n")
	names := []string{}
	for name := range l.Packages {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		p := l.Packages[name]
		archive := fetched(name, p.Version)
		sum := hash(archive)
		if p.SHA256 != "" && p.SHA256 != sum {
			panic(fmt.Sprintf("%s %s is another file than the lock says", name, p.Version))
		}
		p.SHA256 = sum
		l.Packages[name] = p
		licence := unpack(archive, filepath.Join(modules, "node_modules", filepath.FromSlash(name)))
		fmt.Fprintf(&licences, "\n%s %s\n%s\n\n%s\n", name, p.Version, strings.Repeat("-", 40), strings.TrimSpace(licence))
	}
	source := must(os.ReadFile("main.js"))
	check(os.WriteFile(filepath.Join(modules, "main.js"), source, 0o600))
	made := api.Build(api.BuildOptions{
		EntryPoints: []string{"main.js"}, AbsWorkingDir: modules, Bundle: true, Format: api.FormatIIFE, Target: api.ES2022,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true, LegalComments: api.LegalCommentsNone,
		Charset: api.CharsetUTF8, Outfile: "editor.js",
	})
	if len(made.Errors) > 0 || len(made.OutputFiles) != 1 {
		panic(fmt.Sprint(made.Errors))
	}
	out := made.OutputFiles[0].Contents
	l.Bundle, l.Main = hash(out), hash(source)
	check(os.WriteFile(bundle, gzipped(out), 0o644))
	check(os.WriteFile("LICENSES", licences.Bytes(), 0o644))
	check(os.WriteFile(lockFile, append(must(json.MarshalIndent(l, "", "  ")), '\n'), 0o644))
}

// fetched is the archive of a package.
func fetched(name, version string) []byte {
	if dir := os.Getenv("EDITOR_PACKAGES"); dir != "" {
		file := strings.NewReplacer("@", "", "/", "-").Replace(name) + "-" + version + ".tgz"
		return must(os.ReadFile(filepath.Join(dir, file)))
	}
	registry := os.Getenv("NPM_CONFIG_REGISTRY")
	if registry == "" {
		registry = "https://registry.npmjs.org"
	}
	where := strings.TrimSuffix(registry, "/") + "/" + name + "/-/" + path.Base(name) + "-" + version + ".tgz"
	response := must(http.Get(where))
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		panic(name + ": " + response.Status)
	}
	return must(io.ReadAll(io.LimitReader(response.Body, 16<<20)))
}

// unpack writes the files of an archive into a folder, and returns the licence among them.
func unpack(archive []byte, folder string) (licence string) {
	files := tar.NewReader(must(gzip.NewReader(bytes.NewReader(archive))))
	for {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return licence
		}
		check(err)
		_, name, _ := strings.Cut(header.Name, "/")
		if header.Typeflag != tar.TypeReg || !filepath.IsLocal(name) {
			continue
		}
		content := must(io.ReadAll(files))
		if strings.HasPrefix(strings.ToUpper(name), "LICENSE") {
			licence = string(content)
		}
		file := filepath.Join(folder, filepath.FromSlash(name))
		check(os.MkdirAll(filepath.Dir(file), 0o755))
		check(os.WriteFile(file, content, 0o600))
	}
}

// gzipped is a file as gzip has it, without the time at which it was made.
func gzipped(content []byte) []byte {
	var small bytes.Buffer
	z := must(gzip.NewWriterLevel(&small, gzip.BestCompression))
	must(z.Write(content))
	check(z.Close())
	return small.Bytes()
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func must[T any](v T, err error) T {
	check(err)
	return v
}
