package desk

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/text"
	"optinbot/store"
)

// A WebhookPost posts something to the receiver of a webhook, with a webhook-id, and returns how
// that ended. The wiring gives it to the desk.
type WebhookPost func(ctx context.Context, e store.Endpoint, id string, body []byte) WebhookAnswer

// A WebhookAnswer is what became of one attempt to reach the receiver of a webhook.
type WebhookAnswer struct {
	Status int           // of HTTP, 0: no answer
	Failed string        // why it does not count as delivered, "": it does
	Answer string        // of a failure, the beginning. Foreign words
	Took   time.Duration // until the answer, or until nobody waited any more
}

// A WebhookView is a receiver of webhooks, and how it is doing.
type WebhookView struct {
	ID            int64           `json:"id"`
	URL           string          `json:"url"`
	Types         []bot.EventType `json:"types"`
	Numbers       []string        `json:"numbers"` // empty: all
	Personal      bool            `json:"personal"`
	Created       time.Time       `json:"created"`
	Off           time.Time       `json:"off_at,omitzero"` // zero: it is on
	OffWhy        string          `json:"off_why,omitempty"`
	FailingSince  time.Time       `json:"failing_since,omitzero"` // the first failure after the last delivery
	Waiting       int             `json:"waiting"`                // events that failed, or are behind one that did
	Dead          int             `json:"dead"`                   // events that were given up
	Behind        int             `json:"behind"`                 // events that it has not got to
	LastDelivered time.Time       `json:"last_delivered,omitzero"`
	LastAttempt   time.Time       `json:"last_attempt,omitzero"`
}

// A WebhookState says in a word how a receiver is doing.
type WebhookState string

// The states of a receiver.
const (
	WebhookOn      WebhookState = "on"
	WebhookFailing WebhookState = "failing" // nothing has been delivered since the first failure
	WebhookOff     WebhookState = "off"     // nothing goes out until it is enabled
)

// State says how the receiver is doing.
func (v WebhookView) State() WebhookState {
	switch {
	case !v.Off.IsZero():
		return WebhookOff
	case !v.FailingSince.IsZero():
		return WebhookFailing
	}
	return WebhookOn
}

// Backlog is how many events are still to go out to the receiver.
func (v WebhookView) Backlog() int { return v.Waiting + v.Behind }

// Lost is how many events the receiver never gets where it is removed: those that were given up are
// among them, which only a replay delivers.
func (v WebhookView) Lost() int { return v.Backlog() + v.Dead }

func webhookView(e store.Endpoint, st store.EndpointState) WebhookView {
	v := WebhookView{ID: e.ID, URL: e.URL, Types: e.Types, Numbers: e.Numbers, Personal: e.Personal, Created: e.Created,
		Off: e.Off, OffWhy: e.OffWhy, FailingSince: e.Failing, Waiting: st.Waits, Dead: st.Dead, Behind: st.Behind,
		LastDelivered: st.LastOK, LastAttempt: st.LastTry}
	if v.Numbers == nil {
		v.Numbers = []string{}
	}
	return v
}

// RemovalQuestions are what has to be answered with yes before the receiver is removed.
func (v WebhookView) RemovalQuestions() []Question {
	q := Question{Asks: "Remove the webhook to " + text.Line(v.URL) + "?"}
	if left := v.Lost(); left > 0 {
		q.Before = fmt.Sprintf("What it has not got (%s) would be dropped.", text.Plural(left, "event", "events"))
	}
	return []Question{q}
}

// ListWebhooks returns all receivers of webhooks, the oldest first.
func (d *Desk) ListWebhooks(ctx context.Context) ([]WebhookView, error) {
	if err := d.may(ctx, ActSeeWebhooks, ""); err != nil {
		return nil, err
	}
	endpoints, err := d.Store.Endpoints(ctx)
	if err != nil {
		return nil, err
	}
	all := []WebhookView{}
	for _, e := range endpoints {
		st, err := d.Store.EndpointState(ctx, e.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, webhookView(e, st))
	}
	return all, nil
}

