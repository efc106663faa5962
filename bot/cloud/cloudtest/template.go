package cloudtest

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// A Template is one text in one language, which the business may send at any time when it is
// approved.
type Template struct {
	ID, WABA, Name, Language, Category string
	Format                             string // NAMED or POSITIONAL
	Status, Quality, Reason            string
	Header                             string // IMAGE, VIDEO, DOCUMENT. Empty: none
	Body, Footer                       string
	Buttons                            []string // its quick replies, in order
	Components                         any      // as they were handed in
}

// AddTemplate gives an account a template, as if it had been handed in and reviewed. Status,
// Quality, Category and Format have the usual values where they are empty.
func (n *Number) AddTemplate(t Template) *Template {
	s := n.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	t.WABA, t.ID = n.WABA, s.newID("55000000")
	for field, usual := range map[*string]string{
		&t.Status: "APPROVED", &t.Quality: "GREEN", &t.Category: "MARKETING", &t.Format: "NAMED",
	} {
		if *field == "" {
			*field = usual
		}
	}
	t.Components = t.components()
	s.templates = append(s.templates, &t)
	return &t
}

// components are what the API lists of a template.
func (t Template) components() []any {
	var out []any
	if t.Header != "" {
		out = append(out, map[string]any{"type": "HEADER", "format": t.Header})
	}
	out = append(out, map[string]any{"type": "BODY", "text": t.Body})
	if t.Footer != "" {
		out = append(out, map[string]any{"type": "FOOTER", "text": t.Footer})
	}
	var buttons []any
	for _, b := range t.Buttons {
		buttons = append(buttons, map[string]any{"type": "QUICK_REPLY", "text": b})
	}
	if buttons != nil {
		out = append(out, map[string]any{"type": "BUTTONS", "buttons": buttons})
	}
	return out
}

// Templates are all templates of an account.
func (n *Number) Templates() (all []Template) {
	n.srv.mu.Lock()
	defer n.srv.mu.Unlock()
	for _, t := range n.srv.templates {
		if t.WABA == n.WABA {
			all = append(all, *t)
		}
	}
	return all
}

// change changes a template and tells the business.
func (n *Number) change(name, language, field string, value map[string]any, change func(*Template)) bool {
	s := n.srv
	s.mu.Lock()
	i := slices.IndexFunc(s.templates, func(t *Template) bool {
		return t.WABA == n.WABA && t.Name == name && t.Language == language
	})
	if i < 0 {
		s.mu.Unlock()
		return false
	}
	t := s.templates[i]
	change(t)
	id, _ := strconv.ParseInt(t.ID, 10, 64)
	value["message_template_id"], value["message_template_name"] = id, t.Name
	value["message_template_language"] = strings.ReplaceAll(t.Language, "_", "-") // the API has another spelling
	s.mu.Unlock()
	s.emit(event{waba: n.WABA, field: field, item: value})
	return true
}

// Review decides about a template: APPROVED, REJECTED, PAUSED, DISABLED and so on, with the reason
// of a rejection. The business is told. False: there is no such template.
func (n *Number) Review(name, language, status, reason string) bool {
	value := map[string]any{"event": status, "reason": reason}
	if reason == "" {
		value["reason"] = "NONE"
	}
	return n.change(name, language, "message_template_status_update", value, func(t *Template) {
		t.Status, t.Reason = status, reason
	})
}

// Rate changes the quality of a template: GREEN, YELLOW, RED. The business is told.
func (n *Number) Rate(name, language, quality string) bool {
	value := map[string]any{"new_quality_score": quality}
	return n.change(name, language, "message_template_quality_update", value, func(t *Template) {
		value["previous_quality_score"] = t.Quality
		t.Quality = quality
	})
}

// Recategorise makes a template one of another category. The business is told.
func (n *Number) Recategorise(name, language, category string) bool {
	value := map[string]any{"new_category": category}
	return n.change(name, language, "template_category_update", value, func(t *Template) {
		value["previous_category"] = t.Category
		t.Category = category
	})
}

