package cloud

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"optinbot/bot"
)

// Version is the version of the Graph API that is called. Meta keeps it until July 2028.
const Version = "v25.0"

// graph is where the API is.
const graph = "https://graph.facebook.com"

// Options say how to open one number.
type Options struct {
	Number        string // its name in the configuration
	PhoneNumberID string
	WABA          string // the WhatsApp Business Account it belongs to
	Portfolio     string // of businesses, which owns the account: a BSUID says who somebody is within it. See Client.Portfolio
	Token         string
	AppSecret     string // proves each call, and signs the webhooks
	Phone         string // of the number, with the plus. "": the API tells it
	Notify        string // the phone of an operator, with the plus, who gets the notices. "": nobody does

	// Server is a cloudtest.Server on this machine, like http://127.0.0.1:8080. Only loopback is
	// taken. "": Meta.
	Server string

	// Hasty waits for nothing that Meta may hold back after a start. It works with Server only.
	Hasty bool

	// Hook is where this number's webhooks come in. It must know the number.
	Hook *Hook

	// Inbound takes what comes in. Nil: nothing is taken, and Meta repeats it.
	Inbound bot.Inbound

	// Templates hears that a template was reviewed, rated or changed. Nil: nobody does.
	Templates func(context.Context, TemplateEvent)

	// Keep stores a signed webhook, or the part of one, that this build cannot read. Nil: it is not
	// kept, and the notice says so.
	Keep func(ctx context.Context, raw []byte) error

	// Media returns the content of a file by its hash (see bot.Media). Nil: no message carries one.
	Media func(ctx context.Context, hash string) ([]byte, error)

	// DownSince is when webhooks were last taken before this process, so that what Meta still holds
	// back is waited for. Zero: not known.
	DownSince time.Time

	Log         *slog.Logger     // nil: no log
	Now         func() time.Time // nil: time.Now
	SendTimeout time.Duration    // the deadline of a request. 0: 30 seconds
	PollEvery   time.Duration    // how often the API is asked about the number. 0: 10 minutes
	LookEvery   time.Duration    // how often the rule of the heartbeat is looked at. 0: 10 seconds
	RetryDelay  time.Duration    // the pause after a failed call that is repeated. 0: 5 seconds
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	for of, usual := range map[*time.Duration]time.Duration{
		&o.SendTimeout: 30 * time.Second, &o.PollEvery: 10 * time.Minute, &o.LookEvery: 10 * time.Second,
		&o.RetryDelay: 5 * time.Second,
	} {
		if *of == 0 {
			*of = usual
		}
	}
	return o
}

// check refuses what cannot work, without saying any secret.
func (o Options) check() error {
	switch {
	case o.Number == "" || o.PhoneNumberID == "":
		return errors.New("cloud.Open needs a number and its phone number ID")
	case strings.Trim(o.PhoneNumberID+o.WABA+o.Portfolio, "0123456789") != "":
		return errors.New("phone_number_id, waba_id and portfolio_id have only digits")
	case o.Portfolio == "" && o.Inbound != nil:
		return errors.New("cloud.Open needs the portfolio of businesses: the IDs of people are its own")
	case o.Hasty && o.Server == "":
		return errors.New("only at a test server what is held back may be taken as come")
	case o.Token == "" || o.AppSecret == "":
		return errors.New("cloud.Open needs an access token and the app's secret")
	case strings.ContainsAny(o.Token, " \t\r\n"):
		return errors.New("the access token has a space or a new line in it")
	case o.Server == "":
		return nil
	}
	u, err := url.Parse(o.Server)
	if err != nil || u.Scheme != "http" || u.Path != "" {
		return errors.New("the test server is not an address like http://127.0.0.1:8080")
	}
	addr, err := netip.ParseAddrPort(u.Host)
	if err != nil || !addr.Addr().Unmap().IsLoopback() {
		return errors.New("the test server is not on this machine: only 127.0.0.0/8 and ::1 are allowed")
	}
	return nil
}

