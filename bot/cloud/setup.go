package cloud

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Fields are the fields of webhooks that a bot hears, as the app's dashboard has them.
const Fields = "messages, user_preferences, account_update, phone_number_quality_update, message_template_status_update, " +
	"message_template_quality_update, message_template_components_update, template_category_update"

// A TokenState is what Meta says of the access token.
type TokenState struct {
	Valid   bool
	Expires time.Time // zero: never
	Scopes  []string  // what it allows
	Missing []string  // of what a bot needs
}

// needed are the permissions of a bot: messages, and the number, its webhooks and templates.
var needed = []string{"whatsapp_business_messaging", "whatsapp_business_management"}

// Token asks Meta about the access token.
func (c *Client) Token(ctx context.Context) (TokenState, error) {
	var out struct {
		Data struct {
			Valid   bool     `json:"is_valid"`
			Expires int64    `json:"expires_at"`
			Scopes  []string `json:"scopes"`
		} `json:"data"`
	}
	query := url.Values{"input_token": {c.options.Token}}
	if err := c.ask(ctx, http.MethodGet, "debug_token", query, nil, &out); err != nil {
		return TokenState{}, err
	}
	state := TokenState{Valid: out.Data.Valid, Scopes: out.Data.Scopes}
	if out.Data.Expires > 0 {
		state.Expires = time.Unix(out.Data.Expires, 0).UTC()
	}
	has := map[string]bool{}
	for _, scope := range state.Scopes {
		has[scope] = true
	}
	for _, scope := range needed {
		if !has[scope] {
			state.Missing = append(state.Missing, scope)
		}
	}
	return state, nil
}

// Subscribe makes Meta post what happens to the account to the app. It may be repeated.
func (c *Client) Subscribe(ctx context.Context) error {
	return c.ask(ctx, http.MethodPost, c.options.WABA+"/subscribed_apps", nil, fields{}, nil)
}

// Subscribed reports whether Meta posts what happens to the account to any app of the business.
func (c *Client) Subscribed(ctx context.Context) (bool, error) {
	var out struct {
		Data []struct{} `json:"data"`
	}
	err := c.ask(ctx, http.MethodGet, c.options.WABA+"/subscribed_apps", nil, nil, &out)
	return len(out.Data) > 0, err
}

// A Phone is a number of the account.
type Phone struct {
	ID    string
	Phone string // with the plus
	Name  string // as people see it. It is foreign
}

// Phones are the numbers of the account, to be asked before there is one in the configuration.
func (c *Client) Phones(ctx context.Context) (all []Phone, err error) {
	var out struct {
		Data []struct {
			ID    string `json:"id"`
			Phone string `json:"display_phone_number"`
			Name  string `json:"verified_name"`
		} `json:"data"`
	}
	err = c.ask(ctx, http.MethodGet, c.options.WABA+"/phone_numbers", nil, nil, &out)
	for _, p := range out.Data {
		all = append(all, Phone{ID: p.ID, Phone: phoneFrom(p.Phone), Name: p.Name})
	}
	return all, err
}

// Portfolio is the ID of the portfolio of businesses that owns the account.
func (c *Client) Portfolio(ctx context.Context) (string, error) {
	var out struct {
		Owner struct {
			ID string `json:"id"`
		} `json:"owner_business_info"`
	}
	err := c.ask(ctx, http.MethodGet, c.options.WABA, url.Values{"fields": {"owner_business_info"}}, nil, &out)
	if err == nil && (out.Owner.ID == "" || strings.Trim(out.Owner.ID, "0123456789") != "") {
		err = errors.New("it is not said which portfolio of businesses owns the account")
	}
	return out.Owner.ID, err
}
