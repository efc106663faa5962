package cloud

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"optinbot/bot"
)

const (
	maxWebhook = 3 << 20 // what Meta may post, in bytes
	// readFor is how long the bytes of a webhook may take.
	readFor = 30 * time.Second
	// maxAtOnce is how many webhooks are taken at a time. The others wait.
	maxAtOnce = 32
	// Whoever says that they post more than large waits until one of few is free: what is not signed yet
	// may take little memory.
	large    = 64 << 10
	maxLarge = 32
	// remembered is how many webhooks are known again without reading them.
	remembered = 4096
	// tooOld is for how long Meta repeats, and an hour. What people wrote before that is not live.
	tooOld = 7*24*time.Hour + time.Hour
)

// A HookNumber is a number whose webhooks come in.
type HookNumber struct {
	Name          string // the end of the path
	PhoneNumberID string
	WABA          string
	AppSecret     string
	VerifyToken   string
}

// A Hook takes Meta's webhooks, for all numbers of the process. It is an http.Handler. The last
// element of the path names a number, and with it the app: Meta posts what happens to all numbers of
// an app to one address.
//
// It reads a body of up to 3 MB before it knows whether that is signed: whoever listens for it limits
// the connections.
type Hook struct {
	log   *slog.Logger
	now   func() time.Time
	slots chan struct{}
	large chan struct{}

	mu      sync.Mutex
	numbers []HookNumber
	met     map[string]chan struct{} // by name: closed when Meta has shaken hands
	clients map[string]*Client       // by phone number ID: those that are connected
	working map[*Client]*sync.WaitGroup
	counts  HookCounts
	seen    map[[sha256.Size]byte]bool
	order   [][sha256.Size]byte // of seen, the oldest at next
	next    int
}

// HookCounts are how many webhooks ended in which way, and what was in them.
type HookCounts struct {
	Taken      int // committed, answered with 200
	Repeated   int // the same bytes as one that was committed: nothing was done
	Unsigned   int // without a signature
	Forged     int // with a wrong one
	TooLarge   int
	Broken     int // cut off before the end
	Unknown    int // for no number of ours, a wrong path or verify token
	Failed     int // not committed, answered with 500
	Foreign    int // changes about somebody else's number
	Unreadable int // parts that are signed and cannot be read
	Late       int // messages from before what Meta repeats: taken as history
	Ignored    int // parts that say nothing to the bot
}

