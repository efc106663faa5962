package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestReadmeShowsTheDemo: the rows of the README's first screen are those of docs/demo.txt, which a
// test of bot/cli compares with the demo itself.
func TestReadmeShowsTheDemo(t *testing.T) {
	shown, rows := read(t, "docs/demo.txt"), 0
	_, block, _ := strings.Cut(read(t, "README.md"), "```text\n")
	block, _, _ = strings.Cut(block, "```")
	for line := range strings.Lines(block) {
		if rows++; !strings.Contains(shown, "\n"+line) {
			t.Errorf("docs/demo.txt has no line %q", line)
		}
	}
	if rows < 5 {
		t.Errorf("%d rows", rows)
	}
}

// TestO1DocumentsKeepUp: the tests that README.md, docs/whatsapp.md and docs/cloud.md name exist, the files that
// documents link to exist, and CI runs the README's test command.
func TestO1DocumentsKeepUp(t *testing.T) {
	tests := testNames(t)
	readme := read(t, "README.md")
	for _, file := range []string{"README.md", "docs/whatsapp.md", "docs/cloud.md"} {
		for _, m := range regexp.MustCompile("`(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(read(t, file), -1) {
			if !tests[m[1]] {
				t.Errorf("%s names %s, and there is no such test", file, m[1])
			}
		}
	}
	for _, promise := range strings.Fields("C1 C2 C3 C4 C5 C6 C7 C8 T1 T2 T3 T4 T5 B1 B2 B3 B4 B5 B6 B7 B8 D1 D2 D3 D4 D5 D6 O1 O2 O3 O4 O5 O6 F1 F2 F3") {
		if !strings.Contains(readme, "\n| "+promise+" | ") {
			t.Errorf("README.md does not say how promise %s is kept", promise)
		}
	}
	for _, f := range sources(t) {
		part, inBot := strings.CutPrefix(f.folder, "bot/")
		if part, _, _ = strings.Cut(part, "/"); inBot && !strings.Contains(readme, "bot/"+part+"/") {
			t.Errorf("the layout of README.md does not name bot/%s/", part)
		}
	}
	if !strings.Contains(readme, "```sh\ngo test ./...\n```") || !strings.Contains(read(t, ".ci/run"), "\ngo test ./...\n") {
		t.Error("the test command of README.md and .ci/run is not go test ./...")
	}
	files, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	decisions, err := filepath.Glob("docs/decisions/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(append(files, decisions...), "README.md") {
		linksOf(t, file)
	}
}

// TestGlossaryNamesWhatThereIs: what docs/glossary.md says is in the code is there: a file, or an
// exported name.
func TestGlossaryNamesWhatThereIs(t *testing.T) {
	folders := map[string]string{
		"bot": "bot", "config": "bot/config", "flows": "flows", "store": "store", "words": "flows/words",
	}
	declared := map[string]bool{} // as "bot.Hold", and methods without their type
	for name, folder := range folders {
		for _, f := range sources(t) {
			if f.folder != folder {
				continue
			}
			ast.Inspect(f.File, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncDecl:
					declared[name+"."+n.Name.Name] = true
					return false
				case *ast.TypeSpec:
					declared[name+"."+n.Name.Name] = true
				case *ast.ValueSpec:
					for _, ident := range n.Names {
						declared[name+"."+ident.Name] = true
					}
				}
				return true
			})
		}
	}
	found := 0
	for line := range strings.Lines(read(t, "docs/glossary.md")) {
		cells := strings.Split(line, " | ")
		if len(cells) != 3 || !strings.HasPrefix(line, "| ") {
			continue
		}
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[2], -1) {
			found++
			_, err := os.Stat(filepath.FromSlash(m[1]))
			if !declared[m[1]] && (err != nil || !strings.Contains(m[1], "/")) {
				t.Errorf("docs/glossary.md: %s\nthere is no %s", line, m[1])
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d names were found", found)
	}
}

// linksOf looks whether what a document links to is there.
func linksOf(t *testing.T, file string) {
	for _, m := range regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`).FindAllStringSubmatch(read(t, file), -1) {
		if strings.Contains(m[1], "://") || strings.HasSuffix(m[1], "testing.md") { // which is being written
			continue
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(file), filepath.FromSlash(m[1]))); err != nil {
			t.Errorf("%s links to %s: %v", file, m[1], err)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

// testNames are the names of all tests of the module.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
				names[fn.Name.Name] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestServicesAreHardenedAlike: what keeps the bot's service from the rest of the machine keeps that of the backup too.
func TestServicesAreHardenedAlike(t *testing.T) {
	keys := func(file string) map[string]bool {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for line := range strings.Lines(string(text)) {
			if key, _, ok := strings.Cut(line, "="); ok {
				found[key] = true
			}
		}
		return found
	}
	backup, hardened := keys("deploy/optinbot-backup.service"), 0
	for key := range keys("deploy/optinbot.service") {
		for _, stem := range []string{"UMask", "NoNew", "Protect", "Private", "Restrict", "Lock", "Capability", "SystemCall"} {
			if !strings.HasPrefix(key, stem) || strings.HasPrefix(key, "RestartPrevent") {
				continue
			}
			if hardened++; !backup[key] {
				t.Errorf("optinbot-backup.service has no %s=", key)
			}
		}
	}
	if hardened < 10 {
		t.Errorf("only %d settings were compared", hardened)
	}
}

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
