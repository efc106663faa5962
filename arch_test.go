package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport is the picture of docs/architecture.md as a table: which packages of the project a
// package may import. Imports point down only, and siblings never import each other.
var mayImport = map[string][]string{
	".":                         {"bot/cli"},
	"bot/desk":                  {"bot/config", "bot/lock", "bot/phones", "bot/poster", "bot/text", "store", "bot", "flows", "flows/words"},
	"bot/desk/desktest":         {"bot/play", "bot/desk", "bot/pump", "bot/sim", "bot/config", "store/storetest", "store", "bot", "flows"},
	"bot/play":                  {"bot/desk", "bot/pump", "bot/sim", "bot/config", "bot/phones", "bot/text", "store", "bot", "flows", "flows/words"},
	"bot/play/online":           {"bot/play", "bot/pump", "bot/sim", "bot/config", "bot/cloud", "bot/cloud/cloudtest", "bot"},
	"bot/serve":                 {"bot/desk", "bot/pump", "bot/lock", "bot/config", "store", "bot"},
	"bot/demo":                  {"bot/play", "bot/play/online", "bot/cloud/cloudtest", "bot/config", "bot/desk", "bot/text", "bot/pump", "bot/whatsapp", "bot/whatsapp/whatsapptest", "bot/sim", "store", "bot"},
	"bot/cli":                   {"bot/demo", "bot/heartbeat", "bot/webhook", "bot/serve", "bot/web", "bot/web/api", "bot/web/metrics", "bot/play", "bot/desk", "bot/config", "bot/text", "bot/whatsapp", "bot/cloud", "bot/sim", "store", "bot", "flows", "flows/words"},
	"bot/web":                   {"bot/web/said", "bot/desk", "bot/config", "bot/text", "store", "bot", "flows"},
	"bot/web/said":              {"bot/text"},
	"bot/web/metrics":           {"bot/desk", "bot"},
	"bot/web/webtest":           {},
	"bot/cli/clitest":           {},
	"bot/cli/e2e":               {},
	"bot/cli/newcomer":          {},
	"bot/phones":                {},
	"bot/poster":                {},
	"bot/config":                {"bot", "bot/text", "flows", "flows/words"},
	"bot/lock":                  {},
	"bot/web/api":               {"bot/desk", "bot/config", "bot/text", "store", "bot", "flows"},
	"bot/web/editor":            {},
	"bot/picture":               {"bot/text"},
	"bot/pump":                  {"bot"},
	"bot/pump/pumptest":         {"bot/pump", "store/storetest", "store", "bot", "flows", "flows/words"},
	"bot/sim":                   {"bot", "bot/text"},
	"bot/text":                  {},
	"bot/bell":                  {},
	"bot/wiretest":              {"bot", "bot/bell"},
	"bot/heartbeat":             {},
	"bot/webhook":               {"store", "bot"},
	"bot/cloud":                 {"bot", "bot/text"},
	"bot/cloud/cloudtest":       {"bot/bell"},
	"bot/whatsapp":              {"bot", "bot/lock"},
	"bot/whatsapp/whatsapptest": {"bot/bell"},
	"store":                     {"bot", "flows", "flows/words"},
	"store/postgrestest":        {},
	"store/storetest":           {"store", "store/postgrestest", "bot", "flows", "flows/words"},
	"bot":                       {"bot/phones", "bot/text", "flows", "flows/words"},
	"flows":                     {"flows/layout", "flows/words"},
	"flows/layout":              {},
	"flows/words":               {},
}

// onlyFrom names the libraries that only some packages may import.
var onlyFrom = map[string][]string{
	"github.com/looplab/fsm": {"bot"},
	"go.mau.fi/whatsmeow":    {"bot/whatsapp", "bot/whatsapp/whatsapptest"},
	"go.mau.fi/libsignal":    {"bot/whatsapp", "bot/whatsapp/whatsapptest"},
	"modernc.org/sqlite":     {"store", "bot/whatsapp"},
	"github.com/jackc/pgx/":  {"store", "store/postgrestest"},
	"database/sql":           {"store", "store/storetest", "store/postgrestest", "bot/whatsapp"},
	"github.com/alecthomas/": {"bot/cli"},
	"golang.org/x/term":      {"bot/cli"},
	"github.com/rivo/uniseg": {"bot/text"},
	"github.com/prometheus/": {"bot/web/metrics"},

	"code.dny.dev/ssrf":              {"bot/webhook"},
	"github.com/danielgtaylor/huma/": {"bot/web/api"},
}

// pure packages decide. They do not read the clock, random numbers, files, the network or the zone
// database, and do not log.
var (
	pure      = []string{"bot", "bot/phones", "bot/picture", "bot/text", "flows", "flows/layout", "flows/words"}
	impure    = []string{"os", "net", "net/http", "database/sql", "log", "log/slog", "math/rand", "math/rand/v2", "crypto/rand", "syscall", "os/exec"}
	impureUse = map[string][]string{"time": {"Now", "Since", "Until", "LoadLocation", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick", "Local"}}
)

const module = "optinbot"

// A goFile is one parsed source file.
type goFile struct {
	folder string // of its package, relative to the module; "." at the top
	place  string // for messages
	*ast.File
}

// sources are the parsed files that are no tests, and testFiles those that are.
func sources(t *testing.T) []goFile   { t.Helper(); return parsed(t, false) }
func testFiles(t *testing.T) []goFile { t.Helper(); return parsed(t, true) }

func parsed(t *testing.T, tests bool) (files []goFile) {
	t.Helper()
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "dist") {
			return fs.SkipDir
		}
		if d.IsDir() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") != tests {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		name = filepath.ToSlash(name)
		files = append(files, goFile{path.Dir(name), name, f})
		return err
	})
	if err != nil || len(files) < 10 {
		t.Fatalf("read the sources: %d files, %v", len(files), err)
	}
	return files
}

