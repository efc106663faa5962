package newcomer

import (
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"optinbot/bot/cli/clitest"
	"optinbot/bot/web/webtest"
)

// TestBrowserNewcomer: somebody comes in by the link and tries what there is: arms a broadcast and
// watches it go out, answers a person, erases one, breaks the flow and mends it, publishes it and
// tries it, and links the second number by the QR code on the page.
func TestBrowserNewcomer(t *testing.T) { newcomer(t, false) }

// TestBrowserNewcomerLong watches the broadcast to its end, too.
func TestBrowserNewcomerLong(t *testing.T) {
	clitest.Long(t)
	newcomer(t, true)
}

func newcomer(t *testing.T, toTheEnd bool) {
	d := show(t)
	b := d.opens(wide)
	b.IsAccessible()
	arms(b)
	answers(b)
	erases(b)
	editsTheFlow(b)
	triesIt(b)
	links(b)
	b.Opens("/n/main/broadcasts/spring")
	b.Waits(`Number(document.querySelector("#live-far .big1").innerText) >= 10`) // told by the server: nothing is loaded again
	if toTheEnd {
		b.WaitsFor(8*webtest.Patience, `document.getElementById("live-tag").innerText.includes("Done")`)
	}
	b.IsAccessible()
	d.ends(b)
}

func arms(b *webtest.Browser) {
	b.Follows("Broadcasts")
	b.Follows("spring")
	b.IsAccessible()
	b.IsAsked("Send it now")
	b.IsAccessible()
	confirms(b, "Arm for", "Armed.", "Not armed.")
	b.Sees("Take it back")
	b.IsAccessible()
}

// confirms presses the button that arms. Customers of the demo join meanwhile: where the page refuses
// because there are more of them than it showed, it is pressed again below the new count.
func confirms(b *webtest.Browser, button, armed, refused string) {
	b.T.Helper()
	for b.Follows(button); b.SeesOneOf(armed, refused) == refused; {
		b.Follows(button)
	}
}

func answers(b *webtest.Browser) {
	b.Opens("/")
	b.Follows("Pablo")
	b.Types("#text", "Claro, te llamo a las cinco.")
	b.Follows("Send")
	b.Sees("Your reply is on its way.")
	b.Waits(`document.getElementById("live-timeline").innerText.includes("te llamo a las cinco")`)
	b.IsAccessible()
}

func erases(b *webtest.Browser) {
	b.Opens("/n/main/people")
	b.Types("#q", "Moe"+kb.Enter)
	b.Follows("Moe")
	b.IsAsked("Erase")
	b.Types("dialog #typed", "+12125550102")
	b.IsAccessible()
	b.Follows("Erase")
	b.Sees("They are erased.")
}

func editsTheFlow(b *webtest.Browser) {
	b.Opens("/n/main/flow")
	b.Waits(`document.querySelector(".editor")`)
	b.Waits(`document.querySelector("#flow-tests .i.ok")`) // they are played on what is shown
	flow := webtest.Asks[string](b, `document.getElementById("text").value`)
	retypes(b, strings.Replace(flow, "\nopt_out:", "\nopt_outt:", 1))
	b.Waits(`document.querySelector("#flow-verdict .note.bad")`)
	b.IsAccessible()
	retypes(b, strings.ReplaceAll(flow, "somebody from the shop will read it", "somebody of us will read it today"))
	b.Waits(`document.querySelector("#flow-verdict .note.ok")`)
	b.Presses("Run the tests")
	b.Waits(`document.querySelector("#flow-tests .i.ok")`)
	b.IsAsked("Publish")
	b.IsAccessible()
	b.Follows("Publish")
	b.Sees("Published. The number speaks it from now on.")
}

