package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// PutOnCloud writes into config.yaml that a number is on the Cloud API, and leaves every other line as
// it is. The secrets are not in it: n.Cloud names their files. It fails, and changes nothing, where the
// file is written in a way that it does not know how to change.
func (c *Config) PutOnCloud(n Number) error {
	text, err := os.ReadFile(c.file)
	if err != nil {
		return err
	}
	edited, err := putOnCloud(text, n)
	if err != nil {
		return fmt.Errorf("%s: %w", c.file, err)
	}
	info, err := os.Stat(c.file)
	if err != nil {
		return err
	}
	beside, err := os.CreateTemp(filepath.Dir(c.file), ".config-*.yaml")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(beside.Name()) }()
	_, err = beside.Write(edited)
	if err = errors.Join(err, beside.Sync(), beside.Close(), os.Chmod(beside.Name(), info.Mode().Perm())); err != nil {
		return err
	}
	if err := c.sameBut(beside.Name(), n); err != nil {
		return fmt.Errorf("%s could not be changed: %w", c.file, err)
	}
	return os.Rename(beside.Name(), c.file)
}

// sameBut reads a file that is to take the place of config.yaml, and fails unless it says the same of
// everything but the number.
func (c *Config) sameBut(file string, n Number) error {
	now, err := Load(c.where.defaults, file, true, nil)
	if err != nil {
		return err
	}
	before, err := Load(c.where.defaults, c.file, true, nil)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(before.Numbers, func(other Number) bool { return other.Name == n.Name })
	if at < 0 || len(now.Numbers) != len(before.Numbers) {
		return errors.New("it has no such number")
	}
	before.Numbers[at].Transport, before.Numbers[at].Cloud = TransportCloud, n.Cloud
	before.file, before.where = now.file, now.where
	if !reflect.DeepEqual(before, now) {
		return errors.New("other settings would not be as they were")
	}
	return nil
}

// putOnCloud is the text of config.yaml with a number on the Cloud API.
func putOnCloud(text []byte, n Number) ([]byte, error) {
	e := &yamlEdit{lines: strings.SplitAfter(string(text), "\n")}
	top := document(text)
	if top == nil || child(top, "numbers") == nil {
		return nil, errors.New("it has no list of numbers")
	}
	list := child(top, "numbers")
	for i := range list.Content {
		one := child(list, strconv.Itoa(i))
		if name := child(one, "name"); name == nil || name.Value != n.Name {
			continue
		}
		e.set(one, "transport", TransportCloud)
		if group := child(one, "cloud"); group != nil && group.Kind == yaml.MappingNode && len(group.Content) > 0 {
			for _, s := range n.cloudKeys() {
				e.set(group, s.key, strconv.Quote(s.value))
			}
		} else {
			var all []string
			for _, s := range n.cloudKeys() {
				all = append(all, s.key+": "+strconv.Quote(s.value))
			}
			e.set(one, "cloud", "{"+strings.Join(all, ", ")+"}")
		}
		return []byte(e.text()), e.problem
	}
	return nil, fmt.Errorf("it has no number %q", n.Name)
}

// cloudKeys are what config.yaml says of a number on the Cloud API.
func (n Number) cloudKeys() []struct{ key, value string } {
	return []struct{ key, value string }{
		{"phone_number_id", n.Cloud.PhoneNumberID}, {"waba_id", n.Cloud.WABA}, {"token_file", n.Cloud.TokenFile},
		{"app_secret_file", n.Cloud.AppSecretFile}, {"verify_token_file", n.Cloud.VerifyTokenFile},
	}
}

// A yamlEdit changes values where they stand in a text. The places of nodes are those of the text as
// it was, so what is changed is noted first, and carried out from the end.
type yamlEdit struct {
	lines   []string
	changes []yamlChange
	problem error
}

// A yamlChange puts a text in the place of so many bytes.
type yamlChange struct {
	line, column, length int // from 0
	text                 string
}

// set gives a key of a mapping a value, which is YAML in one line.
func (e *yamlEdit) set(group *yaml.Node, key, value string) {
	if old := child(group, key); old != nil {
		e.replace(old, value)
		return
	}
	first := group.Content[0]
	line, column, ok := e.place(first)
	switch {
	case !ok:
	case group.Style&yaml.FlowStyle != 0:
		e.changes = append(e.changes, yamlChange{line, column, 0, key + ": " + value + ", "})
	default: // on a line of its own, below that of the first key
		after := group.Content[1]
		if after.Kind != yaml.ScalarNode || after.Line != first.Line {
			e.problem = errors.New("its first key is no simple one")
			return
		}
		e.changes = append(e.changes, yamlChange{line + 1, 0, 0, strings.Repeat(" ", column) + key + ": " + value + "\n"})
	}
}

// replace puts a value in the place of a simple one.
func (e *yamlEdit) replace(old *yaml.Node, value string) {
	line, column, ok := e.place(old)
	if !ok {
		return
	}
	rest := strings.TrimRight(e.lines[line][column:], "\r\n")
	length := len(old.Value)
	switch {
	case old.Kind != yaml.ScalarNode || old.Anchor != "" || old.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		e.problem = fmt.Errorf("line %d is no simple value", old.Line)
		return
	case old.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		length = 2 + len(old.Value)
	}
	if length > len(rest) {
		e.problem = fmt.Errorf("line %d is no simple value", old.Line)
		return
	}
	// what follows stays in its column, where there is room
	if room := rest[length:]; strings.HasPrefix(room, "  ") {
		spaces := len(room) - len(strings.TrimLeft(room, " "))
		if grown := len(value) - length; grown > 0 {
			length += min(grown, spaces-1)
		} else {
			value += strings.Repeat(" ", -grown)
		}
	}
	e.changes = append(e.changes, yamlChange{line, column, length, value})
}

// place is where a node stands. Columns of YAML count characters.
func (e *yamlEdit) place(n *yaml.Node) (line, column int, ok bool) {
	line = n.Line - 1
	if line < 0 || line >= len(e.lines) {
		e.problem = errors.New("its places are not known")
		return 0, 0, false
	}
	characters := []rune(e.lines[line])
	if n.Column < 1 || n.Column-1 > len(characters) {
		e.problem = errors.New("its places are not known")
		return 0, 0, false
	}
	return line, len(string(characters[:n.Column-1])), true
}

// text is the text with every change.
func (e *yamlEdit) text() string {
	lines := append(slices.Clone(e.lines), "")
	slices.SortStableFunc(e.changes, func(a, b yamlChange) int {
		if a.line != b.line {
			return b.line - a.line
		}
		return b.column - a.column
	})
	for _, c := range e.changes {
		line := lines[c.line]
		if c.column > len(line) || c.column+c.length > len(line) {
			e.problem = errors.New("its places are not known")
			return ""
		}
		if c.line > 0 && c.column == 0 && !strings.HasSuffix(lines[c.line-1], "\n") {
			lines[c.line-1] += "\n"
		}
		lines[c.line] = line[:c.column] + c.text + line[c.column+c.length:]
	}
	return strings.Join(lines, "")
}
