package desk

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"optinbot/flows"
)

// RepliesText is the file of quick replies as it is edited.
type RepliesText struct {
	File    string // as messages name it
	Text    string
	Version string // "": there is no file yet
	BuiltIn bool   // there is no folder to write it to
}

// RepliesText returns the text of the file of quick replies, which may be missing. It is refused where
// a number speaks a flow of that name. It changes nothing, and may be repeated.
func (d *Desk) RepliesText(ctx context.Context, number string) (RepliesText, error) {
	if err := d.mayRead(ctx, number); err != nil {
		return RepliesText{}, err
	}
	return d.Files.repliesText()
}

func (f *Files) repliesText() (t RepliesText, err error) {
	if !f.hasReplies() {
		return t, Refuse("a number speaks a flow called %s: its file is no file of quick replies", repliesName)
	}
	folder, shown, err := f.folder()
	if err != nil {
		return t, err
	}
	const file = repliesName + ".yaml"
	t = RepliesText{File: filepath.ToSlash(filepath.Join(filepath.Base(shown), file)), BuiltIn: folder == fs.FS(flows.Defaults)}
	info, err := fs.Stat(folder, file)
	if errors.Is(err, fs.ErrNotExist) {
		return t, nil
	}
	if err == nil && info.Size() > maxSource {
		return t, Refuse("%s has %d MB; quick replies have a few hundred lines at most", t.File, info.Size()>>20)
	}
	text, err := f.read(folder, file)
	if err != nil {
		return t, err
	}
	t.Text, t.Version = string(text), flows.Version(text)
	return t, nil
}

// SaveReplies writes the file of quick replies, and keeps the one of before beside it. version is that
// of the text as it was shown, "" for a file that is new: where the file has another by now, it is
// refused as stale. A text with problems is refused with them. It may be repeated with the version that
// it returns.
func (d *Desk) SaveReplies(ctx context.Context, number, version, text string) (t RepliesText, err error) {
	ctx, _, end, err := d.beginEdit(ctx, ActEditReplies, number)
	if err != nil {
		return t, err
	}
	defer func() { end(err) }()
	if t, err = d.RepliesText(ctx, number); err != nil {
		return t, err
	}
	switch {
	case t.BuiltIn:
		return t, Refuse("the flows are built in; `optinbot init` makes a folder of your own")
	case t.Version != version:
		return t, stale("%s has changed since you opened it", t.File)
	}
	source := unixLines(text)
	if _, bad := flows.LoadReplies(t.File, source); len(bad) > 0 {
		return t, Problems(bad)
	}
	if flows.Version(source) == t.Version {
		return t, nil
	}
	file := filepath.Join(d.Config.Path(d.Config.Flows), repliesName+".yaml")
	if t.Version != "" {
		if err := os.WriteFile(file+".before", []byte(t.Text), 0o644); err != nil {
			return t, err
		}
	}
	if err := ReplaceFile(file, source); err != nil {
		return t, err
	}
	return d.Files.repliesText()
}
