package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/store"

	"optinbot/bot"
)

// Options say how to open one number.
type Options struct {
	Number string // the number's name in the configuration
	// the file of its WhatsApp session. Created readable by its owner only. One file for each
	// number is best
	Store string

	// Shared is where the session lives instead, of a number that one of several processes serves.
	// Who that is, is not for this package: no file is locked then. Nil: in Store.
	Shared *SharedSession

	// MayConnect is asked right before each connection, which throws another one of the number out.
	// An error is told as one of the connection, which is tried again. Nil: yes.
	MayConnect func(context.Context) error

	// JID is the paired address as Link returned it. Empty: the one that the session's file
	// remembers for this number.
	JID string

	// SetAside renames a session's file that SQLite cannot read, and begins a new one. See Aside.
	// For link.
	SetAside bool

	// Inbound takes what WhatsApp hands over. A message is acknowledged to WhatsApp when it is
	// committed. After an error it is tried a few times more, then left unacknowledged, and
	// WhatsApp delivers it again after a new connection. It may be nil, for link: then messages
	// stay unacknowledged and wait for run.
	Inbound bot.Inbound

	// Barred is until when WhatsApp lets the number not log in, as an earlier run was told
	// (bot.NumberBanned). Zero: it does. Connect does not try before that.
	Barred time.Time

	// Refuse is asked before a message is sent again because the contact's phone could not read it:
	// true leaves it unsent (somebody who opted out meanwhile, or was erased, or of whom the store
	// says nothing). Nil: never refuse. It is called from any goroutine.
	Refuse func(to []bot.Identity, id string) bool

	// Left is asked before the first message to a phone whose LID was not known: true where
	// somebody with that LID opted out, or where the store does not say. Nil: nobody left. It is
	// called from any goroutine.
	Left func(who bot.Identity, id string) bool

	// Media returns the content of a file that a message carries, by its hash (see bot.Media). Nil:
	// no message carries one.
	Media func(ctx context.Context, hash string) ([]byte, error)

	Log         *slog.Logger     // nil: no log
	LibraryLog  bool             // whatsmeow's debug lines too, with phones and keys masked
	TestServer  *TestServer      // nil: WhatsApp
	SendTimeout time.Duration    // the deadline of a send. 0: 30 seconds
	Now         func() time.Time // nil: time.Now

	// RetryDelays are the pauses between the tries of an Inbound that returns an error, and of a
	// file that does not get to WhatsApp. Nil: 200 ms, 1 s, 5 s.
	RetryDelays []time.Duration

	driver string // of the session's file. "": SQLite's. Benchmarks count statements with one of their own
	plain  bool   // the library's store without caches, for comparison
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.SendTimeout == 0 {
		o.SendTimeout = 30 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.driver == "" {
		o.driver = "sqlite"
	}
	if o.RetryDelays == nil {
		o.RetryDelays = []time.Duration{200 * time.Millisecond, time.Second, 5 * time.Second}
	}
	return o
}

// lastDelay is the longest pause between tries.
func (o Options) lastDelay() time.Duration {
	if len(o.RetryDelays) == 0 {
		return 5 * time.Second
	}
	return o.RetryDelays[len(o.RetryDelays)-1]
}

// stubbornDelay is the pause between tries where WhatsApp does not deliver again.
func (o Options) stubbornDelay() time.Duration { return 10 * o.lastDelay() }

// A Client is one number's connection. Its methods can be called from any goroutine.
type Client struct {
	options   Options
	log       *slog.Logger
	store     *sessionStore
	aside     string          // see Aside
	unlock    func() error    // frees the number
	transport *http.Transport // of the test server. Nil: the library's own
	dialer    *http.Transport // of the socket
	waits     Waits

	closing    context.Context // ends when Close begins: nothing waits any longer
	close      context.CancelFunc
	ctx        context.Context // ends when the connection has ended: the message in hand may still be committed
	stop       context.CancelFunc
	background sync.WaitGroup // goroutines and sends that need the store

	connecting sync.Mutex // held by Connect, Disconnect and Link. They take it before mu
	keeper     *keeper    // of the last Connect. Guarded by connecting

	teller teller // of the number's events

	mu      sync.Mutex // guards what follows
	session *session   // nil: not linked
	closed  bool

	reset   resetTimer
	uploads uploads
	history chan struct{} // wakes the history worker
	pairs   *hearing      // of phones and LIDs that belong together
}

// Open opens a number's session and takes its lock. It does not connect.
func Open(ctx context.Context, options Options) (*Client, error) {
	options = options.withDefaults()
	if options.Number == "" || options.Store == "" && options.Shared == nil {
		return nil, errors.New("whatsapp.Open needs a number and a store")
	}
	c := &Client{
		options: options,
		log:     options.Log.With("number", options.Number),
		history: make(chan struct{}, 1),
		pairs:   newHearing(),
	}
	if err := c.open(ctx); err != nil {
		return nil, err
	}
	c.ctx, c.stop = context.WithCancel(context.Background())
	c.closing, c.close = context.WithCancel(c.ctx)
	c.goBackground(c.historyLoop)
	c.goBackground(c.pairsLoop)
	return c, nil
}

func (c *Client) open(ctx context.Context) (err error) {
	var undo []func()
	defer func() {
		for i := len(undo) - 1; err != nil && i >= 0; i-- {
			undo[i]()
		}
	}()
	// as the library's NewClient does
	c.dialer, c.waits = http.DefaultTransport.(*http.Transport).Clone(), Waits{}.withDefaults()
	if test := c.options.TestServer; test != nil {
		if c.transport, err = test.transport(); err != nil {
			return fmt.Errorf("test server: %w", err)
		}
		c.dialer, c.waits = c.transport, test.Waits.withDefaults()
	}
	if err = enterProcess(c.options.TestServer); err != nil {
		return err
	}
	undo = append(undo, leaveProcess)
	if c.unlock, err = c.lock(); err != nil {
		return err
	}
	undo = append(undo, func() { c.unlock() })
	if c.store, err = openStore(ctx, c.options, c.log); isBroken(err) && c.options.SetAside {
		if c.aside, err = setAside(c.options.Store, c.options.Now()); err != nil {
			return err
		}
		c.store, err = openStore(ctx, c.options, c.log)
	}
	if err != nil {
		return err
	}
	undo = append(undo, func() { c.store.close() })
	if err = atHome(homeOf(ctx, c.store.db), c.store.test); err != nil {
		return err
	}
	return c.restore(ctx)
}

// lock makes sure that no other process of this machine has the file of the session.
func (c *Client) lock() (unlock func() error, err error) {
	if c.options.Shared != nil {
		return func() error { return nil }, nil
	}
	if err := createPrivate(c.options.Store); err != nil {
		return nil, err
	}
	return lockNumber(c.options.Store, c.options.Number)
}

// restore takes up the session that was linked before, if the store still has it.
func (c *Client) restore(ctx context.Context) error {
	jid := c.options.JID
	if jid == "" {
		var err error
		if jid, err = c.store.linked(ctx, c.options.Number); err != nil {
			return fmt.Errorf("read which device the number has: %w", err)
		}
	}
	device, err := c.store.device(ctx, jid)
	if err != nil {
		return err
	}
	if device != nil {
		c.session = c.newSession(device)
	}
	return nil
}

// newSession makes the library's client for a device that is linked.
func (c *Client) newSession(device *store.Device) *session {
	device.LIDs = heardLIDs{device.LIDs, c.pairs}
	s := &session{
		wa: c.newLibraryClient(device), jid: device.ID.String(), named: device.PushName != "",
		final: make(chan struct{}), gone: make(chan struct{}, 1), now: c.options.Now,
	}
	s.decoder = Decoder{Self: selfOf(device), Device: device.ID.Device, Alt: c.altOf(s.wa)}
	s.wa.PreRetryCallback = c.preRetry(s)
	s.wa.AddEventHandlerWithSuccessStatus(func(event any) bool { return c.handle(s, event) })
	return s
}

// newLibraryClient sets everything in whatsmeow.Client that this bot depends on.
func (c *Client) newLibraryClient(device *store.Device) *whatsmeow.Client {
	wa := whatsmeow.NewClient(device, newLibraryLog(c.log, "", c.options.LibraryLog))

	// Acknowledgements wait for the handler: of receipts, which settle unknown sends, as well as of
	// messages (backgroundIfAsyncAck in receipt.go). The price: after an undecryptable message the
	// queue waits until the request to our phone is answered (sendRetryReceipt in retry.go).
	wa.SynchronousAck = true
	// The ratchet moves on with the first decryption. Without the buffer a message whose handler
	// failed could not be read when it is delivered again, and would be acknowledged unread
	// (bufferedDecrypt in message.go).
	wa.EnableDecryptedEventBuffer = true
	// A contact's phone that could not read a message asks again, perhaps after our restart: keep
	// what was sent in the store (addRecentMessage in retry.go), else they read "Waiting for this
	// message" for ever.
	wa.UseRetryMessageStore = true
	// Ask our own phone for what we could not read: it may be a stop.
	wa.AutomaticMessageRerequestFromPhone = true
	// We keep history notifications ourselves and work through them in historyLoop: the library
	// acknowledges first and then holds them in memory only. DownloadHistorySync stores tokens and
	// LID mappings just the same.
	wa.ManualHistorySyncDownload = true
	// The first synchronisation of settings would hand over the whole address book event by event.
	// We need only to know that it is done, and that event comes anyway (fetchAppState in
	// appstate.go).
	wa.EmitAppStateEventsOnFullSync = false
	// New phone, same person: their new key is accepted, as WhatsApp's own apps do. Identity by
	// phone and LID is the business of package bot.
	wa.AutoTrustIdentity = true
	// The keeper connects again. The library dials without a deadline, forgives its pause at each
	// login, and after a stream error 515 tries once only (autoReconnect in client.go,
	// connectionevents.go).
	wa.EnableAutoReconnect = false
	wa.DisableLoginAutoReconnect = true
	// Refused with 413 or 414 the library calls this without looking whether it is there, in a
	// goroutine that nobody recovers (handleConnectFailure in connectionevents.go): the process
	// would end.
	wa.RefreshCAT = func(context.Context) error { return errNoToken }
	if c.transport != nil {
		useTransport(wa, c.transport)
	}
	return wa
}

// errNoToken is what a refusal for an access token of Messenger's meets: WhatsApp has none.
var errNoToken = errors.New("there is no such token")

func selfOf(device *store.Device) []bot.Identity {
	return personOf(nil, device.GetJID(), device.GetLID())
}

// altOf looks up the other identity of a person in the library's map of phones and LIDs.
func (c *Client) altOf(wa *whatsmeow.Client) func(bot.Identity) (bot.Identity, bool) {
	return func(id bot.Identity) (bot.Identity, bool) {
		lookUp := wa.Store.LIDs.GetLIDForPN
		if id.Kind == bot.LID {
			lookUp = wa.Store.LIDs.GetPNForLID
		}
		jid, err := lookUp(c.ctx, jidOf(id))
		if err != nil {
			c.log.Warn("look up the other address of a contact", "error", masked(err.Error()))
			return bot.Identity{}, false
		}
		return identityOf(jid)
	}
}

// Linked returns the JID and the phone (with the plus) of the linked device. Empty strings when
// there is none.
func (c *Client) Linked() (jid, phone string) {
	s := c.current()
	if s == nil {
		return "", ""
	}
	return s.jid, bot.PhoneOf(s.decoder.Self)
}

// Aside is the file that a session's file was renamed to because it was broken (see
// Options.SetAside). "": it was not.
func (c *Client) Aside() string { return c.aside }

// NewMessageID chooses the ID of a message to send. It needs no connection.
func (c *Client) NewMessageID() string { return NewMessageID() }

// NewMessageID chooses the ID of a message to send, as WhatsApp's web client does: from the time
// and 16 random bytes (GenerateMessageID in send.go allows a client that is nil, and leaves our own
// address out of the hash then).
func NewMessageID() string { return (*whatsmeow.Client)(nil).GenerateMessageID() }

// Close ends the connection and frees the number. Sends under way end as unknown.
func (c *Client) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	c.mu.Unlock()

	c.close()
	c.reset.stop()
	c.Disconnect() // waits for the message in hand
	c.teller.wait(leaving)
	c.stop()
	c.background.Wait()
	c.teller.end()
	c.dialer.CloseIdleConnections()
	err := errors.Join(c.store.close(), c.unlock())
	leaveProcess()
	return err
}

// current returns the session, or nil.
func (c *Client) current() *session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session
}

// dropSession forgets a session that WhatsApp has ended. Only the one given: another may be linked
// already.
func (c *Client) dropSession(s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session == s {
		c.session = nil
	}
}

func (c *Client) setSession(s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session = s
}

// enter keeps the store open until the returned function is called. False: the Client is closed.
func (c *Client) enter() (leave func(), ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, false
	}
	c.background.Add(1)
	return c.background.Done, true
}

// goBackground runs work in a goroutine that Close waits for. A panic there is logged: it must not
// take the process, with all its numbers, along. False: the Client is closed, and nothing is done.
func (c *Client) goBackground(work func(context.Context)) (ok bool) {
	leave, ok := c.enter()
	if !ok {
		return false
	}
	go func() {
		defer leave()
		defer func() {
			if problem := recover(); problem != nil {
				c.log.Error(
					"panic beside the connection",
					"problem",
					masked(fmt.Sprint(problem)),
					"stack",
					string(debug.Stack()),
				)
			}
		}()
		work(c.ctx)
	}()
	return true
}
