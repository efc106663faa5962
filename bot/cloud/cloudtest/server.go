package cloudtest

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"optinbot/bot/bell"
)

// DefaultPhone is the phone of the number that [Server.Number] returns.
const DefaultPhone = "+15550000001"

// Portfolio is the ID of the portfolio that owns every account of the server.
const Portfolio = "900000000000001"

// Begin is what the clock of a new server shows.
var Begin = time.Date(2026, time.November, 2, 12, 0, 0, 0, time.UTC)

// A Server is Meta on loopback. Make it with [NewServer] and close it when done. Its methods may be
// called from several goroutines.
type Server struct {
	listener net.Listener
	http     *http.Server
	client   *http.Client
	ctx      context.Context // ends with Close
	cancel   context.CancelFunc
	wg       sync.WaitGroup
	changed  bell.Bell // rung whenever anything a test may wait for has changed

	mu        sync.Mutex
	clock     func() time.Time
	app       app
	numbers   []*Number
	people    []*Person
	templates []*Template
	files     map[string]File
	made      int // IDs so far: they are counted up
	atOnce    bool
	quiet     bool
	next      []Fate
	decide    func(Outbound) Fate
	counts    map[string]int // requests of the API by name
	reads     []string       // IDs of messages that a read receipt came for
	opaque    map[string]int // messages taken, by biz_opaque_callback_data
	sender    sender
}

// An app is the program that the business registered with Meta.
type app struct {
	id, secret, token string
	expires           time.Time
	scopes            []string
	proof             bool // calls need appsecret_proof
}

// NewServer starts a server on a free port of 127.0.0.1. Like httptest.NewServer it panics if it
// cannot.
func NewServer() *Server {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("cloudtest: %v", err))
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		listener: listener, ctx: ctx, cancel: cancel, files: map[string]File{}, counts: map[string]int{},
		opaque: map[string]int{}, sender: sender{taken: map[string]bool{}},
		app: app{
			id: "700000000000001", secret: newSecret(), token: "EAAtest",
			scopes: []string{"whatsapp_business_messaging", "whatsapp_business_management"},
		},
	}
	s.client = &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	begin := Begin
	s.clock = func() time.Time { return begin }
	s.http = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: 10 * time.Second}
	s.AddNumber(DefaultPhone)
	s.wg.Go(func() { _ = s.http.Serve(listener) })
	return s
}

// newSecret is another one for each server. A webhook that a server posts to where its business was
// may reach another one that listens there now, and that must not take it for its own.
func newSecret() string {
	var secret [16]byte
	_, _ = rand.Read(secret[:]) // never fails
	return hex.EncodeToString(secret[:])
}

// Close cuts every connection and waits until nothing of the server runs any more.
func (s *Server) Close() {
	s.cancel()
	_ = s.http.Close()
	s.wg.Wait()
	s.client.CloseIdleConnections()
}

// URL is where the API is, without a version: http://127.0.0.1 and a port.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// Now is what the server's clock shows.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock()
}

// Advance moves the clock, which stands still from then on where it is not moved again.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	at := s.clock().Add(d)
	s.clock = func() time.Time { return at }
	s.mu.Unlock()
	s.changed.Ring()
}

// SetClock makes the server follow another clock, which may be called from any goroutine.
func (s *Server) SetClock(now func() time.Time) {
	s.mu.Lock()
	s.clock = now
	s.mu.Unlock()
	s.changed.Ring()
}

// AppID is the ID of the app.
func (s *Server) AppID() string { return s.app.id }

// AppSecret is what webhooks are signed with.
func (s *Server) AppSecret() string { return s.app.secret }

// Token is the access token that the API takes.
func (s *Server) Token() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.app.token
}

// ReplaceToken makes the token of now worthless, as an expiry does, and returns the next one.
func (s *Server) ReplaceToken() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.app.token = s.newID("EAAtest")
	return s.app.token
}

