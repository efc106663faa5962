package web

import (
	"context"
	"errors"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"optinbot/bot/desk"
	"optinbot/store"
)

// Accounts say who is who. The desk does: its methods say what each of these returns and refuses.
type Accounts interface {
	Session(ctx context.Context, token string) (desk.Who, error)
	LogIn(ctx context.Context, in desk.LogIn) (desk.Login, error)
	LogOut(ctx context.Context, token string) error
	SetPassword(ctx context.Context, link, password, address string) (desk.Login, error)
	ConfirmPassword(ctx context.Context, token, password string) error
	ListSessions(ctx context.Context, operator string) ([]store.Session, error)
	EndSession(ctx context.Context, id int64) error
	StartTOTP(ctx context.Context, token string) (secret, uri string, err error)
	ConfirmTOTP(ctx context.Context, token, code string) error
	DropTOTP(ctx context.Context, token string) error
}

// logIn is where operators come in.
func (s *Server) logIn() screen {
	return screen{
		path: "/login", name: "login", open: true,
		show: func(v *visit) (any, error) { return v.r.FormValue("to"), nil },
		acts: map[string]func(*visit) (string, error){"": func(v *visit) (string, error) {
			form := v.r.PostForm
			login, err := v.Accounts.LogIn(v, desk.LogIn{
				Name: strings.TrimSpace(form.Get("name")), Password: form.Get("password"), Code: form.Get("code"), Address: v.address(),
				Before: v.token(),
			})
			if err != nil {
				return "", err
			}
			v.keep(login)
			return localPath(form.Get("to")), nil
		}},
	}
}

// welcome is where the link of a new operator leads: they choose their password. The link's token
// lies behind the # of the address, which no server and no proxy gets to see. A script puts it into
// the form.
func (s *Server) welcome() screen {
	return screen{
		path: "/welcome", name: "welcome", open: true,
		show: func(*visit) (any, error) { return nil, nil },
		acts: map[string]func(*visit) (string, error){"": func(v *visit) (string, error) {
			form := v.r.PostForm
			if form.Get("password") != form.Get("again") {
				return "", errNotTheSame
			}
			token := form.Get("token")
			if _, behind, ok := strings.Cut(token, "#"); ok { // the whole link was pasted
				token = behind
			}
			login, err := v.Accounts.SetPassword(v, strings.TrimSpace(token), form.Get("password"), v.address())
			if err != nil {
				return "", err
			}
			v.keep(login)
			return "/", nil
		}},
	}
}

// comeIn lets somebody in by a link alone, see Options.LetIn. A link that is over leads to where they
// are, or to the form.
func (s *Server) comeIn(w http.ResponseWriter, r *http.Request) {
	v := &visit{Server: s, w: w, r: r, Context: r.Context()}
	login, err := s.LetIn(v, r.URL.Query().Get("token"), v.address())
	switch {
	case err == nil:
		v.keep(login)
	case !errors.Is(err, desk.ErrLinkOver):
		s.Log.Error("a link did not let anybody in", failure(err))
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

var errNotTheSame = desk.Refuse("the two passwords differ")

// sessionCookie is what the cookie of a session is called. The prefix lets browsers take it only
// over TLS and from this very host.
func (s *Server) sessionCookie() string {
	if s.secure() {
		return "__Host-session"
	}
	return "session"
}

// keep gives the browser the cookie of a session.
func (v *visit) keep(login desk.Login) {
	http.SetCookie(v.w, &http.Cookie{
		Name: v.sessionCookie(), Value: login.Token, Path: "/", MaxAge: int(login.Ends.Sub(v.Now()).Seconds()), HttpOnly: true, Secure: v.secure(),
		SameSite: http.SameSiteLaxMode,
	})
}

// forgetSession takes the cookie back.
func (v *visit) forgetSession() {
	http.SetCookie(v.w, &http.Cookie{
		Name: v.sessionCookie(), Path: "/", MaxAge: -1, HttpOnly: true, Secure: v.secure(), SameSite: http.SameSiteLaxMode,
	})
}

// token is what the visitor's cookie holds. "" where there is none.
func (v *visit) token() string {
	cookie, err := v.r.Cookie(v.sessionCookie())
	if err != nil {
		return ""
	}
	return cookie.Value
}

// whoVisits is whoever a request's session belongs to.
func (s *Server) whoVisits(r *http.Request) (desk.Who, error) {
	cookie, err := r.Cookie(s.sessionCookie())
	if err != nil {
		return desk.Who{}, desk.ErrNoSession
	}
	ctx := r.Context()
	if r.URL.Query().Has("live") {
		ctx = desk.Unattended(ctx) // an open page follows by itself
	}
	return s.Accounts.Session(ctx, cookie.Value)
}

// address is from where a visitor comes, for the limit on log-ins. Behind a proxy it is what that
// says last, since whatever stands before it the visitor may have written.
func (v *visit) address() string {
	if v.Config.BehindProxy {
		said := v.r.Header.Values("X-Forwarded-For")
		if len(said) > 0 {
			hops := strings.Split(said[len(said)-1], ",")
			last, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1]))
			if err == nil && !last.IsLoopback() {
				return last.String()
			}
		}
		return "proxy" // nobody behind it is on this machine
	}
	if fromLoopback(v.r) && throughProxy(v.r) {
		return "proxy" // from wherever it comes
	}
	host, _, err := net.SplitHostPort(v.r.RemoteAddr)
	if err != nil {
		return v.r.RemoteAddr
	}
	return host
}

