package desk

import (
	"context"
	"errors"
	"io/fs"
	"path"

	"optinbot/flows"
)

// QuickReplies are the texts that people of the shop send again and again.
type QuickReplies struct {
	File     string             `json:"file"` // as messages name it
	Replies  []flows.QuickReply `json:"replies"`
	Problems []flows.Problem    `json:"problems"` // of the file. Where it has any there are no replies
}

// repliesName is the name of the file of quick replies in the folder of flows, without its ending.
// Where a number speaks a flow of that name, the file is that flow.
const repliesName = "replies"

// hasReplies reports whether the folder may have a file of quick replies.
func (f *Files) hasReplies() bool {
	for _, n := range f.Config.Numbers {
		if n.Flow == repliesName {
			return false
		}
	}
	return true
}

// QuickReplies reads the quick replies from replies.yaml in the folder of flows, which may be
// missing. It changes nothing, and may be repeated.
func (d *Desk) QuickReplies(ctx context.Context, number string) (QuickReplies, error) {
	if err := d.mayRead(ctx, number); err != nil {
		return QuickReplies{}, err
	}
	return d.Files.QuickReplies()
}

// QuickReplies reads the quick replies, if there are any. It changes nothing, and may be repeated.
func (f *Files) QuickReplies() (q QuickReplies, err error) {
	folder, shown, err := f.folder()
	if err != nil {
		return q, err
	}
	const file = repliesName + ".yaml"
	q = QuickReplies{File: path.Join(path.Base(shown), file), Replies: []flows.QuickReply{}, Problems: []flows.Problem{}}
	if !f.hasReplies() {
		return q, nil
	}
	info, err := fs.Stat(folder, file)
	if errors.Is(err, fs.ErrNotExist) {
		return q, nil
	}
	if err == nil && info.Size() > maxSource {
		return q, Refuse("%s has %d MB; quick replies have a few hundred lines at most", q.File, info.Size()>>20)
	}
	text, err := f.read(folder, file)
	if err != nil {
		return q, err
	}
	list, bad := flows.LoadReplies(q.File, text)
	q.Replies, q.Problems = append(q.Replies, list...), append(q.Problems, bad...)
	return q, nil
}