// ExpireToken tells the API when the token ends. Zero: never.
func (s *Server) ExpireToken(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.app.expires = at
}

// Scopes sets what the token allows. A new server's allows all that a bot needs.
func (s *Server) Scopes(scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.app.scopes = scopes
}

// RequireProof makes the API refuse calls without the right appsecret_proof.
func (s *Server) RequireProof() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.app.proof = true
}

// proofOf is hex HMAC-SHA256(app secret, token).
func proofOf(secret, token string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(token))
	return hex.EncodeToString(m.Sum(nil))
}

// AtOnce makes the API refuse in its answer what it else accepts first and refuses in a status: a
// closed window, a person who stopped marketing, an address without WhatsApp. Both are seen of Meta.
func (s *Server) AtOnce(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.atOnce = on
}

// Quiet stops, or starts again, the statuses that messages get by themselves: sent and delivered.
func (s *Server) Quiet(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quiet = on
}

// Requests is how many requests came for an operation: messages, media, read, templates, number,
// subscribed_apps, debug_token, account.
func (s *Server) Requests(operation string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[operation]
}

// Reads are the IDs of the messages that the business has marked as read, in order.
func (s *Server) Reads() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.reads)
}

// Taken is how many messages with that biz_opaque_callback_data the API has taken, whether or not
// they reached anybody.
func (s *Server) Taken(opaque string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opaque[opaque]
}

// Files are what was uploaded, by ID.
func (s *Server) Files() map[string]File {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]File{}
	for id, f := range s.files {
		out[id] = f
	}
	return out
}

// WaitUntil returns when cond is true. It is asked now and whenever something has changed.
func (s *Server) WaitUntil(ctx context.Context, cond func() bool) error {
	return s.changed.Until(ctx, cond)
}

// newID counts up. It is called with the lock held.
func (s *Server) newID(prefix string) string {
	s.made++
	return prefix + strconv.Itoa(1000+s.made)
}

// A Number is one phone number of the business on the platform.
type Number struct {
	ID    string // of the phone number: what calls and webhooks name
	WABA  string // the business account it belongs to
	Phone string // with the plus

	srv     *Server
	name    string
	fields  map[string]any
	subject bool // the app hears of its account's events
}

// Number is the first number of the business.
func (s *Server) Number() *Number { return s.numbers[0] }

// AddNumber gives the business another number, in an account of its own.
func (s *Server) AddNumber(phone string) *Number {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addNumber(phone, s.newID("30000000000"))
}

// AddNumberTo gives the business another number, in the account of n.
func (s *Server) AddNumberTo(n *Number, phone string) *Number {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addNumber(phone, n.WABA)
}

func (s *Server) addNumber(phone, waba string) *Number {
	n := &Number{ID: s.newID("10000000000"), WABA: waba, Phone: phone, srv: s, name: "The shop"}
	n.fields = map[string]any{
		"id": n.ID, "display_phone_number": phone, "verified_name": n.name, "quality_rating": "GREEN",
		"status":     "CONNECTED",
		"throughput": map[string]any{"level": "STANDARD"}, "whatsapp_business_manager_messaging_limit": "TIER_2K",
		"is_on_biz_app": false, "platform_type": "CLOUD_API", "account_mode": "LIVE", "name_status": "APPROVED",
	}
	s.numbers = append(s.numbers, n)
	return n
}

// Set changes a field of the number as the API tells it: quality_rating to RED, for instance.
func (n *Number) Set(field string, value any) {
	n.srv.mu.Lock()
	defer n.srv.mu.Unlock()
	n.fields[field] = value
}

// numberWith finds a number by its ID. It is called with the lock held.
func (s *Server) numberWith(id string) *Number {
	for _, n := range s.numbers {
		if n.ID == id {
			return n
		}
	}
	return nil
}

func digits(phone string) string { return strings.TrimPrefix(phone, "+") }
