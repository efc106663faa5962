package cloudtest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf16"
)

// An event is one thing that the business hears of.
type event struct {
	waba     string
	field    string  // of the change
	number   *Number // whose metadata goes with it. Nil: it is of the account
	list     string  // the field that holds the item, in a list. "": item is the value
	item     map[string]any
	contacts []any
}

// A sender posts webhooks. It is guarded by the server's lock.
type sender struct {
	url, verify string
	sign        Signature
	holding     bool
	held        []event
	posts       []*post
	delivering  sync.Mutex
	attempts    []Attempt
	taken       map[string]bool // IDs of what was posted and answered with 200
}

// A post is one webhook on its way.
type post struct {
	body  []byte
	ids   []string // of what is in it
	due   time.Time
	first time.Time
	tries int
}

// An Attempt is one POST to the business.
type Attempt struct {
	At     time.Time
	Status int // 0: no answer
	Body   []byte
	Try    int // from 1
}

// Signature says how webhooks are signed.
type Signature int

// The signatures. SignOther is with the secret of another app, SignBody over JSON that was written
// anew, as a broken proxy makes it.
const (
	SignRight Signature = iota
	SignNone
	SignWrong
	SignOther
	SignBody
)

// Sign makes the webhooks from now on be signed that way.
func (s *Server) Sign(how Signature) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sender.sign = how
}

// Subscribe registers the URL that webhooks go to, as an operator does at Meta: the handshake, and
// every account of the business.
func (s *Server) Subscribe(ctx context.Context, to, verifyToken string) error {
	if err := s.handshake(ctx, to, verifyToken); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sender.url, s.sender.verify = to, verifyToken
	for _, n := range s.numbers {
		n.subject = true
	}
	return nil
}

// handshake asks the endpoint for the challenge.
func (s *Server) handshake(ctx context.Context, to, verifyToken string) error {
	const challenge = "1158201444"
	q := url.Values{"hub.mode": {"subscribe"}, "hub.verify_token": {verifyToken}, "hub.challenge": {challenge}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, to+"?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	said, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || string(said) != challenge {
		return fmt.Errorf("cloudtest: the callback URL could not be verified: %d %q", resp.StatusCode, said)
	}
	return nil
}

// emit hands events to the sender. Nobody hears of an account that the app has not subscribed to.
func (s *Server) emit(events ...event) {
	s.mu.Lock()
	for _, e := range events {
		if !slices.ContainsFunc(s.numbers, func(n *Number) bool { return n.WABA == e.waba && n.subject }) {
			continue
		}
		if s.sender.holding {
			s.sender.held = append(s.sender.held, e)
			continue
		}
		s.queue(pack([]event{e}, 0), e)
	}
	s.mu.Unlock()
	s.changed.Ring()
}

// queue lets a body go out, with the events that it holds. It is called with the lock held.
func (s *Server) queue(body []byte, of ...event) {
	now := s.clock()
	p := &post{body: body, due: now, first: now}
	for _, e := range of {
		if id, ok := e.item["id"].(string); ok && e.list == "messages" {
			p.ids = append(p.ids, id)
		}
	}
	s.sender.posts = append(s.sender.posts, p)
}

// Hold keeps events from now on, until [Server.Release].
func (s *Server) Hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sender.holding = true
}

// A Packing says how held events go out.
type Packing struct {
	Together bool  // all in one POST: an entry for each account, a change for each number and field
	Items    int   // of Together: at most so many in a change. 0: all
	Order    []int // positions in the order of what happened. Nil: in order
	Copies   int   // each POST so often. 0: once
}

// Release lets the held events go out at the next [Server.Deliver], and holds no more. The posts
// are returned too.
func (s *Server) Release(how Packing) (bodies [][]byte) {
	s.mu.Lock()
	held := s.sender.held
	s.sender.held, s.sender.holding = nil, false
	if how.Order != nil {
		ordered := make([]event, 0, len(held))
		for _, i := range how.Order {
			ordered = append(ordered, held[i])
		}
		held = ordered
	}
	var packs [][]event
	if how.Together && len(held) > 0 {
		packs, bodies = [][]event{held}, [][]byte{pack(held, how.Items)}
	} else {
		for _, e := range held {
			packs, bodies = append(packs, []event{e}), append(bodies, pack([]event{e}, 0))
		}
	}
	for i, body := range bodies {
		for range max(how.Copies, 1) {
			s.queue(body, packs[i]...)
		}
	}
	s.mu.Unlock()
	s.changed.Ring()
	return bodies
}

