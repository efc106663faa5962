package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"optinbot/bot/config"
	"optinbot/bot/desk"
)

// CompleteCmd is `complete`, which the scripts of `completion` call.
type CompleteCmd struct {
	Words []string `arg:"" optional:"" passthrough:"" help:"What was typed behind the program's name; the last word is being typed."`
}

func (CompleteCmd) Example() string { return "optinbot complete -- broadcast st" }

// standsAlone: verbs are completed in every folder, and a broken configuration is no reason to
// complain in the middle of a line.
func (CompleteCmd) standsAlone() {}

// wantsFile is the answer where a file is to be named: shells complete those themselves.
const wantsFile = ":file"

// Run prints what may stand in the place of the last word, one a line.
func (c CompleteCmd) Run(ctx context.Context, a *App, k *kong.Context) error {
	words := c.Words
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	l := newTypedLine(k.Model.Node, words)
	for _, word := range l.may(ctx, a) {
		fmt.Fprintln(a.out, word)
	}
	return nil
}

// A typedLine is a command line that is being typed.
type typedLine struct {
	node   *kong.Node            // the verb, as far as it is typed
	values int                   // arguments of the verb before the last word
	flag   *kong.Flag            // whose value the last word is
	given  map[string]string     // the values of flags before it
	lead   string                // the last word's part before that value: --number=
	word   string                // what is to be completed
	plain  bool                  // behind --, where nothing is a flag
	flags  map[string]*kong.Flag // of the verb and those above it, by their names
}

func newTypedLine(root *kong.Node, words []string) *typedLine {
	l := &typedLine{node: root, given: map[string]string{}}
	l.know()
	if len(words) == 0 {
		return l
	}
	for _, word := range words[:len(words)-1] {
		l.take(word)
	}
	l.word = words[len(words)-1]
	if l.flag != nil && l.word == "=" {
		l.word = ""
	}
	name, value, joined := strings.Cut(l.word, "=")
	if f := l.flags[name]; joined && l.flag == nil && f != nil && !l.plain {
		l.flag, l.lead, l.word = f, name+"=", value
	}
	return l
}

// know finds the flags that the verb takes.
func (l *typedLine) know() {
	l.flags = map[string]*kong.Flag{}
	for _, level := range l.node.AllFlags(true) {
		for _, f := range level {
			l.flags["--"+f.Name] = f
			if f.Short != 0 {
				l.flags["-"+string(f.Short)] = f
			}
		}
	}
}

// take takes a word that is complete.
func (l *typedLine) take(word string) {
	name, value, joined := strings.Cut(word, "=")
	switch f := l.flags[name]; {
	case l.flag != nil && word == "=": // bash takes --number=main for three words
		return
	case l.flag != nil:
		l.given[l.flag.Name], l.flag = word, nil
		return
	case l.plain:
	case word == "--":
		l.plain = true
		return
	case f != nil && joined:
		l.given[f.Name] = value
		return
	case f != nil && !f.IsBool():
		l.flag = f
		return
	case strings.HasPrefix(word, "-"):
		return
	}
	for _, child := range l.node.Children {
		if child.Name == word && l.values == 0 {
			if word == "help" { // what follows is a verb from the beginning
				return
			}
			l.node = child
			l.know()
			return
		}
	}
	l.values++
}

// may is what the last word can become.
func (l *typedLine) may(ctx context.Context, a *App) (words []string) {
	switch {
	case l.flag != nil:
		words = l.valuesOf(ctx, a, l.flag.Value)
	case strings.HasPrefix(l.word, "-") && !l.plain:
		for name := range l.flags {
			if strings.HasPrefix(name, "--") {
				words = append(words, name)
			}
		}
	case l.values < len(l.node.Positional):
		words = l.valuesOf(ctx, a, l.node.Positional[l.values])
	case len(l.node.Positional) > 0 && l.node.Positional[len(l.node.Positional)-1].IsCumulative():
		words = l.valuesOf(ctx, a, l.node.Positional[len(l.node.Positional)-1])
	default:
		for _, child := range l.node.Children {
			if !child.Hidden {
				words = append(words, child.Name)
			}
		}
	}
	if slices.Contains(words, wantsFile) {
		return []string{wantsFile}
	}
	var fit []string
	for _, word := range words {
		if strings.HasPrefix(word, l.word) && typeable(word) {
			fit = append(fit, l.lead+word)
		}
	}
	slices.Sort(fit)
	return slices.Compact(fit)
}

// typeable reports whether a name can be typed as it is. A name that a shell or a terminal would
// read differently is not offered.
func typeable(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return !(r == '-' || r == '_' || r == '.' || r == '+' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z')
	})
}

// valuesOf are the values that a flag or an argument may have, as far as they can be named.
func (l *typedLine) valuesOf(ctx context.Context, a *App, v *kong.Value) []string {
	switch {
	case v.Enum != "":
		return v.EnumSlice()
	case v.Name == "number" || l.under("number") && v.Name == "name":
		return l.names(a, func(f *desk.Files) (names []string, err error) {
			for _, n := range f.Config.Numbers {
				names = append(names, n.Name)
			}
			return names, nil
		})
	case v.Name == "broadcast" || l.under("broadcast") && v.Name == "name":
		return l.names(a, (*desk.Files).Drafts)
	case l.node.Name == "explain" && v.Name == "state":
		return l.names(a, func(f *desk.Files) ([]string, error) { return f.States(ctx, l.given["number"]) })
	case v.Tag.Type == "path" || v.Tag.Type == "existingfile" || v.Tag.PlaceHolder == "FILE" || v.Name == "file" || v.Name == "dir":
		return []string{wantsFile}
	}
	return nil
}

// under reports whether the verb is one of a noun.
func (l *typedLine) under(noun string) bool {
	return l.node.Parent != nil && l.node.Parent.Name == noun
}

// names are names from the shop's folder. None where there is no shop, or its files cannot be read.
func (l *typedLine) names(a *App, of func(*desk.Files) ([]string, error)) []string {
	file := l.given["config"]
	c, err := config.Load(a.defaults, cmp.Or(file, "config.yaml"), file != "", a.environ)
	if err != nil {
		return nil
	}
	a.config, a.log = c, newLog(a.err, c.Log)
	found, err := of(a.files())
	if err != nil {
		return nil
	}
	return found
}
