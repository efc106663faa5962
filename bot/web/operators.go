package web

import (
	"net/url"
	"strconv"
	"strings"

	"optinbot/bot/desk"
	"optinbot/store"
)

// operators is who may work at the page, which programs have keys, and what each of them did.
func (s *Server) operators() screen {
	return screen{
		path: "/operators", name: "operators", area: "operators", show: showOperators,
		acts: map[string]func(*visit) (string, error){
			"add": func(v *visit) (string, error) {
				form := v.r.PostForm
				link, err := v.Desk.AddOperator(v, strings.TrimSpace(form.Get("name")), desk.Role(form.Get("role")), form["number"])
				return v.once(link.URL, err)
			},
			"reset": func(v *visit) (string, error) {
				link, err := v.Desk.ResetOperator(v, v.r.PostForm.Get("name"))
				return v.once(link.URL, err)
			},
			"role": func(v *visit) (string, error) {
				form := v.r.PostForm
				var numbers []string // as they were
				if form.Has("numbers") {
					numbers = append([]string{}, form["number"]...)
				}
				return done(v.here(), "role_set"), v.Desk.SetOperatorRole(v, form.Get("name"), desk.Role(form.Get("role")), numbers)
			},
			"log_out": func(v *visit) (string, error) {
				_, err := v.Desk.EndSessions(v, v.r.PostForm.Get("name"))
				return done(v.here(), "operator_logged_out"), err
			},
			"remove": func(v *visit) (string, error) {
				return done(v.here(), "operator_removed"), v.Desk.RemoveOperator(v, v.r.PostForm.Get("name"))
			},
			"key": func(v *visit) (string, error) {
				form := v.r.PostForm
				days, err := daysOf(form.Get("days"))
				if err != nil {
					return "", inWords(v.lang.say("operators.days_how"))
				}
				made, err := v.Desk.AddKey(v, strings.TrimSpace(form.Get("name")), desk.Role(form.Get("role")), form["number"], days)
				return v.once(made.Token, err)
			},
			"revoke": func(v *visit) (string, error) {
				return done(v.here(), "key_revoked"), v.Desk.RevokeKey(v, v.r.PostForm.Get("key"))
			},
		},
	}
}

// An operatorsView is who may come in, and what they did.
type operatorsView struct {
	Operators []desk.OperatorView
	Keys      []desk.KeyView
	Acts      []store.ActRow
	Asked     desk.ActQuery // which acts are shown
	Older     string        // the address of those before them. "": there are none
	Roles     []desk.Role
	KeyRoles  []desk.Role
	KeyDays   int // for how many days a key is good, where nothing else is said
}

// actsShown is how many acts the screen has.
const actsShown = 100

func showOperators(v *visit) (any, error) {
	view := &operatorsView{
		Roles: desk.Roles(), KeyRoles: desk.KeyRoles(), KeyDays: desk.UsualKeyDays,
	}
	var err error
	if view.Operators, err = v.Desk.ListOperators(v); err != nil {
		return nil, err
	}
	if view.Keys, err = v.Desk.ListKeys(v); err != nil {
		return nil, err
	}
	return view, view.acts(v)
}

// acts adds who did what: the newest, or those that the address asks for.
func (view *operatorsView) acts(v *visit) (err error) {
	query := v.r.URL.Query()
	before, _ := strconv.ParseInt(query.Get("before"), 10, 64)
	view.Asked = desk.ActQuery{Who: strings.TrimSpace(query.Get("who")), Number: query.Get("of"), Before: max(0, before), Limit: actsShown + 1}
	if view.Acts, err = v.Desk.Acts(v, view.Asked); err != nil || len(view.Acts) <= actsShown {
		return err
	}
	view.Acts = view.Acts[:actsShown]
	older := url.Values{"before": {strconv.FormatInt(view.Acts[actsShown-1].ID, 10)}}
	if view.Asked.Who != "" {
		older.Set("who", view.Asked.Who)
	}
	if view.Asked.Number != "" {
		older.Set("of", view.Asked.Number)
	}
	view.Older = v.here() + "?" + older.Encode() + "#h-acts"
	return nil
}

// daysOf is a number of days as it is typed. Nothing typed is nil.
func daysOf(typed string) (*int, error) {
	if typed = strings.TrimSpace(typed); typed == "" {
		return nil, nil
	}
	days, err := strconv.Atoi(typed)
	return &days, err
}
