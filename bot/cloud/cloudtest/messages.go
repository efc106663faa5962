package cloudtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Window is for how long a business may write freely after a person wrote.
const Window = 24 * time.Hour

// A message is what the server reads of a request.
type message struct {
	To        string `json:"to"`
	Recipient string `json:"recipient"`
	Type      string `json:"type"`
	Status    string `json:"status"`
	MessageID string `json:"message_id"`
	Opaque    string `json:"biz_opaque_callback_data"`
	Context   struct {
		MessageID string `json:"message_id"`
	} `json:"context"`
	Text struct {
		Body string `json:"body"`
	} `json:"text"`
	Image, Video, Document *fileOf
	Interactive            *interactive
	Template               *sentTemplate
	Contacts               []struct {
		Name struct {
			Formatted string `json:"formatted_name"`
		} `json:"name"`
		Phones []struct {
			Phone string `json:"phone"`
		} `json:"phones"`
	} `json:"contacts"`
}

type fileOf struct {
	ID      string `json:"id"`
	Caption string `json:"caption"`
}

type interactive struct {
	Body struct {
		Text string `json:"text"`
	} `json:"body"`
	Action struct {
		Buttons []struct {
			Reply struct{ ID, Title string } `json:"reply"`
		} `json:"buttons"`
		Sections []struct {
			Rows []struct{ ID, Title string } `json:"rows"`
		} `json:"sections"`
	} `json:"action"`
}

// messages takes a message, or a read receipt, for which the same path is used.
func (s *Server) messages(w http.ResponseWriter, r *http.Request, n *Number, body []byte) {
	if err := Check(body); err != nil {
		s.count("refused")
		code := 100
		if strings.Contains(err.Error(), "is required") {
			code = 131008
		}
		s.fail(w, problem{code: code, details: err.Error()})
		return
	}
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		s.fail(w, problem{code: 100, details: err.Error()})
		return
	}
	if m.Status == "read" {
		s.mu.Lock()
		s.reads = append(s.reads, m.MessageID)
		s.mu.Unlock()
		s.count("read")
		answer(w, http.StatusOK, map[string]any{"success": true})
		return
	}
	s.count("messages")
	s.mu.Lock()
	p := s.find(n, m)
	s.mu.Unlock()
	fate := s.fateOf(Outbound{To: p, From: n, Type: m.Type, Opaque: m.Opaque, Body: body})
	if fate.Cut == CutBefore {
		cut(w, "")
		return
	}
	if fate.Code != 0 || fate.HTTP != 0 {
		if fate.Take {
			s.accept(n, p, m, body, fate)
		}
		refuse(s, w, fate)
		return
	}
	taken, refused := s.accept(n, p, m, body, fate)
	if refused != nil {
		s.fail(w, *refused)
		return
	}
	if fate.Early {
		s.Deliver(r.Context())
	}
	if fate.Hold != nil {
		select {
		case <-fate.Hold:
		case <-r.Context().Done():
			return
		case <-s.ctx.Done():
			return
		}
	}
	s.reply(w, p, m, taken, fate)
}

func refuse(s *Server, w http.ResponseWriter, fate Fate) {
	if fate.Body != "" {
		w.WriteHeader(max(fate.HTTP, http.StatusOK))
		_, _ = w.Write([]byte(fate.Body))
		return
	}
	s.fail(w, problem{code: fate.Code, status: fate.HTTP, details: codeOf(fate.Code).Title})
}

