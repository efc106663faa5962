package web

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"optinbot/bot/desk"
	"optinbot/bot/web/said"
	"optinbot/flows"
)

// A screen is one page: where it lies, what it shows, and what can be done on it.
type screen struct {
	path string // such as "/n/{number}/people/{id}". {number} is a number of the configuration
	name string // its template is templates/NAME.html, which defines "title" and "main"
	area string // the entry of the menu that leads here

	// show is everything that the template shows, as .View. It is called again for each change while
	// the page is open, and then each template of the screen that is called live-NAME is sent to the
	// element #live-NAME.
	show func(*visit) (any, error)

	// acts are what a form of the screen may do: POST PATH/NAME, or POST PATH for "". Each returns
	// where to go then, "" for the screen itself.
	acts map[string]func(*visit) (string, error)

	// file answers by itself, instead of a page: with a file. show and name are not needed then.
	file func(*visit) error

	// open lets in whoever has no session.
	open bool
}

// A visit is one request to a screen, and whoever makes it.
type visit struct {
	context.Context // with whoever acts in it: desk.WhoActs
	*Server
	w      http.ResponseWriter
	r      *http.Request
	screen *screen
	who    desk.Who
	shown  any    // what an act has made, to be shown in its answer and never again
	again  bool   // the act has changed nothing but the form, which is shown again
	number string // of the configuration. The first one that they may see, where the address has none
	lang   *language
}

// A page is what the layout shows.
type page struct {
	Lang, Dir string
	Who       desk.Who
	Brand     string
	Number    string
	Numbers   []string // those that they may see
	Area      string
	Here      string        // the address of the screen itself
	Live      string        // where its changes are told. "": nowhere
	Done      string        // what was done: a key of words/
	Refused   template.HTML // why what was asked for was not done
	Form      url.Values    // what was typed then
	Once      string        // a key that a form is acted on once with
	Languages []string
	Counts    map[string]int // what needs somebody, by area
	Shown     any            // what an act has made, and only this answer shows
	View      any

	lang *language
	now  time.Time
	zone *time.Location // of the number
}

// mount lets a screen be reached.
func (s *Server) mount(m *http.ServeMux, sc screen) {
	sc = sc.checked()
	at := "GET " + sc.path
	if strings.HasSuffix(sc.path, "/") {
		at += "{$}"
	}
	m.HandleFunc(at, func(w http.ResponseWriter, r *http.Request) {
		s.visit(w, r, &sc, func(v *visit) {
			if r.URL.Query().Has("live") && sc.file == nil {
				v.follow()
				return
			}
			if sc.file != nil {
				if err := sc.file(v); err != nil {
					v.fail(err)
				}
				return
			}
			v.render(http.StatusOK, nil)
		})
	})
	for name, act := range sc.acts {
		at := "POST " + strings.TrimSuffix(sc.path+"/"+name, "/")
		if at == "POST " {
			at = "POST /{$}"
		}
		m.HandleFunc(at, func(w http.ResponseWriter, r *http.Request) {
			s.visit(w, r, &sc, func(v *visit) { v.act(act) })
		})
	}
}

// checked is a screen that has what every screen has.
func (sc screen) checked() screen {
	if sc.path == "" || sc.file == nil && (sc.name == "" || sc.show == nil) {
		panic("a screen has a path, a name and a view: " + sc.path + sc.name)
	}
	return sc
}

// visit finds out who comes, and lets them in.
func (s *Server) visit(w http.ResponseWriter, r *http.Request, sc *screen, do func(*visit)) {
	v := &visit{Server: s, w: w, r: r, screen: sc, lang: s.look.speaks(r), Context: r.Context()}
	if !sc.open {
		who, err := s.whoVisits(r)
		if err != nil {
			s.sendToLogIn(w, r, err)
			return
		}
		v.who, v.Context = who, desk.As(r.Context(), who)
	}
	if number := r.PathValue("number"); number != "" {
		if _, known := s.Desk.Numbers[number]; !known || !v.who.MaySee(number) {
			v.fail(desk.ErrNotFound)
			return
		}
		v.number = number
	} else if mine := v.numbers(); len(mine) > 0 {
		v.number = mine[0]
	}
	do(v)
}

