package flows

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

// longestAudience is how many characters an audience may have that somebody types to look for people.
// SQLite takes no expression that is nested more than a thousand times.
const longestAudience = 900

// longestExpression is how many characters an audience in a file may have. The parser calls itself for
// each bracket and each `!`, and a program whose stack is full ends at once.
const longestExpression = 10_000

// ReadAudience reads an expression for an audience of a flow's people, that stands in no file. What
// is wrong with it is a problem, in line 1 of a file called name.
func ReadAudience(name, text string, f *Flow) (*Audience, []Problem) {
	r := &report{src: newSource(name, []byte(text))}
	if utf8.RuneCountInString(text) > longestAudience {
		r.src = newSource(name, []byte(strings.ToValidUTF8(text[:80], "")))
		r.add(pos{1, 1}, "audience", "this is too long to look for people with", "look for a part of it")
		return nil, r.problems()
	}
	t := &audienceCompiler{flow: f}
	cond := t.expression(text)
	if t.problem == nil {
		return &Audience{Source: text, Cond: cond}, nil
	}
	line, col := 1, 1 // of the character at which it is wrong
	for i, c := range []rune(text) {
		if i == t.problem.at {
			break
		}
		if col++; c == '\n' {
			line, col = line+1, 1
		}
	}
	r.add(pos{line, col}, "audience", t.problem.message, t.problem.advice)
	return nil, r.problems()
}

// expression reads all of an expression. Where that has a problem, what it returns means nothing.
func (t *audienceCompiler) expression(text string) Cond {
	if utf8.RuneCountInString(text) > longestExpression {
		return t.wrong(0, fmt.Sprintf("an audience has at most %d characters", longestExpression),
			"give the people a tag, and name the tag here")
	}
	tree, err := parser.Parse(text)
	var bad *file.Error
	switch {
	case errors.As(err, &bad):
		return t.wrong(bad.From, plainError(bad.Message), `write it as: "shoes" in interests and language == "pt"`)
	case err != nil:
		return t.wrong(0, err.Error(), "")
	}
	return t.boolean(tree.Node)
}
