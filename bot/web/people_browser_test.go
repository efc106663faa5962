package web

import (
	"net/url"
	"testing"

	"optinbot/bot/desk/desktest"
)

// TestBrowserAPerson: a quick reply goes into the field at once, and a long chat opens at its newest
// message, in both widths, and axe finds nothing.
func TestBrowserAPerson(t *testing.T) {
	s := open(t, desktest.Setup{Files: map[string]string{"flows/replies.yaml": "opening hours: We open at 9.\nthanks: Thank you!\n"}})
	s.Plays("Ana +447700900001 > I want promotions", "+1h", "Ana > I want to talk to a person please")
	for range 40 {
		s.Plays("+1m", "Ana > are you *there*?")
	}
	for _, look := range []struct {
		name          string
		width, height int
		dark          bool
	}{{"1280", 1280, 900, false}, {"360-dark", 360, 740, true}} {
		b := s.browse("marta", look.width, look.height, look.dark)
		b.opens(s.at("Ana"))
		b.waits(`(() => {
			const roll = document.querySelector(".roll"), newest = roll.querySelector("li:last-child")
			return roll.scrollHeight > roll.clientHeight && newest.querySelector("strong")?.textContent === "there" &&
				newest.getBoundingClientRect().bottom <= roll.getBoundingClientRect().bottom
		})()`)
		b.types("#text", "Hi Ana,")
		b.clicks("[data-fill]")
		b.waits(`document.getElementById("text").value === "Hi Ana,\nWe open at 9." && document.activeElement.id === "text"`)
		b.isAccessible()
		b.shoots("person-" + look.name)
		b.opens(s.at("Ana") + "/as-test")
		b.sees("Keep this chat as a test?")
		b.isAccessible()
		b.shoots("person-as-test-" + look.name)
		b.opens("/n/main/people?audience=" + url.QueryEscape(`language == "en" and "vip" in tgas`))
		b.isAccessible()
		b.shoots("people-wrong-" + look.name)
		b.opens("/n/main/people?audience=" + url.QueryEscape(`language == "en"`))
		b.sees("people were looked at")
		b.waits(`document.querySelector(".live").textContent === "Live"`)
		asks[bool](b, `(() => { const f = document.getElementById("f"); f.value += " and not a"; f.dispatchEvent(new Event("input")); return true })()`)
		b.waits(`[...document.querySelectorAll("#f-l option")].some((o) => o.value === 'language == "en" and not active(30)')`)
		b.isAccessible()
		b.shoots("people-" + look.name)
	}
}

// TestBrowserADraft: what is wrong with a draft is said as it is typed, and a figure leads to its people.
func TestBrowserADraft(t *testing.T) {
	s := open(t, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions", "Ben +447700900002 > I want promotions", "+25h", "broadcast weekend-offer", "+1h")
	for _, look := range []struct {
		name          string
		width, height int
		dark          bool
	}{{"1280", 1280, 900, false}, {"360-dark", 360, 740, true}} {
		b := s.browse("marta", look.width, look.height, look.dark)
		b.opens("/n/main/broadcasts/weekend-offer/draft")
		b.waits(`document.querySelector(".editor")?.shadowRoot.querySelector(".cm-content")`)
		b.waits(`document.getElementById("problems").innerText.length > 0`)
		b.isAccessible()
		b.shoots("draft-" + look.name)
		b.opens("/n/main/broadcasts/weekend-offer")
		b.sees("Arrived")
		b.isAccessible()
		b.shoots("broadcast-" + look.name)
		b.opens("/n/main/broadcasts/weekend-offer/people?reached=sent")
		b.sees("Why?")
		b.isAccessible()
		b.shoots("broadcast-people-" + look.name)
	}
}
