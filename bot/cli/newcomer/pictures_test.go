package newcomer

import (
	"flag"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"optinbot/bot/web/webtest"
)

var update = flag.Bool("update", false, "write the pictures of docs/screens anew")

// narrowLight is a phone by day.
var narrowLight = webtest.Look{Width: 360, Height: 740}

// TestBrowserPictures makes the pictures of the documentation: wide and narrow, light and dark. With
// -update they are those of docs/screens.
func TestBrowserPictures(t *testing.T) {
	folder := t.TempDir()
	if *update {
		folder = "../../../docs/screens"
	}
	d := show(t)
	b := d.opens(wide)
	takes := func(look webtest.Look, name, path, until string) {
		b.Looks(look)
		if path != "" {
			b.Opens(path)
		}
		b.Waits(`document.readyState === "complete" && ` + until)
		b.Pictures(folder, name)
	}
	takes(wide, "today", "", `document.getElementById("live-verdict")`)
	takes(narrow, "today-phone", "", `document.getElementById("live-verdict")`)
	takes(narrowLight, "waiting-phone", "/n/main/people?waiting=1", `document.querySelector("h1")`)

	b.Looks(dark)
	b.Opens("/n/main/broadcasts/spring/draft")
	b.IsAsked("Send it now")
	b.Pictures(folder, "arm-dark")
	confirms(b, "Arm for", "Armed.", "Not armed.")

	b.Looks(narrowLight)
	b.Opens("/n/main/try")
	b.Types("#say", "I want promotions"+kb.Enter)
	takes(narrowLight, "try-phone", "", `document.querySelectorAll(".chat .out").length === 1 && document.getElementById("say").value === ""`)

	takes(dark, "flow-dark", "/n/main/flow", `document.querySelector(".editor") && document.querySelector("#flow-tests .i.ok")`)
	b.Opens("/n/main/people")
	b.Types("#q", "Luc"+kb.Enter)
	b.Follows("Luc")
	takes(wide, "person", "", `document.getElementById("live-timeline")`)
	takes(dark, "proof-dark", "/n/main/proof", `document.querySelector("h1")`)
	takes(wide, "broadcast", "/n/main/broadcasts/spring", `Number(document.querySelector("#live-far .big1").innerText) >= 10`)
	takes(narrow, "broadcast-phone", "", `document.querySelector("#live-far .big1")`)
	d.ends(b)
}
