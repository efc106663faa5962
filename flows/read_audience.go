package flows

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
	"go.yaml.in/yaml/v4"
	"golang.org/x/text/unicode/norm"
)

// audience reads `audience`: parsed by expr-lang, held against what the flow asks.
func (r *reader) audience(n *yaml.Node, f *Flow) *Audience {
	text := r.str(n)
	if text == "" {
		return nil
	}
	t := &audienceCompiler{flow: f}
	cond := t.expression(text)
	if t.problem == nil {
		return &Audience{Source: text, Cond: cond}
	}
	at := min(byteOf(text, t.problem.at), max(0, len(text)-1))
	r.add(r.src.inNode(n, text, at), "audience", t.problem.message, t.problem.advice)
	return nil
}

// byteOf is where the n-th character of a text begins.
func byteOf(text string, n int) int {
	for i := range text {
		if n == 0 {
			return i
		}
		n--
	}
	return len(text)
}

var exprToken = Pattern(`token [A-Za-z]+\("?(.*?)"?\)`)

// plainError says expr's errors without its words for tokens.
func plainError(message string) string {
	message = exprToken().ReplaceAllString(message, "$1")
	if strings.Contains(message, "EOF") {
		return "it ends too early"
	}
	return message
}

// A audienceCompiler turns an expression into a Cond, or says what is wrong with it first.
type audienceCompiler struct {
	flow    *Flow
	problem *typeProblem
}

type typeProblem struct {
	at              int // the character
	message, advice string
}

func (t *audienceCompiler) wrong(at int, message, advice string) Cond {
	if t.problem == nil {
		t.problem = &typeProblem{at, message, advice}
	}
	return Everybody{}
}

func (t *audienceCompiler) wrongAt(n ast.Node, message, advice string) Cond {
	return t.wrong(n.Location().From, message, advice)
}

// boolean reads what is true or false.
func (t *audienceCompiler) boolean(n ast.Node) Cond {
	switch n := n.(type) {
	case *ast.BoolNode:
		if n.Value {
			return Everybody{}
		}
		return Not{Everybody{}}
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			return Not{t.boolean(n.Node)}
		}
	case *ast.BinaryNode:
		return t.binary(n)
	case *ast.CallNode:
		return t.call(n)
	case *ast.IdentifierNode:
		if q := t.question(n.Value); q != nil && q.Choose == YesNo {
			return Is{Fact: n.Value, Op: "==", Value: "yes"}
		}
		return t.fact(n, func(string) Cond {
			return t.wrongAt(n, fmt.Sprintf("%s alone is neither true nor false", n.Value),
				fmt.Sprintf("compare it: %s", t.example(n.Value)))
		})
	}
	return t.wrongAt(n, "an audience cannot have this in it",
		`it can have: and, or, not, ==, !=, <, <=, >, >=, in, got("NAME"), active(DAYS)`)
}

func (t *audienceCompiler) binary(n *ast.BinaryNode) Cond {
	switch n.Operator {
	case "and", "&&":
		return And{t.boolean(n.Left), t.boolean(n.Right)}
	case "or", "||":
		return Or{t.boolean(n.Left), t.boolean(n.Right)}
	case "==", "!=", "<", "<=", ">", ">=":
		return t.comparison(n)
	case "in":
		return t.membership(n)
	case "not in":
		return Not{t.membership(n)}
	}
	return t.wrongAt(n, fmt.Sprintf("an audience does not know %q", n.Operator),
		`it knows: and, or, not, ==, !=, <, <=, >, >=, in`)
}

// question returns the question that fills a preference, or nil where none does.
func (t *audienceCompiler) question(name string) *Question {
	if list := t.flow.preferences[name]; len(list) > 0 {
		return list[0]
	}
	return nil
}

// fact calls do with the name where it is a known one.
func (t *audienceCompiler) fact(n *ast.IdentifierNode, do func(name string) Cond) Cond {
	names := append([]string{AudienceLanguage, AudienceTags}, t.flow.Preferences()...)
	if !slices.Contains(names, n.Value) {
		return t.wrongAt(n, fmt.Sprintf("nothing is called %q%s", n.Value, didYouMean(n.Value, names)),
			"there are: "+quoted(names))
	}
	return do(n.Value)
}

