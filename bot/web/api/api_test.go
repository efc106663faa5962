package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/bot/web/api"
	"optinbot/store"
)

// The phones of the people in these tests.
const (
	ana = "+12125550101"
	ben = "+12125550102"
	cy  = "+447700900003"
	// nobody has never written.
	nobody = "+12125550199"
)

const (
	oneNumber  = "numbers:\n  - {name: main, flow: promotions}\n"
	twoNumbers = oneNumber + "  - {name: second, flow: promotions}\n"
)

var update = flag.Bool("update", false, "write openapi.json")

// TestDocument: what is committed is what the code says.
func TestDocument(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	if *update {
		must(t, os.WriteFile("openapi.json", s.api.Document(), 0o644))
	}
	committed, err := os.ReadFile("openapi.json")
	must(t, err)
	if !bytes.Equal(committed, s.api.Document()) {
		t.Error("openapi.json is not what the code says: go test ./bot/web/api -run TestDocument -update writes it")
	}
	if got := s.send("GET", "/openapi.json", "", without("Authorization")); !bytes.Equal(got.Body.Bytes(), committed) {
		t.Errorf("it is answered otherwise: %d", got.Code)
	}
}

// keys are those of these tests, by token.
type keys map[string]desk.Who

func (k keys) Key(_ context.Context, token string) (desk.Who, error) {
	who, ok := k[token]
	if !ok {
		return who, errors.New("there is no such key")
	}
	return who, nil
}

var known = keys{
	"opt_owner":  {Name: "key:owner", Role: desk.Owner},
	"opt_editor": {Name: "key:editor", Role: desk.Editor},
	"opt_viewer": {Name: "key:viewer", Role: desk.Viewer},
	"opt_second": {Name: "key:second", Role: desk.Owner, Numbers: []string{"second"}},
	"opt_none":   {Name: "key:none", Role: "metrics"},
}

// A shop is a desk with its API, and people who write.
type shop struct {
	*desktest.Shop
	api *api.API
	t   testing.TB
}

func newShop(t testing.TB, settings string) *shop { return shopOf(t, desktest.Setup{Config: settings}) }

func shopOf(t testing.TB, setup desktest.Setup) *shop {
	t.Helper()
	s := &shop{Shop: desktest.Open(t, setup), t: t}
	s.PostWebhook = func(context.Context, store.Endpoint, string, []byte) desk.WebhookAnswer {
		return desk.WebhookAnswer{Status: http.StatusNoContent}
	}
	must(t, s.RememberLink(s.Ctx, "main", "12125550100@s.whatsapp.net", "+12125550100"))
	s.api = api.New(api.Options{Desk: s.Desk, Keys: known, Log: s.Log, Now: s.Now})
	return s
}

// An option is something about a request.
type option func(*http.Request)

func with(name, value string) option { return func(r *http.Request) { r.Header.Set(name, value) } }

func without(name string) option { return func(r *http.Request) { r.Header.Del(name) } }

func as(key string) option { return with("Authorization", "Bearer opt_"+key) }

// send makes a request as an owner, and looks whether the answer is one of those that the document
// says.
func (s *shop) send(method, path, body string, options ...option) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, api.Prefix+path, strings.NewReader(body))
	as("owner")(r)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, o := range options {
		o(r)
	}
	w := httptest.NewRecorder()
	s.api.ServeHTTP(w, r)
	s.valid(r, w)
	return w
}

// schemas are those of the answers, by where they stand in the document.
var schemas = struct {
	sync.Mutex
	compiled map[string]*jsonschema.Schema
}{compiled: map[string]*jsonschema.Schema{}}

// schemaAt is the schema at a place of the document, by the names on the way to it.
func schemaAt(t testing.TB, way ...string) *jsonschema.Schema {
	t.Helper()
	at := "openapi.json#"
	for _, name := range way {
		at += "/" + url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
	}
	schemas.Lock()
	defer schemas.Unlock()
	if s := schemas.compiled[at]; s != nil {
		return s
	}
	text, err := os.ReadFile("openapi.json")
	must(t, err)
	d, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	must(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	must(t, c.AddResource("openapi.json", d))
	s, err := c.Compile(at)
	must(t, err)
	schemas.compiled[at] = s
	return s
}

// valid fails where an answer is none of those that the document says.
func (s *shop) valid(r *http.Request, w *httptest.ResponseRecorder) {
	s.t.Helper()
	if w.Code == http.StatusNotFound && strings.Contains(w.Body.String(), "/problems/no-such-path") ||
		w.Code == http.StatusMethodNotAllowed || strings.HasSuffix(r.URL.Path, "/openapi.json") || w.Code/100 == 3 {
		return // there is nothing in the document there
	}
	path, method := documentedPath(strings.TrimPrefix(r.URL.EscapedPath(), api.Prefix)), strings.ToLower(r.Method)
	if path == "" && w.Code == http.StatusUnauthorized {
		return // whoever has no key is not told what there is
	}
	var operation struct {
		Responses map[string]struct{ Content map[string]any }
	}
	must(s.t, json.Unmarshal(committed(s.t).Paths[path][method], &operation))
	status := fmt.Sprint(w.Code)
	if w.Code >= 400 {
		status = "default"
	}
	answer, known := operation.Responses[status]
	is := w.Header().Get("Content-Type")
	if _, ok := answer.Content[is]; !known || !ok && (len(answer.Content) > 0 || w.Body.Len() > 0) {
		s.t.Errorf("%s %s: the document does not say %s %q: %.300s", r.Method, r.URL, status, is, w.Body)
		return
	}
	if !strings.HasSuffix(is, "json") {
		return
	}
	body, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.Body.Bytes()))
	must(s.t, err)
	if err := schemaAt(s.t, "paths", path, method, "responses", status, "content", is, "schema").Validate(body); err != nil {
		s.t.Errorf("%s %s: the answer %s is not as the document says: %v\n%.2000s", r.Method, r.URL, status, err, w.Body)
	}
}

