package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"optinbot/bot"
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 1 << 20

// Send sends one message and reports what is known about it.
func (c *Client) Send(ctx context.Context, m bot.Outgoing) bot.SendResult {
	leave, ok := c.enter()
	if !ok {
		return notTried("the connection is closed")
	}
	defer leave()
	if m.ID == "" {
		return notTried("the message has no ID")
	}
	file := ""
	if m.Media != nil {
		if file, ok = c.uploaded(*m.Media); !ok {
			return notTried("the file is not at Meta yet")
		}
	}
	m.To = ofPortfolio(m.To, c.options.Portfolio)
	body, problem := compose(m, file)
	if problem != nil {
		return *problem
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.SendTimeout)
	defer cancel()
	defer context.AfterFunc(c.ctx, cancel)()
	r := c.post(ctx, body)
	c.sent(m, r)
	return r
}

// post posts a message once. Nothing here, and nothing below, repeats it: the request has no
// idempotency key, for with one net/http would.
func (c *Client) post(ctx context.Context, body []byte) bot.SendResult {
	var headers atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { headers.Store(true) }})
	req, err := c.request(ctx, http.MethodPost, c.options.PhoneNumberID+"/messages", nil)
	if err != nil {
		return notTried(plain(err))
	}
	setBody(req, "application/json", body)
	resp, err := c.http.Do(req)
	if err != nil {
		return lost(err, headers.Load())
	}
	defer func() { _ = resp.Body.Close() }()
	said, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return lost(err, true)
	}
	c.seeClock(resp.Header.Get("Date"))
	return classify(resp.StatusCode, said)
}

func setBody(req *http.Request, kind string, body []byte) {
	req.Header.Set("Content-Type", kind)
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
}

// sent notes what a send says about the connection.
func (c *Client) sent(m bot.Outgoing, r bot.SendResult) {
	now := c.options.Now()
	switch {
	case r.Status == bot.SendAccepted:
		c.mu.Lock()
		c.beat.accepted(m.ID, now)
		c.mu.Unlock()
	case r.Status == bot.SendRefused && r.Cause == bot.CauseAccount:
		c.background.Go(func() { c.trouble(r.Detail) })
	}
}

// ask makes a call that is not a message, and reads the answer into out.
func (c *Client) ask(ctx context.Context, method, path string, query url.Values, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, c.options.SendTimeout)
	defer cancel()
	req, err := c.request(ctx, method, path, query)
	if err != nil {
		return err
	}
	if in != nil {
		body, err := json.Marshal(in)
		if err != nil {
			return err
		}
		setBody(req, "application/json", body)
	}
	return c.do(req, out)
}

func (c *Client) do(req *http.Request, out any) error {
	resp, err := c.http.Do(req)
	if err != nil {
		return errors.New("no answer of Meta: " + plain(err))
	}
	defer func() { _ = resp.Body.Close() }()
	said, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return errors.New("no whole answer of Meta: " + plain(err))
	}
	c.seeClock(resp.Header.Get("Date"))
	var a answer
	switch err := json.Unmarshal(said, &a); {
	case err == nil && a.Error != nil && a.Error.Code != nil:
		m := meaningOf(*a.Error.Code)
		words := m.words
		if a.Error.Data.Details != "" {
			words += " (Meta: " + masked(a.Error.Data.Details) + ")"
		}
		return refusal{status: resp.StatusCode, code: *a.Error.Code, words: words}
	case err != nil || resp.StatusCode != http.StatusOK:
		return refusal{status: resp.StatusCode, code: -1, words: "an answer that cannot be read"}
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(said, out); err != nil {
		return errors.New("an answer of Meta cannot be read: " + masked(err.Error()))
	}
	return nil
}

// maxReads is how many read receipts wait. What comes beyond is not sent: nothing depends on it.
const maxReads = 256

// MarkRead tells a contact that a message of theirs has been read, in the background.
func (c *Client) MarkRead(_ context.Context, messageID string, from []bot.Identity) error {
	if messageID == "" || len(from) == 0 || !strings.HasPrefix(messageID, wamid) {
		return nil // without an ID of Meta there is nothing to be marked
	}
	c.mu.Lock()
	connected := c.keeping != nil && !c.closed
	c.mu.Unlock()
	if !connected {
		return errors.New("mark as read: the number is not connected")
	}
	select {
	case c.reads <- messageID:
		return nil
	default:
		return errors.New("mark as read: too many wait")
	}
}

// wamid is what the IDs of Meta's messages begin with.
const wamid = "wamid."

func (c *Client) markReads() {
	for {
		select {
		case <-c.ctx.Done():
			return
		case id := <-c.reads:
			in := fields{"messaging_product": "whatsapp", "status": "read", "message_id": id}
			if err := c.ask(c.ctx, http.MethodPost, c.options.PhoneNumberID+"/messages", nil, in, nil); err != nil {
				c.log.Debug("no read receipt", "error", masked(err.Error()))
			}
		}
	}
}

// windowLasts is for how long free words may go to somebody after they wrote: a day, less what
// clocks may differ.
const windowLasts = 24*time.Hour - 5*time.Minute

// Notify writes to the operator's own phone, while they wrote to the number within the last day. The
// number has no phone of its own on this wire.
func (c *Client) Notify(ctx context.Context, text string) error {
	c.mu.Lock()
	wrote := c.wrote
	c.mu.Unlock()
	switch {
	case c.options.Notify == "":
		return fmt.Errorf("notice: %w: numbers[].notify names nobody", bot.ErrNotTried)
	case c.options.Now().Sub(wrote) > windowLasts:
		return fmt.Errorf("notice: %w: the operator's phone has not written within a day", bot.ErrNotTried)
	}
	r := c.Send(ctx, bot.Outgoing{
		ID: "notice", To: []bot.Identity{{Kind: bot.Phone, Value: c.options.Notify}}, Text: text,
	})
	switch r.Status {
	case bot.SendAccepted:
		return nil
	case bot.SendNotTried, bot.SendRefused:
		return fmt.Errorf("notice: %w: %s", bot.ErrNotTried, r.Detail)
	}
	return fmt.Errorf("notice: %s: %s", r.Status, r.Detail)
}
