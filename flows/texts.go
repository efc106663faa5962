package flows

import (
	_ "embed"
	"sync"

	"go.yaml.in/yaml/v4"
)

//go:embed data/texts.yaml
var textsYAML []byte

// builtInTexts are the texts of texts.yaml, by key and language.
var builtInTexts = sync.OnceValue(func() map[string]map[string]Template {
	var source map[string]map[string]string
	if err := yaml.Load(textsYAML, &source); err != nil {
		return nil // a test loads them
	}
	texts := map[string]map[string]Template{}
	for key, byLanguage := range source {
		texts[key] = map[string]Template{}
		for language, s := range byLanguage {
			texts[key][language], _ = ParseTemplate(s)
		}
	}
	return texts
})

// builtIn returns a built-in text in the languages that have it.
func builtIn(key string, languages []string) Text {
	t := Text{}
	for _, language := range languages {
		if template, ok := builtInTexts()[key][language]; ok {
			t[language] = []Template{template}
		}
	}
	return t
}

// AllowAgain tells how to allow offers in WhatsApp itself. It is built in, and empty where no
// language of the flow has it.
func (f *Flow) AllowAgain() Text { return builtIn("allow_again", f.Languages) }

// A builtInText is a text of the flow that is built in unless the file has its own.
type builtInText struct {
	key  string   // in texts.yaml
	path []string // in the file
	text *Text
}

// textsWithDefaults returns the flow's texts with a built-in stand-in.
func (f *Flow) textsWithDefaults() []builtInText {
	return []builtInText{
		{"hint", []string{"opt_out", "hint"}, &f.OptOut.Hint},
		{"goodbye", []string{"opt_out", "goodbye"}, &f.OptOut.Goodbye},
		{"after", []string{"opt_out", "after"}, &f.OptOut.After},
		{"unsure", []string{"opt_out", "unsure"}, &f.OptOut.Unsure},
		{"stays", []string{"opt_out", "stays"}, &f.OptOut.Stays},
		{"question", []string{"opt_in", "question"}, &f.OptIn.Question},
		{"declined", []string{"opt_in", "declined"}, &f.OptIn.Declined},
		{"help", []string{"help"}, &f.Help},
		{"unreadable", []string{"unreadable"}, &f.Unreadable},
		{"resend", []string{"resend"}, &f.Resend},
	}
}
