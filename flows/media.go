package flows

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// The kinds of Attachment, which are its keys in the file.
const (
	MediaImage    = "image"
	MediaVideo    = "video"
	MediaDocument = "document"
)

// An Attachment is a file that goes out with a broadcast. The text is its caption.
type Attachment struct {
	Kind string // MediaImage, MediaVideo or MediaDocument
	File string // beside the draft
	MIME string
	Data []byte // brought by whoever has read the file. Attach checks it
}

// mediaTypes are the files that WhatsApp's apps show, by their ending, and the kinds that they may
// be.
var mediaTypes = map[string]struct {
	mime  string
	kinds []string
}{
	".jpg":  {"image/jpeg", []string{MediaImage, MediaDocument}},
	".jpeg": {"image/jpeg", []string{MediaImage, MediaDocument}},
	".png":  {"image/png", []string{MediaImage, MediaDocument}},
	".mp4":  {"video/mp4", []string{MediaVideo, MediaDocument}},
	".3gp":  {"video/3gpp", []string{MediaVideo, MediaDocument}},
	".pdf":  {"application/pdf", []string{MediaDocument}},
	".txt":  {"text/plain", []string{MediaDocument}},
	".csv":  {"text/csv", []string{MediaDocument}},
	".vcf":  {"text/vcard", []string{MediaDocument}},
	".ics":  {"text/calendar", []string{MediaDocument}},
	".docx": {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", []string{MediaDocument}},
	".xlsx": {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", []string{MediaDocument}},
}

// maxMedia is how large a file may be, in bytes: what phones load over a mobile network without
// asking.
var maxMedia = map[string]int{MediaImage: 5 << 20, MediaVideo: 16 << 20, MediaDocument: 20 << 20}

// media reads `media`: one kind and the name of a file.
func (r *reader) media(n *yaml.Node) *Attachment {
	a := &Attachment{}
	var fields []field
	for _, kind := range []string{MediaImage, MediaVideo, MediaDocument} {
		fields = append(fields, field{kind, false, func(n *yaml.Node) { r.attachment(n, kind, a) }})
	}
	r.mapping(n, nil, "media", fields)
	if a.Kind == "" && n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		r.add(posOf(n), "missing-key", "media names no file", "write `image: offer.jpg`, or `video:` or `document:`")
	}
	return a
}

func (r *reader) attachment(n *yaml.Node, kind string, a *Attachment) {
	name := r.str(n)
	known, ok := mediaTypes[strings.ToLower(path.Ext(name))]
	switch {
	case name == "":
		return
	case a.Kind != "":
		r.add(posOf(n), "media-file", "one message carries one file", "take one of them out")
	case strings.ContainsAny(name, `/\`) || strings.HasPrefix(name, "."):
		r.add(posOf(n), "media-file", fmt.Sprintf("%q is not the name of a file beside the broadcast", name),
			"put the file into the folder of the broadcast and write its name only")
	case !ok:
		r.add(posOf(n), "media-file", fmt.Sprintf("phones do not show a file that ends in %q", path.Ext(name)),
			"it can be: "+quoted(sortedKeys(mediaTypes)))
	case !slices.Contains(known.kinds, kind):
		r.add(posOf(n), "media-file", fmt.Sprintf("%q is no %s", name, kind),
			fmt.Sprintf("write `%s: %s`", known.kinds[0], name))
	default:
		a.Kind, a.File, a.MIME = kind, name, known.mime
	}
}

// Picture looks at a picture that goes out with a message. wrong says why phones would not show it.
func Picture(data []byte) (mime, wrong string) {
	most := maxMedia[MediaImage]
	if len(data) > most {
		return "", fmt.Sprintf("it has %.1f MB, and phones load at most %d MB by themselves", float64(len(data))/(1<<20), most>>20)
	}
	mime = mediaTypes[".jpg"].mime
	if is := sniffed(data).mime; is == mediaTypes[".png"].mime {
		mime = is
	}
	return mime, notAsNamed(mime, data)
}

// MostPicture is how large a picture may be, in bytes.
var MostPicture = maxMedia[MediaImage]

// VersionWith is the version of a broadcast with the content of its file.
func (b *Broadcast) VersionWith(data []byte) string {
	return Version(append(append([]byte{}, b.Source...), data...))
}

// Attach brings the content of the file that the draft names, which is part of its version from
// then on. A problem means that it cannot be sent. missing is what is said of a file that could not
// be read. accepted is true of a file that was armed with this very draft: what newer rules find in
// it is a warning.
func (b *Broadcast) Attach(file string, data []byte, missing string, accepted bool) []Problem {
	src, rep := parse(file, b.Source, accepted)
	at := src.at("media", b.Media.Kind)
	switch most := maxMedia[b.Media.Kind]; {
	case missing != "":
		rep.add(at, "media-file", fmt.Sprintf("the file %q cannot be read: %s", b.Media.File, missing),
			"put it into the folder of the broadcast")
	case len(data) == 0:
		rep.add(at, "media-file", fmt.Sprintf("the file %q is empty", b.Media.File), "save it again")
	case len(data) > most:
		rep.add(at, "media-file", fmt.Sprintf("the file %q has %.1f MB; phones load at most %d MB by themselves",
			b.Media.File, float64(len(data))/(1<<20), most>>20), "make it smaller")
	default:
		if wrong := notAsNamed(b.Media.MIME, data); wrong != "" {
			rep.addNewer(at, "media-file", fmt.Sprintf("phones cannot show the file %q: %s", b.Media.File, wrong),
				fmt.Sprintf("open it, and save or export it anew as a file that ends in %s; "+
					"another ending alone makes no other file", path.Ext(b.Media.File)))
		}
	}
	problems := rep.problems()
	refused := slices.DeleteFunc(slices.Clone(problems), func(p Problem) bool { return p.Warning })
	if len(refused) > 0 {
		return refused
	}
	b.Media.Data, b.Version = data, b.VersionWith(data)
	b.Warnings = append(b.Warnings, problems...)
	return nil
}
