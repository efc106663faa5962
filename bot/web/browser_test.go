package web

import (
	"os"
	"testing"

	"github.com/chromedp/chromedp"

	"optinbot/bot/desk/desktest"
	"optinbot/bot/web/webtest"
)

// A browser is a real Chromium that looks at a site, logged in as somebody.
type browser struct {
	*site
	*webtest.Browser
}

// patience is how long a test waits for what a page is to show.
const patience = webtest.Patience

// browse starts a Chromium. Where there is none the test is skipped, and CI fails.
func (s *site) browse(who string, width, height int, dark bool) *browser {
	s.t.Helper()
	b := &browser{s, webtest.Start(s.t.(*testing.T), s.http.URL, webtest.Look{Width: width, Height: height, Dark: dark})}
	if who != "" {
		b.Keeps("session", who)
	}
	return b
}

// told fails the test where the browser could not do what it was told.
func told(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// asks is what a JavaScript expression gives on the page, or what it promises.
func asks[T any](b *browser, expression string) T {
	b.t.Helper()
	return webtest.Asks[T](b.Browser, expression)
}

// What a browser does, see webtest.Browser.
func (b *browser) does(steps ...chromedp.Action[chromedp.Void]) { b.t.Helper(); b.Does(steps...) }
func (b *browser) opens(path string)                            { b.t.Helper(); b.Opens(path) }
func (b *browser) waits(until string)                           { b.t.Helper(); b.Waits(until) }
func (b *browser) clicks(selector string)                       { b.t.Helper(); b.Clicks(selector) }
func (b *browser) types(selector, text string)                  { b.t.Helper(); b.Types(selector, text) }
func (b *browser) sees(text string)                             { b.t.Helper(); b.Sees(text) }
func (b *browser) isAccessible()                                { b.t.Helper(); b.IsAccessible() }

// shoots keeps a picture of the whole page where OPTINBOT_TEST_SHOTS names a folder.
func (b *browser) shoots(name string) { b.t.Helper(); b.Shoots(os.Getenv("OPTINBOT_TEST_SHOTS"), name) }

// TestBrowserToday: the page is live, in each width and in the dark, and axe finds nothing.
func TestBrowserToday(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions")
	b := s.browse("marta", 1280, 800, false)
	b.opens("/")
	b.waits(`document.getElementById("live").className === "live"`)
	b.sees("joined today")
	b.isAccessible()
	b.shoots("today-1280")
	s.Plays("Ben +447700900002 > I want promotions")
	s.server.live.look()
	b.waits(`document.getElementById("live-figures").innerText.match(/^2$/m) !== null`)
	b = s.browse("marta", 360, 740, true)
	b.opens("/")
	b.sees("joined today")
	b.isAccessible()
	b.shoots("today-360-dark")
}