// example shows how something is compared.
func (t *audienceCompiler) example(name string) string {
	switch q := t.question(name); {
	case name == AudienceTags:
		return `"vip" in tags`
	case q == nil:
		return fmt.Sprintf(`%s == %q`, name, t.flow.Languages[0])
	case q.Choose == Many:
		return fmt.Sprintf(`%q in %s`, q.Options[0].Value, name)
	case q.Choose == One:
		return fmt.Sprintf(`%s == %q`, name, q.Options[0].Value)
	case q.Choose == Number:
		return name + " >= 18"
	case q.Choose == Date:
		return name + ` < "2000-01-01"`
	case q.Choose == YesNo:
		return name + " == true"
	}
	return name + ` == "text"`
}

// comparison reads fact OP value.
func (t *audienceCompiler) comparison(n *ast.BinaryNode) Cond {
	op, left, right := n.Operator, n.Left, n.Right
	if _, ok := left.(*ast.IdentifierNode); !ok {
		left, right, op = right, left, map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<="}[op]
		if op == "" {
			op = n.Operator
		}
	}
	name, ok := left.(*ast.IdentifierNode)
	if !ok {
		return t.wrongAt(n.Left, "one side of a comparison must be a name",
			"compare what people said: "+t.example(AudienceLanguage))
	}
	return t.fact(name, func(fact string) Cond {
		if fact == AudienceTags || t.question(fact) != nil && t.question(fact).Choose == Many {
			return t.wrongAt(n, fmt.Sprintf("%s is several things", fact), "write "+t.example(fact))
		}
		is := t.value(fact, right)
		if is.Op = op; op == "!=" {
			is.Op = "=="
			return Not{is}
		}
		if op != "==" && !is.Number && !t.dated(fact) {
			return t.wrongAt(n, fmt.Sprintf("%s has no order", fact), "write == or !=")
		}
		return is
	})
}

func (t *audienceCompiler) dated(fact string) bool {
	q := t.question(fact)
	return q != nil && q.Choose == Date
}

// membership reads `"value" in fact` and `fact in ["a", "b"]`.
func (t *audienceCompiler) membership(n *ast.BinaryNode) Cond {
	if list, ok := n.Right.(*ast.ArrayNode); ok {
		name, ok := n.Left.(*ast.IdentifierNode)
		if !ok || len(list.Nodes) == 0 {
			return t.wrongAt(n, "before `in [...]` stands a name, and in the brackets a value at least",
				`write language in ["pt", "es"]`)
		}
		return t.fact(name, func(fact string) Cond { return t.any(fact, list.Nodes) })
	}
	name, ok := n.Right.(*ast.IdentifierNode)
	if !ok {
		return t.wrongAt(n.Right, "after `in` stands a name or a list",
			`write "vip" in tags, or language in ["pt", "es"]`)
	}
	return t.fact(name, func(fact string) Cond {
		if q := t.question(fact); fact != AudienceTags && (q == nil || q.Choose != Many) {
			return t.wrongAt(n, fmt.Sprintf("%s is one thing", fact), "write "+t.example(fact))
		}
		is := t.value(fact, n.Left)
		is.Op = "=="
		if fact == AudienceTags {
			return tagged(is)
		}
		return is
	})
}

// tagged is true for whoever has a tag. Tags of older imports are kept in whatever form of Unicode
// they came in.
func tagged(is Is) Cond {
	is.Value = Tag(is.Value)
	apart := is
	if apart.Value = norm.NFD.String(is.Value); apart.Value == is.Value {
		return is
	}
	return Or{is, apart}
}

// any is true where one of the values is it.
func (t *audienceCompiler) any(fact string, values []ast.Node) (all Cond) {
	for i, v := range values {
		is := t.value(fact, v)
		is.Op = "=="
		one := Cond(is)
		if fact == AudienceTags {
			one = tagged(is)
		}
		if all = one; i > 0 {
			all = Or{t.any(fact, values[:i]), one}
		}
	}
	return all
}

