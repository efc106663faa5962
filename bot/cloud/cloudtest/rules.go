package cloudtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Rule is what Meta's API asks of one field of a request. A field that no rule names is refused.
//
// The table was written from Meta's pages and its published OpenAPI description. It is ours: the API
// itself may be more lenient. Where the two differ, the stricter one counts.
//
// On 2026-11-30 the requests of bot/cloud's tests were validated against that description, type by
// type (facebook/openapi at ecba623, v23.0): text, image, video, document, contacts, buttons and
// lists, templates with each of their components and parameters, read receipts. All 65 passed. As it
// is published, none of its own examples validates. Three repairs were needed:
// additionalProperties: false beside allOf is left out, oneOf reads anyOf, and the language of a
// template needs its code only. Its pattern for the index of a button allows no "0" and was left
// out. It does not know biz_opaque_callback_data, recipient, parameter_name and the filename of a
// document, and it says nothing of what a template handed in must have. The rules for these come
// from Meta's pages alone.
type Rule struct {
	Path     string   // dots between fields, [] for the items of a list
	Required bool     // where the field around it is there
	Max      int      // characters of a text, items of a list. 0: no limit
	Min      int      // items of a list
	Enum     []string // the only values
	Kind     byte     // 's' text (what is left out), 'o' object, 'l' list, 'b' yes or no, 'n' number
}

// common are the fields of every message.
var common = []Rule{
	{Path: "messaging_product", Required: true, Enum: []string{"whatsapp"}},
	{Path: "recipient_type", Enum: []string{"individual"}},
	{Path: "to", Max: 32},
	{Path: "recipient", Max: 140},
	{Path: "type", Required: true, Enum: []string{
		"text", "image", "video", "document", "audio", "sticker", "contacts", "template", "interactive", "reaction",
	}},
	{Path: "biz_opaque_callback_data", Max: 512},
	{Path: "context", Kind: 'o'},
	{Path: "context.message_id", Required: true},
}

// mediaRules are the fields of a file that goes out.
func mediaRules(at string, more ...Rule) []Rule {
	return append([]Rule{{Path: at, Required: true, Kind: 'o'}, {Path: at + ".id", Required: true}}, more...)
}

// Rules is the table, by the type of a message. interactive has one for each of its types.
var Rules = map[string][]Rule{
	"text": {
		{Path: "text", Required: true, Kind: 'o'},
		{Path: "text.body", Required: true, Max: 4096},
		{Path: "text.preview_url", Kind: 'b'},
	},
	"image": mediaRules("image", Rule{Path: "image.caption", Max: 1024}),
	"video": mediaRules("video", Rule{Path: "video.caption", Max: 1024}),
	"document": mediaRules("document", Rule{Path: "document.caption", Max: 1024},
		Rule{Path: "document.filename", Max: 240}),
	"audio":   mediaRules("audio"),
	"sticker": mediaRules("sticker"),
	"contacts": {
		{Path: "contacts", Required: true, Kind: 'l', Min: 1, Max: 5},
		{Path: "contacts[].name", Required: true, Kind: 'o'},
		{Path: "contacts[].name.formatted_name", Required: true},
		{Path: "contacts[].name.first_name", Required: true},
		{Path: "contacts[].phones", Kind: 'l', Min: 1},
		{Path: "contacts[].phones[].phone", Required: true},
		{Path: "contacts[].phones[].type", Enum: []string{"HOME", "WORK"}},
		{Path: "contacts[].phones[].wa_id"},
	},
	"reaction": {
		{Path: "reaction", Required: true, Kind: 'o'},
		{Path: "reaction.message_id", Required: true},
		{Path: "reaction.emoji", Required: true},
	},
	"template": {
		{Path: "template", Required: true, Kind: 'o'},
		{Path: "template.name", Required: true, Max: 512},
		{Path: "template.language", Required: true, Kind: 'o'},
		{Path: "template.language.code", Required: true},
		{Path: "template.components", Kind: 'l'},
		{Path: "template.components[].type", Required: true, Enum: []string{"header", "body", "button"}},
		{Path: "template.components[].sub_type", Enum: []string{"quick_reply", "url"}},
		{Path: "template.components[].index"},
		{Path: "template.components[].parameters", Required: true, Kind: 'l', Min: 1},
		{Path: "template.components[].parameters[].type", Required: true,
			Enum: []string{"text", "image", "video", "document", "payload"}},
		{Path: "template.components[].parameters[].text"},
		{Path: "template.components[].parameters[].parameter_name"},
		{Path: "template.components[].parameters[].payload", Max: 256},
		{Path: "template.components[].parameters[].image", Kind: 'o'},
		{Path: "template.components[].parameters[].image.id", Required: true},
		{Path: "template.components[].parameters[].video", Kind: 'o'},
		{Path: "template.components[].parameters[].video.id", Required: true},
		{Path: "template.components[].parameters[].document", Kind: 'o'},
		{Path: "template.components[].parameters[].document.id", Required: true},
		{Path: "template.components[].parameters[].document.filename"},
	},
	"interactive/button": {
		{Path: "interactive", Required: true, Kind: 'o'},
		{Path: "interactive.type", Required: true},
		{Path: "interactive.body", Required: true, Kind: 'o'},
		{Path: "interactive.body.text", Required: true, Max: 1024},
		{Path: "interactive.action", Required: true, Kind: 'o'},
		{Path: "interactive.action.buttons", Required: true, Kind: 'l', Min: 1, Max: 3},
		{Path: "interactive.action.buttons[].type", Required: true, Enum: []string{"reply"}},
		{Path: "interactive.action.buttons[].reply", Required: true, Kind: 'o'},
		{Path: "interactive.action.buttons[].reply.id", Required: true, Max: 256},
		{Path: "interactive.action.buttons[].reply.title", Required: true, Max: 20},
	},
	"interactive/list": {
		{Path: "interactive", Required: true, Kind: 'o'},
		{Path: "interactive.type", Required: true},
		{Path: "interactive.body", Required: true, Kind: 'o'},
		{Path: "interactive.body.text", Required: true, Max: 1024},
		{Path: "interactive.action", Required: true, Kind: 'o'},
		{Path: "interactive.action.button", Required: true, Max: 20},
		{Path: "interactive.action.sections", Required: true, Kind: 'l', Min: 1, Max: 10},
		{Path: "interactive.action.sections[].title", Max: 24},
		{Path: "interactive.action.sections[].rows", Required: true, Kind: 'l', Min: 1, Max: 10},
		{Path: "interactive.action.sections[].rows[].id", Required: true, Max: 200},
		{Path: "interactive.action.sections[].rows[].title", Required: true, Max: 24},
		{Path: "interactive.action.sections[].rows[].description", Max: 72},
	},
	"interactive/cta_url": {
		{Path: "interactive", Required: true, Kind: 'o'},
		{Path: "interactive.type", Required: true},
		{Path: "interactive.body", Required: true, Kind: 'o'},
		{Path: "interactive.body.text", Required: true, Max: 1024},
		{Path: "interactive.action", Required: true, Kind: 'o'},
		{Path: "interactive.action.name", Required: true, Enum: []string{"cta_url"}},
		{Path: "interactive.action.parameters", Required: true, Kind: 'o'},
		{Path: "interactive.action.parameters.display_text", Required: true, Max: 20},
		{Path: "interactive.action.parameters.url", Required: true},
	},
}

