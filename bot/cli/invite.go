package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"rsc.io/qr"

	"optinbot/bot/desk"
)

// InviteCmd is `invite`.
type InviteCmd struct {
	ForNumber
	AsJSON
	Source   string `help:"A tag for where people saw it, such as window or flyer: it is recorded with their consent." placeholder:"TAG"`
	Language string `help:"The language of the phrase (default: the flow's first)." placeholder:"CODE"`
	Sources  bool   `help:"Show the tags that are known, with how many times somebody asked for promotions by each."`
	Poster   string `help:"Write an A4 poster with the three steps: FILE.svg, or FILE.png." placeholder:"FILE"`
}

func (InviteCmd) Example() string {
	return "optinbot invite --source window\noptinbot invite --source window --poster window.png\noptinbot invite --sources"
}

// Run shows the click-to-chat link with the opt-in phrase in it, and its QR code.
func (c InviteCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	if c.Sources {
		return c.showSources(ctx, a, d, n.Name)
	}
	v, err := d.Invite(ctx, n.Name, c.Source, c.Language)
	if err != nil {
		return err
	}
	if c.Poster != "" {
		if err := v.WritePoster(c.Poster); err != nil {
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

// showSources shows where people have come from.
func (c InviteCmd) showSources(ctx context.Context, a *App, d *desk.Desk, number string) error {
	sources, err := d.Sources(ctx, number)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, sources)
	}
	if len(sources) == 0 {
		a.page().say("No source is known yet: `optinbot invite --source window` makes one.")
	}
	for _, s := range sources {
		a.page().say("%s  %d", s.Tag, s.Came)
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
