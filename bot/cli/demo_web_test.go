package cli

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
)

// A shownDemo is `demo --web` while it runs in this process.
type shownDemo struct {
	t        *testing.T
	page     string // its address
	link     string // lets in, once
	password string
	stop     func()
	code     chan int
}

// showDemo runs `demo --web` until stop is called. The end of the test stops it, too.
func showDemo(t *testing.T, speed int) *shownDemo {
	t.Helper()
	if testing.Short() {
		t.Skip("talks to a WhatsApp server; with -race the library's own races may show (docs/testing.md)")
	}
	t.Setenv("TMPDIR", t.TempDir())
	ctx, stop := context.WithCancel(t.Context())
	defaults, err := os.ReadFile("../../config.yaml")
	must(t, err)
	said, says := io.Pipe()
	a, failed := newApp(ctx, defaults), &strings.Builder{}
	a.out, a.err, a.environ, a.demoSpeed = says, failed, map[string]string{}, speed
	d := &shownDemo{t: t, stop: stop, code: make(chan int, 1)}
	go func() {
		code := a.run(ctx, []string{"demo", "--web"})
		_ = says.Close()
		d.code <- code
	}()
	t.Cleanup(stop)
	var all strings.Builder
	for part := make([]byte, 4096); !strings.Contains(all.String(), "Nothing is kept"); {
		n, err := said.Read(part)
		all.Write(part[:n])
		if err != nil {
			t.Fatalf("it ended: %v\n%s%s", err, all.String(), failed)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	found := regexp.MustCompile(`(http://127\.0\.0\.1:\d+)(/in\?token=\w+)(?s:.*)password (\w{12})\b`).FindStringSubmatch(all.String())
	if found == nil {
		t.Fatalf("there is no link, or no password:\n%s", all.String())
	}
	d.page, d.link, d.password = found[1], found[1]+found[2], found[3]
	return d
}

// ended stops it, and waits until it has ended well and has left nothing.
func (d *shownDemo) ended() {
	d.t.Helper()
	d.stop()
	if code := <-d.code; code != exitDone {
		d.t.Errorf("exit code %d", code)
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil || len(left) > 0 {
		d.t.Errorf("it has left %v (%v)", left, err)
	}
}

// browser is somebody's, without a cookie yet.
func (d *shownDemo) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	must(d.t, err)
	return &http.Client{Jar: jar}
}

// get is what a page says, and where it is.
func (d *shownDemo) get(c *http.Client, address string) (at, says string) {
	d.t.Helper()
	r, err := c.Get(address)
	must(d.t, err)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	must(d.t, err)
	if r.StatusCode != http.StatusOK {
		d.t.Fatalf("%s: %s\n%s", address, r.Status, body)
	}
	return r.Request.URL.Path, string(body)
}

// TestDemoOnThePage: the link lets in once, and afterwards the name and the password do. Every screen
// has something to show, and nothing is left behind.
func TestDemoOnThePage(t *testing.T) {
	d := showDemo(t, 0)
	mine, other := d.browser(), d.browser()
	if at, says := d.get(mine, d.link); at != "/" || !strings.Contains(says, "Casa Aurora") {
		t.Errorf("the link leads to %s:\n%s", at, says)
	}
	for _, c := range []struct {
		browser  *http.Client
		link, at string
	}{{mine, d.link, "/"}, {other, d.link, "/login"}, {other, d.page + "/in?token=another", "/login"}, {other, d.page + "/in", "/login"}} {
		if at, _ := d.get(c.browser, c.link); at != c.at {
			t.Errorf("%s leads to %s, not %s", c.link, at, c.at)
		}
	}
	in, err := other.PostForm(d.page+"/login", url.Values{"name": {"you"}, "password": {d.password}})
	must(t, err)
	must(t, in.Body.Close())
	if in.Request.URL.Path != "/" {
		t.Errorf("name and password lead to %s", in.Request.URL.Path)
	}
	for path, says := range map[string]string{
		"/": "people wait for you", "/n/main/broadcasts": "new-shoes", "/n/main/broadcasts/weekend-offer": "of 25 sent",
		"/n/main/people": "Lucía", "/n/main/people?waiting=1": "Pablo", "/n/main/flow": "interests", "/n/main/try": "Casa Aurora",
		"/n/main/proof": "main", "/n/main/number": "main", "/n/outlet/number": "outlet", "/doctor": "Doctor", "/settings": "Europe/Madrid",
		"/operators": "marta", "/me": "you",
	} {
		if _, page := d.get(mine, d.page+path); !strings.Contains(page, says) {
			t.Errorf("%s does not say %q:\n%s", path, says, page)
		}
	}
	d.ended()
}