// numbers are those of the configuration that the visitor may see.
func (v *visit) numbers() (names []string) {
	for _, n := range v.Desk.Config.Numbers {
		if v.who.MaySee(n.Name) {
			names = append(names, n.Name)
		}
	}
	return names
}

// act does what a form asks for, once. What is refused is said on the screen, with what was typed
// still in its fields.
func (v *visit) act(do func(*visit) (string, error)) {
	err := v.r.ParseForm()
	if strings.HasPrefix(v.r.Header.Get("Content-Type"), "multipart/form-data") { // a form with a file
		err = v.r.ParseMultipartForm(int64(flows.MostPicture) + maxForm)
	}
	if err != nil {
		v.fail(errTooMuch)
		return
	}
	if !v.confirmed() {
		return
	}
	once, err := v.sentForm()
	if err != nil {
		v.fail(errTooMuch)
		return
	}
	before, done, err := v.forms.begin(v.Context, v.who.Name, once)
	switch {
	case err != nil: // nobody waits for the answer any more
		return
	case done && before.shown != nil:
		v.shown = before.shown
		v.render(http.StatusOK, nil)
		return
	case done:
		http.Redirect(v.w, v.r, before.to, http.StatusSeeOther)
		return
	}
	// A browser that leaves, or whose user presses twice, does not cut an act off in the middle.
	v.Context = context.WithoutCancel(v.Context)
	defer func() {
		if fault := recover(); fault != nil { // whoever presses again does not wait for it
			v.forms.forget(v.who.Name, once)
			panic(fault)
		}
	}()
	to, err := do(v)
	if err != nil {
		v.forms.forget(v.who.Name, once)
		if errors.Is(err, desk.ErrPasswordNeeded) {
			v.confirm(nil)
			return
		}
		if status := statusOf(err); status < http.StatusInternalServerError && status != http.StatusNotFound {
			v.render(status, err)
			return
		}
		v.fail(err)
		return
	}
	if to == "" {
		to = v.here()
	}
	v.forms.remember(v.who.Name, once, to, v.shown)
	v.live.look() // the page that comes now must not be told what was seen before
	if v.shown != nil || v.again {
		v.render(http.StatusOK, nil)
		return
	}
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
}

// once lets the answer of an act show what it has made. A second press of its button within a minute
// shows the same.
func (v *visit) once(made any, err error) (string, error) {
	if err == nil {
		v.shown = made
	}
	return "", err
}

// here is the address of the screen, also where one of its forms was sent.
func (v *visit) here() string {
	where := v.screen.path
	for _, part := range strings.Split(where, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			name = strings.TrimSuffix(name, "}")
			where = strings.Replace(where, part, url.PathEscape(v.r.PathValue(name)), 1)
		}
	}
	return where
}

// done is an address, with a key of words/ for what was done, which the page says then.
func done(where, key string) string { return where + "?done=" + url.QueryEscape(key) }

var errTooMuch = desk.Refuse("the form is too long")

// statusOf is the status of HTTP for an error of the desk.
func statusOf(err error) int {
	if err == nil {
		return http.StatusOK
	}
	return desk.KindOf(err).Status
}

// formID is a number of the store in a field of the form.
func (v *visit) formID(field string) (int64, error) {
	id, err := strconv.ParseInt(v.r.PostForm.Get(field), 10, 64)
	if err != nil {
		return 0, desk.ErrNotFound
	}
	return id, nil
}