// ok makes a request that has to succeed, and reads the answer.
func (s *shop) ok(method, path, body string, into any, options ...option) *httptest.ResponseRecorder {
	s.t.Helper()
	w := s.send(method, path, body, options...)
	if w.Code/100 != 2 {
		s.t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	if into != nil {
		must(s.t, json.Unmarshal(w.Body.Bytes(), into))
	}
	return w
}

// problem makes a request that has to fail in a way.
func (s *shop) problem(status int, reason, method, path, body string, options ...option) api.Problem {
	s.t.Helper()
	w := s.send(method, path, body, options...)
	var p api.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != status || p.Status != status ||
		p.Type != "/problems/"+reason || w.Header().Get("Content-Type") != "application/problem+json" {
		s.t.Errorf("%s %s: %d %s (%v), want %d %s", method, path, w.Code, w.Body, err, status, reason)
	}
	return p
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestFirstSlice is a program's way from a look at the shop to a broadcast that it stops.
func TestFirstSlice(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.Plays("Ana "+ana+" > I want promotions", "Ben "+ben+" > hello", "Cy "+cy+" > I want promotions", "+1h")
	var numbers []desk.NumberStatus
	s.ok("GET", "/numbers", "", &numbers)
	if len(numbers) != 1 || numbers[0].Name != "main" {
		t.Errorf("%+v", numbers)
	}
	var page struct {
		Contacts []struct {
			ID    int64
			Phone string
		}
		Next string
	}
	s.ok("GET", "/numbers/main/contacts?limit=2", "", &page)
	if len(page.Contacts) != 2 || page.Contacts[0].Phone != ana || page.Next == "" {
		t.Errorf("%+v", page)
	}
	next := page.Next
	page.Next = ""
	s.ok("GET", "/numbers/main/contacts?limit=2&cursor="+next, "", &page)
	if len(page.Contacts) != 1 || page.Contacts[0].Phone != cy || page.Next != "" {
		t.Errorf("%+v", page)
	}
	for body, want := range map[string]string{
		`{"search": "` + cy + `"}`: cy, `{"limit": 2, "cursor": "` + next + `"}`: cy, `{"search": "ana"}`: ana, `{"consent": "pending"}`: ben,
	} {
		page.Contacts = nil
		if s.ok("POST", "/numbers/main/contacts/search", body, &page); len(page.Contacts) != 1 || page.Contacts[0].Phone != want {
			t.Errorf("%s finds %+v", body, page.Contacts)
		}
	}
	if body := s.ok("POST", "/numbers/main/contacts/search", `{"search": "+1212"}`, nil, as("viewer")).Body.String(); strings.Contains(body, `"id"`) {
		t.Errorf("a viewer finds people by the beginning of a phone: %s", body)
	}
	const offer = "/numbers/main/broadcasts/weekend-offer"
	var preview desk.Preview
	etag := s.ok("GET", offer+"/preview?now=true", "", &preview).Header().Get("ETag")
	if preview.People != 2 || etag != `"`+preview.Version+`"` {
		t.Errorf("%s %+v", etag, preview)
	}
	const now = `{"now": true}`
	s.problem(428, "version-needed", "POST", offer+"/schedule", now)
	s.problem(412, "stale", "POST", offer+"/schedule", now, with("If-Match", `"other"`))
	var armed desk.Scheduled
	if w := s.ok("POST", offer+"/schedule", now, &armed, with("If-Match", etag)); w.Code != 201 || armed.ID == 0 {
		t.Errorf("%d %+v", w.Code, armed)
	}
	s.ok("POST", offer+"/pause", "", nil)
	s.Plays("+1h")
	if s.Promotions() != 0 || s.Statuses("weekend-offer") != "paused" {
		t.Errorf("it is %s", s.Statuses("weekend-offer"))
	}
	s.problem(409, "refused", "POST", offer+"/pause", "")
	s.ok("POST", offer+"/resume", "{}", nil)
	s.Plays("+1h")
	if s.Promotions() == 0 {
		t.Errorf("it is %s", s.Statuses("weekend-offer"))
	}
}

// A documentRead is what these tests need of openapi.json.
type documentRead struct {
	Paths      map[string]map[string]json.RawMessage
	Components struct {
		Schemas map[string]schemaRead
	}
}

var committedOnce = sync.OnceValues(func() (d documentRead, err error) {
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		return d, err
	}
	return d, json.Unmarshal(text, &d)
})

func committed(t testing.TB) documentRead {
	t.Helper()
	d, err := committedOnce()
	must(t, err)
	return d
}

// documentedPath is how the document writes a path. It is "" where it does not.
func documentedPath(path string) string {
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	found := ""
	d, _ := committedOnce()
	for template := range d.Paths {
		wanted := strings.Split(template, "/")
		if len(wanted) != len(parts) {
			continue
		}
		fits := true
		for i := range parts {
			fits = fits && (parts[i] == wanted[i] || strings.HasPrefix(wanted[i], "{"))
		}
		if fits && (found == "" || strings.Count(template, "{") < strings.Count(found, "{")) {
			found = template
		}
	}
	return found
}
