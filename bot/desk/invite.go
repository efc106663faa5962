package desk

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strings"

	"optinbot/flows"
)

// An Invitation is how people ask a number for its promotions.
type Invitation struct {
	Link   string `json:"link"`  // opens the chat with the text in it
	Phone  string `json:"phone"` // of the number
	Source string `json:"source"`
	Text   string `json:"text"` // what they send

	Number   string `json:"-"`
	Language string `json:"-"`
	Brand    string `json:"-"`
	Hint     string `json:"-"` // how they leave again. "" where the flow says none
}

var sourceTag = flows.Pattern(`^[a-z0-9][a-z0-9-]{0,30}$`)

// Invite returns the invitation of a number in a language, "" is the flow's first. It notes the
// source, which is recorded with the consent of those who come by it. It is refused where the flow
// does not speak the language, or a source is no such word. It fails where the number is not
// linked. It may be repeated.
func (d *Desk) Invite(ctx context.Context, number, source, language string) (v Invitation, err error) {
	if v, err = d.Invitation(ctx, number, source, language); err != nil || source == "" {
		return v, err
	}
	return v, d.registerSource(ctx, v.Number, source)
}

// Invitation is the invitation of a number, as Invite returns it. It notes nothing: a source counts
// only once Invite has been asked for it.
func (d *Desk) Invitation(ctx context.Context, number, source, language string) (v Invitation, err error) {
	n, row, err := d.numberRow(ctx, number)
	if err != nil {
		return v, err
	}
	if row.Phone == "" {
		says := fmt.Errorf("number %s is not linked, so its phone is not known: `optinbot link` first", n.Name)
		return v, marked{says, ErrNotLinked}
	}
	flow, err := d.flow(n.Name)
	if err != nil {
		return v, err
	}
	language = cmp.Or(language, flow.Languages[0])
	if len(flow.OptIn.Phrases[language]) == 0 {
		return v, Refuse("flow %s has no phrase in %q; it speaks %s", flow.Name, language,
			strings.Join(flow.Languages, ", "))
	}
	v = Invitation{
		Number: n.Name, Phone: row.Phone, Source: source, Text: flow.OptIn.Phrases[language][0],
		Language: language, Brand: flow.Brand, Hint: wayOut(flow, language),
	}
	if source != "" {
		if !sourceTag().MatchString(source) {
			return v, Refuse("a source is lower case letters, digits and -, at most 31 of them; %q is not", source)
		}
		v.Text += " #" + source
	}
	asked := strings.ReplaceAll(url.QueryEscape(v.Text), "+", "%20")
	v.Link = "https://wa.me/" + strings.TrimPrefix(row.Phone, "+") + "?text=" + asked
	return v, nil
}

// registerSource notes where people may come from.
func (d *Desk) registerSource(ctx context.Context, number, source string) (err error) {
	ctx, end, err := d.begin(ctx, ActRegisterSource, number)
	if err != nil {
		return err
	}
	defer func() { end(err) }()
	return d.Store.RegisterSource(ctx, number, source, d.Now())
}

// wayOut is the first hint of a flow how to leave.
func wayOut(flow *flows.Flow, language string) string {
	hints := flow.OptOut.Hint.In(language, flow.Languages)
	if len(hints) == 0 {
		return ""
	}
	hint, _ := hints[0].Render(func(string) string { return flow.Brand })
	return hint
}
