package web

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"optinbot/bot/desk/desktest"
)

// editor is the editor's text on the page.
const editor = `document.querySelector(".editor").shadowRoot.querySelector(".cm-content")`

// TestBrowserTheFlowsEditor: problems come while somebody types, with what it means to people, and
// what is saved is what was typed.
func TestBrowserTheFlowsEditor(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions", "Ben +447700900002 > hello")
	s.Start()
	for _, at := range []struct {
		name  string
		width int
		dark  bool
	}{{"flow-1280", 1280, false}, {"flow-360-dark", 360, true}} {
		b := s.browse("marta", at.width, 800, at.dark)
		b.opens("/n/main/flow")
		b.waits(editor)
		b.waits(`document.querySelector("#flow-tests .i.ok")`) // they are played on what is shown
		b.shoots(at.name)
		b.isAccessible()
	}
	b := s.browse("marta", 1280, 800, false)
	b.opens("/n/main/flow")
	b.waits(editor)
	b.clicks("#flow-graph a[data-goto]")
	b.does(chromedp.KeyEvent("disclosur: x "))
	b.waits(`document.querySelector("#flow-verdict .note.bad")`)
	b.waits(editor + `.querySelector(".cm-lintRange-error")`)
	if says := asks[string](b, `document.getElementById("says").textContent`); says != "Not saved" {
		t.Errorf("beside the editor it says %q", says)
	}
	b.shoots("flow-problem")
	if text := asks[string](b, `document.getElementById("text").value`); !strings.Contains(text, "disclosur: x") {
		t.Error("the form does not have what was typed")
	}
}

// TestBrowserTryIt: somebody talks to the flow on the page, in each width and in the dark.
func TestBrowserTryIt(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Start()
	b := s.browse("marta", 1280, 800, false)
	b.opens("/n/main/try")
	b.types("#say", "I want promotions\r")
	b.sees("What do you like?")
	b.clicks(`button[name="next"]`)
	b.sees("later")
	b.isAccessible()
	b.shoots("try-1280")
	b = s.browse("marta", 360, 740, true)
	b.opens("/n/main/try")
	b.sees("What do you like?")
	b.isAccessible()
	b.shoots("try-360-dark")
	b.opens("/n/main/flow/publish")
	b.sees("Publish version")
	b.isAccessible()
	b.shoots("flow-publish-360-dark")
}

// TestFilesForBrowsersWithoutGzip: each file of a page is the same for a browser that unpacks gzip and for one that does not.
func TestFilesForBrowsersWithoutGzip(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Start()
	page := s.get("/n/main/flow").is(http.StatusOK)
	files := regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`).FindAllStringSubmatch(page.body, -1)
	if len(files) < 3 {
		t.Fatalf("the page has the files %q", files)
	}
	for _, m := range files {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.http.URL+m[1], nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", "identity")
		plain := s.send(r).is(http.StatusOK)
		if plain.header.Get("Content-Encoding") != "" || plain.body != s.get(m[1]).body || plain.body == "" {
			t.Errorf("%s has %d bytes without gzip (%v)", m[1], len(plain.body), plain.header)
		}
	}
}

// TestPagesWithAnEditorAreSmall: with its editor a page takes at most 180 kB on the way.
func TestPagesWithAnEditorAreSmall(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Start()
	for _, path := range []string{"/n/main/flow", "/n/main/broadcasts/weekend-offer/draft"} {
		page := s.get(path).is(http.StatusOK)
		total := compressed(t, page.body)
		files := regexp.MustCompile(`(?:src|href|data-editor)="(/assets/[^"]+)"`).FindAllStringSubmatch(page.body, -1)
		for _, m := range files {
			total += compressed(t, s.get(m[1]).is(http.StatusOK).body)
		}
		t.Logf("%s: %d bytes", path, total)
		if total > 180_000 || !strings.Contains(page.body, "editor") {
			t.Errorf("%s takes %d bytes with its files", path, total)
		}
	}
}
