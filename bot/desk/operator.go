package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"optinbot/bot/text"
	"optinbot/flows"
	"optinbot/store"
)

// An OperatorView is somebody who may work at the desk.
type OperatorView struct {
	Name     string    `json:"name"`
	Role     Role      `json:"role"`
	Numbers  []string  `json:"numbers"`  // that they may see. Empty: all
	Password bool      `json:"password"` // they have chosen one
	TOTP     bool      `json:"totp"`     // a log-in asks for the code of their authenticator
	Off      bool      `json:"off"`      // since a restore, until `operator enable`
	Sessions int       `json:"sessions"`
	Created  time.Time `json:"created_at"`
	Seen     time.Time `json:"seen_at,omitzero"`
}

// An OperatorLink lets an operator choose a password, once. It is shown once.
type OperatorLink struct {
	Operator string    `json:"operator"`
	Token    string    `json:"-"`
	URL      string    `json:"url"`
	Ends     time.Time `json:"ends_at"`
	Served   bool      `json:"-"` // there is a page: web.listen is set
}

var accountName = flows.Pattern(`^[a-z][a-z0-9._-]{0,30}$`)

// AddOperator adds somebody to those who may work at the desk, and returns the link by which they
// choose a password. It is refused for a name that is taken or is none, for a role or a number that
// does not exist.
func (d *Desk) AddOperator(ctx context.Context, name string, role Role, numbers []string) (l OperatorLink, err error) {
	ctx, end, err := d.beginOn(ctx, ActAddOperator, name)
	if err != nil {
		return l, err
	}
	defer func() { end(err) }()
	if err := d.fitAccount(name, role, numbers); err != nil {
		return l, err
	}
	l, kept, err := d.newLink(name)
	if err != nil {
		return l, err
	}
	o := store.Operator{Name: name, Role: string(role), Numbers: numbers, Created: d.Now()}
	if err := d.Store.AddOperator(ctx, o, kept); errors.Is(err, store.ErrTaken) {
		return OperatorLink{}, Refuse("there is an operator %s already; `optinbot operator reset %s` makes another link", name, name)
	} else if err != nil {
		return OperatorLink{}, err
	}
	return l, nil
}

// fitAccount says what is wrong with the name, the role or the numbers of an operator or a key.
func (d *Desk) fitAccount(name string, role Role, numbers []string) error {
	if !accountName().MatchString(name) {
		return Refuse("a name is up to 31 lower case letters, digits, dots, - and _, and begins with a letter; %q is not",
			text.Fit(name, 40))
	}
	if !role.Includes(Viewer) {
		return Refuse("there is no role %q; there are viewer, editor and owner", text.Fit(string(role), 40))
	}
	for _, n := range numbers {
		if _, err := NumberOf(d.Config, n); err != nil || n == "" {
			return errors.Join(err, Refuse("a number has the name that config.yaml gives it"))
		}
	}
	return nil
}

func (d *Desk) newLink(operator string) (l OperatorLink, kept store.LoginLink, err error) {
	token, err := d.newToken()
	if err != nil {
		return l, kept, err
	}
	page := cmp.Or(d.Files.Page().Address, d.Config.Web.Address(d.Config.Web.Listen)) // where it is served, or will be
	l = OperatorLink{Operator: operator, Token: token, URL: page + "/welcome#" + token, Ends: d.Now().Add(d.patient(LinkLasts)),
		Served: d.Config.Web.Listen != ""}
	return l, store.LoginLink{Hash: hashOf(token), Operator: operator, Ends: l.Ends}, nil
}

// ListOperators returns who may work at the desk, by name. It changes nothing.
func (d *Desk) ListOperators(ctx context.Context) ([]OperatorView, error) {
	if err := d.may(ctx, ActListOperators, ""); err != nil {
		return nil, err
	}
	all, err := d.Store.Operators(ctx)
	if err != nil {
		return nil, err
	}
	sessions, err := d.Store.Sessions(ctx, "")
	views := []OperatorView{}
	now := d.Now()
	for _, o := range all {
		v := OperatorView{
			Name: o.Name, Role: Role(o.Role), Numbers: append([]string{}, o.Numbers...), Password: o.Password != "",
			TOTP: o.TOTP != "", Off: o.Off, Created: o.Created, Seen: o.Seen,
		}
		for _, s := range sessions {
			if s.Operator == o.Name && now.Before(s.Ends) && now.Sub(s.Seen) < d.patient(sessionIdle) {
				v.Sessions++
			}
		}
		views = append(views, v)
	}
	return views, err
}

