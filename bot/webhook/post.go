package webhook

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"

	"optinbot/store"
)

// answerWithin is how long a receiver has for its answer.
const answerWithin = 15 * time.Second

// answerAtMost is how much of an answer's body is read, in bytes.
const answerAtMost = 200

// A Request is one attempt to deliver something.
type Request struct {
	ID   string // webhook-id: the same for each attempt at one event
	Body []byte
}

// An Answer is how an attempt ended.
type Answer struct {
	Status     int           // of HTTP, 0: there was no answer
	RetryAfter time.Duration // what the receiver asks for, 0: nothing
	Failed     string        // why it does not count as delivered, "": it does
	Body       string        // of a failure, the beginning. Foreign words
	Took       time.Duration
}

// Outcome is how an attempt ended, for a counter: "delivered" or "failed".
func (a Answer) Outcome() string {
	if a.Failed != "" {
		return "failed"
	}
	return "delivered"
}

// A Poster posts to endpoints. It looks at each address that a name resolves to, at each attempt:
// what is private, local or special is refused, unless it is allowed.
type Poster struct {
	now           func() time.Time
	within        time.Duration // answerWithin, but in a test
	secure, plain *http.Client
}

// NewPoster makes a poster. allow are addresses beside the public ones. Only they may be asked
// without TLS.
func NewPoster(allow []netip.Prefix, now func() time.Time) *Poster {
	var v4, v6 []netip.Prefix
	for _, p := range allow {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	guard := ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...))
	onlyAllowed := func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		for _, p := range allow {
			if p.Contains(at.Addr()) {
				return nil
			}
		}
		return errPlain
	}
	return &Poster{now: now, within: answerWithin, secure: client(guard.Safe), plain: client(onlyAllowed)}
}

var errPlain = errors.New("without TLS only an address that webhooks.allow has is asked")

func client(control func(network, address string, c syscall.RawConn) error) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: control}
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would be asked for what the guard refuses
			DialContext:            dialer.DialContext,
			ForceAttemptHTTP2:      true,
			DisableCompression:     true,
			MaxIdleConnsPerHost:    atOnce,
			MaxResponseHeaderBytes: 16 << 10,
			TLSHandshakeTimeout:    10 * time.Second,
			IdleConnTimeout:        time.Minute,
		},
	}
}

// Post makes one attempt. It takes answerWithin at most.
func (p *Poster) Post(ctx context.Context, e store.Endpoint, r Request) Answer {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, p.within)
	defer cancel()
	a := p.post(ctx, e, r)
	a.Took = time.Since(began)
	return a
}

func (p *Poster) post(ctx context.Context, e store.Endpoint, r Request) Answer {
	now := p.now()
	signature, err := signatures(e, r, now)
	if err != nil {
		return Answer{Failed: err.Error()}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, strings.NewReader(string(r.Body)))
	if err != nil {
		return Answer{Failed: "the URL cannot be used"}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "optinbot")
	req.Header.Set("webhook-id", r.ID)
	req.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	req.Header.Set("webhook-signature", signature)
	by := p.secure
	if req.URL.Scheme == "http" {
		by = p.plain
	}
	resp, err := by.Do(req)
	if err != nil {
		return Answer{Failed: whyNoAnswer(ctx, err)}
	}
	defer resp.Body.Close() // of more than is read here the connection is closed
	a := Answer{Status: resp.StatusCode, RetryAfter: retryAfter(resp.Header.Get("Retry-After"), now)}
	if a.Status/100 == 2 {
		if resp.ContentLength >= 0 && resp.ContentLength <= answerAtMost { // so that the connection can be used again
			_, _ = io.CopyN(io.Discard, resp.Body, resp.ContentLength)
		}
		return a
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, answerAtMost))
	a.Body, a.Failed = string(body), fmt.Sprintf("it answered %d", a.Status)
	if a.Status/100 == 3 {
		a.Failed += ", and redirects are not followed"
	}
	return a
}

// signatures is the webhook-signature of a request. While a secret is being replaced there are two.
func signatures(e store.Endpoint, r Request, at time.Time) (string, error) {
	all, err := sign(e.Secret, r, at)
	if err != nil || e.OldSecret == "" || !at.Before(e.OldUntil) {
		return all, err
	}
	old, err := sign(e.OldSecret, r, at)
	return all + " " + old, err
}

func sign(secret string, r Request, at time.Time) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, SecretPrefix))
	if err != nil {
		return "", errors.New("its secret cannot be read")
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.", r.ID, at.Unix())
	mac.Write(r.Body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

// SecretPrefix is what a secret begins with. Base64 follows.
const SecretPrefix = "whsec_"

// whyNoAnswer says why a request got no answer. The URL is not in it: it may hold a password.
func whyNoAnswer(ctx context.Context, err error) string {
	var at *url.Error
	if errors.As(err, &at) {
		err = at.Err
	}
	var name *net.DNSError
	var late net.Error
	switch {
	case ctx.Err() != nil || errors.As(err, &late) && late.Timeout():
		return fmt.Sprintf("no answer within %d seconds", int(answerWithin.Seconds()))
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedNetwork):
		return "its address is private, local or special, and webhooks.allow in config.yaml does not have it"
	case errors.Is(err, errPlain):
		return errPlain.Error()
	case errors.As(err, &name):
		return "its name cannot be resolved"
	}
	return cut(err.Error(), answerAtMost)
}

func cut(s string, most int) string {
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "")
	}
	return s
}

// retryAfter reads the header: seconds, or a date.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		return min(max(time.Duration(min(seconds, 1<<20))*time.Second, 0), longestRetryAfter)
	}
	if at, err := http.ParseTime(cmp.Or(header, "-")); err == nil {
		return min(max(at.Sub(now), 0), longestRetryAfter)
	}
	return 0
}

// longestRetryAfter bounds what a receiver may ask for.
const longestRetryAfter = time.Hour
