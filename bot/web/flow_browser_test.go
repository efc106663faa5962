package web

import (
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