func (f goFile) imports() (paths []string) {
	for _, i := range f.Imports {
		p, _ := strconv.Unquote(i.Path.Value)
		paths = append(paths, p)
	}
	return paths
}

func TestImportsPointDown(t *testing.T) {
	for _, f := range sources(t) {
		allowed, known := mayImport[f.folder]
		if !known {
			t.Errorf("%s: package %s has no place in the house yet; give it one here and in docs/architecture.md", f.place, f.folder)
			continue
		}
		for _, p := range f.imports() {
			own, ok := strings.CutPrefix(p, module+"/")
			if ok && !slices.Contains(allowed, own) {
				t.Errorf("%s: %s imports %s; it may import %s", f.place, f.folder, own, strings.Join(allowed, ", "))
			}
		}
	}
}

func TestLibrariesStayInTheirRoom(t *testing.T) {
	for _, f := range sources(t) {
		for _, p := range f.imports() {
			for library, folders := range onlyFrom {
				if strings.HasPrefix(p, library) && !slices.Contains(folders, f.folder) {
					t.Errorf("%s: %s imports %s; only %s does", f.place, f.folder, p, strings.Join(folders, " and "))
				}
			}
		}
	}
}

// TestOnlyTheCommandLineWritesToTheTerminal: whatever else shows something returns it, or writes to
// what it was given, so that a page and an API can show it too.
func TestOnlyTheCommandLineWritesToTheTerminal(t *testing.T) {
	terminal := map[string][]string{
		"os": {"Stdin", "Stdout", "Stderr"}, "fmt": {"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"}, "log": {"Print", "Printf", "Println"},
	}
	looked := 0
	for _, f := range sources(t) {
		if f.folder == "bot/cli" {
			continue
		}
		ast.Inspect(f.File, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			looked++
			if of, ok := s.X.(*ast.Ident); ok && slices.Contains(terminal[of.Name], s.Sel.Name) {
				t.Errorf("%s: %s uses %s.%s; only bot/cli does", f.place, f.folder, of.Name, s.Sel.Name)
			}
			return true
		})
	}
	if looked == 0 {
		t.Error("nothing was looked at")
	}
}

func TestDecisionsArePure(t *testing.T) {
	for _, f := range sources(t) {
		if !slices.Contains(pure, f.folder) {
			continue
		}
		for _, p := range f.imports() {
			if slices.Contains(impure, p) {
				t.Errorf("%s: %s is pure and imports %s", f.place, f.folder, p)
			}
		}
		ast.Inspect(f.File, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if of, ok := s.X.(*ast.Ident); ok && slices.Contains(impureUse[of.Name], s.Sel.Name) {
					t.Errorf("%s: %s is pure and uses %s.%s", f.place, f.folder, of.Name, s.Sel.Name)
				}
			}
			return true
		})
	}
}

func TestNoInit(t *testing.T) {
	for _, f := range sources(t) {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: func init; wire it where it is used", f.place)
			}
		}
	}
}

// TestNoPatternBeforeMain: a package that compiles its regular expressions before main makes every
// verb wait for them.
func TestNoPatternBeforeMain(t *testing.T) {
	for _, f := range sources(t) {
		for _, d := range f.Decls {
			if _, ok := d.(*ast.GenDecl); !ok {
				continue
			}
			ast.Inspect(d, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if of, ok := s.X.(*ast.Ident); ok && of.Name == "regexp" && strings.HasSuffix(s.Sel.Name, "Compile") {
						t.Errorf("%s: a regular expression is compiled before main; flows.Pattern waits until it is asked for", f.place)
					}
				}
				_, function := n.(*ast.FuncLit) // runs when it is called
				return !function
			})
		}
	}
}

// ownFile are the test files, beside those of store and of the session in bot/whatsapp, that open a
// file of SQLite's by themselves, and which.
var ownFile = map[string]string{
	"bot/desk/shop_test.go":         "a backup, and the database that was made from it",
	"bot/desk/restore_made_test.go": "the database inside a backup",
	"bot/cli/e2e/binary_test.go":    "WhatsApp's session",
	"bot/cli/e2e/upgrade_test.go":   "the database of an earlier version",
	"store/storetest/databases.go":  "in one place for all of them",
	"store/storetest/people.go":     "a million people for benchmarks of SQLite",
}

// TestF3OnlySQLitesOwnTestsOpenItsFile: a test that looks into the store behind its back does so by
// storetest.Beside or storetest.Edit, which know PostgreSQL too.
func TestF3OnlySQLitesOwnTestsOpenItsFile(t *testing.T) {
	found := map[string]bool{}
	for _, f := range append(testFiles(t), sources(t)...) {
		own := f.folder == "store" || strings.HasPrefix(f.folder, "bot/whatsapp")
		ast.Inspect(f.File, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || calls(call) != "sql.Open" || own {
				return true
			}
			if driver, ok := call.Args[0].(*ast.BasicLit); ok && driver.Value == `"sqlite"` {
				found[f.place] = true
				if ownFile[f.place] == "" {
					t.Errorf("%s opens a file of SQLite's. Use storetest.Beside or storetest.Edit", f.place)
				}
			}
			return true
		})
	}
	for file := range ownFile {
		if !found[file] {
			t.Errorf("%s opens no file of SQLite's any more", file)
		}
	}
}

// calls is the name of what is called, as "storetest.Again" or "playAll".
func calls(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if of, ok := f.X.(*ast.Ident); ok {
			return of.Name + "." + f.Sel.Name
		}
	}
	return ""
}