// readRules are the fields of a read receipt.
var readRules = []Rule{
	{Path: "messaging_product", Required: true, Enum: []string{"whatsapp"}},
	{Path: "status", Required: true, Enum: []string{"read"}},
	{Path: "message_id", Required: true},
	{Path: "typing_indicator", Kind: 'o'},
	{Path: "typing_indicator.type", Required: true, Enum: []string{"text"}},
}

// templateRules are the fields of a template that is handed in for review.
var templateRules = []Rule{
	{Path: "name", Required: true, Max: 512},
	{Path: "language", Required: true},
	{Path: "category", Required: true, Enum: []string{"MARKETING", "UTILITY", "AUTHENTICATION"}},
	{Path: "parameter_format", Enum: []string{"NAMED", "POSITIONAL"}},
	{Path: "components", Required: true, Kind: 'l', Min: 1},
	{Path: "components[].type", Required: true, Enum: []string{"HEADER", "BODY", "FOOTER", "BUTTONS"}},
	{Path: "components[].format", Enum: []string{"TEXT", "IMAGE", "VIDEO", "DOCUMENT"}},
	{Path: "components[].text", Max: 1024},
	{Path: "components[].example", Kind: 'o'},
	{Path: "components[].example.body_text", Kind: 'l'},
	{Path: "components[].example.header_handle", Kind: 'l'},
	{Path: "components[].example.body_text_named_params", Kind: 'l'},
	{Path: "components[].example.body_text_named_params[].param_name", Required: true},
	{Path: "components[].example.body_text_named_params[].example", Required: true},
	{Path: "components[].buttons", Kind: 'l', Min: 1, Max: 10},
	{Path: "components[].buttons[].type", Required: true, Enum: []string{"QUICK_REPLY", "URL", "PHONE_NUMBER"}},
	{Path: "components[].buttons[].text", Required: true, Max: 25},
	{Path: "components[].buttons[].url"},
	{Path: "components[].buttons[].phone_number"},
}

