package web

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"optinbot/bot/desk/desktest"
)

// TestBrowserDialogs: what is asked before an act stands in a dialog on the page itself. Its first field
// has the focus, Escape and the way back close it, and the focus goes back to where it was.
func TestBrowserDialogs(t *testing.T) {
	s := open(t, desktest.Setup{Files: map[string]string{"flows/broadcasts/coats.yaml": coats}})
	s.Plays("Ana +447700900001 > I want promotions", "Ben +447700900002 > I want promotions", "broadcast weekend-offer")
	b := s.browse("marta", 1280, 800, false)
	at := s.at("Ana")
	for _, row := range []struct{ name, page, opener, says, focused string }{
		{"erase", at, `a[href="` + at + `/erase"]`, "Type", "#typed"},
		{"arm", "/n/main/broadcasts/coats/draft", `a[href$="/arm"]`, "get it, each at most once", "dialog [data-back]"},
		{"cancel", "/n/main/broadcasts/weekend-offer", `a[href$="/weekend-offer/cancel"]`, "weekend-offer", "dialog [data-back]"},
		{"publish", "/n/main/flow", `button[name=publish]`, "Publish", "dialog [data-back]"},
	} {
		b.opens(row.page)
		b.waits(`document.querySelector('` + row.opener + `')`)
		for _, way := range []string{"escape", "back"} {
			b.clicks(row.opener)
			b.waits(`document.querySelector("dialog[open]")`)
			b.waits(`document.activeElement.matches("` + row.focused + `")`)
			b.sees(row.says)
			if way == "escape" {
				b.isAccessible()
				b.shoots("dialog-" + row.name)
				b.does(chromedp.KeyEvent(kb.Escape))
			} else {
				b.clicks("dialog [data-back]")
			}
			b.waits(`!document.querySelector("dialog")`)
			b.waits(`document.activeElement.matches('` + row.opener + `')`)
		}
		if path := asks[string](b, "location.pathname"); path != row.page {
			t.Errorf("%s: the browser is at %s", row.name, path)
		}
	}
	b = s.browse("marta", 360, 740, true)
	b.opens("/n/main/broadcasts/weekend-offer")
	b.clicks(`a[href$="/weekend-offer/cancel"]`)
	b.waits(`document.querySelector("dialog[open]")`)
	b.isAccessible()
	b.shoots("dialog-360-dark")
	b.clicks("dialog form button")
	b.sees("cancelled")
	b.opens(at)
	b.clicks(`a[href="` + at + `/erase"]`)
	b.waits(`document.querySelector("dialog[open] #typed")`)
	b.types("#typed", "nobody\n") // refused, and asked again where it was asked
	b.waits(`document.querySelector("dialog[open] #refused")`)
	b.waits(`document.activeElement.matches("dialog #typed")`)
	b.isAccessible()
	b.shoots("dialog-refused")
	if path := asks[string](b, "location.pathname"); path != at {
		t.Errorf("what is refused in a dialog leads to %s", path)
	}
	b.does(chromedp.Evaluate[chromedp.Void](`document.querySelector("dialog #typed").value = ""`))
	b.types("#typed", "+44 7700 900001\n")
	b.sees("erased")
}
