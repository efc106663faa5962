package said

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A text is one of the source, as a format of fmt: what is put together with + has %s for each part
// that is not written there.
type sourceText struct {
	file, says string
	line       int
	call       string // the function that it is given to, without a package of ours. "": none
	arg        int
}

// textsOf are the texts in the source of a package.
func textsOf(t *testing.T, dir string) (all []sourceText) {
	t.Helper()
	names, err := filepath.Glob("../../../" + dir + "/*.go")
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %v", dir, err)
	}
	set := token.NewFileSet()
	r := reader{set: set, constants: map[string]ast.Expr{}}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
		for _, decl := range file.Decls {
			top, ok := decl.(*ast.GenDecl)
			r.within = !ok || top.Tok != token.CONST
			ast.Inspect(decl, r.constant)
		}
	}
	for _, file := range files {
		ast.Inspect(file, r.node)
	}
	return r.found
}

// A reader finds the texts of a package.
type reader struct {
	set       *token.FileSet
	constants map[string]ast.Expr
	within    bool // a function is read
	found     []sourceText
}

// constant notes the texts that have names. One within a function is its file's.
func (r *reader) constant(n ast.Node) bool {
	decl, ok := n.(*ast.GenDecl)
	if !ok || decl.Tok != token.CONST {
		return true
	}
	for _, spec := range decl.Specs {
		values := spec.(*ast.ValueSpec)
		for i, name := range values.Names {
			if i < len(values.Values) {
				r.constants[r.named(name, r.within)] = values.Values[i]
			}
		}
	}
	return true
}

// named is a constant, of the package or of the file.
func (r *reader) named(name *ast.Ident, within bool) string {
	if !within {
		return name.Name
	}
	return r.set.Position(name.Pos()).Filename + " " + name.Name
}

func (r *reader) node(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ImportSpec, *ast.Field:
		return false
	case *ast.CallExpr:
		for i, arg := range n.Args {
			if says, ok := r.text(arg); ok {
				r.note(arg, says, called(n), i)
			} else {
				ast.Inspect(arg, r.node)
			}
		}
		ast.Inspect(n.Fun, r.node)
		return false
	case ast.Expr:
		if _, named := n.(*ast.Ident); named {
			return false
		}
		if says, ok := r.text(n); ok {
			r.note(n, says, "", 0)
			if b, ok := n.(*ast.BinaryExpr); ok { // texts that are given to functions within
				ast.Inspect(b.X, r.calls)
				ast.Inspect(b.Y, r.calls)
			}
			return false
		}
	}
	return true
}

func (r *reader) calls(n ast.Node) bool {
	if call, ok := n.(*ast.CallExpr); ok {
		return r.node(call)
	}
	return true
}

func (r *reader) note(at ast.Node, says, call string, arg int) {
	where := r.set.Position(at.Pos())
	r.found = append(r.found, sourceText{filepath.Base(where.Filename), says, where.Line, call, arg})
}

// called is the name of the function that is called: that of a method without what it is of.
func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if of, ok := f.X.(*ast.Ident); ok && strings.Contains(" fmt errors strings text regexp ", " "+of.Name+" ") {
			return of.Name + "." + f.Sel.Name
		}
		return f.Sel.Name
	}
	return ""
}

// text is what an expression says, where at least a part of it is written in the source.
func (r *reader) text(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			says, err := strconv.Unquote(e.Value)
			return says, err == nil
		}
	case *ast.ParenExpr:
		return r.text(e.X)
	case *ast.Ident:
		for _, within := range []bool{true, false} {
			if value := r.constants[r.named(e, within)]; value != nil {
				return r.text(value)
			}
		}
	case *ast.BinaryExpr:
		if e.Op != token.ADD {
			return "", false
		}
		left, isLeft := r.text(e.X)
		right, isRight := r.text(e.Y)
		if !isLeft {
			left = "%s"
		}
		if !isRight {
			right = "%s"
		}
		return left + right, isLeft || isRight
	}
	return "", false
}
