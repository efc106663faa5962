package poster

import (
	"bytes"
	"image/png"
	"strings"
	"testing"

	"rsc.io/qr"
)

// TestPosterCodeIsWhole: the squares of the code are on the page as the code has them, in PNG at
// the centre of each, with a white rim around it; so is every step, in each language we have words
// for.
func TestPosterCodeIsWhole(t *testing.T) {
	t.Parallel()
	p := Poster{Brand: "Casa Aurora", Phone: "+55 11 90000-0000", Phrase: "I want promotions", Link: "https://wa.me/5511900000000?text=I%20want%20promotions", Hint: "Reply 2 to stop."}
	for _, language := range strings.Fields("en pt es fr de it nl pl id tr ru hi ar") {
		p.Steps = StepsIn(language)
		var out bytes.Buffer
		must(t, p.SVG(&out))
		for _, step := range []string{p.Steps.why, p.Steps.save, p.Steps.scan, p.Steps.send} {
			if step == "" || !strings.Contains(out.String(), ">"+step+"</text>") {
				t.Errorf("%s: %q is not on it", language, step)
			}
		}
	}
	p.Steps = StepsIn("en")
	var out bytes.Buffer
	must(t, p.PNG(&out))
	page, err := png.Decode(&out)
	must(t, err)
	code, err := qr.Encode(p.Link, qr.M)
	must(t, err)
	side := codeSide / code.Size
	left, top := (pageWidth-side*code.Size)/2, 1050+(codeSide-side*code.Size)/2
	for y := -4; y < code.Size+4; y++ {
		for x := -4; x < code.Size+4; x++ {
			r, _, _, _ := page.At(left+x*side+side/2, top+y*side+side/2).RGBA()
			if dark := r < 0x8000; dark != code.Black(x, y) {
				t.Fatalf("the square %d, %d is wrong", x, y)
			}
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