// retypes puts another text into the editor of the flow, as somebody who pastes it.
func retypes(b *webtest.Browser, text string) {
	b.T.Helper()
	b.Does(chromedp.Evaluate[chromedp.Void](`document.querySelector(".editor").shadowRoot.querySelector(".cm-content").focus()`),
		chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	_, err := chromedp.Call(b.Ctx, input.InsertText, input.InsertTextParams{Text: text})
	must(b.T, err)
}

func triesIt(b *webtest.Browser) {
	b.Opens("/n/main/try")
	b.Types("#say", "hello"+kb.Enter)
	b.Waits(`document.querySelectorAll(".chat .out").length === 1 && document.getElementById("say").value === ""`)
	b.Sees("I want promotions")
	b.Types("#say", "what time do you close?"+kb.Enter)
	b.Sees("somebody of us will read it today")
	b.IsAccessible()
}

func links(b *webtest.Browser) {
	b.Opens("/n/outlet/number")
	b.Follows("Link the number")
	b.Follows("Show the code")
	b.Sees("Code 1 of")
	b.IsAccessible()
	b.Sees("outlet is linked")
	b.IsAccessible()
}

// tabs presses Tab until what has the focus says that, then Enter, and waits until JavaScript is
// true.
func tabs(b *webtest.Browser, says, until string) {
	b.T.Helper()
	for range 200 {
		b.Does(chromedp.KeyEvent(kb.Tab))
		if strings.HasPrefix(webtest.Asks[string](b, `(document.activeElement.innerText || "").trim()`), says) {
			b.Does(chromedp.KeyEvent(kb.Enter))
			b.Waits(until)
			return
		}
	}
	b.T.Fatalf("no key leads to %q. The page says: %s", says, webtest.Asks[string](b, `document.body.innerText`))
}

// at is true on a page that has come whole.
func at(path string) string {
	return `location.pathname === "` + path + `" && document.readyState === "complete" && !document.querySelector("dialog[open]")`
}

// asked is true while a dialog asks.
const asked = `document.querySelector("dialog[open] form")`

// TestBrowserByKeyboard: from the log-in to an armed broadcast with Tab, Enter and letters. What is
// done while it goes out would race with the clock of the demo.
func TestBrowserByKeyboard(t *testing.T) {
	d := show(t)
	b := webtest.Start(t, d.page, narrow)
	b.Opens("/")
	b.Waits(`location.pathname === "/login" && document.readyState === "complete"`)
	for tries := 0; webtest.Asks[string](b, `document.activeElement.id`) != "name"; tries++ {
		if tries == 50 {
			t.Fatal("no key leads to the name")
		}
		b.Does(chromedp.KeyEvent(kb.Tab))
	}
	b.Does(chromedp.KeyEvent("you"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(d.password), chromedp.KeyEvent(kb.Enter))
	b.Waits(`location.pathname === "/" && document.readyState === "complete"`)
	const spring = "/n/main/broadcasts/spring"
	tabs(b, "Broadcasts", at("/n/main/broadcasts"))
	tabs(b, "spring", at(spring+"/draft"))
	tabs(b, "Send it now", asked)
	const refused = `!window.seen && document.readyState === "complete" && document.querySelector("main").innerText.includes("Not armed.")`
	tabs(b, "Arm for", at(spring)+" || "+refused)
	for webtest.Asks[bool](b, refused) { // more customers have joined
		b.Waits(`window.seen = true`)
		tabs(b, "Arm for", at(spring)+" || "+refused)
	}
	d.ends(b)
}

// screens are the screens of the demo, by what their pictures are called.
var screens = []struct{ name, path string }{
	{"today", "/"}, {"broadcasts", "/n/main/broadcasts"}, {"broadcast", "/n/main/broadcasts/weekend-offer"},
	{"draft", "/n/main/broadcasts/spring/draft"}, {"people", "/n/main/people"}, {"waiting", "/n/main/people?waiting=1"},
	{"flow", "/n/main/flow"}, {"try", "/n/main/try"}, {"proof", "/n/main/proof"}, {"number", "/n/main/number"},
	{"outlet", "/n/outlet/number"}, {"doctor", "/doctor"}, {"settings", "/settings"}, {"operators", "/operators"},
	{"webhooks", "/webhooks"}, {"me", "/me"}, {"replies", "/n/main/replies"},
}

// TestBrowserOtherLanguages: each screen in Portuguese, narrow and dark, or in Spanish, wide and dark:
// axe finds nothing, and nothing scrolls sideways. In Portuguese somebody arms a broadcast, in Spanish
// somebody answers.
func TestBrowserOtherLanguages(t *testing.T) { otherLanguages(t, false) }

// TestBrowserOtherLanguagesLong is the same, with each screen both ways.
func TestBrowserOtherLanguagesLong(t *testing.T) {
	clitest.Long(t)
	otherLanguages(t, true)
}

func otherLanguages(t *testing.T, both bool) {
	d := show(t)
	b := d.opens(wide)
	for turn, l := range []struct {
		language string
		look     webtest.Look
	}{{"pt", narrow}, {"es", dark}} {
		b.Keeps("language", l.language)
		b.Looks(l.look)
		for i, s := range screens {
			if i%2 != turn && !both {
				continue
			}
			b.Opens(s.path)
			b.Waits(`document.querySelector("h1") && document.documentElement.lang === "` + l.language + `"`)
			b.Shoots(os.Getenv("OPTINBOT_TEST_SHOTS"), s.name+"-"+l.language)
			b.IsAccessible()
		}
		inTheirWords[l.language](b)
	}
	d.ends(b)
}

// inTheirWords are what somebody does in each language.
var inTheirWords = map[string]func(*webtest.Browser){
	"pt": func(b *webtest.Browser) {
		b.Opens("/n/main/broadcasts/spring/draft")
		b.IsAsked("Enviar agora")
		b.IsAccessible()
		confirms(b, "Armar para", "Armado.", "Não foi armada.")
		b.IsAccessible()
	},
	"es": func(b *webtest.Browser) {
		b.Opens("/n/main/people?waiting=1")
		b.Follows("Pablo")
		b.Types("#text", "Claro, te llamo a las cinco.")
		b.Follows("Enviar")
		b.Sees("Tu respuesta va en camino.")
		b.IsAccessible()
	},
}
