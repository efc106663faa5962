// Package webtest looks at a page with a real Chromium, for tests: what it shows, whether axe-core
// finds something, and how it looks.
package webtest

import (
	"context"
	_ "embed"
	"encoding/json"
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
)

// Patience is how long a test waits for what a page is to show.
const Patience = 2 * time.Minute

//go:embed axe.min.js
var axe string

// A Browser is a Chromium with one page.
type Browser struct {
	T   *testing.T
	URL string // of the site
	Ctx context.Context

	opened bool // a page of the site, not the empty one of the start
}

// A Look is how wide a window is, and whether its user likes it dark.
type Look struct {
	Width, Height int
	Dark          bool
}

// Start starts a Chromium. Where there is none the test is skipped, and CI fails. The test fails where
// a script of the page does.
func Start(t *testing.T, url string, look Look) *Browser {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes its time; without -short it is started")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(Chromium(t)), chromedp.NoSandbox,
		chromedp.WindowSize(look.Width, look.Height), chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	all, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(all)
	t.Cleanup(end)
	b := &Browser{T: t, URL: url, Ctx: ctx}
	b.must(chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			t.Errorf("the page's script failed: %+v", e.ExceptionDetails)
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.ConsoleAPICalledTypeError {
				t.Errorf("the console says %s", e.Args[0].Value)
			}
		}
	}))
	b.Looks(look)
	return b
}

// Chromium is where the browser is. Where there is none the test is skipped, and CI fails.
func Chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("there is no Chromium; .ci/run installs it")
	}
	t.Skip("SKIPPED: there is no Chromium: apt install chromium")
	return ""
}

func (b *Browser) must(err error) {
	b.T.Helper()
	if err != nil {
		b.T.Fatal(err)
	}
}

// Looks makes the window as wide and as dark.
func (b *Browser) Looks(look Look) {
	b.T.Helper()
	scheme := "light"
	if look.Dark {
		scheme = "dark"
	}
	b.Does(chromedp.EmulateViewport(int64(look.Width), int64(look.Height)))
	_, err := chromedp.Call(b.Ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	b.must(err)
}

// Keeps gives the browser a cookie of the site.
func (b *Browser) Keeps(name, value string) {
	b.T.Helper()
	_, err := chromedp.Call(b.Ctx, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: b.URL})
	b.must(err)
}

// Does does what it is told, or fails the test.
func (b *Browser) Does(steps ...chromedp.Action[chromedp.Void]) {
	b.T.Helper()
	ctx, cancel := context.WithTimeout(b.Ctx, Patience)
	defer cancel()
	b.must(chromedp.Do(ctx, steps...))
}

// Asks is what a JavaScript expression gives on the page, or what it promises.
func Asks[T any](b *Browser, expression string) T {
	b.T.Helper()
	ctx, cancel := context.WithTimeout(b.Ctx, Patience)
	defer cancel()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	b.must(err)
	return got
}

// Opens goes to a page of the site. What a dialog was told is answered first: its answer leads to a
// page of its own, which would take the place of this one, and what is live shows the effect before.
func (b *Browser) Opens(path string) {
	b.T.Helper()
	if b.opened {
		b.Waits(`!document.querySelector("dialog[aria-busy=true]")`)
	}
	b.opened = true
	b.Does(chromedp.Navigate(b.URL + path))
}

// Waits waits until JavaScript is true, also on a page that comes in the place of this one meanwhile.
func (b *Browser) Waits(until string) { b.T.Helper(); b.WaitsFor(Patience, until) }

// WaitsFor is Waits for what takes longer.
func (b *Browser) WaitsFor(patience time.Duration, until string) {
	b.T.Helper()
	ctx, cancel := context.WithTimeout(b.Ctx, patience)
	defer cancel()
	poll := chromedp.Poll[bool]("!!("+until+")", chromedp.WithPollingTimeout(0), chromedp.WithPollingInterval(50*time.Millisecond))
	_, err := chromedp.Run(ctx, poll)
	for err != nil && ctx.Err() == nil {
		_, err = chromedp.Run(ctx, poll)
	}
	if err != nil {
		b.T.Fatalf("waiting until %s: %v. %s says: %s", until, err, Asks[string](b, `location.href`),
			Asks[string](b, `document.body ? document.body.innerText : ""`))
	}
}

