package api_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"optinbot/bot/desk"
)

// An operationRead is what the document says about how an operation is asked for.
type operationRead struct {
	method, path string

	Parameters []struct {
		Name, In string
		Schema   schemaRead
	}
	RequestBody struct {
		Content map[string]struct{ Schema schemaRead }
	}
}

// A schemaRead is a schema of the document.
type schemaRead struct {
	Ref        string `json:"$ref"`
	Type       any
	Enum       []any
	Properties map[string]schemaRead
	Required   []string
	Items      *schemaRead
}

// TestTheDocumentIsAFuzzer: whatever is asked for by the document, and beside it, the answer is one
// that the document says, never an error of the program's own, and what is refused changes nothing.
func TestTheDocumentIsAFuzzer(t *testing.T) {
	t.Parallel()
	d := fuzzed(t)
	s := busy(t, before("tag", "start", "arm", "webhook"))
	if os.Getenv("OPTINBOT_TEST_LONG") == "" { // chance is for the long form
		must(t, flag.Set("rapid.seed", "13"))
	}
	names := slices.Sorted(maps.Keys(d.operations))
	rapid.Check(t, func(r *rapid.T) {
		o := d.operations[rapid.SampledFrom(names).Draw(r, "operation")]
		path, options := o.drawn(r, s)
		body := ""
		if content, ok := o.RequestBody.Content["application/json"]; ok {
			drawn, err := json.Marshal(d.value(r, "body", content.Schema))
			must(t, err)
			body = rapid.SampledFrom([]string{string(drawn), string(drawn), string(drawn), "{}", "", "[", `"a"`}).Draw(r, "sent")
		}
		were := s.everything()
		w := s.send(o.method, path, body, options...)
		if w.Code >= 500 {
			r.Fatalf("%s %s %s: %d %s", o.method, path, body, w.Code, w.Body)
		}
		if is := s.everything(); w.Code >= 400 && is != were {
			r.Fatalf("%s %s %s was refused (%d %s), and something changed:\n%s\n%s", o.method, path, body, w.Code, w.Body, were, is)
		}
		if strings.Contains(w.Body.String(), ana) && w.Code >= 400 {
			r.Fatalf("%s %s: a phone is in the refusal: %s", o.method, path, w.Body)
		}
	})
}

// everything is what a shop has, as far as somebody can see it.
func (s *shop) everything() string {
	contacts, err := s.ListContacts(s.Ctx, "main", desk.ContactQuery{})
	must(s.t, err)
	broadcasts, err := s.ListBroadcasts(s.Ctx, "main")
	must(s.t, err)
	n, err := s.Number("main")
	must(s.t, err)
	status, err := s.Desk.Status(s.Ctx, n, 200)
	must(s.t, err)
	out, err := json.Marshal([]any{contacts.Contacts, broadcasts, status, s.Read("flows/promotions.yaml"), s.Read(weekly)})
	must(s.t, err)
	return string(out)
}

// A fuzzedDocument is what requests are drawn from.
type fuzzedDocument struct {
	operations map[string]operationRead
	schemas    map[string]schemaRead
}

func fuzzed(t *testing.T) (d fuzzedDocument) {
	t.Helper()
	d.operations = map[string]operationRead{}
	c := committed(t)
	for path, methods := range c.Paths {
		for method, text := range methods {
			o := operationRead{method: strings.ToUpper(method), path: path}
			must(t, json.Unmarshal(text, &o))
			if name := o.method + " " + path; name != "GET /events" && name != "POST /backups" { // neither ends here
				d.operations[name] = o
			}
		}
	}
	text, err := json.Marshal(c.Components.Schemas)
	must(t, err)
	must(t, json.Unmarshal(text, &d.schemas))
	return d
}

// words are what stands where the document asks for a word.
var fuzzWords = []string{
	"", "main", "nope", "weekly", "weekend-offer", "vip", "welcome", "1", "2", "99", ana, cy, nobody, "en", "xx", "now", "Europe/Lisbon", "svg",
	"true", "-1", "1e9", "../../config", "a\u202eb", "💥", "' OR 1=1 --", strings.Repeat("x", 300), "MQ", "id:1", "window", "name",
}

