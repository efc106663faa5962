package web

import (
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/bot/web/api"
)

// withAPI opens the page of a shop with the API beside it, as `run` has it, and makes a key of an owner.
func withAPI(t *testing.T) (s *site, key string) {
	t.Helper()
	s = open(t, desktest.Setup{})
	made, err := s.Desk.AddKey(desk.As(t.Context(), marta), "crm", desk.Owner, nil, nil)
	told(t, err)
	o := s.server.Options
	o.Beside = map[string]http.Handler{"/api/": api.New(api.Options{Desk: s.Desk, Keys: s.Desk, Log: s.Desk.Log, Now: s.Desk.Now})}
	if s.server, err = New(o); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s.server)
	t.Cleanup(func() {
		web.CloseClientConnections()
		web.Close()
		s.server.finish()
	})
	s.http.Close()
	s.http = web
	return s, made.Token
}

// sends sends a request as Marta, with her session and her key.
func (s *site) sends(key, method, path string, body io.Reader, change func(*http.Request)) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.http.URL+path, body)
	told(s.t, err)
	r.AddCookie(&http.Cookie{Name: "session", Value: "marta"})
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if strings.HasPrefix(path, "/api/") {
		r.Header.Set("Content-Type", "application/json")
	}
	if change != nil {
		change(r)
	}
	return s.send(r)
}

// files are all of a folder, with what is in those of the shop.
func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	told(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.Contains(path, "bot.db") {
			names = append(names, path)
		}
		return err
	}))
	return names
}

// TestSecurityPathTricks: no path, however it is written, reads or writes a file that is not a screen's, and none
// leads to another host.
func TestSecurityPathTricks(t *testing.T) {
	s, key := withAPI(t)
	s.Plays("Ana +447700900001 > I want promotions")
	const canary = "the-canary-sings"
	s.Save("flows/secret.yaml", "text: {en: "+canary+"}\n")
	s.Save("secret.yaml", "text: {en: "+canary+"}\n")
	up := []string{"..", "%2e%2e", "..%2fsecret", "..%2F..%2Fsecret", "%2e%2e%2fsecret", "..%5csecret", "....%2f%2fsecret", "%2fetc%2fpasswd", "a%00b", "..%c0%afsecret"}
	paths := []string{"//evil.example", "//evil.example/%2e%2e", "/%5cevil.example", "/%2f%2fevil.example", "/assets/", "/assets/../secret.yaml"}
	for _, trick := range up {
		for _, screen := range []string{
			"/assets/X", "/n/X", "/n/X/people", "/n/main/people/X", "/n/main/broadcasts/X", "/n/main/broadcasts/X/draft", "/n/main/X",
			"/n/main/flow?version=X", "/n/main/proof?id=X", "/login?to=X",
			"/api/v1/numbers/X", "/api/v1/numbers/main/broadcasts/X/preview?now=true", "/api/v1/numbers/main/broadcasts/X/draft",
			"/api/v1/numbers/main/contacts/X", "/api/v1/numbers/main/tags/X",
		} {
			paths = append(paths, strings.ReplaceAll(screen, "X", trick))
		}
	}
	before := files(t, s.Path("."))
	local := func(what string, a answer) {
		t.Helper()
		if a.status >= 500 || strings.Contains(a.body, canary) || strings.Contains(a.body, "root:") {
			t.Errorf("%s: %d %s", what, a.status, a.body)
		}
		if to := a.header.Get("Location"); to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\")) {
			t.Errorf("%s leads to %q", what, to)
		}
	}
	for _, path := range paths {
		local("GET "+path, s.sends(key, http.MethodGet, path, nil, nil))
		form := url.Values{"text": {"text: {en: written}"}, "name": {path}, "to": {path}}
		local("POST "+path, s.sends(key, http.MethodPost, path, strings.NewReader(form.Encode()), nil))
		local("the language, and to "+path, s.post("/language", url.Values{"language": {"pt"}, "to": {path}}))
		local("PUT "+path, s.sends(key, http.MethodPut, path, strings.NewReader(`{"text": "text: {en: written}"}`), nil))
	}
	for _, name := range up {
		form := url.Values{"name": {strings.ReplaceAll(name, "%2f", "/")}, "title": {name}, "conversation": {"Ana > hello\n"}}
		local("a draft "+name, s.post("/n/main/new-broadcast", form))
		local("a test "+name, s.post(s.at("Ana")+"/as-test", form))
	}
	for _, file := range files(t, s.Path(".")) {
		in, _ := filepath.Rel(s.Path("."), file)
		if !slices.Contains(before, file) && !strings.HasPrefix(in, "flows/broadcasts/") && !strings.HasPrefix(in, "flows/tests/") && !strings.HasPrefix(in, "data/") {
			t.Errorf("there is a file %s", in)
		}
	}
}

