package app

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/mdp/qrterminal/v3"
	"github.com/nyaruka/phonenumbers"

	"optinbot/bot/poster"
	"optinbot/bot/text"
	"optinbot/flows"
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

var tag = flows.Pattern(`^[a-z0-9][a-z0-9-]{0,30}$`)

// Run shows the click-to-chat link with the opt-in phrase in it, and its QR code.
func (c InviteCmd) Run(ctx context.Context, a *App) error {
	h, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer h.close()
	row, err := h.store.Number(ctx, n.Name)
	if err != nil {
		return err
	}
	if row.Phone == "" {
		return fmt.Errorf("number %s is not linked, so its phone is not known: `optinbot link` first", n.Name)
	}
	flow := h.machine(n.Name).Flow
	language := cmp.Or(c.Language, flow.Languages[0])
	if len(flow.OptIn.Phrases[language]) == 0 {
		return refuse("flow %s has no phrase in %q; it speaks %s", flow.Name, language, strings.Join(flow.Languages, ", "))
	}
	phrase := flow.OptIn.Phrases[language][0]
	if c.Source != "" {
		if !tag().MatchString(c.Source) {
			return refuse("a source is lower case letters, digits and -, at most 31 of them; %q is not", c.Source)
		}
		if err := h.store.RegisterSource(ctx, n.Name, c.Source, a.now()); err != nil {
			return err
		}
		phrase += " #" + c.Source
	}
	link := "https://wa.me/" + strings.TrimPrefix(row.Phone, "+") + "?text=" + strings.ReplaceAll(url.QueryEscape(phrase), "+", "%20")
	if c.Poster != "" {
		if err := writePoster(c.Poster, posterOf(flow, language, row.Phone, phrase, link)); err != nil {
			return err
		}
		if !c.JSON {
			fmt.Fprintf(a.out, "%s is written: print it on A4, and try the code with a phone before you hang it up.\n", shownPath(c.Poster))
			return nil
		}
	}
	if c.JSON {
		return printJSON(a.out, map[string]string{"link": link, "text": phrase, "phone": row.Phone, "source": c.Source})
	}
	fmt.Fprintf(a.out, "1. save our number  %s\n2. scan\n3. send  %q\n\n", row.Phone, phrase)
	qrterminal.GenerateHalfBlock(link, qrterminal.M, a.out)
	fmt.Fprintf(a.out, "\n%s\n", link)
	return nil
}

// writePoster makes a file with the poster, in the format that its name ends with. It overwrites nothing.
func writePoster(name string, p poster.Poster) (err error) {
	draw := p.SVG
	switch strings.ToLower(filepath.Ext(name)) {
	case ".svg":
	case ".png":
		draw = p.PNG
	default:
		return refuse("a poster is FILE.svg or FILE.png; %s is neither", name)
	}
	var out bytes.Buffer
	if err := draw(&out); err != nil {
		return refuse("%v", err)
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return refuse("%v", err)
	}
	_, err = out.WriteTo(f)
	return errors.Join(err, f.Close())
}

// posterOf is the poster of a number in one of its flow's languages.
func posterOf(flow *flows.Flow, language, phone, phrase, link string) poster.Poster {
	p := poster.Poster{Brand: text.Line(flow.Brand), Phone: phone, Phrase: text.Line(phrase), Link: link, Steps: poster.StepsIn(language)}
	if n, err := phonenumbers.Parse(phone, ""); err == nil {
		p.Phone = phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
	}
	if hints := flow.OptOut.Hint.In(language, flow.Languages); len(hints) > 0 {
		hint, _ := hints[0].Render(func(string) string { return flow.Brand })
		p.Hint = text.Line(hint)
	}
	return p
}
