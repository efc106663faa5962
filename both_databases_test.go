package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// onBoth are tests that run on both databases without storetest.Again: each has one text, and opens
// stores of both by itself.
var onBoth = []string{"TestSQLite", "TestSecurityActsAreOnlyAdded"}

// TestF3ReadmeSaysWhatRunsOnBothDatabases: a test of the table of promises has a small two behind its
// name if it runs on SQLite and on PostgreSQL, and no other has.
func TestF3ReadmeSaysWhatRunsOnBothDatabases(t *testing.T) {
	both := map[string]bool{}
	for _, name := range onBoth {
		both[name] = true
	}
	for _, f := range testFiles(t) {
		for _, d := range f.Decls {
			function, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(function, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				switch calls(call) {
				case "storetest.Again":
					for _, test := range call.Args[1:] {
						both[test.(*ast.Ident).Name] = true
					}
				case "playAll", "onBothWires": // TestPostgresConversations plays a sample of the same files
					both[function.Name.Name] = true
				}
				return true
			})
		}
	}
	seen := 0
	for line := range strings.Lines(read(t, "README.md")) {
		if !regexp.MustCompile(`^\| [A-Z][0-9] \|`).MatchString(line) {
			continue
		}
		for _, m := range regexp.MustCompile("`(Test[A-Za-z0-9]+)`(²?)").FindAllStringSubmatch(line, -1) {
			seen++
			if both[m[1]] != (m[2] != "") {
				t.Errorf("README.md: %s runs on both databases: %v, and the table says %v", m[1], both[m[1]], m[2] != "")
			}
		}
	}
	if seen < 100 || len(both) < 30 {
		t.Errorf("%d tests in the table, %d run on both", seen, len(both))
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

// testFiles are the parsed files of all tests.
func testFiles(t *testing.T) (files []goFile) {
	t.Helper()
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"testdata", "dist"}, d.Name())) {
			if err == nil {
				err = fs.SkipDir
			}
			return err
		}
		if d.IsDir() || !strings.HasSuffix(name, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		name = filepath.ToSlash(name)
		files = append(files, goFile{filepath.ToSlash(filepath.Dir(name)), name, f})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