// Held is how many events are held.
func (s *Server) Held() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sender.held)
}

// Queue lets a body of the caller's go out, signed as the others.
func (s *Server) Queue(body []byte) {
	s.mu.Lock()
	s.queue(body)
	s.mu.Unlock()
	s.changed.Ring()
}

// PostAgain lets a message of somebody that was posted go out once more, in another webhook. False: it
// was not posted.
func (s *Server) PostAgain(id string) bool {
	for _, a := range s.Attempts() {
		if bytes.Contains(a.Body, []byte(strings.ReplaceAll(id, "/", `\/`))) {
			s.Queue(append(slices.Clone(a.Body), ' '))
			return true
		}
	}
	return false
}

// pack writes events as the body of one POST.
func pack(events []event, items int) []byte {
	type change struct {
		field string
		value map[string]any
		of    event
		n     int
	}
	var accounts []string
	changes := map[string][]*change{}
	for _, e := range events {
		if !slices.Contains(accounts, e.waba) {
			accounts = append(accounts, e.waba)
		}
		list := changes[e.waba]
		i := slices.IndexFunc(list, func(c *change) bool {
			same := c.field == e.field && c.of.number == e.number && c.of.list == e.list
			return e.list != "" && same && (items == 0 || c.n < items)
		})
		if i < 0 {
			i = len(list)
			list = append(list, &change{field: e.field, of: e, value: valueOf(e)})
			changes[e.waba] = list
		}
		c := list[i]
		c.n++
		if e.list != "" {
			inside, _ := c.value[e.list].([]any)
			c.value[e.list] = append(inside, e.item)
			if e.contacts != nil {
				known, _ := c.value["contacts"].([]any)
				c.value["contacts"] = append(known, e.contacts...)
			}
		}
	}
	var entries []any
	for _, account := range accounts {
		var out []any
		for _, c := range changes[account] {
			out = append(out, map[string]any{"field": c.field, "value": c.value})
		}
		entries = append(entries, map[string]any{"id": account, "changes": out})
	}
	return written(map[string]any{"object": "whatsapp_business_account", "entry": entries})
}

func valueOf(e event) map[string]any {
	if e.list == "" {
		return maps.Clone(e.item)
	}
	v := map[string]any{"messaging_product": "whatsapp"}
	if e.number != nil {
		v["metadata"] = map[string]any{"display_phone_number": digits(e.number.Phone), "phone_number_id": e.number.ID}
	}
	return v
}

// written is JSON as Meta writes it: slashes and everything but ASCII escaped. Who signs JSON that
// was read and written again signs something else.
func written(v any) []byte {
	plain, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("cloudtest: %v", err))
	}
	var b strings.Builder
	for _, r := range string(plain) {
		switch {
		case r == '/':
			b.WriteString(`\/`)
		case r < 0x80:
			b.WriteRune(r)
		default:
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, `\u%04x`, unit)
			}
		}
	}
	return []byte(b.String())
}

// pauses are how long the sender waits after each failed try. Our choice: Meta says that it tries
// again ever more rarely, for seven days.
var pauses = []time.Duration{
	10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour,
	2 * time.Hour, 4 * time.Hour, 8 * time.Hour,
}

// GivesUp is for how long a webhook is tried.
const GivesUp = 7 * 24 * time.Hour

// Deliver posts every webhook that is due, one after the other, and what comes of them meanwhile.
// It returns how many it posted. A webhook that is answered with anything but 200 is due again
// later.
func (s *Server) Deliver(ctx context.Context) (n int) {
	s.sender.delivering.Lock()
	defer s.sender.delivering.Unlock()
	for ctx.Err() == nil {
		p := s.take()
		if p == nil {
			return n
		}
		s.send(ctx, p)
		n++
	}
	return n
}

// DeliverAtOnce posts every webhook that is due at the same time, as Meta may.
func (s *Server) DeliverAtOnce(ctx context.Context) (n int) {
	s.sender.delivering.Lock()
	defer s.sender.delivering.Unlock()
	var posts sync.WaitGroup
	for p := s.take(); p != nil; p = s.take() {
		n++
		posts.Go(func() { s.send(ctx, p) })
	}
	posts.Wait()
	return n
}

// take takes the first webhook that is due off the queue.
func (s *Server) take() *post {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sender.url == "" {
		return nil
	}
	now := s.clock()
	for i, p := range s.sender.posts {
		if !p.due.After(now) {
			s.sender.posts = slices.Delete(s.sender.posts, i, i+1)
			return p
		}
	}
	return nil
}

