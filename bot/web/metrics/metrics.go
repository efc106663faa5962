// Package metrics tells a Prometheus server how the numbers are doing. What the database knows is
// read when somebody asks, and kept for a while. What is done in this process is counted as it
// happens. Names and labels stay as they are: alarms and dashboards of others rest on them. A label
// is a number of the configuration or one of a closed set of words, and never about a person.
package metrics

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"optinbot/bot"
	"optinbot/bot/desk"
)

// keep is for how long what was read from the database is told again.
const keep = 15 * time.Second

// readAtMost is how long a reading may take before whoever asked is told that it failed.
const readAtMost = 10 * time.Second

// Metrics are all figures of one process. They are a pump.Meter.
type Metrics struct {
	registry *prometheus.Registry

	promotions, optOuts, replies, webhooks, requests *prometheus.CounterVec
	turns, sends                                     *prometheus.HistogramVec
}

// New makes the figures of a desk. program and library are the versions of the program and of what
// speaks to WhatsApp. figures reads how the numbers are doing (desk.Desk.Figures).
func New(figures func(context.Context) ([]desk.NumberFigures, error), program, library string, now func() time.Time) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
		m.registry.MustRegister(c)
		return c
	}
	timing := func(name, help string) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: name, Help: help, Buckets: []float64{0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30},
		}, []string{"number"})
		m.registry.MustRegister(h)
		return h
	}
	m.promotions = counter("promotions_total", "Promotions handed to WhatsApp since the start, by how that ended.", "number", "outcome")
	m.optOuts = counter("opt_outs_total", "People who have left since the start.", "number")
	m.replies = counter("replies_total", "Answers handed to WhatsApp since the start.", "number")
	m.webhooks = counter("webhook_deliveries_total", "Events handed to webhooks since the start, by how that ended.", "outcome")
	m.requests = counter("http_requests_total", "Requests to the page and the API since the start.", "route", "code")
	m.turns = timing("turn_duration_seconds", "From a message to what was decided about it, durably.")
	m.sends = timing("send_duration_seconds", "From handing a message to WhatsApp to its server's answer.")
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "1, with the versions of the program as labels.",
		ConstLabels: prometheus.Labels{"version": program, "whatsmeow": library},
	})
	build.Set(1)
	m.registry.MustRegister(build, &reading{figures: figures, now: now})
	return m
}

const namespace = "optinbot"

// Handler answers a Prometheus server. Whoever mounts it decides who may ask.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 2})
}

// Turned counts a turn of somebody, and how long it took.
func (m *Metrics) Turned(number string, turn bot.Turn, took time.Duration) {
	m.turns.WithLabelValues(number).Observe(took.Seconds())
	for _, e := range turn.Effects {
		if r, ok := e.(bot.Record); ok && r.Entry.Public.To == bot.Unsubscribed && r.Entry.Public.From != bot.Unsubscribed {
			m.optOuts.WithLabelValues(number).Inc()
		}
	}
}

// Sent counts a message that was handed to WhatsApp, and how long that took.
func (m *Metrics) Sent(k bot.Claim, r bot.SendResult, took time.Duration) {
	m.sends.WithLabelValues(k.Number).Observe(took.Seconds())
	if k.Kind == bot.SayBroadcast {
		m.promotions.WithLabelValues(k.Number, string(r.Status)).Inc()
		return
	}
	m.replies.WithLabelValues(k.Number).Inc()
}

// Webhook counts an event that was handed to a webhook. outcome is one of a few words.
func (m *Metrics) Webhook(outcome string) { m.webhooks.WithLabelValues(outcome).Inc() }

// CountHooks tells what became of the webhooks that Meta has posted, by outcome, as counts says it
// whenever somebody asks. It is called once at most.
func (m *Metrics) CountHooks(counts func() map[string]int) {
	m.registry.MustRegister(hooks{counts})
}

// hooks tell what became of webhooks that came in.
type hooks struct{ counts func() map[string]int }

var hooksTaken = prometheus.NewDesc(prometheus.BuildFQName(namespace, "", "meta_webhooks_total"),
	"Webhooks of Meta and parts of them since the start, by what became of them.", []string{"outcome"}, nil)

