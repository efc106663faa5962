package flows

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

// TestKeysAreWhatTheReaderTakes puts an unknown key into every mapping of a file that has them all: the problem names the keys
// that the mapping can have, and those must be the ones of the table.
func TestKeysAreWhatTheReaderTakes(t *testing.T) {
	src, err := os.ReadFile("testdata/good/everything.yaml")
	if err != nil {
		t.Fatal(err)
	}
	looked := map[string]bool{}
	for _, place := range append(placesOf(FlowKeys()), "") {
		list := takenAt(t, src, place, func(src []byte) []Problem { _, p := Load("x.yaml", src); return p })
		looked[place] = true
		compareKeys(t, "flow "+place, keysAt(FlowKeys(), place), list)
	}
	if len(looked) < 9 {
		t.Errorf("looked at %v", looked)
	}
	taken := takenAt(t, []byte("text: Hi!\n"), "", func(src []byte) []Problem { _, p := LoadBroadcast("x.yaml", src, good(t, "small.yaml")); return p })
	compareKeys(t, "broadcast", keysAt(BroadcastKeys(), ""), taken)
}

// placesOf are the mappings with keys of their own.
func placesOf(keys []Key) (places []string) {
	for _, k := range keys {
		if k.Shape == ShapeObject {
			places = append(places, k.Path+".")
		}
		if k.Shape == ShapeObjects {
			places = append(places, k.Path+"[].")
		}
	}
	slices.Sort(places)
	return slices.Compact(places)
}

// keysAt are the names of the keys in one mapping.
func keysAt(keys []Key, place string) (names []string) {
	for _, k := range keys {
		name, inside := strings.CutPrefix(k.Path, place)
		if inside && name != "" && !strings.ContainsAny(name, ".[*") {
			names = append(names, name)
		}
	}
	return names
}

// takenAt are the keys that the reader says the mapping at place can have.
func takenAt(t *testing.T, src []byte, place string, load func([]byte) []Problem) []string {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal(src, &doc); err != nil {
		t.Fatal(err)
	}
	n := descend(doc.Content[0], strings.FieldsFunc(place, func(r rune) bool { return r == '.' }))
	if n == nil {
		t.Fatalf("testdata/good/everything.yaml has nothing at %q", place)
	}
	n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: "zzzz"}, &yaml.Node{Kind: yaml.ScalarNode, Value: "1"})
	var out bytes.Buffer
	if err := yaml.NewEncoder(&out).Encode(&doc); err != nil {
		t.Fatal(err)
	}
	for _, p := range load(out.Bytes()) {
		if list, ok := strings.CutPrefix(p.Advice, "it can have: "); ok && strings.Contains(p.Message, `"zzzz"`) {
			return strings.Split(list, ", ")
		}
	}
	t.Fatalf("the reader takes zzzz at %q", place)
	return nil
}

// descend finds the first mapping at a place; * is the first name there that leads on, [] the first item.
func descend(n *yaml.Node, steps []string) *yaml.Node {
	if len(steps) == 0 {
		if n.Kind == yaml.MappingNode {
			return n
		}
		return nil
	}
	step, isList := strings.CutSuffix(steps[0], "[]")
	for i := 0; i+1 < len(n.Content) && n.Kind == yaml.MappingNode; i += 2 {
		if k, v := n.Content[i], n.Content[i+1]; step == "*" || k.Value == step {
			if isList && len(v.Content) > 0 {
				v = v.Content[0]
			}
			if found := descend(v, steps[1:]); found != nil {
				return found
			}
		}
	}
	return nil
}

func compareKeys(t *testing.T, what string, table, reader []string) {
	t.Helper()
	slices.Sort(table)
	slices.Sort(reader)
	if !slices.Equal(table, reader) {
		t.Errorf("%s:\ntable:  %v\nreader: %v", what, table, reader)
	}
}

// TestRequiredKeysAreMissed takes each required key out of a small file.
func TestRequiredKeysAreMissed(t *testing.T) {
	small, err := os.ReadFile("testdata/good/small.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range FlowKeys() {
		if strings.ContainsAny(k.Path, ".") {
			continue
		}
		_, problems := Load("x.yaml", lacking(t, small, k.Path))
		missed := slices.ContainsFunc(problems, func(p Problem) bool {
			return p.Rule == "missing-key" && strings.Contains(p.Message, `"`+k.Path+`"`)
		})
		if missed != k.Required {
			t.Errorf("%s: required %v in the table, missed %v by the reader", k.Path, k.Required, missed)
		}
	}
}

func lacking(t *testing.T, src []byte, key string) []byte {
	var doc yaml.Node
	if err := yaml.Unmarshal(src, &doc); err != nil {
		t.Fatal(err)
	}
	root := doc.Content[0]
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == key {
			root.Content = slices.Delete(root.Content, i, i+2)
		}
	}
	var out bytes.Buffer
	if err := yaml.NewEncoder(&out).Encode(&doc); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestSchemasAreWritten keeps the files that editors read in step with the tables. With -update they are written anew.
func TestSchemasAreWritten(t *testing.T) {
	golden(t, "../flow.schema.json", string(FlowSchema()))
	golden(t, "../broadcasts/broadcast.schema.json", string(BroadcastSchema()))
}

// compiled is a schema as an editor reads it.
func compiled(t *testing.T, raw []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSchemaTakesWhatIsRight gives the schema every good file, and some of the bad ones whose shape is wrong.
func TestSchemaTakesWhatIsRight(t *testing.T) {
	flow, broadcast := compiled(t, FlowSchema()), compiled(t, BroadcastSchema())
	files, err := filepath.Glob("testdata/good/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range append(files, "promotions.yaml") {
		if err := flow.Validate(plain(t, file)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	if err := broadcast.Validate(plain(t, "broadcasts/weekend-offer.yaml")); err != nil {
		t.Error(err)
	}
	for _, file := range []string{"unknown-key.yaml", "missing-key.yaml", "wrong-type.yaml"} {
		if err := flow.Validate(plain(t, "testdata/bad/"+file)); err == nil {
			t.Errorf("%s: the schema has nothing against it", file)
		}
	}
}

func plain(t *testing.T, file string) any {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := yaml.Unmarshal(src, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
