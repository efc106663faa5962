package web

import (
	"encoding/json"
	"io"
	"strings"

	"optinbot/bot/desk"
)

// quickReply puts a quick reply into the field of the reply, below what stands there. Nothing is sent.
func quickReply(v *visit) (string, error) {
	known, err := v.Desk.QuickReplies(v, v.number)
	if err != nil {
		return "", err
	}
	form := v.r.PostForm
	for _, reply := range known.Replies {
		if reply.Name == form.Get("quick") {
			form.Set("text", strings.TrimLeft(strings.TrimRight(form.Get("text"), " \r\n")+"\n"+reply.Text, "\n"))
			v.again = true
			return "", nil
		}
	}
	return "", inWords(v.lang.say("person.quick_gone"))
}

// personExport is everything held on somebody, as a file.
func (s *Server) personExport() screen {
	return screen{path: "/n/{number}/people/{id}/export.json", area: "people", file: func(v *visit) error {
		held, err := v.Desk.ExportPerson(v, v.contact())
		if err != nil {
			return err
		}
		v.w.Header().Set("Content-Disposition", `attachment; filename="person-`+digits(v.r.PathValue("id"))+`.json"`)
		return v.sendFile("application/json", "", func(w io.Writer) error {
			out := json.NewEncoder(w)
			out.SetIndent("", "  ")
			return out.Encode(held)
		})
	}}
}

// A personTestView is a chat as a conversation that tests the flow.
type personTestView struct {
	Conversation string
	Title        string
	Back         string
}

// personTest keeps a chat as a test, after its reader has looked through it.
func (s *Server) personTest() screen {
	return screen{
		path: "/n/{number}/people/{id}/as-test", name: "person_astest", area: "people", show: showPersonTest,
		acts: map[string]func(*visit) (string, error){"": func(v *visit) (string, error) {
			form := v.r.PostForm
			_, err := v.Desk.SaveTest(v, v.number, form.Get("title"), form.Get("conversation"))
			return done("/n/"+v.number+"/flow", "test_saved"), err
		}},
	}
}

func showPersonTest(v *visit) (any, error) {
	form := v.r.PostForm
	view := &personTestView{Conversation: form.Get("conversation"), Title: form.Get("title"), Back: "/n/" + v.number + "/people/" + v.r.PathValue("id")}
	if !v.who.May(desk.ActRecordTest) {
		return nil, desk.ErrForbidden
	}
	if view.Conversation != "" { // it was refused
		return view, nil
	}
	var err error
	view.Conversation, err = v.Desk.ChatAsTest(v, v.number, v.contact(), 0)
	return view, err
}