// TestSecurityForeignOrigins: no act of the page and none of the API is done for another site, whatever it is.
func TestSecurityForeignOrigins(t *testing.T) {
	s, key := withAPI(t)
	s.Plays("Ana +447700900001 > I want promotions")
	var acts []string
	for _, screen := range s.server.screens() {
		path := strings.NewReplacer("{number}", "main", "{id}", "1", "{name}", "weekly", "{do}", "pause").Replace(screen.path)
		for act := range screen.acts {
			acts = append(acts, strings.TrimSuffix(strings.TrimSuffix(path, "/")+"/"+act, "/"))
		}
	}
	if len(acts) < 40 {
		t.Fatalf("there are %d acts", len(acts))
	}
	acts = append(acts, "/language", "/api/v1/numbers/main/contacts/1/pause", "/api/v1/numbers/main/optouts")
	marks := map[string]func(*http.Request){
		"Origin":         func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"null":           func(r *http.Request) { r.Header.Set("Origin", "null") },
		"Sec-Fetch-Site": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"a neighbour":    func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
	}
	for _, act := range acts {
		for mark, change := range marks {
			a := s.sends(key, http.MethodPost, act, strings.NewReader(""), change)
			if a.status != http.StatusForbidden || !strings.Contains(a.body, "another site") {
				t.Errorf("%s, %s: %d %s", act, mark, a.status, a.text())
			}
		}
	}
	for _, path := range []string{"/", "/api/v1/numbers"} { // nobody else's script reads an answer
		for name := range s.sends(key, http.MethodGet, path, nil, marks["Origin"]).header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s answers with %s", path, name)
			}
		}
	}
	if c := s.Who("Ana"); !c.TakeoverUntil().IsZero() {
		t.Error("her chat was taken over")
	}
}

// TestSecurityHugeBodies: what is longer than a form is not acted on, whether its length is said or not, and a head
// that is too long is not read on.
func TestSecurityHugeBodies(t *testing.T) {
	s, key := withAPI(t)
	s.Plays("Ana +447700900001 > I want promotions")
	for path, status := range map[string]int{
		s.at("Ana") + "/tag": http.StatusConflict, "/language": http.StatusUnprocessableEntity, "/login": http.StatusConflict,
		"/api/v1/numbers/main/optouts": http.StatusRequestEntityTooLarge, "/api/v1/numbers/main/contacts/import": http.StatusRequestEntityTooLarge,
	} {
		begin, fill := "tag=", byte('x')
		if strings.HasPrefix(path, "/api/") {
			begin, fill = `{"phone": "+12125550101", "reason": "`, ' '
		}
		for _, length := range []int64{maxForm + 1, -1} {
			body := io.MultiReader(strings.NewReader(begin), io.LimitReader(endless(fill), maxForm+1-int64(len(begin))))
			s.sends(key, http.MethodPost, path, body, func(r *http.Request) { r.ContentLength = length }).is(status)
		}
	}
	if tags := s.Who("Ana").Tags; len(tags) > 0 {
		t.Errorf("she has %d tags", len(tags))
	}
	s.http.Close()
	s.http = httptest.NewUnstartedServer(s.server)
	s.http.Config.MaxHeaderBytes = s.server.speaks(t.Context()).MaxHeaderBytes
	s.http.Start()
	defer s.http.Close()
	s.sends(key, http.MethodGet, "/", nil, func(r *http.Request) {
		r.Header.Set("X-Long", strings.Repeat("x", 64<<10))
	}).is(http.StatusRequestHeaderFieldsTooLarge)
}

// endless is one sign, again and again.
type endless byte

func (e endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(e)
	}
	return len(b), nil
}

// pipes are connections in memory, whose deadlines go by the clock of a test.
type pipes struct {
	conns chan net.Conn
	gone  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.gone:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { close(p.gone); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// A watched connection tells when it is closed.
type watched struct {
	net.Conn
	closed func()
}

func (w watched) Close() error {
	w.closed()
	return w.Conn.Close()
}

// TestSecuritySlowClients: whoever sends a head or a body sign by sign, says nothing, or reads no answer, loses
// the connection when the time for it is over, and nothing is done. The clock is the test's.
func TestSecuritySlowClients(t *testing.T) {
	s, _ := withAPI(t)
	const post = "Host: localhost\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\n"
	for what, c := range map[string]struct {
		begin    string
		trickles bool
		reads    bool
		most     time.Duration
	}{
		"a head":            {"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", true, true, readTime},
		"a body":            {"POST /language HTTP/1.1\r\n" + post + "language=pt&to=", true, true, readTime},
		"a body of the API": {"POST /api/v1/numbers/main/optouts HTTP/1.1\r\n" + post, true, true, readTime},
		"silence":           {"", false, true, readTime},
		"half a body":       {"POST /language HTTP/1.1\r\n" + post + "language=pt", false, true, readTime},
		"no reading":        {"GET /assets/style.css HTTP/1.1\r\nHost: localhost\r\n\r\n", false, false, writeTime},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { s.slow(t, c.begin, c.trickles, c.reads, c.most) })
		})
	}
}

// slow is a client that begins like this and then takes its time. It has to have lost its connection by then.
func (s *site) slow(t *testing.T, begin string, trickles, reads bool, most time.Duration) {
	listener := &pipes{make(chan net.Conn), make(chan struct{})}
	server := s.server.speaks(t.Context())
	served := make(chan error)
	go func() { served <- server.Serve(listener) }()
	here, there := net.Pipe()
	closed := make(chan struct{})
	listener.conns <- watched{there, sync.OnceFunc(func() { close(closed) })}
	said := make(chan string, 1)
	go func() {
		var got []byte
		if reads {
			got, _ = io.ReadAll(here)
		}
		said <- string(got)
	}()
	if _, err := io.WriteString(here, begin); err != nil {
		t.Error(err)
	}
	over, tick := time.After(most+time.Second), time.NewTicker(time.Second)
	defer tick.Stop()
	for open := true; open; {
		select {
		case <-closed:
			open = false
		case <-over:
			t.Errorf("after %s it is still open", most)
			open = false
		case <-tick.C:
			if trickles {
				_, _ = io.WriteString(here, "a")
			}
		}
	}
	_ = here.Close()
	if got := <-said; strings.Contains(got, "Set-Cookie") || strings.HasPrefix(got, "HTTP/1.1 2") || strings.HasPrefix(got, "HTTP/1.1 3") {
		t.Errorf("it is answered: %s", got)
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	<-served
}
