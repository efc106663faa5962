package cloud

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"optinbot/bot"
)

// The client is where templates are handed in and looked up.
var _ bot.TemplateManager = (*Client)(nil)

// Submit hands a template in. What becomes of it comes as a TemplateEvent, and from Templates.
func (c *Client) Submit(ctx context.Context, d bot.TemplateDraft) (id, status string, err error) {
	body := fields{"type": "BODY", "text": d.Body}
	var examples []fields
	for _, e := range d.Examples {
		examples = append(examples, fields{"param_name": e.Name, "example": e.Text})
	}
	if examples != nil {
		body["example"] = fields{"body_text_named_params": examples}
	}
	components := []fields{body}
	if d.Footer != "" {
		components = append(components, fields{"type": "FOOTER", "text": d.Footer})
	}
	var buttons []fields
	for _, title := range d.Buttons {
		buttons = append(buttons, fields{"type": "QUICK_REPLY", "text": title})
	}
	if buttons != nil {
		components = append(components, fields{"type": "BUTTONS", "buttons": buttons})
	}
	in := fields{
		"name": d.Name, "language": d.Language, "category": "MARKETING", "parameter_format": "NAMED",
		"components": components,
	}
	var out struct {
		ID     string `json:"id"`
		Status string `json:"status"`
	}
	if err := c.ask(ctx, http.MethodPost, c.options.WABA+"/message_templates", nil, in, &out); err != nil {
		return "", "", err
	}
	return out.ID, word(out.Status), nil
}

// maxPages bounds how many pages are read. An account has at most 6,000 templates, a page a hundred.
const maxPages = 100

// Templates are the account's templates. name may be "" for all of them.
func (c *Client) Templates(ctx context.Context, name string) (all []bot.SeenTemplate, err error) {
	query := url.Values{
		"fields": {"id,name,language,category,status,quality_score,rejected_reason,parameter_format,components"},
		"limit":  {"100"},
	}
	if name != "" {
		query.Set("name", name)
	}
	for range maxPages {
		var out struct {
			Data   []approved `json:"data"`
			Paging struct {
				Cursors struct {
					After string `json:"after"`
				} `json:"cursors"`
				Next string `json:"next"`
			} `json:"paging"`
		}
		if err := c.ask(ctx, http.MethodGet, c.options.WABA+"/message_templates", query, nil, &out); err != nil {
			return nil, err
		}
		for _, t := range out.Data {
			if name == "" || t.Name == name { // Meta finds what begins like it, too
				all = append(all, t.read())
			}
		}
		if out.Paging.Next == "" || out.Paging.Cursors.After == "" {
			return all, nil
		}
		query.Set("after", out.Paging.Cursors.After)
	}
	return nil, errors.New("the account has more templates than can be read")
}

type approved struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Language string `json:"language"`
	Category string `json:"category"`
	Status   string `json:"status"`
	Reason   string `json:"rejected_reason"`
	Format   string `json:"parameter_format"`
	Quality  struct {
		Score string `json:"score"`
	} `json:"quality_score"`
	Components []struct {
		Type    string `json:"type"`
		Format  string `json:"format"`
		Text    string `json:"text"`
		Buttons []struct {
			Type string `json:"type"`
			Text string `json:"text"`
		} `json:"buttons"`
	} `json:"components"`
}

func (a approved) read() bot.SeenTemplate {
	t := bot.SeenTemplate{
		ID: a.ID, Name: a.Name, Language: a.Language, Category: a.Category, Status: a.Status, Reason: a.Reason,
		Quality: a.Quality.Score, Named: a.Format == "NAMED",
	}
	for _, c := range a.Components {
		switch c.Type {
		case "HEADER":
			t.Header = c.Format
			t.Others = t.Others || c.Format == "TEXT"
		case "BODY":
			t.Body = c.Text
		case "FOOTER":
			t.Footer = c.Text
		case "BUTTONS":
			for _, b := range c.Buttons {
				t.Buttons = append(t.Buttons, b.Text)
				t.Others = t.Others || b.Type != "QUICK_REPLY"
			}
		default:
			t.Others = true
		}
	}
	return t
}
