package config

import (
	"net/url"
	"path"
	"strings"

	"go.yaml.in/yaml/v4"
)

// An Origin says who has set a setting.
type Origin string

// The origins. Each wins over the ones before it.
const (
	FromDefault     Origin = "default"
	FromFile        Origin = "file"        // config.yaml
	FromEnvironment Origin = "environment" // a variable, or the file that it names
)

// A Setting is one key of the configuration as it counts.
type Setting struct {
	Key     string `json:"key"` // such as pace.every, or numbers.0.flow
	Value   string `json:"value"`
	Default string `json:"default"`
	Meaning string `json:"meaning"` // as the built-in config.yaml says it. "": the name says it
	Origin  Origin `json:"origin"`
	Place   string `json:"place,omitempty"` // config.yaml:12:3, or the variable. "" of a default
}

// A SettingGroup are the keys that config.yaml has below one.
type SettingGroup struct {
	Name     string    `json:"name"`    // "": those at the top
	Meaning  string    `json:"meaning"` // "": the name says it
	Settings []Setting `json:"settings"`
}

// Settings are all settings as they count, in the order of the built-in config.yaml, as they were
// written. Of an address that may have a secret in it only the host is shown, and of store.url where the database is.
func (c *Config) Settings() (groups []SettingGroup) {
	built, file := document(c.where.defaults), document(c.where.text)
	for _, s := range c.settings() {
		name, _, in := strings.Cut(s.key, ".")
		if !in {
			name = ""
		}
		if len(groups) == 0 || groups[len(groups)-1].Name != name {
			groups = append(groups, SettingGroup{Name: name, Meaning: c.where.meaning(built, name)})
		}
		of := &groups[len(groups)-1]
		of.Settings = append(of.Settings, c.where.setting(s, built, file))
	}
	return groups
}

// setting is one setting as it was made.
func (p places) setting(s setting, built, file *yaml.Node) Setting {
	like := s.key
	if rest, ok := strings.CutPrefix(s.key, "numbers."); ok { // every number has the defaults of the first
		_, key, _ := strings.Cut(rest, ".")
		like = "numbers.0." + key
	}
	out := Setting{Key: s.key, Meaning: p.meaning(built, like), Origin: FromDefault}
	if node := at(built, like); node != nil {
		out.Default = written(node)
	}
	out.Value = out.Default
	if node := at(file, s.key); node != nil && node.Tag != "!!null" {
		out.Value, out.Origin, out.Place = written(node), FromFile, p.of(s.key)
	}
	if text, from, _ := environValue(p.environ, s.name); text != "" {
		out.Value, out.Origin, out.Place = text, FromEnvironment, from
	}
	if out.Origin != FromDefault && path.Ext(s.key) == ".heartbeat_url" {
		out.Value = hostOf(out.Value)
	}
	if s.key == "store.url" {
		out.Value = shownDatabase(out.Value)
	}
	return out
}

// meaning is what the built-in config.yaml says behind a key.
func (p places) meaning(built *yaml.Node, key string) string {
	line := 0
	for node, steps := built, strings.Split(key, "."); len(steps) > 0; steps = steps[1:] {
		if node == nil {
			return ""
		}
		line = node.Line
		for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == steps[0] {
				line = node.Content[i].Line
			}
		}
		node = child(node, steps[0])
	}
	lines := strings.Split(string(p.defaults), "\n")
	if line < 1 || line > len(lines) || key == "" {
		return ""
	}
	_, meaning, _ := strings.Cut(lines[line-1], " # ")
	return strings.TrimSpace(meaning)
}

// document is the mapping at the top of a YAML text. Nil where there is none.
func document(text []byte) *yaml.Node {
	var doc yaml.Node
	if err := yaml.Load(text, &doc); err != nil || len(doc.Content) == 0 {
		return nil
	}
	return doc.Content[0]
}

// at is the value of a key such as pace.every below a node. Nil where there is none.
func at(node *yaml.Node, key string) *yaml.Node {
	for _, step := range strings.Split(key, ".") {
		if node == nil {
			return nil
		}
		node = child(node, step)
	}
	return node
}

// written is a value as it stands in a file, and a list as the environment has it.
func written(node *yaml.Node) string {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node.Kind != yaml.SequenceNode {
		return node.Value
	}
	var parts []string
	for _, part := range node.Content {
		parts = append(parts, written(part))
	}
	return strings.Join(parts, ", ")
}

// hostOf is an address without its path, which may be a secret.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "(set)"
	}
	return u.Scheme + "://" + u.Host + "/..."
}
