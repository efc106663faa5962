package web

import (
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
				return done(v.here(), "role_set"), v.Desk.SetOperatorRole(v, form.Get("name"), desk.Role(form.Get("role")), nil)
			},
			"remove": func(v *visit) (string, error) {
				return done(v.here(), "operator_removed"), v.Desk.RemoveOperator(v, v.r.PostForm.Get("name"))
			},
			"key": func(v *visit) (string, error) {
				form := v.r.PostForm
				days, err := daysOf(form.Get("days"))
				if err != nil {
					return "", desk.Refuse("%s", v.lang.say("operators.days_how"))
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
	Roles     []desk.Role
	KeyRoles  []desk.Role
	KeyDays   int // for how many days a key is good, where nothing else is said
}

// actsShown is how many of the last acts the screen has.
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
	view.Acts, err = v.Desk.Acts(v, desk.ActQuery{Limit: actsShown})
	return view, err
}

// daysOf is a number of days as it is typed. Nothing typed is nil.
func daysOf(typed string) (*int, error) {
	if typed = strings.TrimSpace(typed); typed == "" {
		return nil, nil
	}
	days, err := strconv.Atoi(typed)
	return &days, err
}
