// Package api is the HTTP API of the desk: what an operator sees and does, for programs. Its document
// is made from the code (openapi.json). No endpoint makes anybody subscribed: people do that
// themselves.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"optinbot/bot/desk"
	"optinbot/bot/text"
	"optinbot/flows"
)

// Prefix is where the API lies. Whoever mounts it gives it every path below.
const Prefix = "/api/v1"

// Keys knows the keys by which programs come in.
type Keys interface {
	// Key is who has a key. It fails where there is no such key, or it is over.
	Key(ctx context.Context, token string) (desk.Who, error)
}

// Options are what the API works with.
type Options struct {
	Desk *desk.Desk
	Keys Keys
	Log  *slog.Logger
	Now  func() time.Time

	// PerMinute is how many requests a key may make in a minute. 0: 600.
	PerMinute int
}

// An API serves requests. It is an http.Handler.
type API struct {
	Options
	huma     huma.API
	mux      *http.ServeMux
	document []byte
	limits   *limiter
	secrets  map[string]bool // by an operation's pattern: its answer has what is shown once
}

// New makes the API of a desk.
func New(o Options) *API {
	if o.PerMinute == 0 {
		o.PerMinute = 600
	}
	setErrors()
	a := &API{Options: o, mux: http.NewServeMux(), limits: newLimiter(o.PerMinute, o.Now), secrets: map[string]bool{}}
	a.huma = humago.NewWithPrefix(a.mux, Prefix, settings())
	a.register()
	a.document = document(a.huma.OpenAPI())
	return a
}

// Document is the OpenAPI document.
func (a *API) Document() []byte { return a.document }

// settings are those of the library: JSON only, no page of its own, and nothing added to an answer.
func settings() huma.Config {
	c := huma.DefaultConfig("optinbot", "1")
	c.Info.Description = "What an operator of optinbot sees and does, for programs. Names and shapes are those of " +
		"the command line's --json. No endpoint makes anybody subscribed: people do that themselves."
	c.OpenAPIPath, c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", "", nil
	c.Formats = map[string]huma.Format{"application/json": asJSON, "json": asJSON}
	c.RejectUnknownQueryParameters = true
	c.Transformers = []huma.Transformer{masked}
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key": {Type: "http", Scheme: "bearer", Description: "A key that `optinbot key add` has made."},
	}
	c.Security = []map[string][]string{{"key": {}}}
	return c
}

// asJSON is JSON as the command line prints it.
var asJSON = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		e := json.NewEncoder(text.JSON(w))
		e.SetEscapeHTML(false)
		return e.Encode(v)
	},
	Unmarshal: json.Unmarshal,
}

// maxBody is how long a request may be.
const maxBody = 1 << 20

// PictureBody is how long a reply may be: it may have a picture in it, as base64.
var PictureBody = flows.MostPicture/3*4 + maxBody

// most is how long a request to a path may be.
func most(path string) int64 {
	if strings.HasSuffix(path, "/reply") {
		return int64(PictureBody)
	}
	return maxBody
}

// ServeHTTP answers a request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	if r.URL.Path == Prefix+"/openapi.json" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		h.Set("Content-Type", "application/json")
		_, _ = w.Write(a.document)
		return
	}
	who, err := a.whoHas(r.Context(), r.Header.Get("Authorization"))
	if err != nil {
		h.Set("WWW-Authenticate", `Bearer realm="optinbot"`)
		a.refuse(w, err)
		return
	}
	if err := a.limits.take(who.Name, h); err != nil {
		a.refuse(w, err)
		return
	}
	r = r.WithContext(desk.As(r.Context(), who))
	if !who.Role.Includes(desk.Viewer) {
		a.refuse(w, problem(http.StatusForbidden, "forbidden", "this key is not for the API"))
		return
	}
	if p := a.unrouted(r, h); p != nil {
		a.refuse(w, p)
		return
	}
	if r.ContentLength > most(r.URL.Path) {
		a.refuse(w, tooLarge())
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, most(r.URL.Path))
	a.once(w, r)
}

// unrouted says why there is nothing at a path, or nothing by that method. It is nil where there is.
func (a *API) unrouted(r *http.Request, h http.Header) *Problem {
	fallback, pattern := a.mux.Handler(r)
	if pattern != "" {
		return nil
	}
	said := &heard{head: http.Header{}}
	fallback.ServeHTTP(said, r)
	if said.status == http.StatusMethodNotAllowed {
		h.Set("Allow", said.head.Get("Allow"))
		return problem(said.status, "method-not-allowed", "this cannot be done here")
	}
	return problem(http.StatusNotFound, "no-such-path", "there is nothing at this path")
}

// heard is what a handler answers, kept.
type heard struct {
	head   http.Header
	status int
	body   bytes.Buffer
}

func (h *heard) Header() http.Header { return h.head }

func (h *heard) WriteHeader(status int) {
	if h.status == 0 {
		h.status = status
	}
}

func (h *heard) Write(b []byte) (int, error) {
	h.WriteHeader(http.StatusOK)
	return h.body.Write(b)
}

// to answers as it was heard.
func (h *heard) to(w http.ResponseWriter) {
	if h.status == http.StatusNoContent {
		h.head.Del("Content-Type")
	}
	w.WriteHeader(h.status)
	_, _ = h.body.WriteTo(w)
}

// refuse answers with a problem, before a request has come to its operation.
func (a *API) refuse(w http.ResponseWriter, err error) {
	p := a.problemOf(err)
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	_ = asJSON.Marshal(w, p)
}