// NewHook makes a handler. A number that is not connected yet is known already: what comes for it is
// answered with 503, and Meta repeats it. log and now may be nil.
func NewHook(numbers []HookNumber, log *slog.Logger, now func() time.Time) (*Hook, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if now == nil {
		now = time.Now
	}
	h := &Hook{
		log: log, now: now, slots: make(chan struct{}, maxAtOnce), large: make(chan struct{}, maxLarge), clients: map[string]*Client{},
		working: map[*Client]*sync.WaitGroup{}, seen: map[[sha256.Size]byte]bool{}, met: map[string]chan struct{}{},
	}
	for _, n := range numbers {
		if h.named(n.Name) != nil {
			return nil, fmt.Errorf("the number %q is there twice", n.Name)
		}
		if err := h.Know(n); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// Know adds a number, or takes another secret or token for one that is there. It may be called while
// webhooks come in.
func (h *Hook) Know(n HookNumber) error {
	if n.Name == "" || n.PhoneNumberID == "" || n.AppSecret == "" || n.VerifyToken == "" {
		return errors.New("a number of the hook needs a name, a phone number ID, a secret and a verify token")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	at := -1
	for i, other := range h.numbers {
		switch {
		case other.Name == n.Name:
			at = i
		case other.PhoneNumberID == n.PhoneNumberID:
			return fmt.Errorf("the phone number ID of number %q is also that of %q", n.Name, other.Name)
		}
	}
	if at < 0 {
		h.numbers, h.met[n.Name] = append(h.numbers, n), make(chan struct{})
		return nil
	}
	h.numbers[at] = n
	return nil
}

// Met is closed when Meta has asked whether the address is ours, with the right token. It is nil for
// a number that the hook does not know.
func (h *Hook) Met(number string) <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.met[number]
}

// Counts are the counters so far.
func (h *Hook) Counts() HookCounts {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.counts
}

func (h *Hook) count(change func(*HookCounts)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(&h.counts)
}

// attach lets a client have what comes for its number.
func (h *Hook) attach(c *Client) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, n := range h.numbers {
		if n.PhoneNumberID == c.options.PhoneNumberID && n.AppSecret == c.options.AppSecret {
			if h.clients[n.PhoneNumberID] != nil {
				return fmt.Errorf("%w: another connection takes its webhooks", bot.ErrInUse)
			}
			h.clients[n.PhoneNumberID], h.working[c] = c, new(sync.WaitGroup)
			return nil
		}
	}
	return errors.New("the hook does not know the number, or knows another app secret")
}

// detach takes a client out, and waits for what it has in hand.
func (h *Hook) detach(c *Client) {
	h.mu.Lock()
	working := h.working[c]
	if working != nil {
		delete(h.clients, c.options.PhoneNumberID)
		delete(h.working, c)
	}
	h.mu.Unlock()
	if working != nil {
		working.Wait()
	}
}

// ServeHTTP answers the handshake and takes webhooks.
func (h *Hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	n := h.named(path.Base(r.URL.Path))
	switch {
	case n == nil:
		h.refuse(w, http.StatusNotFound, func(c *HookCounts) { c.Unknown++ })
	case r.Method == http.MethodGet:
		h.shakeHands(w, r, n)
	case r.Method == http.MethodPost:
		h.take(w, r, n)
	default:
		w.Header().Set("Allow", "GET, POST")
		h.refuse(w, http.StatusMethodNotAllowed, func(c *HookCounts) { c.Unknown++ })
	}
}

func (h *Hook) named(name string) *HookNumber {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, n := range h.numbers {
		if n.Name == name {
			return &n
		}
	}
	return nil
}

func (h *Hook) refuse(w http.ResponseWriter, status int, count func(*HookCounts)) {
	h.count(count)
	w.WriteHeader(status)
}

// shakeHands answers Meta's question whether the address is ours.
func (h *Hook) shakeHands(w http.ResponseWriter, r *http.Request, n *HookNumber) {
	q := r.URL.Query()
	token := []byte(q.Get("hub.verify_token"))
	if q.Get("hub.mode") != "subscribe" || subtle.ConstantTimeCompare(token, []byte(n.VerifyToken)) != 1 {
		h.refuse(w, http.StatusForbidden, func(c *HookCounts) { c.Unknown++ })
		return
	}
	h.meet(n.Name)
	challenge := q.Get("hub.challenge")
	if len(challenge) > 256 {
		challenge = ""
	}
	_, _ = io.WriteString(w, challenge)
}

// meet notes that Meta has asked.
func (h *Hook) meet(number string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case <-h.met[number]:
	default:
		close(h.met[number])
	}
}

// take takes one webhook. What is not signed costs no more than its bytes.
func (h *Hook) take(w http.ResponseWriter, r *http.Request, n *HookNumber) {
	signature, ok := strings.CutPrefix(r.Header.Get("X-Hub-Signature-256"), "sha256=")
	want, err := hex.DecodeString(signature)
	switch {
	case !ok || err != nil || len(want) != sha256.Size:
		h.refuse(w, http.StatusUnauthorized, func(c *HookCounts) { c.Unsigned++ })
		return
	case r.ContentLength > maxWebhook:
		h.refuse(w, http.StatusRequestEntityTooLarge, func(c *HookCounts) { c.TooLarge++ })
		return
	}
	if r.ContentLength < 0 || r.ContentLength > large {
		select {
		case h.large <- struct{}{}:
			defer func() { <-h.large }()
		case <-r.Context().Done():
			h.count(func(c *HookCounts) { c.Broken++ })
			return
		}
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(readFor)) // not every server can
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxWebhook))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		h.refuse(w, http.StatusRequestEntityTooLarge, func(c *HookCounts) { c.TooLarge++ })
		return
	case err != nil:
		h.refuse(w, http.StatusBadRequest, func(c *HookCounts) { c.Broken++ })
		return
	}
	// The signature is over the bytes as they came. JSON that was read and written again is another.
	m := hmac.New(sha256.New, []byte(n.AppSecret))
	m.Write(body)
	if !hmac.Equal(m.Sum(nil), want) {
		h.refuse(w, http.StatusUnauthorized, func(c *HookCounts) { c.Forged++ })
		return
	}
	select { // only what is signed: nobody else can keep it waiting
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-r.Context().Done():
		return
	}
	w.WriteHeader(h.commit(context.WithoutCancel(r.Context()), n, body))
}