// A WebhookToAdd is what somebody asks for who adds a receiver.
type WebhookToAdd struct {
	URL      string
	Types    []string // none: all but deliveries
	Numbers  []string // none: all
	Personal bool     // events have phone, LID and BSUID too
}

// A WebhookSecret is the secret of a webhook, which is shown once.
type WebhookSecret struct {
	ID       int64     `json:"id"`
	Secret   string    `json:"secret"`
	OldUntil time.Time `json:"old_until,omitzero"` // until then the secret of before signs too
}

// AddWebhook adds a receiver, which is told of what happens from now on. It is refused where the URL
// is not one of HTTPS (or, with webhooks.allow, of HTTP), where a type or a number does not exist,
// and with a receiver of the same URL. It must not be repeated.
func (d *Desk) AddWebhook(ctx context.Context, add WebhookToAdd) (v WebhookSecret, err error) {
	ctx, end, err := d.begin(ctx, ActAddWebhook, "")
	if err != nil {
		return v, err
	}
	defer func() { end(err) }()
	e := store.Endpoint{URL: add.URL, Numbers: add.Numbers, Personal: add.Personal, Created: d.Now()}
	if err := d.checkWebhookURL(add.URL); err != nil {
		return v, err
	}
	if e.Types, err = eventTypes(add.Types); err != nil {
		return v, err
	}
	for _, number := range add.Numbers {
		if number == "" {
			return v, Refuse("a number has a name; leave the numbers out for all of them")
		}
		if _, err := d.Number(number); err != nil {
			return v, err
		}
	}
	endpoints, err := d.Store.Endpoints(ctx)
	if err != nil {
		return v, err
	}
	for _, other := range endpoints {
		if other.URL == add.URL {
			return v, Refuse("webhook %d has this URL already", other.ID)
		}
	}
	e.Secret, v.Secret = newWebhookSecret()
	v.ID, err = d.Store.AddEndpoint(ctx, e)
	return v, err
}

// newWebhookSecret returns a secret twice: for the store, and to be shown.
func newWebhookSecret() (string, string) {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // it never fails
	secret := "whsec_" + base64.StdEncoding.EncodeToString(random)
	return secret, secret
}

// longestWebhookURL is how long a URL may be, in bytes.
const longestWebhookURL = 2000

// checkWebhookURL refuses what no event would be posted to. Where the name leads is looked at when
// something is posted, each time.
func (d *Desk) checkWebhookURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || len(text) > longestWebhookURL:
		return Refuse("that is not a URL to post to, such as https://crm.example.com/optinbot")
	case u.User != nil:
		return Refuse("a name or a password in the URL would be sent to whoever answers there; take it out: " +
			"each request is signed")
	case u.Fragment != "":
		return Refuse("what follows # in a URL is not sent; take it out")
	case u.Scheme == "http" && len(d.Config.Webhooks.Allow) == 0:
		return Refuse("without TLS anybody on the way reads along: use https. Only a private address that " +
			"webhooks.allow in config.yaml has may be asked by http")
	}
	at, err := netip.ParseAddr(u.Hostname())
	allowed := func(p netip.Prefix) bool { return p.Contains(at) }
	if err == nil && (at.IsLoopback() || at.IsPrivate() || at.IsLinkLocalUnicast() || at.IsUnspecified()) &&
		!slices.ContainsFunc(d.Config.Webhooks.Prefixes(), allowed) {
		return Refuse("%s is a private or local address; webhooks.allow in config.yaml names those that may be "+
			"asked", at)
	}
	return nil
}

