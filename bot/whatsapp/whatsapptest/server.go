package whatsapptest

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.mau.fi/libsignal/logger"
	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"optinbot/bot/bell"
)

// DefaultPhone is the number of the phone that [Server.Phone] returns.
const DefaultPhone = "+15550000001"

// A Server is a WhatsApp server on loopback. Make it with [NewServer] and close it when done.
type Server struct {
	cert     *certificate
	ca       *authority // nil: plain TCP
	listener net.Listener
	http     *http.Server
	ctx      context.Context // ends with Close
	cancel   context.CancelFunc
	wg       sync.WaitGroup
	media    *mediaStore
	faults   *faults
	stages   *stages
	changed  bell.Bell // rung whenever anything a test may wait for has changed

	mu       sync.Mutex
	now      func() time.Time
	trace    func(Direction, *waBinary.Node)
	conns    map[*conn]struct{}
	pairings map[string]*pairing // by ref
	phones   map[string]*Phone   // by number, without the plus
	byPhone  map[string]*Contact
	byLID    map[string]*Contact
	asked    []string // see Asked
	made     int      // people and groups so far: their LIDs and IDs are counted up
	quiet    bool
	hasty    bool
}

// NewServer starts a server on a free port of 127.0.0.1. Like httptest.NewServer it panics if it
// cannot.
func NewServer() *Server {
	return mustServe(nil)
}

// NewTLSServer starts a server that speaks TLS with a certificate of its own, as [Server.WriteFile]
// then says.
func NewTLSServer() *Server {
	ca, err := newAuthority()
	if err != nil {
		panic(fmt.Sprintf("whatsapptest: %v", err))
	}
	return mustServe(ca)
}

func mustServe(ca *authority) *Server {
	s, err := newServer(ca)
	if err != nil {
		panic(fmt.Sprintf("whatsapptest: %v", err))
	}
	return s
}

func newServer(ca *authority) (*Server, error) {
	quietSignal()
	cert, err := newCertificate(rootKey())
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		cert: cert, listener: listener, ctx: ctx, cancel: cancel, now: time.Now, media: newMediaStore(),
		faults: newFaults(), stages: newStages(),
		conns: map[*conn]struct{}{}, pairings: map[string]*pairing{}, phones: map[string]*Phone{},
		byPhone: map[string]*Contact{}, byLID: map[string]*Contact{},
	}
	s.http = &http.Server{Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second}
	if ca != nil {
		s.ca, listener = ca, tls.NewListener(listener, ca.config)
	}
	s.wg.Go(func() { _ = s.http.Serve(listener) })
	return s, nil
}

// routes serves everything a client asks for: the socket (socket/constants.go:23), uploads
// (upload.go:200-255) and downloads.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ws/chat", s.serveSocket)
	mux.HandleFunc("POST /mms/{kind}/{token}", s.media.upload)
	mux.HandleFunc("DELETE /mms/{kind}/{token}", s.media.remove)
	mux.HandleFunc("GET /v/{token}", s.media.download)
	return mux
}

// Close cuts every connection and waits until nothing of the server runs any more.
func (s *Server) Close() {
	s.cancel()
	_ = s.http.Close()
	for _, c := range s.connections() {
		c.cut()
	}
	s.wg.Wait()
}

// Addr is the server's address: 127.0.0.1 and a port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// RootKey is the Noise key that vouches for the server's certificate: what a client must trust.
func (s *Server) RootKey() [32]byte { return *rootKey().Pub }

// WriteFile writes, with mode 0600, the JSON that tells another process where the server is and
// which key to trust:
//
//	{"addr":"127.0.0.1:40123","cert_pub_key":"<64 hex digits>","ca_pem":""}
//
// An empty ca_pem means plain TCP where the client's URLs say TLS. Else it is the authority to
// trust, and the certificate is one for web.whatsapp.com and *.whatsapp.net.
func (s *Server) WriteFile(path string) error {
	key := s.RootKey()
	out, err := json.MarshalIndent(map[string]string{
		"addr": s.Addr(), "cert_pub_key": hex.EncodeToString(key[:]), "ca_pem": s.ca.text(),
	}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(out, '\n'), 0o600)
}

// HTTPClient returns a client whose every connection, to whatever host, goes to the server, by
// plain TCP unless the server speaks TLS. The URLs it is used with say wss and https:
// DialTLSContext is what makes those plain. A transport of one's own stays on HTTP/1.1, which the
// websocket needs.
func (s *Server) HTTPClient() *http.Client {
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, s.Addr())
	}
	transport := &http.Transport{DialContext: dial, DisableKeepAlives: true}
	if s.ca != nil {
		transport.TLSClientConfig = &tls.Config{RootCAs: s.ca.pool, MinVersion: tls.VersionTLS12}
	} else {
		transport.DialTLSContext = dial
	}
	return &http.Client{Transport: transport}
}

// Use points a client that is not connected yet at the server: the three HTTP clients
// (client.go:413-427) and, once for the process, the root key.
func (s *Server) Use(client *whatsmeow.Client) {
	trustRoot()
	client.SetPreLoginHTTPClient(s.HTTPClient())
	client.SetWebsocketHTTPClient(s.HTTPClient())
	client.SetMediaHTTPClient(s.HTTPClient())
}

var trustRoot = sync.OnceFunc(func() {
	if key := *rootKey().Pub; whatsmeow.WACertPubKey != key {
		whatsmeow.WACertPubKey = key
	}
})

