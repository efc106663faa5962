package web

import (
	"fmt"
	"html/template"
	"strings"

	"rsc.io/qr"
)

// qrRim is the width of the white rim of a code, in squares. The standard asks for four.
const qrRim = 4

// qrCode draws a QR code, black on white whatever the colours of the page are. What is too long for
// one gives an error.
func qrCode(content string, level qr.Level) (template.HTML, error) {
	code, err := qr.Encode(content, level)
	if err != nil {
		return "", err
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+qrRim, y+qrRim, x-from, x-from)
			}
		}
	}
	side := code.Size + 2*qrRim
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 %d %d" width="264" height="264" aria-hidden="true" shape-rendering="crispEdges">`+
		`<rect width="%d" height="%d" fill="#fff"/><path fill="#000" d="%s"/></svg>`, side, side, side, side, path.String())), nil
}
