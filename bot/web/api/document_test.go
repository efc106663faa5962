package api_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestTheDocumentIsWhole: each operation says what it is, has a name of its own that programs call it
// by, says of each parameter what it means, and how it fails.
func TestTheDocumentIsWhole(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("openapi.json")
	must(t, err)
	var d struct {
		Paths map[string]map[string]struct {
			OperationID, Summary string
			Tags                 []string
			Parameters           []struct{ Name, In, Description string }
			Responses            map[string]any
		}
	}
	must(t, json.Unmarshal(text, &d))
	ids, word := map[string]string{}, regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	for path, methods := range d.Paths {
		for method, o := range methods {
			name := strings.ToUpper(method) + " " + path
			if other, twice := ids[o.OperationID]; twice || !word.MatchString(o.OperationID) {
				t.Errorf("%s is called %q, as is %q", name, o.OperationID, other)
			}
			ids[o.OperationID] = name
			if !strings.HasSuffix(o.Summary, ".") || len(o.Tags) != 1 || o.Responses["default"] == nil && o.OperationID != "follow" {
				t.Errorf("%s: summary %q, tags %q, problems %v", name, o.Summary, o.Tags, o.Responses["default"] != nil)
			}
			described := 0
			for _, p := range o.Parameters {
				if p.In == "path" {
					described++
				}
				if p.Description == "" && p.In != "path" {
					t.Errorf("%s does not say what %s means", name, p.Name)
				}
			}
			if want := strings.Count(path, "{"); described != want {
				t.Errorf("%s has %d places, and describes %d", name, want, described)
			}
		}
	}
}
