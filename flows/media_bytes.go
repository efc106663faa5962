package flows

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	_ "image/png" // so that image.Decode knows it
	"slices"
	"strings"
)

// A signature is how files of a format begin.
type signature struct {
	name  string // for people
	mime  string // "" for what WhatsApp's apps do not show by themselves
	at    int    // where it stands
	bytes string
}

// signatures are those of the formats that mediaTypes names, and of what is often saved under their
// endings. Source: the WHATWG's MIME Sniffing Standard, and ISO/IEC 14496-12 for ftyp.
var signatures = []signature{
	{"a JPEG picture", "image/jpeg", 0, "\xff\xd8\xff"}, {"a PNG picture", "image/png", 0, "\x89PNG\r\n\x1a\n"},
	{"a WebP picture", "", 8, "WEBPVP"},
	{"a GIF picture", "", 0, "GIF8"}, {"a BMP picture", "", 0, "BM"}, {"a TIFF picture", "", 0, "II*\x00"},
	{"a TIFF picture", "", 0, "MM\x00*"},
	{"a HEIC picture, as iPhones save", "", 4, "ftyphei"}, {"a HEIC picture, as iPhones save", "", 4, "ftyphev"},
	{"a HEIC picture, as iPhones save", "", 4, "ftypmif1"},
	{"an AVIF picture", "", 4, "ftypavi"}, {"a sound", "", 4, "ftypM4A"}, {"a video", "video/3gpp", 4, "ftyp3g"},
	{"a video", "video/mp4", 4, "ftyp"},
	{"a WebM or Matroska video", "", 0, "\x1aE\xdf\xa3"}, {"an AVI video", "", 8, "AVI "},
	{"a PDF", "application/pdf", 0, "%PDF-"},
	{"a program", "", 0, "MZ"}, {"a program", "", 0, "\x7fELF"}, {"a program", "", 0, "#!"},
}

// sniffed is the signature that the bytes of a file begin with, or an empty one.
func sniffed(data []byte) signature {
	for _, s := range signatures {
		if len(data) >= s.at+len(s.bytes) && string(data[s.at:s.at+len(s.bytes)]) == s.bytes {
			return s
		}
	}
	start := strings.ToLower(string(bytes.TrimLeft(data[:min(len(data), 200)], "\ufeff \t\r\n")))
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<body", "<script", "<?xml", "<svg"} {
		if strings.HasPrefix(start, tag) {
			return signature{name: "a web page, such as one that says that the file is not there"}
		}
	}
	return signature{}
}

// notAsNamed says what is wrong with a file whose name says that it is of a type (MIME), or "" if
// its bytes are such a file, whole.
func notAsNamed(mime string, data []byte) string {
	is := sniffed(data)
	named := mime
	if named == "video/3gpp" && is.mime == "video/mp4" || named == "video/mp4" && is.mime == "video/3gpp" {
		named = is.mime // one container
	}
	if is.name != "" && is.mime != named && !strings.HasPrefix(mime, "text/") {
		return "it is " + is.name
	}
	switch mime {
	case "image/jpeg", "image/png":
		return brokenPicture(is, data)
	case "video/mp4", "video/3gpp":
		return brokenVideo(is, data)
	case "application/pdf":
		const begin, end = 1024, 2048 // bytes, in which the marks of both stand
		if !bytes.Contains(data[:min(len(data), begin)], []byte("%PDF-")) {
			return "it is no PDF"
		}
		if !bytes.Contains(data[max(0, len(data)-end):], []byte("%%EOF")) {
			return cutOff
		}
		return ""
	case mediaTypes[".docx"].mime, mediaTypes[".xlsx"].mime:
		return brokenOffice(mime, data)
	}
	return brokenText(mime, is, data)
}

const cutOff = "it is cut off: its end is missing"

// mostPixels are so many that a picture is not decoded: a small file may hold more than there is
// memory.
const mostPixels = 100_000_000

func brokenPicture(is signature, data []byte) string {
	if is.name == "" {
		return "it is no picture"
	}
	size, _, err := image.DecodeConfig(bytes.NewReader(data))
	var unsupported jpeg.UnsupportedError
	if errors.As(err, &unsupported) {
		return "" // phones may know more than the library
	}
	if err == nil && size.Width*size.Height > mostPixels {
		return fmt.Sprintf("it has %d x %d points, too many for phones", size.Width, size.Height)
	}
	if err == nil {
		_, _, err = image.Decode(bytes.NewReader(data))
	}
	switch {
	case err == nil || errors.As(err, &unsupported):
		return ""
	case strings.Contains(err.Error(), "EOF"):
		return cutOff
	}
	return "it is a broken picture"
}

// brokenVideo looks whether the boxes of a video are there, and whole.
func brokenVideo(is signature, data []byte) string {
	if is.name == "" {
		return "it is no MP4 or 3GP video"
	}
	index := false // without it nothing can be shown
	for rest := data; len(rest) > 0; {
		if len(rest) < 8 {
			return cutOff
		}
		size, header := uint64(binary.BigEndian.Uint32(rest)), uint64(8)
		index = index || string(rest[4:8]) == "moov"
		switch {
		case size == 0: // to the end
			size = uint64(len(rest))
		case size == 1 && len(rest) >= 16:
			size, header = binary.BigEndian.Uint64(rest[8:]), 16
		}
		if size < header || size > uint64(len(rest)) {
			return cutOff
		}
		rest = rest[size:]
	}
	if !index {
		return cutOff
	}
	return ""
}

// brokenOffice looks whether a document of an office program can be opened, and is of the kind.
func brokenOffice(mime string, data []byte) string {
	part, what := "word/document.xml", "a Word document"
	if mime == mediaTypes[".xlsx"].mime {
		part, what = "xl/workbook.xml", "an Excel workbook"
	}
	if !bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return "it is not " + what
	}
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return cutOff
	}
	if !slices.ContainsFunc(r.File, func(f *zip.File) bool { return f.Name == part }) {
		return "it is not " + what
	}
	return ""
}

func brokenText(mime string, is signature, data []byte) string {
	wide := bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff"))
	text := string(bytes.TrimPrefix(data, []byte("\ufeff")))
	begins := map[string]string{"text/vcard": "BEGIN:VCARD", "text/calendar": "BEGIN:VCALENDAR"}[mime]
	switch {
	// BM, MZ and #! begin texts as well
	case is.name != "" && is.name != "a BMP picture" && is.name != "a program" && mime != "text/plain":
		return "it is " + is.name
	case !wide && strings.ContainsRune(text, 0):
		return "it is no text"
	case begins != "" && !wide && !strings.HasPrefix(strings.ToUpper(strings.TrimSpace(text)), begins):
		return "it does not begin with " + begins
	}
	return ""
}