// drawn is a path with everything that an operation asks for, or something else.
func (o operationRead) drawn(r *rapid.T, s *shop) (path string, options []option) {
	path = o.path
	query := url.Values{}
	likely := map[string][]string{
		"number": {"main", "main", "main", "nope"}, "contact": {"1", "2", "3", ana, cy, nobody, "99"}, "broadcast": {"weekly", "weekend-offer", "nope"},
		"tag": {"vip", "gold"}, "state": {"welcome", "nowhere"}, "webhook": {"1", "2"},
	}
	for _, p := range o.Parameters {
		pool := fuzzWords
		if usual := likely[p.Name]; usual != nil && rapid.IntRange(0, 9).Draw(r, "usual") > 0 {
			pool = usual
		}
		for _, e := range p.Schema.Enum {
			pool = append(slices.Clip(pool), fmt.Sprint(e))
		}
		v := rapid.SampledFrom(pool).Draw(r, p.Name)
		switch p.In {
		case "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(v))
		case "query":
			if rapid.Bool().Draw(r, "asks "+p.Name) {
				query.Set(p.Name, v)
			}
		case "header":
			if p.Name == "If-Match" {
				v = s.looked(o, path, v)
			}
			if v = strings.Map(printable, v); rapid.Bool().Draw(r, "says "+p.Name) && v != "" {
				options = append(options, with(p.Name, v))
			}
		}
	}
	if rapid.IntRange(0, 19).Draw(r, "beside") == 0 {
		query.Set("nonsense", "1")
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path, options
}

// printable keeps what may stand in a header.
func printable(c rune) rune {
	if c < ' ' || c > '~' {
		return -1
	}
	return c
}

// looked is the ETag that an operation wants, where v asks for the right one.
func (s *shop) looked(o operationRead, path, v string) string {
	if len(v) > 4 {
		return v
	}
	at := map[string]string{
		"POST/schedule": "/preview", "POST/rollback": "/rollback", "POST/publish": "/publish", "PUT/draft": "/draft", "DELETE/draft": "/draft",
	}
	from, ok := at[o.method+path[strings.LastIndex(path, "/"):]]
	switch {
	case ok:
		path = path[:strings.LastIndex(path, "/")] + from
	case strings.HasPrefix(path, "/people/"):
		path += "/erasure"
	}
	if strings.ContainsAny(path, "{}") {
		return v
	}
	return s.send(http.MethodGet, path, "").Header().Get("ETag")
}

// value is a value of a schema, or something else.
func (d fuzzedDocument) value(r *rapid.T, name string, of schemaRead) any {
	if rapid.IntRange(0, 29).Draw(r, name+" is wrong") == 0 {
		return rapid.SampledFrom([]any{nil, true, -1, 1e300, "x", []any{}, map[string]any{"x": 1}}).Draw(r, name)
	}
	if of.Ref != "" {
		return d.value(r, name, d.schemas[of.Ref[strings.LastIndex(of.Ref, "/")+1:]])
	}
	switch of.Type {
	case "object":
		out := map[string]any{}
		for _, property := range slices.Sorted(maps.Keys(of.Properties)) {
			if slices.Contains(of.Required, property) || rapid.Bool().Draw(r, "has "+property) {
				out[property] = d.value(r, property, of.Properties[property])
			}
		}
		return out
	case "array":
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(r, name+" has") {
			list = append(list, d.value(r, name, *of.Items))
		}
		return list
	case "boolean":
		return rapid.Bool().Draw(r, name)
	case "integer":
		return rapid.Int64Range(-1, 5).Draw(r, name)
	}
	if len(of.Enum) > 0 {
		return rapid.SampledFrom(of.Enum).Draw(r, name)
	}
	return rapid.SampledFrom(fuzzWords).Draw(r, name)
}
