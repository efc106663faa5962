package desk

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"optinbot/bot/phones"
	"optinbot/bot/poster"
	"optinbot/bot/text"
)

// WritePoster makes a file with the invitation's poster, in the format that the file's name ends
// with: .svg or .png. It refuses another ending, a file that exists, and what does not fit on a
// poster. It may be repeated with another name.
func (v Invitation) WritePoster(name string) (err error) {
	p := v.Poster()
	draw := p.SVG
	switch strings.ToLower(filepath.Ext(name)) {
	case ".svg":
	case ".png":
		draw = p.PNG
	default:
		return Refuse("a poster is FILE.svg or FILE.png; %s is neither", name)
	}
	var out bytes.Buffer
	if err := draw(&out); err != nil {
		return Refuse("%v", err)
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return Refuse("%v", err)
	}
	_, err = out.WriteTo(f)
	return errors.Join(err, f.Close())
}

// Poster is the poster of the invitation. The tag of its source is in the code only: on paper it
// would look odd.
func (v Invitation) Poster() poster.Poster {
	p := poster.Poster{
		Brand: text.Line(v.Brand), Phone: v.Phone, Link: v.Link,
		Phrase: text.Line(strings.TrimSuffix(v.Text, " #"+v.Source)),
		Hint:   text.Line(v.Hint), Steps: poster.StepsIn(v.Language),
	}
	if n, ok := phones.Read(v.Phone); ok {
		p.Phone = n.Pretty()
	}
	return p
}
