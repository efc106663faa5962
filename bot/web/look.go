package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed templates assets words
var embedded embed.FS

// A look is how the page looks: its files, its templates in each language, and what it says.
type look struct {
	assets    *assets
	languages map[string]*language
	templates map[string]map[string]*template.Template // by language and screen
}

// newLook reads what is embedded. A fault there is a fault of the program.
func newLook() (*look, error) {
	l := &look{templates: map[string]map[string]*template.Template{}}
	var err error
	if l.assets, err = readAssets(); err != nil {
		return nil, err
	}
	if l.languages, err = readLanguages(); err != nil {
		return nil, err
	}
	files, err := fs.Glob(embedded, "templates/*.html")
	if err != nil {
		return nil, err
	}
	for code, lang := range l.languages {
		shared := template.New("").Option("missingkey=error").Funcs(lang.funcs()).Funcs(template.FuncMap{"asset": l.assets.address})
		if shared, err = shared.ParseFS(embedded, "templates/layout.html", "templates/parts.html"); err != nil {
			return nil, err
		}
		l.templates[code] = map[string]*template.Template{}
		for _, file := range files {
			name := strings.TrimSuffix(path.Base(file), ".html")
			if name == "layout" || name == "parts" {
				continue
			}
			own, err := shared.Clone()
			if err != nil {
				return nil, err
			}
			if l.templates[code][name], err = own.ParseFS(embedded, file); err != nil {
				return nil, err
			}
		}
	}
	return l, nil
}

// assets are the files that pages load. Their addresses hold a hash of the content, so that a
// browser keeps them for good and never an old one. A file that is large lies there compressed, as
// NAME.gz, and makes the program smaller by what that saves.
type assets struct {
	byAddress map[string]asset
	addresses map[string]string // by file name
}

type asset struct {
	kind         string
	plain, small []byte // as it is, and compressed by gzip. One that lies there compressed has no plain
}

func readAssets() (*assets, error) {
	a := &assets{map[string]asset{}, map[string]string{}}
	files, err := embedded.ReadDir("assets")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		content, err := embedded.ReadFile("assets/" + f.Name())
		if err != nil {
			return nil, err
		}
		file, packed := strings.CutSuffix(f.Name(), ".gz")
		ext := path.Ext(file)
		made := asset{kind: mime.TypeByExtension(ext), small: content}
		if !packed {
			made.plain, made.small = content, gzipped(content)
		}
		sum := sha256.Sum256(content)
		name := strings.TrimSuffix(file, ext) + "-" + hex.EncodeToString(sum[:6]) + ext
		a.byAddress[name], a.addresses[file] = made, "/assets/"+name
	}
	return a, nil
}

// gzipped is a file as gzip has it.
func gzipped(content []byte) []byte {
	var small bytes.Buffer
	z, _ := gzip.NewWriterLevel(&small, gzip.BestCompression) // the level exists, and a buffer takes all
	_, _ = z.Write(content)
	_ = z.Close()
	return small.Bytes()
}

// address is where a file of assets/ is served.
func (a *assets) address(name string) (string, error) {
	if where, ok := a.addresses[name]; ok {
		return where, nil
	}
	return "", fmt.Errorf("assets/ has no %s", name)
}

func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	file, ok := a.byAddress[r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", file.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	body := file.plain
	switch {
	case takesGzip(r):
		h.Set("Content-Encoding", "gzip")
		body = file.small
	case body == nil:
		z, err := gzip.NewReader(bytes.NewReader(file.small))
		if err == nil {
			body, err = io.ReadAll(z)
		}
		if err != nil { // a test reads each of them
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

// takesGzip reports whether a browser unpacks gzip.
func takesGzip(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
}