// page is what the layout shows around a view.
func (v *visit) page(view any) *page {
	p := &page{
		Lang: v.lang.code, Dir: v.lang.dir, Who: v.who, Number: v.number, Numbers: v.numbers(), Area: v.screen.area, Here: v.here(),
		Done: v.r.URL.Query().Get("done"), Form: v.r.PostForm, Once: v.NewToken(), Languages: languageCodes, Shown: v.shown, View: view, lang: v.lang, now: v.Now(),
		zone: cmp.Or(v.Desk.Limits(v.number).Zone, time.UTC),
	}
	if p.Form == nil {
		p.Form = v.r.URL.Query()
	}
	if !v.lang.has("done." + p.Done) {
		p.Done = ""
	}
	if m := v.Desk.Machine(v.number); m != nil {
		p.Brand = m.Flow.Brand
	}
	query := v.r.URL.Query()
	query.Del("done")
	query.Set("live", "")
	p.Live = p.Here + "?" + query.Encode()
	return p
}

// render shows the screen, and why something was refused.
func (v *visit) render(status int, refused error) {
	view, err := v.screen.show(v)
	if err != nil {
		v.fail(err)
		return
	}
	p := v.page(view)
	if refused != nil {
		p.refuse(refused)
	}
	if !v.hasLive() {
		p.Live = ""
	}
	v.write(status, v.template(), p)
}

// refuse says why something was not done.
func (p *page) refuse(why error) {
	kind, parts := p.lang.refused(why)
	if kind != "" {
		kind += " "
	}
	p.Refused = withEnglish(append([]said.Part{{Text: kind}}, parts...), template.HTMLEscapeString)
}

// template is the screen's in the language of the visitor.
func (v *visit) template() *template.Template { return v.look.templates[v.lang.code][v.screen.name] }

// hasLive reports whether a part of the screen is told when it changes.
func (v *visit) hasLive() bool {
	return slices.ContainsFunc(v.template().Templates(), func(t *template.Template) bool { return isLive(t.Name()) })
}

// write sends a page, compressed where the browser takes that. A page that cannot be made whole is
// not sent.
func (v *visit) write(status int, t *template.Template, p *page) {
	var body bytes.Buffer
	if err := t.ExecuteTemplate(&body, "layout", p); err != nil {
		v.Log.Error("a page could not be made", "screen", v.screen.name, failure(err))
		http.Error(v.w, v.lang.say("page.failed"), http.StatusInternalServerError)
		return
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Vary", "Accept-Encoding, Accept-Language, Cookie")
	if !takesGzip(v.r) {
		v.w.WriteHeader(status)
		_, _ = v.w.Write(body.Bytes())
		return
	}
	h.Set("Content-Encoding", "gzip")
	v.w.WriteHeader(status)
	z := gzip.NewWriter(v.w)
	_, _ = z.Write(body.Bytes())
	_ = z.Close()
}

// fail says that there is no such page, or that the server could not do what it should.
func (v *visit) fail(err error) {
	status := statusOf(err)
	if status >= http.StatusInternalServerError {
		if v.Err() != nil { // they have left
			return
		}
		v.Log.Error("a page could not be shown", "screen", v.screen.name, failure(err))
	}
	var busy desk.Busy
	if errors.As(err, &busy) {
		v.w.Header().Set("Retry-After", strconv.Itoa(int(busy.RetryAfter.Seconds())))
		status = http.StatusTooManyRequests
	}
	v.plain(status, err)
}

// plain is a page that says no more than what became of the request, and why it was refused.
func (v *visit) plain(status int, err error) {
	key := map[int]string{http.StatusNotFound: "page.not_found", http.StatusForbidden: "page.forbidden", http.StatusTooManyRequests: "page.busy"}[status]
	if key == "" {
		key = "page.failed"
	}
	refused := key == "page.failed" && err != nil && status < http.StatusInternalServerError
	if refused {
		key = "page.not_shown"
	}
	v.screen = &screen{path: "/", name: "message"}
	p := v.page(key)
	p.Live, p.Done = "", ""
	if refused {
		p.refuse(err)
	}
	v.write(status, v.template(), p)
}

// nothingHere is every address that leads nowhere.
func (s *Server) nothingHere(w http.ResponseWriter, r *http.Request) {
	sc := &screen{path: "/", name: "message"}
	s.visit(w, r, sc, func(v *visit) { v.plain(http.StatusNotFound, nil) })
}
