package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

// A site is the page of a shop, open for a test.
type site struct {
	*desktest.Shop
	t      testing.TB
	server *Server
	http   *httptest.Server
	logged *bytes.Buffer
	routes *routes
	people map[string]desk.Who
}

// accounts are the desk's, and beside them people who have a session: by its token.
type accounts struct {
	*desk.Desk
	people map[string]desk.Who
}

func (a accounts) Session(ctx context.Context, token string) (desk.Who, error) {
	if who, ok := a.people[token]; ok {
		return who, nil
	}
	return a.Desk.Session(ctx, token)
}

// Those who work at the page of a test: the token of their session is their name.
var (
	marta = desk.Who{Name: "marta", Via: desk.ViaWeb, Role: desk.Owner, Fresh: true}
	rui   = desk.Who{Name: "rui", Via: desk.ViaWeb, Role: desk.Editor}
	vera  = desk.Who{Name: "vera", Via: desk.ViaWeb, Role: desk.Viewer}
)

// open opens the page of a shop. Whoever asks is Marta, an owner, until `as` says otherwise.
func open(t testing.TB, setup desktest.Setup) *site {
	t.Helper()
	s := &site{Shop: desktest.Open(t, setup), t: t, logged: &bytes.Buffer{}, routes: &routes{}, people: map[string]desk.Who{"marta": marta, "rui": rui, "vera": vera}}
	var tokens atomic.Int64
	server, err := New(Options{
		Desk: s.Desk, Accounts: accounts{s.Desk, s.people}, Config: s.Desk.Config.Web, Log: slog.New(slog.NewTextHandler(s.logged, nil)), Now: s.Desk.Now,
		Count: s.routes.count, NewToken: func() string { return "token-" + strconv.FormatInt(tokens.Add(1), 10) }, Version: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	s.server = server
	s.http = httptest.NewServer(server)
	t.Cleanup(func() {
		s.http.CloseClientConnections() // those of pages that are open
		s.http.Close()
		server.finish()
		if t.Failed() {
			t.Logf("the server logged:\n%s", s.logged)
		}
	})
	return s
}

// routes are what was counted.
type routes struct {
	mu   sync.Mutex
	seen []string
}

func (r *routes) count(route string, status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, strconv.Itoa(status)+" "+route)
}

// An answer is what the server said.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   string
}

// ask asks as somebody, and follows no redirect.
func (s *site) ask(who, method, path string, form url.Values) answer {
	s.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.http.URL+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if who != "" {
		r.AddCookie(&http.Cookie{Name: "session", Value: who})
	}
	return s.send(r)
}

// request is one that Marta sends.
func (s *site) request(method, path string) *http.Request {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.http.URL+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "session", Value: "marta"})
	return r
}

func (s *site) send(r *http.Request) answer {
	s.t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{s.t, response.StatusCode, response.Header, string(said)}
}

// get is a page as Marta sees it.
func (s *site) get(path string) answer { return s.ask("marta", http.MethodGet, path, nil) }

// post sends a form as Marta.
func (s *site) post(path string, form url.Values) answer {
	if form == nil {
		form = url.Values{}
	}
	return s.ask("marta", http.MethodPost, path, form)
}

var (
	tags  = regexp.MustCompile(`(?s)<(script|style|svg)\b.*?</(script|style|svg)>|<[^>]*>`)
	space = regexp.MustCompile(`\s+`)
)

// text is what a page says, without its marks.
func (a answer) text() string {
	plain := tags.ReplaceAllString(a.body, " ")
	for _, e := range [][2]string{{"&#39;", "'"}, {"&#34;", `"`}, {"&lt;", "<"}, {"&gt;", ">"}, {"&#43;", "+"}, {"&amp;", "&"}} {
		plain = strings.ReplaceAll(plain, e[0], e[1])
	}
	return strings.TrimSpace(space.ReplaceAllString(plain, " "))
}

// is fails the test unless the answer has a status.
func (a answer) is(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("the answer is %d, want %d: %s", a.status, status, a.text())
	}
	return a
}

// says fails the test unless the page says each text.
func (a answer) says(texts ...string) answer {
	a.t.Helper()
	said := a.text()
	for _, want := range texts {
		if !strings.Contains(said, want) {
			a.t.Errorf("the page does not say %q. It says: %s", want, said)
		}
	}
	return a
}

// lacks fails the test where the page has one of these, marks and all.
func (a answer) lacks(texts ...string) answer {
	a.t.Helper()
	for _, not := range texts {
		if strings.Contains(a.body, not) {
			a.t.Errorf("the page has %q", not)
		}
	}
	return a
}

// goesTo fails the test unless the answer sends its reader to an address.
func (a answer) goesTo(path string) answer {
	a.t.Helper()
	if a.is(http.StatusSeeOther); a.header.Get("Location") != path {
		a.t.Errorf("it goes to %q, want %q", a.header.Get("Location"), path)
	}
	return a
}

// compressed is how many bytes a page takes on the way.
func compressed(t testing.TB, body string) int {
	t.Helper()
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if _, err := io.WriteString(z, body); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}