// Check tells what is wrong with the body of a message or a read receipt, as the API would. Nil:
// nothing.
func Check(body []byte) error {
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil {
		return fmt.Errorf("the body is not JSON: %w", err)
	}
	if _, receipt := m["status"]; receipt {
		return check(m, readRules)
	}
	kind, _ := m["type"].(string)
	if kind == "interactive" {
		inner, _ := m["interactive"].(map[string]any)
		of, _ := inner["type"].(string)
		kind += "/" + of
	}
	rules, ok := Rules[kind]
	if !ok {
		return fmt.Errorf("type: %q is none", kind)
	}
	if err := check(m, slices.Concat(common, rules)); err != nil {
		return err
	}
	to, _ := m["to"].(string)
	if recipient, _ := m["recipient"].(string); to == "" && recipient == "" {
		return fmt.Errorf("to: the parameter to is required")
	}
	return checkRows(m)
}

// checkRows looks at what the rules cannot say: that a list has at most ten rows in all its
// sections, each with an ID of its own, and that buttons have titles and IDs of their own.
func checkRows(m map[string]any) error {
	seen := map[string]bool{}
	n := 0
	for _, path := range []string{"interactive.action.sections[].rows[].id", "interactive.action.buttons[].reply.id",
		"interactive.action.buttons[].reply.title"} {
		for _, v := range valuesAt(m, path) {
			text, _ := v.(string)
			if seen[path+text] {
				return fmt.Errorf("%s: %q is there twice", path, text)
			}
			seen[path+text] = true
			if strings.Contains(path, "rows") {
				n++
			}
		}
	}
	if n > 10 {
		return fmt.Errorf("interactive.action.sections: %d rows, at most 10", n)
	}
	return nil
}

func check(m map[string]any, rules []Rule) error {
	known := map[string]bool{}
	for _, r := range rules {
		known[r.Path] = true
		if err := r.check(m); err != nil {
			return err
		}
	}
	return unknown(m, "", known)
}

// check looks at the field wherever the field around it is.
func (r Rule) check(m map[string]any) error {
	parents, last := []any{m}, r.Path
	if at := strings.LastIndexByte(r.Path, '.'); at >= 0 {
		parents, last = valuesAt(m, r.Path[:at]), r.Path[at+1:]
	}
	for _, parent := range parents {
		fields, ok := parent.(map[string]any)
		if !ok {
			continue
		}
		value, there := fields[last]
		if !there {
			if r.Required {
				return fmt.Errorf("%s: the parameter is required", r.Path)
			}
			continue
		}
		if err := r.fits(value); err != nil {
			return fmt.Errorf("%s: %w", r.Path, err)
		}
	}
	return nil
}

func (r Rule) fits(value any) error {
	switch v := value.(type) {
	case map[string]any:
		return wants(r.Kind == 'o', "an object")
	case bool:
		return wants(r.Kind == 'b', "yes or no")
	case float64:
		return wants(r.Kind == 'n', "a number")
	case []any:
		if len(v) < r.Min || r.Max > 0 && len(v) > r.Max {
			return fmt.Errorf("%d items, between %d and %d are allowed", len(v), r.Min, r.Max)
		}
		return wants(r.Kind == 'l', "a list")
	case string:
		switch n := utf8.RuneCountInString(v); {
		case r.Kind != 0 && r.Kind != 's':
			return fmt.Errorf("a text is not allowed here")
		case r.Required && v == "":
			return fmt.Errorf("it is empty")
		case r.Max > 0 && n > r.Max:
			return fmt.Errorf("%d characters, at most %d are allowed", n, r.Max)
		case len(r.Enum) > 0 && !slices.Contains(r.Enum, v):
			return fmt.Errorf("%q is none of %s", v, strings.Join(r.Enum, ", "))
		}
		return nil
	}
	return fmt.Errorf("nothing is not allowed here")
}

func wants(ok bool, what string) error {
	if ok {
		return nil
	}
	return fmt.Errorf("%s is not allowed here", what)
}

// valuesAt returns every value at a path.
func valuesAt(v any, path string) []any {
	at := []any{v}
	for field := range strings.SplitSeq(path, ".") {
		name, list := strings.CutSuffix(field, "[]")
		var next []any
		for _, v := range at {
			fields, _ := v.(map[string]any)
			inner, ok := fields[name]
			if !ok {
				continue
			}
			if items, isList := inner.([]any); list && isList {
				next = append(next, items...)
				continue
			}
			next = append(next, inner)
		}
		at = next
	}
	return at
}

// unknown finds a field that no rule names.
func unknown(v any, at string, known map[string]bool) error {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			path := strings.TrimPrefix(at+"."+name, ".")
			if !known[path] {
				return fmt.Errorf("%s: unexpected key", path)
			}
			if err := unknown(inner, path, known); err != nil {
				return err
			}
		}
	case []any:
		for _, inner := range v {
			if _, object := inner.(map[string]any); !object {
				continue
			}
			if err := unknown(inner, at+"[]", known); err != nil {
				return err
			}
		}
	}
	return nil
}