// sendToLogIn sends whoever has no session to the form, and back to where they were afterwards.
func (s *Server) sendToLogIn(w http.ResponseWriter, r *http.Request, err error) {
	if !errors.Is(err, desk.ErrNoSession) {
		s.Log.Error("a session could not be looked up", failure(err))
		http.Error(w, "The log of `optinbot run` says why this did not work.", http.StatusInternalServerError)
		return
	}
	if r.Method != http.MethodGet || r.URL.Query().Has("live") {
		http.Error(w, "You are not logged in, or no longer. Nothing was changed.", http.StatusUnauthorized)
		return
	}
	to := "/login"
	if r.URL.Path != "/" {
		to += "?to=" + url.QueryEscape(r.URL.RequestURI())
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// confirmed lets an act through for which the password was given again, in the field that `confirm`
// adds. It is false after it has answered.
func (v *visit) confirmed() bool {
	password := v.r.PostForm.Get(confirmField)
	if password == "" {
		return true
	}
	v.r.PostForm.Del(confirmField)
	// The visit itself is given to nobody before its context is another one.
	if err := v.Accounts.ConfirmPassword(v.Context, v.token(), password); err != nil {
		v.confirm(err)
		return false
	}
	who, err := v.whoVisits(v.r)
	if err != nil {
		v.sendToLogIn(v.w, v.r, err)
		return false
	}
	v.who, v.Context = who, desk.As(v.r.Context(), who)
	return true
}

// confirmField is the field with the password that an act needs.
const confirmField = "confirm_password"

// A confirmation asks for the password again, and keeps the whole form meanwhile.
type confirmation struct {
	Action string // where the form was sent
	Back   string
	Fields []field
}

type field struct{ Name, Value string }

// confirm asks for the password before an act. why is nil the first time.
func (v *visit) confirm(why error) {
	c := confirmation{Action: v.r.URL.Path, Back: v.here()}
	for name, values := range v.r.PostForm {
		for _, value := range values {
			c.Fields = append(c.Fields, field{name, value})
		}
	}
	status := http.StatusForbidden
	if why != nil {
		status = statusOf(why)
		if status >= http.StatusInternalServerError {
			v.fail(why)
			return
		}
	}
	v.screen = &screen{path: v.screen.path, name: "confirm", area: v.screen.area}
	p := v.page(c)
	p.Live, p.Form = "", nil
	if why != nil {
		p.refuse(why)
	}
	v.write(status, v.template(), p)
}

// me is what somebody does to themselves: where they are logged in, their authenticator, the
// language.
func (s *Server) me() screen {
	return screen{
		path: "/me", name: "me", area: "me", show: showMe,
		acts: map[string]func(*visit) (string, error){
			"logout": func(v *visit) (string, error) {
				if err := v.Accounts.LogOut(v, v.token()); err != nil {
					return "", err
				}
				v.forgetSession()
				return "/login", nil
			},
			"end": func(v *visit) (string, error) {
				id, err := v.formID("session")
				if err != nil {
					return "", err
				}
				return done(v.here(), "session_ended"), v.Accounts.EndSession(v, id)
			},
			"authenticator": func(v *visit) (string, error) {
				if !v.who.Fresh {
					return "", desk.ErrPasswordNeeded
				}
				return v.here() + "?authenticator", nil
			},
			"code": func(v *visit) (string, error) {
				return done(v.here(), "code_on"), v.Accounts.ConfirmTOTP(v, v.token(), v.r.PostForm.Get("code"))
			},
			"drop": func(v *visit) (string, error) {
				return done(v.here(), "code_off"), v.Accounts.DropTOTP(v, v.token())
			},
		},
	}
}

// A meView is what somebody sees of themselves.
type meView struct {
	Sessions []store.Session
	Secret   string       // of the authenticator that is being set up
	URI      template.URL // otpauth:, which an authenticator opens
}

func showMe(v *visit) (any, error) {
	view := &meView{}
	var err error
	if view.Sessions, err = v.Accounts.ListSessions(v, v.who.Name); err != nil {
		return nil, err
	}
	if v.r.URL.Query().Has("authenticator") && v.who.Fresh {
		var uri string
		view.Secret, uri, err = v.Accounts.StartTOTP(v, v.token())
		view.URI = template.URL(uri)
	}
	return view, err
}
