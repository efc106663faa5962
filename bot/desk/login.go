package desk

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"optinbot/bot"
	"optinbot/store"
)

// How long what lets people in is good for.
const (
	LinkLasts    = 15 * time.Minute
	sessionIdle  = 12 * time.Hour
	sessionLasts = 14 * 24 * time.Hour
	freshLasts   = 10 * time.Minute
	seenEvery    = 5 * time.Minute // how exactly it is known when a session or a key was used
)

var (
	// ErrWrongLogIn is the one answer to a wrong name, password or code.
	ErrWrongLogIn = errors.New("the name or the password is wrong")
	// ErrCodeNeeded: the password is right, and the code of the operator's authenticator is needed.
	ErrCodeNeeded = errors.New("the code of your authenticator is needed too")
	// ErrLinkOver: a link that was used, or is too old.
	ErrLinkOver = errors.New("this link is over: it counts once, and for a quarter of an hour. " +
		"`optinbot operator reset NAME` makes another")
	// ErrNoSession: there is no session with that token, or it is over.
	ErrNoSession = errors.New("you are not logged in, or no longer")
)

// A LogIn is what somebody comes in with.
type LogIn struct {
	Name     string
	Password string
	Code     string // of their authenticator. "": they gave none
	Address  string // from where they come
	Before   string // the token of the session that their browser had, which ends
}

// A Login is a session that has begun.
type Login struct {
	Token string // for the browser. Only its hash is kept
	Ends  time.Time
	Who   Who
}

// random is where tokens and salts come from.
func (d *Desk) random() io.Reader {
	if d.Random != nil {
		return d.Random
	}
	return rand.Reader
}