func (s *Server) send(ctx context.Context, p *post) {
	status, _ := s.Post(ctx, p.body)
	s.mu.Lock()
	defer s.changed.Ring()
	defer s.mu.Unlock()
	now := s.clock()
	p.tries++
	s.sender.attempts = append(s.sender.attempts, Attempt{At: now, Status: status, Body: p.body, Try: p.tries})
	if status == http.StatusOK {
		for _, id := range p.ids {
			s.sender.taken[id] = true
		}
		return
	}
	p.due = now.Add(pauses[min(p.tries, len(pauses))-1])
	if p.due.Sub(p.first) <= GivesUp {
		s.sender.posts = append(s.sender.posts, p)
	}
}

// Post posts a body to the business, signed, once, and returns the status of the answer.
func (s *Server) Post(ctx context.Context, body []byte) (status int, err error) {
	s.mu.Lock()
	to, signature := s.sender.url, s.signature(body)
	s.mu.Unlock()
	if to == "" {
		return 0, errors.New("cloudtest: nobody has subscribed")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if signature != "" {
		req.Header.Set("X-Hub-Signature-256", signature)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// signature is called with the lock held.
func (s *Server) signature(body []byte) string {
	secret := s.app.secret
	switch s.sender.sign {
	case SignNone:
		return ""
	case SignWrong:
		return "sha256=" + strings.Repeat("00", sha256.Size)
	case SignOther:
		secret = "another app's secret"
	case SignBody:
		var v any
		if json.Unmarshal(body, &v) == nil {
			body, _ = json.Marshal(v)
		}
	}
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(body)
	return "sha256=" + hex.EncodeToString(m.Sum(nil))
}

// Attempts are the POSTs of [Server.Deliver] so far.
func (s *Server) Attempts() []Attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sender.attempts)
}

// Acknowledged reports whether a message of somebody was posted and answered with 200.
func (s *Server) Acknowledged(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sender.taken[id]
}

// Pending is how many webhooks wait, and when the next one is due.
func (s *Server) Pending() (n int, next time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.sender.posts {
		if next.IsZero() || p.due.Before(next) {
			next = p.due
		}
	}
	return len(s.sender.posts), next
}

// Run delivers whatever is due until ctx ends. It looks again when something happens and when the
// clock is moved, and each time that again says so.
func (s *Server) Run(ctx context.Context, again <-chan time.Time) {
	for ctx.Err() == nil {
		rung := s.changed.Next()
		if s.Deliver(ctx) > 0 {
			continue
		}
		select {
		case <-rung:
		case <-again:
		case <-ctx.Done():
		}
	}
}

// Update tells the business of something about a number's account, by the field of a webhook:
// account_update, phone_number_quality_update, business_capability_update and the like.
func (n *Number) Update(field string, value map[string]any) {
	n.srv.emit(event{waba: n.WABA, field: field, item: value})
}

// Restrict tells the business that the account may not do something for a time.
func (n *Number) Restrict(what string, until time.Time) {
	n.Update("account_update", map[string]any{
		"phone_number": digits(n.Phone), "event": "ACCOUNT_RESTRICTION",
		"restriction_info": []any{map[string]any{"restriction_type": what, "expiration": until.Unix()}},
	})
}

// status tells the business what became of a message.
func (s *Server) status(n *Number, p *Person, id, opaque, status string, code int) {
	s.mu.Lock()
	e := s.statusEvent(n, p, id, opaque, status, code)
	s.mu.Unlock()
	s.emit(e)
}

// statusEvent is called with the lock held.
func (s *Server) statusEvent(n *Number, p *Person, id, opaque, status string, code int) event {
	item := map[string]any{"id": id, "status": status, "timestamp": seconds(s.clock())}
	e := event{waba: n.WABA, field: "messages", number: n, list: "statuses", item: item}
	if p != nil {
		p.named(item, "recipient_id", "recipient_user_id")
		e.contacts = []any{p.contact()}
	}
	if opaque != "" {
		item["biz_opaque_callback_data"] = opaque
	}
	switch status {
	case "failed":
		c := codeOf(code)
		item["errors"] = []any{map[string]any{
			"code": code, "title": c.Title, "message": c.Title, "error_data": map[string]any{"details": c.Title},
			"href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
		}}
	case "sent", "delivered":
		item["pricing"] = map[string]any{
			"pricing_model": "PMP", "type": "regular", "category": "marketing", "billable": true,
		}
	}
	return e
}