var templateName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9_]+$`) })

// handedIn is a template as the business writes it.
type handedIn struct {
	Name, Language, Category string
	Format                   string `json:"parameter_format"`
	Components               []struct {
		Type, Format, Text string
		Buttons            []struct{ Type, Text string }
		Example            struct {
			Named      []struct{ Name, Example string } `json:"body_text_named_params"`
			Positional [][]string                       `json:"body_text"`
			Handle     []string                         `json:"header_handle"`
		}
	}
}

func (s *Server) createTemplate(w http.ResponseWriter, waba string, body []byte) {
	var raw map[string]any
	var in handedIn
	if json.Unmarshal(body, &raw) != nil || json.Unmarshal(body, &in) != nil {
		s.fail(w, problem{code: 100, details: "the body is not JSON"})
		return
	}
	if err := check(raw, templateRules); err != nil {
		s.fail(w, problem{code: 100, details: err.Error()})
		return
	}
	t := Template{
		WABA: waba, Name: in.Name, Language: in.Language, Category: in.Category, Format: in.Format, Status: "PENDING",
		Quality: "UNKNOWN", Components: raw["components"],
	}
	if t.Format == "" {
		t.Format = "POSITIONAL"
	}
	if p := t.read(in); p != nil {
		s.fail(w, *p)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.templates {
		if other.WABA == waba && other.Name == t.Name && other.Language == t.Language {
			s.fail(w, problem{code: 100, subcode: 2388024, details: "there is content in this language already"})
			return
		}
	}
	t.ID = s.newID("55000000")
	s.templates = append(s.templates, &t)
	s.changed.Ring()
	answer(w, http.StatusOK, map[string]any{"id": t.ID, "status": t.Status, "category": t.Category})
}

// read takes the parts out of what was handed in, and refuses what Meta refuses before a review.
func (t *Template) read(in handedIn) *problem {
	if !templateName().MatchString(t.Name) {
		return &problem{code: 100, details: "the name may have a-z, 0-9 and _"}
	}
	for _, c := range in.Components {
		switch c.Type {
		case "HEADER":
			t.Header = c.Format
		case "FOOTER":
			t.Footer = c.Text
			if utf8.RuneCountInString(c.Text) > 60 || strings.Contains(c.Text, "{{") {
				return &problem{code: 100, details: "a footer has at most 60 characters and no variables"}
			}
		case "BUTTONS":
			for _, b := range c.Buttons {
				t.Buttons = append(t.Buttons, b.Text)
			}
		case "BODY":
			t.Body = c.Text
			body := strings.TrimSpace(c.Text)
			if strings.HasPrefix(body, "{{") || strings.HasSuffix(body, "}}") {
				return &problem{code: 100, subcode: 2388299, details: "variables cannot be at the start or end"}
			}
			distinct := map[string]bool{}
			for _, n := range holes().FindAllStringSubmatch(c.Text, -1) {
				distinct[n[1]] = true
			}
			examples := len(c.Example.Named)
			if t.Format == "POSITIONAL" && len(c.Example.Positional) > 0 {
				examples = len(c.Example.Positional[0])
			}
			if examples != len(distinct) {
				return &problem{code: 100, details: "each variable needs an example"}
			}
		}
	}
	if t.Body == "" {
		return &problem{code: 100, details: "a body is required"}
	}
	return nil
}

func (s *Server) listTemplates(w http.ResponseWriter, r *http.Request, waba string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, data := r.URL.Query().Get("name"), []any{}
	after, _ := strconv.Atoi(r.URL.Query().Get("after"))
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit <= 0 {
		limit = 25
	}
	paging := map[string]any{}
	for i, t := range s.templates {
		if t.WABA != waba || name != "" && t.Name != name || i < after {
			continue
		}
		if len(data) == limit {
			paging["cursors"] = map[string]any{"after": strconv.Itoa(i)}
			paging["next"] = "more"
			break
		}
		data = append(data, map[string]any{
			"id": t.ID, "name": t.Name, "language": t.Language, "category": t.Category, "status": t.Status,
			"rejected_reason": t.Reason, "parameter_format": t.Format, "components": t.Components,
			"quality_score": map[string]any{"score": t.Quality},
		})
	}
	answer(w, http.StatusOK, map[string]any{"data": data, "paging": paging})
}