// Describe says what is told.
func (h hooks) Describe(to chan<- *prometheus.Desc) { to <- hooksTaken }

// Collect tells it.
func (h hooks) Collect(to chan<- prometheus.Metric) {
	for outcome, n := range h.counts() {
		to <- prometheus.MustNewConstMetric(hooksTaken, prometheus.CounterValue, float64(n), outcome)
	}
}

// Request counts a request. route is the pattern that it matched, never its path.
func (m *Metrics) Request(route string, code int) {
	m.requests.WithLabelValues(route, strconv.Itoa(code)).Inc()
}

// A reading tells what the database knows.
type reading struct {
	figures func(context.Context) ([]desk.NumberFigures, error)
	now     func() time.Time

	mu     sync.Mutex
	found  []desk.NumberFigures
	failed error
	at     time.Time // when that was read. Zero: never
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, append([]string{"number"}, labels...), nil)
}

// What a reading tells. Where nothing is known of a moment, there is no value.
var (
	connected  = describe("number_connected", "1 while the number is connected to WhatsApp.")
	here       = describe("number_here", "1 while this process serves the number, on whatever machine it runs.")
	restricted = describe("number_restricted_until_timestamp_seconds", "When the number's ban or time-lock by WhatsApp ends.")
	phoneSeen  = describe("phone_seen_timestamp_seconds", "The last sign of the phone itself.")
	contacts   = describe("contacts", "People, by what they said about promotions.", "consent")
	holds      = describe("holds", "People to whom promotions wait until something happens.", "reason")
	outbox     = describe("outbox_waiting", "Messages that wait in the outbox.")
	guardOdds  = describe("guard_odds", "How many times likelier of a bad list than of a good one is what people say: the highest of the broadcasts under way.")
	guardLevel = describe("guard_level", "How many of the broadcasts under way the guard has at a level.", "level")
	backup     = describe("backup_timestamp_seconds", "When the last backup was made.")
)

// Describe is for a registry.
func (r *reading) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		connected, here, restricted, phoneSeen, contacts, holds, outbox, guardOdds, guardLevel, backup,
	} {
		to <- d
	}
}

// Collect tells what was read lately, or reads it.
func (r *reading) Collect(to chan<- prometheus.Metric) {
	found, err := r.look()
	if err != nil {
		to <- prometheus.NewInvalidMetric(connected, err)
		return
	}
	for _, s := range found {
		tell := func(d *prometheus.Desc, value float64, labels ...string) {
			to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, append([]string{s.Name}, labels...)...)
		}
		moment := func(d *prometheus.Desc, at time.Time) {
			if !at.IsZero() {
				tell(d, float64(at.UnixMilli())/1000)
			}
		}
		up := 0.0
		if s.Served && (s.Status == bot.NumberConnected || s.Status == bot.NumberSynced) {
			up = 1
		}
		tell(connected, up)
		mine := 0.0
		if s.Here {
			mine = 1
		}
		tell(here, mine)
		moment(restricted, s.RestrictedUntil)
		moment(phoneSeen, s.PhoneAt)
		moment(backup, s.BackedUp)
		tell(outbox, float64(s.Waiting))
		for consent, people := range s.Contacts {
			tell(contacts, float64(people), string(consent))
		}
		for reason, people := range s.Holds {
			tell(holds, float64(people), string(reason))
		}
		odds, levels := 0.0, map[bot.GuardLevel]int{bot.GuardCalm: 0, bot.GuardWarned: 0, bot.GuardSlowed: 0, bot.GuardPause: 0}
		for _, g := range s.Guards {
			odds = max(odds, g.Odds)
			levels[g.Level]++
		}
		tell(guardOdds, odds)
		for level, broadcasts := range levels {
			tell(guardLevel, float64(broadcasts), level.String())
		}
	}
}

func (r *reading) look() ([]desk.NumberFigures, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.now(); r.at.IsZero() || now.Before(r.at) || now.Sub(r.at) >= keep {
		ctx, cancel := context.WithTimeout(context.Background(), readAtMost)
		defer cancel()
		r.found, r.failed = r.figures(ctx)
		r.at = now
	}
	return r.found, r.failed
}
