package flows

import (
	"archive/zip"
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
)

// wholeFiles is a file of each type, made here.
func wholeFiles(t *testing.T) map[string][]byte {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	picture := image.NewRGBA(image.Rect(0, 0, 40, 30))
	for i := range 40 * 30 {
		picture.Set(i%40, i/40, color.RGBA{uint8(i), uint8(i * 7), uint8(i * 13), 255})
	}
	var asJPEG, asPNG bytes.Buffer
	must(jpeg.Encode(&asJPEG, picture, nil))
	must(png.Encode(&asPNG, picture))
	office := func(part string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, name := range []string{"[Content_Types].xml", part} {
			w, err := z.Create(name)
			must(err)
			_, err = w.Write([]byte("<x/>"))
			must(err)
		}
		must(z.Close())
		return b.Bytes()
	}
	box := func(kind, content string) string {
		return "\x00\x00\x00" + string(rune(8+len(content))) + kind + content
	}
	return map[string][]byte{
		"a.jpg": asJPEG.Bytes(), "a.jpeg": asJPEG.Bytes(), "a.png": asPNG.Bytes(),
		"a.mp4": []byte(box("ftyp", "isom0000") + box("mdat", "12345678") + box("moov", "x")), "a.3gp": []byte(box("ftyp", "3gp40000") + box("moov", "x")),
		"a.pdf": []byte("%PDF-1.7\n1 0 obj\n%%EOF\n"), "a.docx": office("word/document.xml"), "a.xlsx": office("xl/workbook.xml"),
		"a.txt": []byte("Menu of the day"), "a.csv": []byte("\ufeffa;b\n1;2\n"), "a.vcf": []byte("BEGIN:VCARD\nEND:VCARD\n"), "a.ics": []byte("\ufeffBEGIN:VCALENDAR\n"),
	}
}

// attached loads a draft with a file.
func attached(t *testing.T, flow *Flow, name string, data []byte, accepted bool) (*Broadcast, []Problem) {
	t.Helper()
	kind := MediaDocument
	for _, k := range mediaTypes[name[strings.LastIndex(name, "."):]].kinds {
		if k != MediaDocument {
			kind = k
		}
	}
	draft := "media: {" + kind + ": " + name + "}\ntext: {en: Hi!, pt: Oi!, es: Hola!}\n"
	b, bad := LoadBroadcast("x.yaml", []byte(draft), flow)
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	return b, b.Attach("x.yaml", data, "", accepted)
}

// TestB3AFileIsWhatItsNameSays: the bytes of a file decide, not its ending: what phones cannot show is refused, and only warned about where
// it was armed before.
func TestB3AFileIsWhatItsNameSays(t *testing.T) {
	t.Parallel()
	whole, flow := wholeFiles(t), shipped(t)
	strange := map[string][]byte{
		"web page": []byte("\n<!DOCTYPE html><html>Not found</html>"), "WebP": []byte("RIFF\x00\x00\x00\x00WEBPVP8 xxxxxxxx"), "HEIC": []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"),
		"GIF": []byte("GIF89a\x01\x00"), "AVIF": []byte("\x00\x00\x00\x18ftypavif\x00\x00\x00\x00"), "program": []byte("MZ\x90\x00\x03\x00\x00\x00"), "zeros": make([]byte, 3000),
	}
	for name, data := range whole {
		strange["whole "+name] = data
		if b, bad := attached(t, flow, name, data, false); len(bad) > 0 || len(b.Warnings) > 0 || len(b.Media.Data) == 0 {
			t.Errorf("%s is refused: %v", name, bad)
		}
	}
	refused := func(name, what string, data []byte) {
		t.Helper()
		_, bad := attached(t, flow, name, data, false)
		if len(bad) != 1 || bad[0].Rule != "media-file" || bad[0].Advice == "" {
			t.Errorf("%s, and is %s: %v", name, what, bad)
		}
		b, bad := attached(t, flow, name, data, true)
		if len(bad) > 0 || len(b.Warnings) != 1 || !bytes.Equal(b.Media.Data, data) || b.Version != b.VersionWith(data) {
			t.Errorf("%s, and is %s, armed before: %v, warnings %v", name, what, bad, b.Warnings)
		}
	}
	same := func(name, what string) bool {
		a, is := mediaTypes[name[1:]].mime, strings.TrimPrefix(what, "whole a")
		b := mediaTypes[is].mime
		return a == b || strings.HasPrefix(a, "video/") && strings.HasPrefix(b, "video/") || a == "text/plain" || a == "text/csv" && strings.HasPrefix(b, "text/")
	}
	for name, data := range whole {
		for what, other := range strange {
			if !same(name, what) && !(strings.HasSuffix(name, ".txt") || strings.HasSuffix(name, ".csv") && what == "program") {
				refused(name, what, other)
			}
		}
		if strings.HasPrefix(mediaTypes[name[1:]].mime, "text/") {
			continue // a text has no end
		}
		for _, part := range []int{3, 2} {
			refused(name, "cut off", data[:len(data)*part/4])
		}
	}
}
