package desk

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"optinbot/bot/config"
	"optinbot/flows"
)

// A DraftText is the text of a broadcast's draft as an operator edits it.
type DraftText struct {
	Number  string `json:"number"`
	Name    string `json:"name"`
	File    string `json:"file"` // as messages name it
	Text    string `json:"text"`
	Version string `json:"version"` // of the text. "" where there is no such draft yet
	BuiltIn bool   `json:"built_in"`
}

// DraftText returns the text of a draft. A name that is none is refused, and a draft that does not
// exist is not found. It changes nothing, and may be repeated.
func (d *Desk) DraftText(ctx context.Context, number, name string) (DraftText, error) {
	if err := d.mayRead(ctx, number); err != nil {
		return DraftText{}, err
	}
	n, err := NumberOf(d.Config, number)
	if err != nil {
		return DraftText{}, err
	}
	t, err := d.draftText(n, name)
	if err == nil && t.Version == "" {
		err = notFound("there is no broadcast %q", name)
	}
	return t, err
}

// draftText is the text of a draft, with no version where it does not exist.
func (d *Desk) draftText(n config.Number, name string) (t DraftText, err error) {
	if !flows.IsName(name) {
		return t, Refuse("the name of a broadcast has small letters, digits, _ and -, and begins with a letter: " +
			"weekend-offer")
	}
	folder, shown, err := d.Files.folder()
	if err != nil {
		return t, err
	}
	file := path.Join("broadcasts", name+".yaml")
	t = DraftText{Number: n.Name, Name: name, File: path.Join(path.Base(shown), file), BuiltIn: folder == fs.FS(flows.Defaults)}
	text, err := fs.ReadFile(folder, file)
	if errors.Is(err, fs.ErrNotExist) {
		return t, nil
	}
	if err == nil && len(text) > maxSource {
		err = Refuse("%s has %d MB; a broadcast has a few hundred lines at most", t.File, len(text)>>20)
	}
	if err == nil {
		t.Text, t.Version = string(text), flows.Version(text)
	}
	return t, err
}

// A DraftCheck says what is wrong with a text of a draft.
type DraftCheck struct {
	Version  string          `json:"version"`  // of the text
	Problems []flows.Problem `json:"problems"` // warnings too

	Broadcast *flows.Broadcast `json:"-"` // nil where the text has problems
}

// CheckDraftText says what is wrong with a text of a draft, for the flow that its number speaks. It
// changes nothing, and may be repeated.
func (d *Desk) CheckDraftText(ctx context.Context, number, name, text string) (c DraftCheck, err error) {
	if err := d.mayRead(ctx, number); err != nil {
		return c, err
	}
	n, err := NumberOf(d.Config, number)
	if err != nil {
		return c, err
	}
	t, err := d.draftText(n, name)
	if err != nil {
		return c, err
	}
	return d.checkDraft(ctx, n, t, unixLines(text))
}

func (d *Desk) checkDraft(ctx context.Context, n config.Number, t DraftText, source []byte) (c DraftCheck, err error) {
	c = DraftCheck{Version: flows.Version(source), Problems: []flows.Problem{}}
	flow, err := d.flow(n.Name)
	if err != nil {
		return c, err
	}
	folder, _, err := d.Files.folder()
	if err != nil {
		return c, err
	}
	b, bad := d.Files.loadBroadcast(ctx, t.Name+".yaml", source, flow)
	if b != nil {
		bad = d.Files.attach(ctx, folder, "broadcasts", t.Name+".yaml", b)
		c.Problems = append(c.Problems, b.Warnings...)
		if d.Wire(n.Name).Templates {
			bad = append(bad, b.ApprovalProblems(t.Name+".yaml", flow)...)
		}
	}
	c.Problems = append(c.Problems, bad...)
	if b != nil && len(bad) == 0 {
		c.Broadcast = b
	}
	return c, nil
}

// SaveDraft writes the text of a draft, and keeps the one of before beside it. version is that of the
// text as it was shown, "" for a draft that is new: where the file has another by now, it is refused
// as stale. A text with problems is refused with them. A draft that was armed is armed no more once
// it was edited. It may be repeated with the version that it returns.
func (d *Desk) SaveDraft(ctx context.Context, number, name, version, text string) (t DraftText, err error) {
	ctx, n, end, err := d.beginEdit(ctx, ActEditBroadcast, number)
	if err != nil {
		return t, err
	}
	defer func() { end(err) }()
	if t, err = d.draftText(n, name); err != nil {
		return t, err
	}
	switch {
	case t.BuiltIn:
		return t, Refuse("the broadcasts are built in; `optinbot init` makes a folder of your own")
	case t.Version != version && version == "":
		return t, stale("there is a broadcast %q already", name)
	case t.Version != version:
		return t, stale("%s has changed since you opened it", t.File)
	}
	source := unixLines(text)
	c, err := d.checkDraft(ctx, n, t, source)
	if err == nil && c.Broadcast == nil {
		err = Problems(c.Problems)
	}
	if err != nil || c.Version == t.Version {
		return t, err
	}
	if err := d.Files.writeDraft(name, t, source); err != nil {
		return t, err
	}
	return d.draftText(n, name)
}

// writeDraft writes the file of a draft, and what it had beside it.
func (f *Files) writeDraft(name string, t DraftText, source []byte) error {
	file := filepath.Join(f.Config.Path(f.Config.Flows), "broadcasts", name+".yaml")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	if t.Version != "" {
		if err := os.WriteFile(file+".before", []byte(t.Text), 0o644); err != nil {
			return err
		}
	}
	return ReplaceFile(file, source)
}