// A job is what one client is to take of a webhook.
type job struct {
	client *Client
	part
}

// commit hands a webhook over and says with which status it is answered. It is repeatable. Messages
// go before statuses, over all numbers: a stop never waits for a receipt, or fails with one.
func (h *Hook) commit(ctx context.Context, n *HookNumber, body []byte) (status int) {
	digest := sha256.Sum256(body)
	if h.knows(digest) {
		h.count(func(c *HookCounts) { c.Repeated++ })
		return http.StatusOK
	}
	parts, ok := decode(body, h.now())
	if !ok {
		parts = []part{{number: n.PhoneNumberID, lost: []json.RawMessage{body}}}
	}
	for i := range parts {
		// What does not say whose it is came to this number's address.
		if p := &parts[i]; p.number == "" && (p.account == "" || p.account == n.WABA) && p.personal() {
			p.number = n.PhoneNumberID
		}
	}
	jobs, done, away := h.jobs(n, parts)
	defer done()
	h.tally(jobs)
	for _, j := range jobs {
		j.client.heard(j.settled)
	}
	failed := false
	for _, take := range []func(*Client, context.Context, part) bool{
		(*Client).takeMessages, (*Client).takeLost, (*Client).takeReceipts, (*Client).takeNews,
	} {
		for _, j := range jobs {
			failed = !take(j.client, ctx, j.part) || failed
		}
	}
	for _, j := range jobs {
		j.client.taken(!failed)
	}
	switch {
	case failed:
		h.count(func(c *HookCounts) { c.Failed++ })
		return http.StatusInternalServerError
	case away:
		h.count(func(c *HookCounts) { c.Failed++ })
		return http.StatusServiceUnavailable
	}
	h.count(func(c *HookCounts) { c.Taken++ })
	if !slices.ContainsFunc(parts, func(p part) bool { return len(p.templates) > 0 }) {
		h.remember(digest)
	}
	return http.StatusOK
}

// jobs says who takes what. done is to be called when they have. away: a number of ours is not
// connected, and Meta is to repeat it.
func (h *Hook) jobs(n *HookNumber, parts []part) (jobs []job, done func(), away bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var working []*sync.WaitGroup
	for _, p := range parts {
		ours := false
		for _, of := range h.numbers {
			about := p.number == of.PhoneNumberID || p.number == "" && p.account == of.WABA && p.account != ""
			if !about || of.AppSecret != n.AppSecret {
				continue
			}
			ours = true
			c := h.clients[of.PhoneNumberID]
			if c == nil {
				away = away || p.number != ""
				continue
			}
			h.working[c].Add(1)
			working = append(working, h.working[c])
			jobs = append(jobs, job{c, p})
		}
		switch {
		case !ours && (p.number != "" || p.account != ""):
			h.counts.Foreign++
			h.log.Warn("a webhook of Meta is about a number that is not ours; it is passed over", "number", n.Name)
		case !ours:
			h.counts.Ignored += p.ignored
		}
	}
	return jobs, func() {
		for _, w := range working {
			w.Done()
		}
	}, away
}

// tally counts what is in a webhook, and marks what is too old to be live: history opens no consent,
// and a stop in it counts.
func (h *Hook) tally(jobs []job) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, j := range jobs {
		h.counts.Unreadable += len(j.lost)
		h.counts.Ignored += j.ignored
		for i := range j.messages {
			if m := &j.messages[i]; h.now().Sub(m.At) > tooOld {
				m.History = true
				h.counts.Late++
			}
		}
	}
}

// knows reports whether these very bytes were committed already.
func (h *Hook) knows(digest [sha256.Size]byte) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.seen[digest]
}

// remember keeps in mind that these bytes were committed. What tells of a template is not remembered:
// one that is approved, paused and approved again may be told of with the same bytes, and asking
// again changes nothing else.
func (h *Hook) remember(digest [sha256.Size]byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.order) < remembered {
		h.order = append(h.order, digest)
	} else {
		delete(h.seen, h.order[h.next])
		h.order[h.next] = digest
		h.next = (h.next + 1) % remembered
	}
	h.seen[digest] = true
}
