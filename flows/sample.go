package flows

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// samples holds a folder for each kind of business. That of clothes has its conversations only: its
// flow and its draft are those of Defaults.
//
//go:embed samples
var samples embed.FS

// A Kind is a kind of business that there is a sample of.
type Kind struct {
	Name  string // as the command line calls it
	About string // for whom it is
}

// Kinds are the kinds of business that Sample knows. The first is that of Defaults.
func Kinds() []Kind {
	return []Kind{
		{"clothes", "clothes, shoes, bags: what they like, and where they shop"},
		{"food", "a restaurant, café or bakery"},
		{"beauty", "a hairdresser, nail or beauty studio"},
		{"gym", "a gym, studio or school"},
		{"minimal", "any other shop: asks no questions"},
	}
}

// SampleLanguages are the languages of every sample.
func SampleLanguages() []string { return []string{"en", "pt", "es"} }

// Sample makes the files of a kind of business, by their path in the folder of flows. languages are
// some of SampleLanguages, the default first. brand and zone take the place of the sample's, where
// they are not empty.
func Sample(kind string, languages []string, brand, zone string) (map[string][]byte, error) {
	if !slices.ContainsFunc(Kinds(), func(k Kind) bool { return k.Name == kind }) {
		return nil, fmt.Errorf("there is no sample %q", kind)
	}
	for _, l := range languages {
		if !slices.Contains(SampleLanguages(), l) {
			return nil, fmt.Errorf("the samples have no texts in %q", l)
		}
	}
	own, err := fs.Sub(samples, path.Join("samples", kind))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	if err := readInto(files, Defaults); err != nil {
		return nil, err
	}
	if _, err := fs.Stat(own, "broadcasts"); err == nil {
		delete(files, "broadcasts/weekend-offer.yaml") // of Defaults. The kind has its own
	}
	if err := readInto(files, own); err != nil {
		return nil, err
	}
	for name, text := range files {
		switch path.Ext(name) {
		case ".chat": // one file for each language. Those of Defaults are in several
			if !slices.Contains(languages, strings.TrimSuffix(path.Base(name), ".chat")) {
				delete(files, name)
			}
		case ".yaml":
			files[name] = []byte(adapted(string(text), languages, brand, zone))
		}
	}
	return files, nil
}

func readInto(files map[string][]byte, from fs.FS) error {
	return fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[name], err = fs.ReadFile(from, name)
		return err
	})
}

// The lines and parts of a sample that change with its shop. Every text of a sample stands in the
// languages of SampleLanguages, in their order.
var (
	inLanguage    = Pattern(`^( *)(en|pt|es):( |$)`)
	inLanguages   = Pattern(`\{(en: [^,{}]*), (pt: [^,{}]*), (es: [^,{}]*)\}`)
	languagesLine = Pattern(`(?m)^languages: \[en, pt, es\]`)
	brandLine     = Pattern(`(?m)^brand: .*?( +#.*)?$`)
	zoneLine      = Pattern(`(?m)^zone: .*$`)
)

// adapted is a file of a sample for a shop: in its languages, with its name, in its time zone.
func adapted(text string, languages []string, brand, zone string) string {
	text = inLanguages().ReplaceAllStringFunc(text, func(all string) string {
		var kept []string
		for i, part := range inLanguages().FindStringSubmatch(all)[1:] {
			if slices.Contains(languages, SampleLanguages()[i]) {
				kept = append(kept, part)
			}
		}
		return "{" + strings.Join(kept, ", ") + "}"
	})
	var lines []string
	dropped := -1 // the indentation of the language that is being left out
	for line := range strings.SplitSeq(text, "\n") {
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if dropped >= 0 && indent > dropped {
			continue
		}
		dropped = -1
		if m := inLanguage().FindStringSubmatch(line); m != nil && !slices.Contains(languages, m[2]) {
			dropped = indent
			continue
		}
		lines = append(lines, line)
	}
	text = strings.Join(lines, "\n")
	text = languagesLine().ReplaceAllLiteralString(text, "languages: ["+strings.Join(languages, ", ")+"]")
	if brand != "" {
		text = brandLine().ReplaceAllStringFunc(text, func(line string) string {
			return "brand: " + strconv.Quote(brand) + brandLine().FindStringSubmatch(line)[1]
		})
	}
	if zone != "" {
		text = zoneLine().ReplaceAllLiteralString(text, "zone: "+zone)
	}
	return text
}