// eventTypes reads names of types. None: the usual ones.
func eventTypes(names []string) (types []bot.EventType, err error) {
	for _, name := range names {
		t := bot.EventType(name)
		if !slices.Contains(bot.EventTypes(), t) {
			return nil, Misused{errors.New("there is no type of event " + strconv.Quote(name) + "; there are " + typeNames())}
		}
		if !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	if types == nil {
		types = UsualEventTypes()
	}
	return types, nil
}

// UsualEventTypes are the types that a receiver is told of for which none is chosen: all but
// deliveries, of which there are many.
func UsualEventTypes() []bot.EventType {
	return slices.DeleteFunc(bot.EventTypes(), func(t bot.EventType) bool { return t == bot.EventDelivery })
}

func typeNames() string {
	var names []string
	for _, t := range bot.EventTypes() {
		names = append(names, string(t))
	}
	return strings.Join(names, ", ")
}

// RemoveWebhook removes a receiver, and all that waits for it. It is not found the second time.
func (d *Desk) RemoveWebhook(ctx context.Context, id int64) (err error) {
	ctx, end, err := d.begin(ctx, ActRemoveWebhook, "")
	if err != nil {
		return err
	}
	defer func() { end(err) }()
	return webhookError(d.Store.RemoveEndpoint(ctx, id))
}

// AtCLI reports whether the receiver can be switched on at the command line only: it came out of a
// backup.
func (v WebhookView) AtCLI() bool { return v.OffWhy == store.OffByRestore }

// EnableWebhook switches a receiver on again, which goes on where it stood. It is refused where the
// receiver is on. After a restore it is for the command line, as it is of operators and keys.
func (d *Desk) EnableWebhook(ctx context.Context, id int64) (v WebhookView, err error) {
	ctx, end, err := d.begin(ctx, ActEnableWebhook, "")
	if err != nil {
		return v, err
	}
	defer func() { end(err) }()
	e, err := d.webhook(ctx, id)
	if err != nil {
		return v, err
	}
	if w, ok := WhoActs(ctx); ok && w.Via != ViaCLI && e.OffWhy == store.OffByRestore {
		return v, onlyAtCLI(ActEnableWebhook)
	}
	done, err := d.Store.EnableEndpoint(ctx, id)
	if err == nil && !done {
		err = Refuse("webhook %d is on", id)
	}
	if err != nil {
		return v, err
	}
	return d.Webhook(ctx, id)
}

// Webhook returns one receiver.
func (d *Desk) Webhook(ctx context.Context, id int64) (v WebhookView, err error) {
	if err := d.may(ctx, ActSeeWebhooks, ""); err != nil {
		return v, err
	}
	e, err := d.webhook(ctx, id)
	if err != nil {
		return v, err
	}
	st, err := d.Store.EndpointState(ctx, id)
	return webhookView(e, st), err
}

// secretsOverlap is how long the secret of before signs too.
const secretsOverlap = 24 * time.Hour

// RotateWebhook gives a receiver a new secret. For a day requests are signed by both, so that the
// receiver misses nothing. It must not be repeated within that day: the first secret would be lost.
func (d *Desk) RotateWebhook(ctx context.Context, id int64) (v WebhookSecret, err error) {
	ctx, end, err := d.begin(ctx, ActRotateWebhook, "")
	if err != nil {
		return v, err
	}
	defer func() { end(err) }()
	e, err := d.webhook(ctx, id)
	if err != nil {
		return v, err
	}
	if d.Now().Before(e.OldUntil) {
		return v, Refuse("webhook %d has got a new secret within the last day, and the one before it still counts", id)
	}
	v.ID, v.OldUntil = id, d.Now().Add(secretsOverlap)
	var secret string
	secret, v.Secret = newWebhookSecret()
	return v, webhookError(d.Store.RotateSecret(ctx, id, secret, v.OldUntil))
}

func (d *Desk) webhook(ctx context.Context, id int64) (store.Endpoint, error) {
	e, err := d.Store.Endpoint(ctx, id)
	return e, webhookError(err)
}

// webhookError says of what the store does not have that it is not found.
func webhookError(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return missing{err}
	}
	return err
}
