package web

import (
	"errors"

	"optinbot/bot/desk"
	"optinbot/flows"
)

// replies edits the file of quick replies, which the numbers of the shop share.
func (s *Server) replies() screen {
	return screen{
		path: "/n/{number}/replies", name: "replies", area: "flow", show: showReplies,
		acts: map[string]func(*visit) (string, error){"": saveReplies},
	}
}

// A repliesView is the text of the file, and what is wrong with it.
type repliesView struct {
	desk.RepliesText
	Edit     bool
	Problems []flows.Problem
	Conflict bool // somebody else has saved another text meanwhile
}

func showReplies(v *visit) (any, error) {
	text, err := v.Desk.RepliesText(v, v.number)
	if err != nil {
		return nil, err
	}
	view := &repliesView{RepliesText: text, Edit: v.who.May(desk.ActEditReplies) && !text.BuiltIn}
	if form := v.r.PostForm; form.Has("text") {
		view.Conflict = form.Get("version") != text.Version
		view.Text = form.Get("text")
	}
	if view.Text != "" {
		_, view.Problems = flows.LoadReplies(text.File, []byte(view.Text))
	}
	return view, nil
}

func saveReplies(v *visit) (string, error) {
	form := v.r.PostForm
	_, err := v.Desk.SaveReplies(v, v.number, form.Get("version"), form.Get("text"))
	if errors.As(err, new(desk.Problems)) { // the screen shows each beside the text
		return "", inWords(v.lang.say("replies.wrong"))
	}
	return done(v.here(), "replies_saved"), err
}