// A Client is one number's line to the Cloud API. Its methods can be called from any goroutine.
type Client struct {
	options Options
	log     *slog.Logger
	base    string // of every path: the server and the version
	proof   string // appsecret_proof
	http    *http.Client

	ctx        context.Context // ends when everything has ended
	stop       context.CancelFunc
	background sync.WaitGroup
	reads      chan string // IDs of messages to be marked as read

	inbound sync.Mutex // messages are handed over one after the other
	telling sync.Mutex // so are events of the number

	mu      sync.Mutex // guards what follows
	closed  bool
	uploads uploads
	account account
	keeping context.CancelFunc // ends what Connect began. Nil: not connected
	kept    chan struct{}      // closed when that has ended
	beat    heartbeat
	down    time.Time // since when no webhooks are taken, or were not. Zero: not known
	ahead   *time.Duration
	wrote   time.Time // when the operator of Notify wrote last
	// when it was told last that something could not be read
	lostTold time.Time
}

// Open opens a number. It asks nobody anything.
func Open(options Options) (*Client, error) {
	options = options.withDefaults()
	if err := options.check(); err != nil {
		return nil, err
	}
	base := graph
	if options.Server != "" {
		base = options.Server
	}
	m := hmac.New(sha256.New, []byte(options.AppSecret))
	m.Write([]byte(options.Token))
	ctx, stop := context.WithCancel(context.Background())
	c := &Client{
		options: options, log: options.Log, base: base + "/" + Version, proof: hex.EncodeToString(m.Sum(nil)),
		ctx: ctx, stop: stop, down: options.DownSince, reads: make(chan string, maxReads), http: newHTTP(),
	}
	c.background.Go(c.markReads)
	return c, nil
}

// newHTTP makes a client that sends each request once. HTTP/2 is off: there the transport repeats a
// request that a server turned away, and what was proven of a connection is not proven of a stream.
func newHTTP() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: maxConnections, MaxIdleConns: maxConnections,
			IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second,
			TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// maxConnections is how many connections wait for the next message.
const maxConnections = highRate

// OpenConnection opens a number as the one who serves it wants it, and with what these options say
// beside that. It is what a bot.OpenConnection does for this wire.
func (o Options) OpenConnection(_ context.Context, want bot.ConnectionOptions) (bot.Connection, error) {
	o.Number, o.Inbound, o.Media, o.Now = want.Number, want.Inbound, want.Media, want.Now
	c, err := Open(o)
	if err != nil {
		return nil, err // not c: a nil *Client would make a Connection that is not nil
	}
	return c, nil
}

// Close ends the connection. Sends under way end as bot.SendUnknown.
func (c *Client) Close() error {
	c.Disconnect()
	c.mu.Lock()
	closed := c.closed
	c.closed = true
	c.mu.Unlock()
	if closed {
		return nil
	}
	c.stop()
	c.background.Wait()
	c.http.CloseIdleConnections()
	return nil
}

// enter keeps Close waiting until leave is called. ok is false after it has begun.
func (c *Client) enter() (leave func(), ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, false
	}
	c.background.Add(1)
	return c.background.Done, true
}

// Linked returns the ID of the phone number and the phone. The phone is empty until the API has told
// it, where the configuration does not.
func (c *Client) Linked() (account, phone string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	phone = c.options.Phone
	if phone == "" {
		phone = c.account.phone
	}
	return c.options.PhoneNumberID, phone
}

// Ahead is by how much the machine's clock is ahead of Meta's, as its answers tell the time.
func (c *Client) Ahead() (by time.Duration, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ahead == nil || c.keeping == nil {
		return 0, false
	}
	return *c.ahead, true
}

// seeClock notes Meta's time, which has whole seconds.
func (c *Client) seeClock(date string) {
	at, err := http.ParseTime(date)
	if err != nil {
		return
	}
	by := c.options.Now().Sub(at)
	if by > 0 && by < time.Second {
		by = 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead = &by
}

// Directory is nil: there is nobody to be asked about addresses.
func (c *Client) Directory() bot.Directory { return nil }

// Platform is the client: Meta tells how fast the number may be.
func (c *Client) Platform() bot.Platform { return c }

// request makes a request of the API. The token travels in a header, the proof in the address.
func (c *Client) request(ctx context.Context, method, path string, query url.Values) (*http.Request, error) {
	if query == nil {
		query = url.Values{}
	}
	query.Set("appsecret_proof", c.proof)
	req, err := http.NewRequestWithContext(ctx, method, c.base+"/"+path+"?"+query.Encode(), nil)
	if err != nil {
		return nil, errors.New(plain(err))
	}
	req.Header.Set("Authorization", "Bearer "+c.options.Token)
	return req, nil
}

// A refusal is an error of the API to a call that is not a message.
type refusal struct {
	status, code int
	words        string
}

func (r refusal) Error() string { return fmt.Sprintf("HTTP %d, %s", r.status, r.words) }