// value reads what a fact is compared with, and whether it can be that.
func (t *audienceCompiler) value(fact string, n ast.Node) Is {
	q := t.question(fact)
	switch v := n.(type) {
	case *ast.StringNode:
		if refused := t.text(fact, q, v.Value); refused != "" {
			t.wrongAt(n, refused, t.options(fact, q))
		}
		return Is{Fact: fact, Value: v.Value}
	case *ast.IntegerNode:
		if q == nil || q.Choose != Number {
			t.wrongAt(n, fmt.Sprintf("%s is no number", fact), "write "+t.example(fact))
		}
		return Is{Fact: fact, Value: strconv.Itoa(v.Value), Number: true}
	case *ast.UnaryNode:
		if i, ok := v.Node.(*ast.IntegerNode); ok && v.Operator == "-" && q != nil && q.Choose == Number {
			return Is{Fact: fact, Value: strconv.Itoa(-i.Value), Number: true}
		}
	case *ast.BoolNode:
		if q == nil || q.Choose != YesNo {
			t.wrongAt(n, fmt.Sprintf("%s is neither true nor false", fact), "write "+t.example(fact))
		}
		return Is{Fact: fact, Value: map[bool]string{true: "yes", false: "no"}[v.Value]}
	}
	t.wrongAt(n, fmt.Sprintf("%s cannot be compared with this", fact), "write "+t.example(fact))
	return Is{Fact: fact}
}

// text says why a fact can never be a text, or "" where it can.
func (t *audienceCompiler) text(fact string, q *Question, value string) string {
	switch {
	case fact == AudienceLanguage && !slices.Contains(t.flow.Languages, value):
		return fmt.Sprintf("the flow does not speak %q", value)
	case q == nil:
		return ""
	case q.Choose == Number:
		return fmt.Sprintf("%s is a number: no quotes", fact)
	case q.Choose == YesNo:
		return fmt.Sprintf("%s is true or false: no quotes", fact)
	case q.Choose == Date && !isoDate().MatchString(value):
		return fmt.Sprintf("%q is not a date", value)
	case (q.Choose == One || q.Choose == Many) && !slices.Contains(t.values(fact), value):
		return fmt.Sprintf("nobody can answer %q to %s%s", value, fact, didYouMean(value, t.values(fact)))
	}
	return ""
}

var isoDate = Pattern(`^\d{4}-\d{2}-\d{2}$`)

// values are the stored values of a menu's options, in every question that fills the preference.
func (t *audienceCompiler) values(fact string) (values []string) {
	for _, q := range t.flow.preferences[fact] {
		for _, o := range q.Options {
			if !slices.Contains(values, o.Value) {
				values = append(values, o.Value)
			}
		}
	}
	return values
}

func (t *audienceCompiler) options(fact string, q *Question) string {
	switch {
	case fact == AudienceLanguage:
		return "it speaks: " + quoted(t.flow.Languages)
	case q != nil && q.Choose == Date:
		return `write it as "1990-04-03"`
	case len(t.values(fact)) > 0:
		return "the answers are kept as: " + quoted(t.values(fact))
	}
	return "write " + t.example(fact)
}

// call reads got("NAME") and active(DAYS).
func (t *audienceCompiler) call(n *ast.CallNode) Cond {
	name, _ := n.Callee.(*ast.IdentifierNode)
	if name == nil || name.Value != "got" && name.Value != "active" {
		return t.wrongAt(n, "an audience has no such function", `there are got("NAME") and active(DAYS)`)
	}
	if len(n.Arguments) == 1 {
		switch arg := n.Arguments[0].(type) {
		case *ast.StringNode:
			if name.Value == "got" && plainName().MatchString(arg.Value) {
				return Got{arg.Value}
			}
		case *ast.IntegerNode:
			if name.Value == "active" && arg.Value > 0 && arg.Value <= 3650 {
				return Active{arg.Value}
			}
		}
	}
	return t.wrongAt(n, fmt.Sprintf("%s cannot be used like this", name.Value),
		`write got("weekend-offer") or active(30)`)
}

var sampleShare = Pattern(`^([1-9][0-9]?)\s*%$`)

// sample reads `sample: 10%`.
func (r *reader) sample(n *yaml.Node) int {
	m := sampleShare().FindStringSubmatch(r.str(n))
	if m == nil {
		r.add(posOf(n), "out-of-range", fmt.Sprintf("%q is not a share", n.Value), "write 1% to 99%")
		return 0
	}
	share, _ := strconv.Atoi(m[1])
	return share
}

// first reads `first: 100`.
func (r *reader) first(n *yaml.Node) int {
	count := r.integer(n)
	if count != nil && (*count < 1 || *count > 10_000_000) {
		r.add(posOf(n), "out-of-range", fmt.Sprintf("%d people are no audience", *count),
			"write how many people get it, 1 or more")
		return 0
	}
	if count == nil {
		return 0
	}
	return int(*count)
}