// quietSignal gives libsignal a logger that says nothing, unless the process has set one. Without a
// logger the library prints every message it could not decrypt on standard output, and sets its
// default in whichever goroutine comes first, which is a race (libsignal logger/Logger.go).
var quietSignal = sync.OnceFunc(func() {
	if logger.Logger == nil {
		var silent logger.Loggable = silence{}
		logger.Setup(&silent)
	}
})

type silence struct{}

func (silence) Debug(_, _ string)   {}
func (silence) Info(_, _ string)    {}
func (silence) Warning(_, _ string) {}
func (silence) Error(_, _ string)   {}
func (silence) Configure(string)    {}

// SetClock makes now the server's clock: what the stanzas it sends are dated by. The default is
// time.Now.
func (s *Server) SetClock(now func() time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = now
}

// Now is the server's time.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

func (s *Server) stamp() string { return unix(s.Now()) }

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// Hasty makes linking several times faster: a new client is told that it has one one-time key at
// the server already, and so uploads 50 instead of 812 (connectionevents.go:187-195,
// prekeys.go:62-65).
func (s *Server) Hasty(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hasty = on
}

func (s *Server) isHasty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hasty
}

// A Direction tells who sent a stanza.
type Direction string

// The directions of a stanza.
const (
	FromClient Direction = "client"
	FromServer Direction = "server"
)

// Trace calls f, from many goroutines, with every stanza as it passes. Nil stops it. f must not
// change or keep the node, nor use the server.
func (s *Server) Trace(f func(from Direction, node *waBinary.Node)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trace = f
}

func (s *Server) traced(from Direction, n *waBinary.Node) {
	s.mu.Lock()
	f := s.trace
	s.mu.Unlock()
	if f != nil {
		f(from, n)
	}
}

// WaitUntil returns when cond is true. It asks again whenever anything has changed at the server:
// something received, acknowledged, linked, gone online. It returns the context's error if that
// ends first.
func (s *Server) WaitUntil(ctx context.Context, cond func() bool) error {
	return s.changed.Until(ctx, cond)
}

// connections returns the open connections.
func (s *Server) connections() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		out = append(out, c)
	}
	return out
}

// Phone returns the business phone of the server, with the number [DefaultPhone].
func (s *Server) Phone() *Phone { return s.AddPhone(DefaultPhone) }

// AddPhone returns the business phone with that number, which it makes when it is new: one server
// can serve several.
func (s *Server) AddPhone(number string) *Phone {
	s.mu.Lock()
	defer s.mu.Unlock()
	digits := digitsOf(number)
	p := s.phones[digits]
	if p == nil {
		p = newPhone(s, digits, s.nextLID())
		s.phones[digits] = p
	}
	return p
}

// Scan lets the business phone scan a QR code, as [Phone.Scan] does.
func (s *Server) Scan(code string) error { return s.Phone().Scan(code) }

// Contact returns the person with that number (E.164 with the plus), whom it makes when new. Until
// then the number is nobody's: a client that asks is told so.
func (s *Server) Contact(number string) *Contact {
	s.mu.Lock()
	defer s.mu.Unlock()
	digits := digitsOf(number)
	c := s.byPhone[digits]
	if c == nil {
		c = newContact(s, digits, s.nextLID())
		s.byPhone[digits], s.byLID[c.lid.User] = c, c
	}
	return c
}

// Reassign gives a number to a new person: a new LID, new keys. Whoever had it keeps their LID and
// loses the number.
func (s *Server) Reassign(number string) *Contact {
	s.mu.Lock()
	old := s.byPhone[digitsOf(number)]
	delete(s.byPhone, digitsOf(number))
	s.mu.Unlock()
	if old != nil {
		old.loseNumber()
	}
	return s.Contact(number)
}

// Contacts returns everybody, in no particular order.
func (s *Server) Contacts() []*Contact {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]*Contact, 0, len(s.byLID))
	for _, c := range s.byLID {
		out = append(out, c)
	}
	return out
}

// find returns the contact with a phone JID or LID, or nil.
func (s *Server) find(jid types.JID) *Contact {
	s.mu.Lock()
	defer s.mu.Unlock()
	if jid.Server == types.HiddenUserServer {
		return s.byLID[jid.User]
	}
	return s.byPhone[jid.User]
}

// findPhone returns the business phone with a phone JID or LID, or nil.
func (s *Server) findPhone(jid types.JID) *Phone {
	s.mu.Lock()
	defer s.mu.Unlock()
	if jid.Server == types.DefaultUserServer {
		return s.phones[jid.User]
	}
	for _, p := range s.phones {
		if p.lid.User == jid.User {
			return p
		}
	}
	return nil
}

// businesses returns all business phones.
func (s *Server) businesses() []*Phone {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]*Phone, 0, len(s.phones))
	for _, p := range s.phones {
		out = append(out, p)
	}
	return out
}

// nextLID is called with the lock held.
func (s *Server) nextLID() types.JID {
	s.made++
	return types.NewJID(strconv.Itoa(100_000_000_000_000+s.made*7919), types.HiddenUserServer)
}

func digitsOf(number string) string {
	digits := strings.TrimPrefix(number, "+")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		panic(fmt.Sprintf("whatsapptest: %q is not a number like +15550100001", number))
	}
	return digits
}
