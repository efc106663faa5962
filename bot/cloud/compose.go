package cloud

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"optinbot/bot"
)

// What Meta takes, in characters and items.
const (
	maxText        = 4096
	maxCaption     = 1024 // of a file, and the words above buttons and lists
	maxButtons     = 3
	maxButtonTitle = 20
	maxButtonID    = 256
	maxRows        = 10
	maxRowTitle    = 24
	maxRowID       = 200
	maxOpaque      = 512
)

// fields are one JSON object.
type fields = map[string]any

// compose writes the request for a message. file is the ID under which Meta has its file.
func compose(m bot.Outgoing, file string) ([]byte, *bot.SendResult) {
	out, problem := address(m.To)
	if problem != nil {
		return nil, problem
	}
	kind, content, problem := contentOf(m, file)
	if problem != nil {
		return nil, problem
	}
	out["messaging_product"], out["recipient_type"], out["type"], out[kind] = "whatsapp", "individual", kind, content
	if len(m.ID) > maxOpaque {
		return nil, refuse(bot.CauseRequest, "the message's ID is too long")
	}
	out["biz_opaque_callback_data"] = m.ID
	if m.ReplyTo != "" {
		out["context"] = fields{"message_id": m.ReplyTo}
	}
	body, err := json.Marshal(out)
	if err != nil {
		return nil, refuse(bot.CauseRequest, masked(err.Error()))
	}
	return body, nil
}

// address says whom a message is for: by the phone, always with the plus, for without it Meta puts
// our own country in front. Who has no phone is named in a field of its own.
func address(to []bot.Identity) (fields, *bot.SendResult) {
	var bsuid string
	for _, id := range to {
		switch {
		case id.Kind == bot.Phone && id.Value != "":
			return fields{"to": "+" + strings.TrimPrefix(id.Value, "+")}, nil
		case id.Kind == bot.BSUID:
			bsuid = id.Value
		}
	}
	if bsuid == "" {
		return nil, refuse(bot.CauseNeedsInbound, "Meta knows no address of this contact; they have to write first")
	}
	return fields{"recipient": bsuid}, nil
}

func contentOf(m bot.Outgoing, file string) (kind string, content any, problem *bot.SendResult) {
	switch {
	case m.Template != nil:
		content, problem = template(*m.Template, m.Media, file)
		return "template", content, problem
	case m.Card != nil:
		return "contacts", card(*m.Card), nil
	case m.Media != nil:
		content, problem = media(m, file)
		return m.Media.Kind, content, problem
	case m.Buttons != nil:
		if content := choices(*m.Buttons); content != nil {
			return "interactive", content, nil
		}
	}
	switch n := utf8.RuneCountInString(m.Text); {
	case strings.TrimSpace(m.Text) == "":
		return "", nil, refuse(bot.CauseRequest, "the message is empty")
	case n > maxText:
		return "", nil, refuse(bot.CauseRequest, fmt.Sprintf("the text has %d characters, Meta takes %d", n, maxText))
	}
	return "text", fields{"body": m.Text, "preview_url": false}, nil
}

// media writes a file, of which the text is the caption.
func media(m bot.Outgoing, file string) (fields, *bot.SendResult) {
	out := fields{"id": file}
	if n := utf8.RuneCountInString(m.Text); n > maxCaption {
		return nil, refuse(bot.CauseRequest, fmt.Sprintf("the caption has %d characters, Meta takes %d", n, maxCaption))
	}
	if m.Text != "" {
		out["caption"] = m.Text
	}
	switch m.Media.Kind {
	case bot.MediaImage, bot.MediaVideo:
	case bot.MediaDocument:
		if m.Media.Name != "" {
			out["filename"] = m.Media.Name
		}
	default:
		return nil, refuse(bot.CauseRequest, fmt.Sprintf("what is a %q?", m.Media.Kind))
	}
	return out, nil
}

func card(c bot.Card) []fields {
	digits := strings.TrimPrefix(c.Phone, "+")
	return []fields{{
		"name":   fields{"formatted_name": c.Name, "first_name": c.Name},
		"phones": []fields{{"phone": "+" + digits, "type": "WORK", "wa_id": digits}},
	}}
}

// choices writes what can be tapped as buttons, or else as a list. Nil: it fits neither, and the
// menu in words is its equal.
func choices(b bot.Buttons) any {
	switch {
	case strings.TrimSpace(b.Title) == "" || !within(b.Title, maxCaption) || len(b.Options) == 0 || !distinct(b.Options):
		return nil
	case len(b.Options) <= maxButtons && all(b.Options, maxButtonTitle, maxButtonID):
		var buttons []fields
		for _, o := range b.Options {
			buttons = append(buttons, fields{"type": "reply", "reply": fields{"id": o.ID, "title": o.Title}})
		}
		return fields{"type": "button", "body": fields{"text": b.Title}, "action": fields{"buttons": buttons}}
	case len(b.Options) > maxRows || !all(b.Options, maxRowTitle, maxRowID):
		return nil
	case !within(b.Choose, maxButtonTitle):
		return nil
	}
	var rows []fields
	for _, o := range b.Options {
		rows = append(rows, fields{"id": o.ID, "title": o.Title})
	}
	return fields{
		"type": "list", "body": fields{"text": b.Title},
		"action": fields{"button": b.Choose, "sections": []fields{{"rows": rows}}},
	}
}

func within(s string, most int) bool { return s != "" && utf8.RuneCountInString(s) <= most }

func all(options []bot.Button, title, id int) bool {
	for _, o := range options {
		if !within(o.Title, title) || !within(o.ID, id) {
			return false
		}
	}
	return true
}

// distinct reports whether titles and IDs are each there once.
func distinct(options []bot.Button) bool {
	seen := map[string]bool{}
	for _, o := range options {
		if seen["i"+o.ID] || seen["t"+o.Title] {
			return false
		}
		seen["i"+o.ID], seen["t"+o.Title] = true, true
	}
	return true
}

// template writes approved words with what fills their holes. A value is put on one line, which Meta
// demands of it. An empty one is a hole: that is refused here, as Meta would.
func template(t bot.Template, header *bot.Media, file string) (fields, *bot.SendResult) {
	if t.Name == "" || t.Language == "" {
		return nil, refuse(bot.CauseTemplate, "the template has no name or language")
	}
	var components []fields
	if header != nil {
		of := fields{"id": file}
		if header.Kind == bot.MediaDocument && header.Name != "" {
			of["filename"] = header.Name
		}
		components = append(components, fields{
			"type": "header", "parameters": []fields{{"type": header.Kind, header.Kind: of}},
		})
	}
	var parameters []fields
	for _, p := range t.Parameters {
		value := oneLine(p.Text)
		if value == "" {
			return nil, refuse(bot.CauseRequest, "a parameter of the template is empty")
		}
		of := fields{"type": "text", "text": value}
		if p.Name != "" {
			of["parameter_name"] = p.Name
		}
		parameters = append(parameters, of)
	}
	if parameters != nil {
		components = append(components, fields{"type": "body", "parameters": parameters})
	}
	for i, payload := range t.Buttons {
		components = append(components, fields{
			"type": "button", "sub_type": "quick_reply", "index": strconv.Itoa(i),
			"parameters": []fields{{"type": "payload", "payload": payload}},
		})
	}
	out := fields{"name": t.Name, "language": fields{"code": t.Language}}
	if components != nil {
		out["components"] = components
	}
	return out, nil
}

// oneLine is a text without new lines, tabs, or spaces in a row.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
