// Package web is the operators' page: an HTTP server that `run` keeps, with a screen a file. What a
// screen shows and does are use cases of the desk. What is said on it is in words/LANGUAGE/SCREEN.yaml,
// how it looks in templates/ and assets/.
package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/store"
)

// Options are what the wiring gives a Server.
type Options struct {
	Desk     *desk.Desk
	Accounts Accounts // who is who. The desk says it
	Config   config.Web
	Log      *slog.Logger
	Now      func() time.Time
	NewToken func() string // a random text that nobody guesses
	Version  string        // of the program

	// LetIn lets whoever has the token of a link in, without a password: the demo's, which has nothing to
	// protect. Nil: nobody comes in like that.
	LetIn func(ctx context.Context, token, address string) (desk.Login, error)

	// Count is told of each request: the pattern that it matched, never its path, and the status of the
	// answer. Nil: nobody counts.
	Count func(route string, status int)

	// Handlers beside the page, by what their addresses begin with: "/api/", "/metrics".
	Beside map[string]http.Handler
}

// A Server serves the page.
type Server struct {
	Options
	look     *look // templates, words and assets
	live     *live
	forms    *forms
	searches *searches
	routes   http.Handler

	working sync.WaitGroup // long works
	ends    chan struct{}  // closed when the server ends
	end     sync.Once

	examinedMu   sync.Mutex
	examinations map[string]*work[[]desk.Finding] // by the numbers of whoever may see them

	verifications map[verifiedFor]*work[store.Verification]

	previewsMu sync.Mutex
	previews   map[string]*work[previewed]
	atOnce     int // previewAtOnce, but in a test

	warnedOfProxy sync.Once
}

// New makes a server. It fails where a template or a translation of its own is broken.
func New(o Options) (*Server, error) {
	look, err := newLook()
	if err != nil {
		return nil, err
	}
	s := &Server{Options: o, look: look, live: newLive(), forms: newForms(o.Now), searches: newSearches(o.Now, o.NewToken), ends: make(chan struct{}),
		examinations: map[string]*work[[]desk.Finding]{}, verifications: map[verifiedFor]*work[store.Verification]{},
		previews: map[string]*work[previewed]{}, atOnce: previewAtOnce}
	s.routes = s.guard(s.mux())
	return s, nil
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.routes.ServeHTTP(w, r) }

// The times that a browser has. A page that is live is written to for as long as it is open.
const (
	readTime  = 15 * time.Second // of a request: its head, and then its body. See guard
	writeTime = 5 * time.Minute  // of an answer
	idleTime  = 2 * time.Minute
	closeTime = 5 * time.Second
	maxHeader = 16 << 10
	maxForm   = 1 << 20
)

// Listen takes the port of the configuration. It fails where another program has it.
func (s *Server) Listen(ctx context.Context) (net.Listener, error) {
	return Listen(ctx, s.Desk.Config, s.Config, s.Config.Listen)
}

// Listen takes a port, with TLS where there is a certificate. It fails where another program has the
// port.
func Listen(ctx context.Context, c *config.Config, w config.Web, address string) (net.Listener, error) {
	var how net.ListenConfig
	l, err := how.Listen(ctx, "tcp", address)
	if err != nil || w.Certificate == "" {
		return l, err
	}
	pair, err := tls.LoadX509KeyPair(c.Path(w.Certificate), c.Path(w.Key))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the certificate of the page: %w", err), l.Close())
	}
	return tls.NewListener(l, &tls.Config{
		Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
	}), nil
}

// Serve answers on a listener until ctx ends. Then it lets go of the pages that are live, and closes
// the listener.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	server := s.speaks(ctx)
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		s.live.watch(ctx, s.Desk, s.Log)
	}()
	verifying := make(chan struct{})
	go func() {
		defer close(verifying)
		s.keepVerified(ctx)
	}()
	ended := make(chan struct{}) // every request in hand was answered, or cut off
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
		defer cancel()
		if server.Shutdown(end) != nil {
			_ = server.Close()
		}
	})
	defer stop()
	err := server.Serve(l)
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	<-watching
	<-verifying
	if ctx.Err() != nil {
		<-ended
	}
	s.finish()
	return err
}

// speaks is what speaks HTTP with browsers, and how long it waits for them.
func (s *Server) speaks(ctx context.Context) *http.Server {
	return &http.Server{
		Handler: s, ReadHeaderTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
		ErrorLog:    slog.NewLogLogger(quiet{s.Log.Handler()}, slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
}

// finish ends the long works that are under way.
func (s *Server) finish() {
	s.end.Do(func() { close(s.ends) })
	s.working.Wait()
}

// quiet keeps what the library logs about strangers' connections, with their addresses, at the
// level that nobody reads unless they look for it.
type quiet struct{ slog.Handler }

// mux says which address leads where.
func (s *Server) mux() http.Handler {
	m := http.NewServeMux()
	m.Handle("GET /assets/{name}", s.look.assets)
	m.HandleFunc("POST /language", s.chooseLanguage)
	for _, screen := range s.screens() {
		s.mount(m, screen)
	}
	s.flowParts(m)
	s.draftParts(m)
	if s.LetIn != nil {
		m.HandleFunc("GET /in", s.comeIn)
	}
	for prefix, handler := range s.Beside {
		m.Handle(prefix, handler)
	}
	m.HandleFunc("/", s.nothingHere)
	return m
}

// screens are all of the page, each in a file of its own.
func (s *Server) screens() []screen {
	return []screen{
		s.logIn(), s.welcome(), s.me(), s.today(),
		s.people(), s.person(), s.personErase(), s.personExport(), s.personTest(),
		s.broadcasts(), s.newBroadcast(), s.broadcastNow(), s.broadcastDraft(), s.broadcastArm(), s.broadcastAct(), s.broadcastPeople(),
		s.number(), s.numberLink(), s.numberRelease(), s.poster("svg"), s.poster("png"),
		s.proof(), s.proofExport(),
		s.doctor(), s.operators(),
		s.settings(),
		s.webhooks(), s.webhook(), s.webhookAct(),
		s.flow(),
		s.flowPublish(),
		s.flowRollback(),
		s.try(), s.replies(),
	}
}
