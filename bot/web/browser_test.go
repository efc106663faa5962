package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"optinbot/bot/desk/desktest"
)

// A browser is a real Chromium that looks at a site, logged in as somebody.
type browser struct {
	*site
	ctx context.Context
}

// patience is how long a test waits for what a page is to show.
const patience = 2 * time.Minute

// browse starts a Chromium. Where there is none the test is skipped, and CI fails.
func (s *site) browse(who string, width, height int, dark bool) *browser {
	s.t.Helper()
	t := s.t.(*testing.T)
	if testing.Short() {
		t.Skip("a browser takes its time; without -short it is started")
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("there is no Chromium; .ci/run installs it")
		}
		t.Skip("SKIPPED: there is no Chromium: apt install chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WindowSize(width, height),
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	all, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(all)
	t.Cleanup(end)
	ctx, cancel := context.WithTimeout(ctx, 4*patience)
	t.Cleanup(cancel)
	b := &browser{s, ctx}
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	told(t, chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			t.Errorf("the page's script failed: %+v", e.ExceptionDetails)
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.ConsoleAPICalledTypeError {
				t.Errorf("the console says %s", e.Args[0].Value)
			}
		}
	}))
	b.does(chromedp.EmulateViewport(int64(width), int64(height)))
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	told(t, err)
	if who != "" {
		_, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: "session", Value: who, URL: s.http.URL})
		told(t, err)
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

// does does what it is told, or fails the test.
func (b *browser) does(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	told(b.t, chromedp.Do(b.ctx, steps...))
}

// asks is what a JavaScript expression gives on the page, or what it promises.
func asks[T any](b *browser, expression string) T {
	b.t.Helper()
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	told(b.t, err)
	return got
}

// opens goes to a page.
func (b *browser) opens(path string) { b.t.Helper(); b.does(chromedp.Navigate(b.http.URL + path)) }

// waits waits until JavaScript is true, also on a page that comes in the place of this one meanwhile.
func (b *browser) waits(until string) {
	b.t.Helper()
	poll := chromedp.Poll[bool]("!!("+until+")", chromedp.WithPollingTimeout(patience))
	_, err := chromedp.Run(b.ctx, poll)
	for err != nil && b.ctx.Err() == nil && !errors.Is(err, chromedp.ErrPollingTimeout) {
		_, err = chromedp.Run(b.ctx, poll)
	}
	if err != nil {
		b.t.Fatalf("waiting until %s: %v. The page says: %s", until, err, asks[string](b, `document.body ? document.body.innerText : ""`))
	}
}

// clicks clicks on what a CSS selector finds first, when it is there.
func (b *browser) clicks(selector string) {
	b.t.Helper()
	b.does(chromedp.Click(selector, chromedp.NodeVisible))
}

// types types into a field, when it is there.
func (b *browser) types(selector, text string) {
	b.t.Helper()
	b.does(chromedp.SendKeys(selector, text, chromedp.NodeVisible))
}

// sees waits until the page has a text.
func (b *browser) sees(text string) {
	b.t.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		b.t.Fatal(err)
	}
	b.waits(fmt.Sprintf("document.body && document.body.innerText.includes(%s)", quoted))
}

// shoots keeps a picture of the whole page where OPTINBOT_TEST_SHOTS names a folder.
func (b *browser) shoots(name string) {
	b.t.Helper()
	folder := os.Getenv("OPTINBOT_TEST_SHOTS")
	if folder == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	told(b.t, err)
	if err := os.WriteFile(filepath.Join(folder, name+".png"), png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// isAccessible fails the test where axe-core finds something, or the page scrolls sideways.
func (b *browser) isAccessible() {
	b.t.Helper()
	axe, err := os.ReadFile("testdata/axe.min.js")
	if err != nil {
		b.t.Fatal(err)
	}
	type violation struct {
		ID, Help string
		Nodes    []struct{ HTML string }
	}
	b.does(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.Evaluate[chromedp.Void](string(axe)+";undefined")(ctx, t)
		return err
	}))
	found := asks[[]violation](b, `axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
		.then(r => r.violations.map(v => ({ID: v.id, Help: v.help, Nodes: v.nodes.map(n => ({HTML: n.html}))})))`)
	wider := asks[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`)
	for _, v := range found {
		for _, n := range v.Nodes {
			b.t.Errorf("axe: %s: %s: %s", v.ID, v.Help, n.HTML)
		}
	}
	if wider > 0 {
		b.t.Errorf("the page is %d pixels wider than the window", wider)
	}
}

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