// reply tells the business the ID of its message.
func (s *Server) reply(w http.ResponseWriter, p *Person, m message, id string, fate Fate) {
	contact := map[string]any{"input": m.To + m.Recipient}
	if p != nil {
		s.mu.Lock()
		p.named(contact, "wa_id", "user_id")
		s.mu.Unlock()
	}
	sent := map[string]any{"id": id}
	if m.Type == "template" {
		sent["message_status"] = "accepted"
		if fate.Word != "" {
			sent["message_status"] = fate.Word
		}
	}
	out := map[string]any{"messaging_product": "whatsapp", "contacts": []any{contact}, "messages": []any{sent}}
	if fate.NoID {
		delete(out, "messages")
	}
	switch fate.Cut {
	case CutAfter:
		cut(w, "")
	case CutWithin:
		cut(w, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 300\r\n\r\n{\"messages\":[")
	default:
		answer(w, http.StatusOK, out)
	}
}

// find finds whom a message is for. Without a plus, the API takes the number for one of the
// business's own country. With both addresses, the phone counts. It is called with the lock held.
func (s *Server) find(n *Number, m message) *Person {
	for _, p := range s.people {
		switch {
		case m.To == "" && m.Recipient != "":
			if p.bsuid == m.Recipient {
				return p
			}
		case strings.HasPrefix(m.To, "+"):
			if p.phone == m.To || "+"+p.waID == m.To {
				return p
			}
		case strings.HasPrefix(n.Phone, "+1") && p.phone == "+1"+m.To: // our choice: only this country is known here
			return p
		}
	}
	return nil
}

// accept takes a message, lets it reach its person, and queues the statuses.
func (s *Server) accept(n *Number, p *Person, m message, body []byte, fate Fate) (id string, refused *problem) {
	s.mu.Lock()
	got := Received{At: s.clock(), From: n, Type: m.Type, Opaque: m.Opaque, ReplyTo: m.Context.MessageID, Body: body}
	refused = s.show(n, m, &got)
	if refused != nil {
		s.mu.Unlock()
		return "", refused
	}
	late := fate.Later
	if late == 0 {
		late = s.objection(n, p, m)
		if late != 0 && s.atOnce {
			s.mu.Unlock()
			return "", &problem{code: late, details: codeOf(late).Title}
		}
	}
	stranger := p
	if p == nil {
		stranger = &Person{waID: digits(m.To), bsuid: m.Recipient}
	}
	got.ID = s.wamid(stranger)
	if m.Opaque != "" {
		s.opaque[m.Opaque]++
	}
	var events []event
	tell := func(status string, code int) {
		events = append(events, s.statusEvent(n, p, got.ID, m.Opaque, status, code))
	}
	switch {
	case fate.Dropped:
	case late != 0:
		tell("failed", late)
	default:
		if !s.quiet {
			tell("sent", 0)
		}
		if p != nil && !p.away {
			p.received = append(p.received, got)
			if !s.quiet {
				tell("delivered", 0)
			}
		}
	}
	s.mu.Unlock()
	s.emit(events...)
	return got.ID, nil
}

// objection is why a message will not reach its person, as a code. It is called with the lock held.
func (s *Server) objection(n *Number, p *Person, m message) int {
	switch {
	case p == nil:
		return 131026
	case m.Type != "template" && s.clock().Sub(p.wrote[n]) >= Window:
		return 131047
	case m.Type == "template" && p.stopped && s.templateOf(n, m).Category == "MARKETING":
		return 131050
	}
	return 0
}

// show writes what a person will read. It is called with the lock held.
func (s *Server) show(n *Number, m message, got *Received) *problem {
	file := m.Image
	for _, f := range []*fileOf{m.Video, m.Document} {
		if f != nil {
			file = f
		}
	}
	switch {
	case m.Type == "text":
		got.Text = m.Text.Body
	case file != nil:
		if _, ok := s.files[file.ID]; !ok {
			return &problem{code: 131009, details: "there is no media with the ID " + file.ID}
		}
		got.Text, got.File = file.Caption, file.ID
	case m.Interactive != nil:
		got.Text = m.Interactive.Body.Text
		for _, b := range m.Interactive.Action.Buttons {
			got.Buttons = append(got.Buttons, Button{b.Reply.Title, b.Reply.ID})
		}
		for _, section := range m.Interactive.Action.Sections {
			for _, row := range section.Rows {
				got.Buttons = append(got.Buttons, Button{row.Title, row.ID})
			}
		}
	case m.Template != nil:
		return s.render(n, m, got)
	case len(m.Contacts) > 0:
		got.Text = m.Contacts[0].Name.Formatted
		for _, phone := range m.Contacts[0].Phones {
			got.Text += " " + phone.Phone
		}
	}
	return nil
}

var holes = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{\{([a-z0-9_]+)\}\}`) })

// render fills a template in, and refuses what does not fit it.
func (s *Server) render(n *Number, m message, got *Received) *problem {
	t := s.templateOf(n, m)
	switch {
	case t == nil:
		return &problem{
			code: 132001, details: "template " + m.Template.Name + " does not exist in " + m.Template.Language.Code,
		}
	case t.Status == "PAUSED":
		return &problem{code: 132015, details: "the template is paused"}
	case t.Status == "DISABLED":
		return &problem{code: 132016, details: "the template is disabled"}
	case t.Status != "APPROVED":
		return &problem{code: 132001, details: "the template is not approved"}
	}
	got.Template = t.Name
	given := map[string][]parameter{}
	payloads := map[string]string{}
	for _, c := range m.Template.Components {
		if c.Type == "button" && len(c.Parameters) > 0 {
			payloads[c.Index] = c.Parameters[0].Payload
			continue
		}
		given[c.Type] = c.Parameters
	}
	text, p := fill(t, given["body"])
	if p != nil {
		return p
	}
	head := given["header"]
	if (t.Header != "") != (len(head) == 1) || t.Header != "" && !strings.EqualFold(head[0].Type, t.Header) {
		return &problem{code: 132012, details: "header: format mismatch, expected " + t.Header}
	}
	if t.Header != "" {
		got.File = head[0].file()
		if _, ok := s.files[got.File]; !ok {
			return &problem{code: 131009, details: "there is no media with the ID " + got.File}
		}
	}
	got.Text = strings.Join(slices.DeleteFunc([]string{text, t.Footer}, func(s string) bool { return s == "" }), "\n\n")
	for i, title := range t.Buttons {
		payload, ok := payloads[fmt.Sprint(i)]
		if !ok {
			payload = title
		}
		got.Buttons = append(got.Buttons, Button{title, payload})
	}
	return nil
}

// fill puts the parameters into the body of a template.
func fill(t *Template, given []parameter) (string, *problem) {
	names := holes().FindAllStringSubmatch(t.Body, -1)
	distinct := map[string]bool{}
	for _, n := range names {
		distinct[n[1]] = true
	}
	if len(given) != len(distinct) {
		return "", &problem{code: 132000, details: fmt.Sprintf("body: number of localizable_params (%d) does not "+
			"match the expected number of params (%d)", len(given), len(distinct))}
	}
	text := t.Body
	for i, p := range given {
		name := fmt.Sprint(i + 1)
		if t.Format == "NAMED" {
			if p.Name == "" {
				return "", &problem{code: 100, details: "Parameter name is missing or empty"}
			}
			name = p.Name
		} else if p.Name != "" {
			return "", &problem{code: 132012, details: "the template has no named parameters"}
		}
		switch {
		case !distinct[name]:
			return "", &problem{code: 132000, details: "body: there is no parameter " + name}
		case p.Text == "":
			return "", &problem{code: 131008, details: "body: the text of " + name + " is empty"}
		case strings.ContainsAny(p.Text, "\n\t") || strings.Contains(p.Text, "     "):
			return "", &problem{
				code: 132018, details: "Param text cannot have new-line/tab characters or over 4 consecutive spaces",
			}
		}
		text = strings.ReplaceAll(text, "{{"+name+"}}", p.Text)
	}
	if len([]rune(text)) > 1024 {
		return "", &problem{code: 132005, details: "the rendered body is too long"}
	}
	return text, nil
}

type sentTemplate struct {
	Name     string `json:"name"`
	Language struct {
		Code string `json:"code"`
	} `json:"language"`
	Components []struct {
		Type       string      `json:"type"`
		Index      string      `json:"index"`
		Parameters []parameter `json:"parameters"`
	} `json:"components"`
}

type parameter struct {
	Type    string `json:"type"`
	Name    string `json:"parameter_name"`
	Text    string `json:"text"`
	Payload string `json:"payload"`
	Image   fileOf `json:"image"`
	Video   fileOf `json:"video"`
	File    fileOf `json:"document"`
}

func (p parameter) file() string { return p.Image.ID + p.Video.ID + p.File.ID }

func (s *Server) templateOf(n *Number, m message) *Template {
	for _, t := range s.templates {
		if t.WABA == n.WABA && t.Name == m.Template.Name && t.Language == m.Template.Language.Code {
			return t
		}
	}
	return nil
}