// Presses clicks on the link or button whose text begins so, once, when it is there.
func (b *Browser) Presses(text string) {
	b.T.Helper()
	b.press(text, "")
}

// press runs a statement and clicks. Where the page has become another one since it was looked at,
// it looks again.
func (b *Browser) press(text, statement string) {
	b.T.Helper()
	found := fmt.Sprintf(pressable, quote(text))
	for pressed := false; !pressed; {
		b.Waits(found + " && document.readyState === 'complete'")
		pressed = Asks[bool](b, "(e => { if (!e) return false; "+statement+" e.click(); return true })("+found+")")
	}
}

// IsAsked presses, and waits for the dialog that asks before anything is done.
func (b *Browser) IsAsked(text string) {
	b.T.Helper()
	b.Presses(text)
	b.Waits(`document.querySelector("dialog[open] form")`)
}

// pressable is the link or button whose text begins so, of the dialog where one is open.
const pressable = `[...document.querySelectorAll(document.querySelector("dialog[open]") ? "dialog[open] a, dialog[open] button" : "main a, main button, nav a")].find(e => e.checkVisibility() && (e.innerText || "").trim().startsWith(%s))`

// Follows presses, and waits for the page that comes.
func (b *Browser) Follows(text string) {
	b.T.Helper()
	b.press(text, "window.left = true;")
	b.Waits(`!window.left && document.readyState === "complete"`)
}

// quote is a text in JavaScript.
func quote(text string) string {
	quoted, _ := json.Marshal(text) // a string always can be
	return string(quoted)
}

// Clicks clicks on what a CSS selector finds first, when it is there.
func (b *Browser) Clicks(selector string) {
	b.T.Helper()
	b.Does(chromedp.Click(selector, chromedp.NodeVisible))
}

// Types types into a field, when it is there.
func (b *Browser) Types(selector, text string) {
	b.T.Helper()
	b.Does(chromedp.SendKeys(selector, text, chromedp.NodeVisible))
}

// Sees waits until the page has a text.
func (b *Browser) Sees(text string) {
	b.T.Helper()
	b.Waits(fmt.Sprintf("document.body && document.body.innerText.includes(%s)", quote(text)))
}

// SeesOneOf waits until the page has one of some texts, and returns it.
func (b *Browser) SeesOneOf(texts ...string) string {
	b.T.Helper()
	quoted, _ := json.Marshal(texts) // strings always can be
	found := fmt.Sprintf("%s.find(t => document.body && document.body.innerText.includes(t))", quoted)
	b.Waits(found)
	return Asks[string](b, found)
}

// Shoots keeps a picture of the whole page in a folder. "" is none.
func (b *Browser) Shoots(folder, name string) {
	b.T.Helper()
	if folder == "" {
		return
	}
	shot, err := chromedp.Run(b.Ctx, chromedp.FullScreenshot(100))
	b.must(err)
	b.must(os.WriteFile(filepath.Join(folder, name+".png"), shot, 0o600))
}

// IsAccessible fails the test where axe-core finds something, or the page scrolls sideways. What is live
// may change while axe looks: so what it finds has to be found again.
func (b *Browser) IsAccessible() {
	b.T.Helper()
	b.Does(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.Evaluate[chromedp.Void](axe+";undefined")(ctx, t)
		return err
	}))
	found := b.violations()
	if len(found) > 0 {
		found = b.violations()
	}
	at := Asks[string](b, `location.pathname + location.search`)
	for _, v := range found {
		b.T.Errorf("%s: axe: %s", at, v)
	}
	if wider := Asks[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wider > 0 {
		b.T.Errorf("%s is %d pixels wider than the window", at, wider)
	}
}

// violations are what axe finds on the page.
func (b *Browser) violations() []string {
	b.T.Helper()
	return Asks[[]string](b, `axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
		.then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + v.help + ": " + n.html)))`)
}
