package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/nyaruka/phonenumbers"
	"rsc.io/qr"

	"optinbot/bot/desk"
	"optinbot/bot/poster"
	"optinbot/bot/text"
)

// InviteCmd is `invite`.
type InviteCmd struct {
	ForNumber
	AsJSON
	Source   string `help:"A tag for where people saw it, such as window or flyer: it is recorded with their consent." placeholder:"TAG"`
	Language string `help:"The language of the phrase (default: the flow's first)." placeholder:"CODE"`
	Poster   string `help:"Write an A4 poster with the three steps: FILE.svg, or FILE.png." placeholder:"FILE"`
}

// Example is shown by --help.
func (InviteCmd) Example() string {
	return "optinbot invite --source window\noptinbot invite --source window --poster window.png"
}

// Run shows the click-to-chat link with the opt-in phrase in it, and its QR code.
func (c InviteCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	v, err := d.Invite(ctx, n.Name, c.Source, c.Language)
	if err != nil {
		return err
	}
	if c.Poster != "" {
		if err := writePoster(c.Poster, posterOf(v)); err != nil {
			return err
		}
	}
	switch {
	case c.JSON:
		return printJSON(a.out, v)
	case c.Poster != "":
		a.page().say("%s is written: print it on A4, and try the code with a phone before you hang it up.",
			desk.ShownPath(c.Poster))
	default:
		printInvitation(a.out, v)
	}
	return nil
}

func printInvitation(w io.Writer, v desk.Invitation) {
	fmt.Fprintf(w, "1. save our number  %s\n2. scan\n3. send  %q\n\n", v.Phone, v.Text)
	if code, err := qr.Encode(v.Link, qr.M); err == nil { // a link that is too long for one is shown below
		fmt.Fprintln(w, strings.Join(codeLines(code, usualRim), "\n"))
	}
	fmt.Fprintf(w, "\n%s\n", v.Link)
}

// writePoster makes a file with the poster, in the format that its name ends with. It overwrites
// nothing.
func writePoster(name string, p poster.Poster) (err error) {
	draw := p.SVG
	switch strings.ToLower(filepath.Ext(name)) {
	case ".svg":
	case ".png":
		draw = p.PNG
	default:
		return desk.Refuse("a poster is FILE.svg or FILE.png; %s is neither", name)
	}
	var out bytes.Buffer
	if err := draw(&out); err != nil {
		return desk.Refuse("%v", err)
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return desk.Refuse("%v", err)
	}
	_, err = out.WriteTo(f)
	return errors.Join(err, f.Close())
}

// posterOf is the poster of an invitation.
func posterOf(v desk.Invitation) poster.Poster {
	p := poster.Poster{
		Brand: text.Line(v.Brand), Phone: v.Phone, Link: v.Link,
		// The tag is in the code. On paper it would only look odd.
		Phrase: text.Line(strings.TrimSuffix(v.Text, " #"+v.Source)),
		Hint:   text.Line(v.Hint), Steps: poster.StepsIn(v.Language),
	}
	if n, err := phonenumbers.Parse(v.Phone, ""); err == nil {
		p.Phone = phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
	}
	return p
}