// SetOperatorRole says what somebody may do from now on, and on which numbers: nil leaves those as
// they are, and an empty list is all. Nobody of that name is not found. It is refused where nobody would be left who may let others in, unless
// it comes from the command line. It may be repeated.
func (d *Desk) SetOperatorRole(ctx context.Context, name string, role Role, numbers []string) (err error) {
	ctx, end, err := d.beginOn(ctx, ActSetOperatorRole, name)
	if err != nil {
		return err
	}
	defer func() { end(err) }()
	if err := d.fitAccount(name, role, numbers); err != nil {
		return err
	}
	d.doors.owners.Lock()
	defer d.doors.owners.Unlock()
	if role != Owner || len(numbers) > 0 {
		if err := d.notTheLast(ctx, name); err != nil {
			return err
		}
	}
	found, err := d.Store.ChangeOperator(ctx, name, false, func(o *store.Operator) error {
		if o.Role = string(role); numbers != nil {
			o.Numbers = numbers
		}
		return nil
	})
	return noOperator(found, name, err)
}

// noOperator makes a name that was not found an error.
func noOperator(found bool, name string, err error) error {
	if err == nil && !found {
		return notFound("there is no operator %q; `optinbot operator list` shows them", text.Fit(name, 40))
	}
	return err
}

// notTheLast refuses at the page what would leave nobody who may let others in.
func (d *Desk) notTheLast(ctx context.Context, name string) error {
	w, ok := WhoActs(ctx)
	if !ok || w.Via == ViaCLI {
		return nil
	}
	all, err := d.Store.Operators(ctx)
	if err != nil {
		return err
	}
	letsOthersIn := func(o store.Operator) bool {
		return Role(o.Role) == Owner && len(o.Numbers) == 0 && o.Password != "" && !o.Off
	}
	is := slices.ContainsFunc(all, func(o store.Operator) bool { return o.Name == name && letsOthersIn(o) })
	if !is || slices.ContainsFunc(all, func(o store.Operator) bool { return o.Name != name && letsOthersIn(o) }) {
		return nil
	}
	return Refuse("%s is the last owner: nobody could let others in. The command line can do it", text.Fit(name, 40))
}

// ResetOperator takes the password and the authenticator of somebody away, ends their sessions, and
// returns a link by which they choose another password. Nobody of that name is not found. It may be
// repeated: the link of before is over.
func (d *Desk) ResetOperator(ctx context.Context, name string) (l OperatorLink, err error) {
	ctx, end, err := d.beginOn(ctx, ActResetOperator, name)
	if err != nil {
		return l, err
	}
	defer func() { end(err) }()
	l, kept, err := d.newLink(name)
	if err != nil {
		return l, err
	}
	found, err := d.Store.ResetOperator(ctx, kept)
	if err = noOperator(found, name, err); err != nil {
		return OperatorLink{}, err
	}
	return l, nil
}

// RemovalQuestions are what has to be answered with yes before an operator is taken away.
func RemovalQuestions(operator string) []Question {
	return []Question{{Asks: fmt.Sprintf("Take %s away? Their sessions end at once, and what they did stays known.", operator)}}
}

// RemoveOperator takes somebody away from those who may work at the desk, at once. What they did
// stays known. Nobody of that name is not found, so a second time too. It is refused as
// SetOperatorRole is.
func (d *Desk) RemoveOperator(ctx context.Context, name string) (err error) {
	ctx, end, err := d.beginOn(ctx, ActRemoveOperator, name)
	if err != nil {
		return err
	}
	defer func() { end(err) }()
	d.doors.owners.Lock()
	defer d.doors.owners.Unlock()
	if err := d.notTheLast(ctx, name); err != nil {
		return err
	}
	found, err := d.Store.RemoveOperator(ctx, name)
	return noOperator(found, name, err)
}

// EnableOperator lets somebody in again whom a restore has switched off. Nobody of that name is not
// found. Only the command line may, for whoever has the page may be whom the backup let in. It may be
// repeated.
func (d *Desk) EnableOperator(ctx context.Context, name string) (err error) {
	ctx, end, err := d.beginOn(ctx, ActEnableOperator, name)
	if err != nil {
		return err
	}
	defer func() { end(err) }()
	found, err := d.Store.ChangeOperator(ctx, name, true, func(o *store.Operator) error {
		o.Off = false
		return nil
	})
	return noOperator(found, name, err)
}

// firstOperator is what the first operator is called whom nobody has named.
const firstOperator = "owner"

// FirstOperatorLink returns a link for the first operator, an owner, for whoever starts the program
// at a terminal. It is nil where somebody has a password, or waits for one under a name of their own.
// It may be repeated: the link of before is over.
func (d *Desk) FirstOperatorLink(ctx context.Context) (*OperatorLink, error) {
	all, err := d.Store.Operators(ctx)
	if err != nil {
		return nil, err
	}
	for _, o := range all {
		if o.Password != "" || o.Name != firstOperator || o.Off {
			return nil, nil
		}
	}
	l, kept, err := d.newLink(firstOperator)
	if err != nil {
		return nil, err
	}
	if len(all) > 0 {
		_, err = d.Store.ResetOperator(ctx, kept)
		return &l, err
	}
	return &l, d.Store.AddOperator(ctx, store.Operator{Name: firstOperator, Role: string(Owner), Created: d.Now()}, kept)
}
