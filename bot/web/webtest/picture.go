package webtest

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"

	"github.com/chromedp/chromedp"
)

// MaxPicture is how large a picture of the documentation may be, in bytes.
const MaxPicture = 120_000

// Pictures keeps a picture of what the window shows in a folder: one that is small enough for the
// documentation.
func (b *Browser) Pictures(folder, name string) {
	b.T.Helper()
	shot, err := chromedp.Run(b.Ctx, chromedp.CaptureScreenshot())
	b.must(err)
	full, err := png.Decode(bytes.NewReader(shot))
	b.must(err)
	var small bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	b.must(encoder.Encode(&small, inFewColours(full)))
	if small.Len() > MaxPicture {
		b.T.Errorf("the picture %s has %d bytes, more than %d", name, small.Len(), MaxPicture)
	}
	b.must(os.WriteFile(filepath.Join(folder, name+".png"), small.Bytes(), 0o600))
}

// inFewColours is a picture in the 256 colours that it has most of. A page has few others, at the edges
// of its letters.
func inFewColours(full image.Image) *image.Paletted {
	bounds := full.Bounds()
	few := image.NewPaletted(bounds, commonest(full))
	nearest := map[color.RGBA]uint8{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := color.RGBAModel.Convert(full.At(x, y)).(color.RGBA)
			index, known := nearest[c]
			if !known {
				index = uint8(few.Palette.Index(c))
				nearest[c] = index
			}
			few.SetColorIndex(x, y, index)
		}
	}
	return few
}

// unlike is how much two colours differ at least, in one of red, green and blue, that nobody takes for
// each other.
const unlike = 40

// commonest are the 256 colours that a picture has most of. First come those that are unlike each
// other: a small red sign is not to turn grey because its picture has many greys.
func commonest(full image.Image) (few color.Palette) {
	counts := map[color.RGBA]int{}
	bounds := full.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			counts[color.RGBAModel.Convert(full.At(x, y)).(color.RGBA)]++
		}
	}
	all := make([]color.RGBA, 0, len(counts))
	for c := range counts {
		all = append(all, c)
	}
	order := func(c color.RGBA) int { return int(c.R)<<16 | int(c.G)<<8 | int(c.B) }
	slices.SortFunc(all, func(a, b color.RGBA) int {
		return cmp.Or(counts[b]-counts[a], cmp.Compare(order(a), order(b)))
	})
	taken := map[color.RGBA]bool{}
	for _, wanted := range []func(color.RGBA) bool{
		func(c color.RGBA) bool {
			return !slices.ContainsFunc(few, func(t color.Color) bool { return alike(c, t.(color.RGBA)) })
		},
		func(c color.RGBA) bool { return !taken[c] },
	} {
		for _, c := range all {
			if len(few) < 256 && wanted(c) {
				few, taken[c] = append(few, c), true
			}
		}
	}
	return few
}

// alike reports whether two colours may stand for each other.
func alike(a, b color.RGBA) bool {
	near := func(a, b uint8) bool { return max(a, b)-min(a, b) < unlike }
	return near(a.R, b.R) && near(a.G, b.G) && near(a.B, b.B)
}