// newToken is a token of 256 bits.
func (d *Desk) newToken() (string, error) {
	raw := make([]byte, 32)
	if _, err := io.ReadFull(d.random(), raw); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

// hashOf is how a token is kept.
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// LogIn lets an operator in. A wrong name gets the same answer as a wrong password, after the same
// work: ErrWrongLogIn. ErrCodeNeeded: once more, with the code. TooMany: not now, whatever was
// given. Each time leaves a row, and many failures a notice.
func (d *Desk) LogIn(ctx context.Context, in LogIn) (Login, error) {
	keys := []string{nameKey(in.Name), "from " + network(in.Address)}
	tell, err := d.doors.try(d.Now(), keys...)
	if err != nil {
		return Login{}, err
	}
	o, err := d.knows(ctx, in.Name, in.Password)
	var login Login
	if err == nil {
		login, err = d.letIn(ctx, o, in)
	}
	switch {
	case err == nil:
		d.doors.succeeded(keys...)
		return login, nil
	case errors.Is(err, ErrCodeNeeded):
		d.doors.undo(keys...)
		return login, err
	case errors.Is(err, ErrWrongLogIn):
		return login, errors.Join(err, d.tellOfTries(ctx, o, in, tell))
	}
	return login, err
}

// nameKey is what failures are counted by for a name that was typed. All that cannot be a name are one:
// what is remembered of a stranger has to be small.
func nameKey(typed string) string {
	if !accountName().MatchString(typed) {
		return "no name"
	}
	return "name " + typed
}

// knows finds the operator of a name and a password. It takes as long where there is none.
func (d *Desk) knows(ctx context.Context, name, password string) (o store.Operator, err error) {
	o, _, err = d.Store.Operator(ctx, name)
	if err != nil {
		return o, err
	}
	ok, err := d.isPassword(ctx, o.Password, password)
	if err == nil && (!ok || o.Off) {
		err = ErrWrongLogIn
	}
	return o, err
}

// letIn asks an operator whose password was right for their code, and begins a session.
func (d *Desk) letIn(ctx context.Context, o store.Operator, in LogIn) (login Login, err error) {
	step := int64(0)
	if o.TOTP != "" {
		if in.Code == "" {
			return login, ErrCodeNeeded
		}
		if step = totpStepOf(o.TOTP, in.Code, d.Now(), o.TOTPStep); step == 0 {
			return login, ErrWrongLogIn
		}
	}
	login, session, err := d.newSession(o, in.Address)
	if err != nil {
		return login, err
	}
	ctx, end := d.beginAs(ctx, login.Who, ActLogIn)
	defer func() { end(err) }()
	taken, err := d.Store.LogIn(ctx, session, hashOf(in.Before), step)
	if err == nil && !taken { // the same code came twice at once, or they were switched off meanwhile
		err = ErrWrongLogIn
	}
	return login, err
}

func (d *Desk) newSession(o store.Operator, address string) (login Login, s store.Session, err error) {
	if login.Token, err = d.newToken(); err != nil {
		return login, s, err
	}
	now := d.Now()
	login.Ends = now.Add(d.patient(sessionLasts))
	s = store.Session{
		Hash: hashOf(login.Token), Operator: o.Name, Address: address, Created: now, Seen: now, Ends: login.Ends, Confirmed: now,
	}
	login.Who = d.whoIs(o, s)
	return login, s, nil
}

// tellOfTries leaves the row of a log-in that failed, and a notice where it was one of many. An
// unknown name is not kept: it may be a password that was typed in the wrong place.
func (d *Desk) tellOfTries(ctx context.Context, o store.Operator, in LogIn, tell []string) error {
	row := store.ActRow{At: d.Now(), Who: o.Name, Via: string(ViaWeb), Act: string(ActLogIn), Result: "refused"}
	err := d.Store.AddAct(ctx, row)
	for _, key := range tell {
		says := fmt.Sprintf("%d log-ins from %s have failed, one after the other", noticeAt, network(in.Address))
		if key == nameKey(in.Name) {
			if o.Name == "" {
				continue
			}
			says = fmt.Sprintf("%d log-ins as %s have failed, one after the other, the last from %s", noticeAt, o.Name,
				network(in.Address))
		}
		says += ". Somebody may be guessing: if it was nobody of yours, look who can reach the page (docs/security.md)"
		err = errors.Join(err, d.Store.Notify(ctx, d.Config.Numbers[0].Name, bot.NoticeLogIns, says, d.Now()))
	}
	return err
}

// SetPassword gives the operator of a link their password, uses the link up and logs them in. Their
// other sessions end. ErrLinkOver: it counts no more. A password that is too short is refused, and
// the link stays.
func (d *Desk) SetPassword(ctx context.Context, link, password, address string) (login Login, err error) {
	now := d.Now()
	o, found, err := d.Store.LinkOf(ctx, hashOf(link), now)
	if err != nil {
		return login, err
	}
	if !found {
		return login, ErrLinkOver
	}
	if err := fitPassword(o.Name, password); err != nil {
		return login, err
	}
	kept, err := d.hashPassword(ctx, password)
	if err != nil {
		return login, err
	}
	login, session, err := d.newSession(o, address)
	if err != nil {
		return login, err
	}
	ctx, end := d.beginAs(ctx, login.Who, ActSetPassword)
	defer func() { end(err) }()
	used, err := d.Store.UseLink(ctx, hashOf(link), kept, session)
	if err == nil && !used {
		err = ErrLinkOver
	}
	return login, err
}

// beginAs is begin for somebody who is only just let in, and who may do this whatever their role.
func (d *Desk) beginAs(ctx context.Context, w Who, act Action) (context.Context, func(error)) {
	ctx, recording := store.Record(ctx, store.ActRow{At: d.Now(), Who: w.Name, Via: string(w.Via), Act: string(act)})
	return ctx, func(err error) { d.end(ctx, recording, err) }
}

type unattendedKey struct{}

// Unattended returns a context for what an open page asks by itself, while nobody may sit before it.
// A session is not used by that, and goes idle.
func Unattended(ctx context.Context) context.Context {
	return context.WithValue(ctx, unattendedKey{}, true)
}

// Session is whoever has the session of a token. ErrNoSession: nobody, or it is over. What the
// operator may do counts as it is now. Unless the context is one of Unattended, the session is used.
func (d *Desk) Session(ctx context.Context, token string) (Who, error) {
	o, s, err := d.session(ctx, token)
	if err != nil {
		return Who{}, err
	}
	if now := d.Now(); now.Sub(s.Seen) >= seenEvery && ctx.Value(unattendedKey{}) == nil {
		s.Seen = now
		if err := d.Store.SeeSession(ctx, s); err != nil {
			return Who{}, err
		}
	}
	return d.whoIs(o, s), nil
}

func (d *Desk) session(ctx context.Context, token string) (o store.Operator, s store.Session, err error) {
	s, found, err := d.Store.Session(ctx, hashOf(token))
	if err != nil {
		return o, s, err
	}
	now := d.Now()
	if !found || !now.Before(s.Ends) || now.Sub(s.Seen) >= d.patient(sessionIdle) {
		return o, s, ErrNoSession
	}
	o, found, err = d.Store.Operator(ctx, s.Operator)
	if err == nil && (!found || o.Off) {
		err = ErrNoSession
	}
	return o, s, err
}

// whoIs is an operator in a session. An owner who comes from another machine without a second
// factor can only look, until they have set one up.
func (d *Desk) whoIs(o store.Operator, s store.Session) Who {
	w := Who{
		Name: o.Name, Via: ViaWeb, Role: Role(o.Role), Numbers: o.Numbers, Fresh: d.Now().Sub(s.Confirmed) < d.patient(freshLasts),
		NeedsTOTP: Role(o.Role) == Owner && o.TOTP == "" && !onThisMachine(s.Address),
	}
	if w.NeedsTOTP {
		w.Role = Viewer
	}
	return w
}

// ConfirmPassword notes that the operator of a session has given their password again: for ten
// minutes they may do what asks for that. ErrWrongLogIn: it is another one. It counts as a log-in
// for TooMany.
func (d *Desk) ConfirmPassword(ctx context.Context, token, password string) error {
	o, s, err := d.session(ctx, token)
	if err != nil {
		return err
	}
	keys := []string{"name " + o.Name, "from " + network(s.Address)}
	tell, err := d.doors.try(d.Now(), keys...)
	if err != nil {
		return err
	}
	ok, err := d.isPassword(ctx, o.Password, password)
	if err != nil {
		return err
	}
	if !ok {
		return errors.Join(ErrWrongLogIn, d.tellOfTries(ctx, o, LogIn{Name: o.Name, Address: s.Address}, tell))
	}
	d.doors.succeeded(keys...)
	s.Seen, s.Confirmed = d.Now(), d.Now()
	return d.Store.SeeSession(ctx, s)
}

// LogOut ends the session of a token. It may be repeated.
func (d *Desk) LogOut(ctx context.Context, token string) (err error) {
	o, s, err := d.session(ctx, token)
	if errors.Is(err, ErrNoSession) {
		return nil
	}
	if err != nil {
		return err
	}
	ctx, end := d.beginAs(ctx, d.whoIs(o, s), ActLogOut)
	defer func() { end(err) }()
	_, err = d.Store.EndSession(ctx, s.ID)
	return err
}

// ListSessions returns the sessions of an operator, "" is everybody, that are not over. Everybody
// may see their own, and an owner all. It changes nothing.
func (d *Desk) ListSessions(ctx context.Context, operator string) ([]store.Session, error) {
	if err := d.ownOr(ctx, operator, ActEndSessions); err != nil {
		return nil, err
	}
	all, err := d.Store.Sessions(ctx, operator)
	now := d.Now()
	return slices.DeleteFunc(all, func(s store.Session) bool {
		return !now.Before(s.Ends) || now.Sub(s.Seen) >= d.patient(sessionIdle)
	}), err
}

// EndSession ends one session. It is not found where there is none. Everybody may end their own, and
// an owner any.
func (d *Desk) EndSession(ctx context.Context, id int64) (err error) {
	all, err := d.Store.Sessions(ctx, "")
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(s store.Session) bool { return s.ID == id })
	if i < 0 {
		return notFound("there is no such session, or it has ended")
	}
	ctx, end, err := d.beginOwn(ctx, all[i].Operator)
	if err != nil {
		return err
	}
	defer func() { end(err) }()
	_, err = d.Store.EndSession(ctx, id)
	return err
}

// EndSessions ends all sessions of an operator, and returns how many there were. Everybody may end
// their own, and an owner anybody's. It may be repeated.
func (d *Desk) EndSessions(ctx context.Context, operator string) (ended int, err error) {
	ctx, end, err := d.beginOwn(ctx, operator)
	if err != nil {
		return 0, err
	}
	defer func() { end(err) }()
	return d.Store.EndSessions(ctx, operator)
}

// ownOr says why whoever acts may not do something that everybody may do to themselves.
func (d *Desk) ownOr(ctx context.Context, operator string, act Action) error {
	w, ok := WhoActs(ctx)
	if !ok || w.Via == ViaWeb && w.Name == operator {
		return nil
	}
	w.Fresh = true
	return w.allowed(act, "")
}

// beginOwn is begin for the end of sessions.
func (d *Desk) beginOwn(ctx context.Context, operator string) (context.Context, func(error), error) {
	if w, ok := WhoActs(ctx); ok && w.Via == ViaWeb && w.Name == operator {
		ctx, end := d.beginAs(ctx, w, ActEndSessions)
		return ctx, end, nil
	}
	return d.beginOn(ctx, ActEndSessions, operator)
}
