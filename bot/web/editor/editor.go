// Package editor is the editor of the page for flows and broadcasts: CodeMirror and what main.js
// adds to it, as one file that assets/ has. Nothing of it is needed to build the program.
package editor

//go:generate go run -modfile=../../../tools.mod bundle.go
