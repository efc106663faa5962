package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/flows"
	"optinbot/flows/words"
	"optinbot/store"
)

// numberOf finds a number of the configuration; "" is the first.
func numberOf(c *config.Config, name string) (config.Number, error) {
	if name == "" {
		return c.Numbers[0], nil
	}
	var names []string
	for _, n := range c.Numbers {
		if n.Name == name {
			return n, nil
		}
		names = append(names, n.Name)
	}
	return config.Number{}, misused{fmt.Errorf("there is no number %q in the configuration; it has %s", name, strings.Join(names, ", "))}
}

// options are what the wiring gives a house.
type options struct {
	config   *config.Config
	files    *files
	sessions sessions
	log      *slog.Logger
	now      func() time.Time
	newID    func() string // of messages

	// choose asks which of several phones is meant. Nil: nobody can be asked.
	choose func(ctx context.Context, typed string, phones []string) (string, error)
	// replay plays the conversations of a number's flow.
	replay replay
}

// A house is everything the verbs share once flows and store are open.
type house struct {
	options
	store   *store.Store
	numbers map[string]config.Number
	broken  []string         // numbers whose file cannot be used: they speak the version of before
	silent  map[string]error // why no version of a number's flow can be used: it is not served
	ahead   atomic.Int64     // by how much the machine's clock is ahead of WhatsApp's, as a time.Duration

	mu       sync.RWMutex
	machines map[string]*bot.Machine     // by number; see machine and swap
	armed    map[string]*flows.Broadcast // by version of the text as it was armed, and of the flow
	limits   map[string]bot.Limits
}

// machine is the flow that a number speaks now.
func (h *house) machine(number string) *bot.Machine {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.machines[number]
}

// swap lets a number speak another flow from now on, and returns the one before.
func (h *house) swap(number string, m *bot.Machine) (before *bot.Machine) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before, h.machines[number] = h.machines[number], m
	clear(h.armed) // compiled for the flow of before
	return before
}

// open opens the store in the data folder and loads every number's flow. A number whose flow cannot be loaded is left without one,
// unless no number has one.
func openHouse(ctx context.Context, o options) (*house, error) {
	data := o.config.Path(o.config.Data)
	if _, err := os.Stat(data); err != nil && !o.config.NamesData() {
		return nil, refuse("there is neither a config.yaml nor a data folder here: are you in the shop's folder? `optinbot init DIR` makes one")
	}
	s, err := store.Open(ctx, data, store.Options{})
	if err != nil {
		return nil, err
	}
	h := emptyHouse(o)
	h.store = s
	for _, n := range o.config.Numbers {
		if err := h.load(ctx, n); err != nil {
			h.silence(n, err)
		}
	}
	if err := h.nobodySpeaks(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := h.introduce(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	ahead, _, err := s.ClockAhead(ctx)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	h.ahead.Store(int64(ahead))
	return h, nil
}

// silence leaves a number without a flow, for that reason.
func (h *house) silence(n config.Number, why error) {
	h.swap(n.Name, nil)
	h.silent[n.Name] = why
}

// nobodySpeaks says why no number has a flow. It is nil where one has.
func (h *house) nobodySpeaks() error {
	var all []error
	for _, n := range h.config.Numbers {
		if h.machine(n.Name) != nil {
			return nil
		}
		all = append(all, h.silent[n.Name])
	}
	return errors.Join(all...)
}

// load loads a number's flow from its file. While that is broken or gone, the version that the number last ran with does: a bad edit must
// not keep somebody's stop from being recorded.
func (h *house) load(ctx context.Context, n config.Number) error {
	flow, err := h.files.flow(ctx, n.Flow)
	if err == nil {
		h.machines[n.Name] = bot.NewMachine(flow)
		return nil
	}
	flow, storeErr := h.lastAccepted(ctx, n, nil)
	if flow == nil {
		return errors.Join(err, storeErr)
	}
	h.goOn(n, flow)
	return nil
}

// goOn lets a number speak a version of before, for its file cannot be used.
func (h *house) goOn(n config.Number, flow *flows.Flow) {
	h.swap(n.Name, bot.NewMachine(flow))
	h.broken = append(h.broken, n.Name)
	h.log.Warn("the flow's file cannot be used; the version of before is", "number", n.Name, "version", flow.Version, "next", "optinbot flow check")
}

// lastAccepted returns the newest version that a number has run with and that has a state for everybody who stands somewhere. It is nil
// where there is none.
func (h *house) lastAccepted(ctx context.Context, n config.Number, standing map[string]int) (*flows.Flow, error) {
	versions, err := h.store.FlowVersions(ctx, n.Name)
	for _, v := range versions {
		flow, bad := flows.LoadAccepted(v.Flow+".yaml", v.Source)
		if len(bad) > 0 {
			continue
		}
		if moved, gone := whoMoves(flow, standing); len(moved)+len(gone) == 0 {
			return flow, nil
		}
	}
	return nil, err
}

// emptyHouse has everything but flows and a store.
func emptyHouse(o options) *house {
	h := &house{
		options: o, machines: map[string]*bot.Machine{}, numbers: map[string]config.Number{}, armed: map[string]*flows.Broadcast{},
		limits: map[string]bot.Limits{}, silent: map[string]error{},
	}
	for _, n := range o.config.Numbers {
		h.numbers[n.Name], h.limits[n.Name] = n, o.config.Limits(n)
	}
	return h
}

// loadHouse loads the flows without a store.
func loadHouse(ctx context.Context, o options) (*house, error) {
	h := emptyHouse(o)
	for _, n := range o.config.Numbers {
		flow, err := o.files.flow(ctx, n.Flow)
		if err != nil {
			return nil, err
		}
		h.machines[n.Name] = bot.NewMachine(flow)
	}
	return h, nil
}

// introduce makes the numbers known to the store, with the brand that opt-outs are shared by.
func (h *house) introduce(ctx context.Context) error {
	for name := range h.silent {
		if err := h.store.EnsureNumber(ctx, name, "", ""); err != nil {
			return err
		}
	}
	for name, m := range h.machines {
		if m == nil {
			continue
		}
		if err := h.store.EnsureNumber(ctx, name, words.Normalise(m.Flow.Brand), m.Version()); err != nil {
			return err
		}
	}
	return nil
}

func (h *house) close() error { return h.store.Close() }

// envs is what decisions need; the clock is the app's, or the simulator's.
func (h *house) envs(number string) bot.Env {
	return bot.Env{
		Guard: h.limits[number].Guard, Unlimited: h.limits[number].Unlimited, Brake: h.limits[number].AnswerBrake(), Now: h.now(),
		ClockAhead: time.Duration(h.ahead.Load()), Machine: h.machine(number), NewID: h.newID, CardText: h.cardName(number),
	}
}

func (h *house) cardName(number string) string {
	if n := h.numbers[number]; n.Card != "" {
		return n.Card
	}
	if m := h.machine(number); m != nil {
		return m.Flow.Brand
	}
	return ""
}

// render writes one person's text of an occurrence, from the text as it was armed.
func (h *house) render(o bot.Occurrence, c *bot.Contact) (bot.Promotion, error) {
	flow := h.machine(o.Number).Flow
	b, err := h.armedText(o, flow)
	if err != nil {
		return bot.Promotion{}, err
	}
	return bot.RenderPromotion(flow, b, c), nil
}

// armedNow is a broadcast as it was armed, for today's flow.
func (h *house) armedNow(o bot.Occurrence) (*flows.Broadcast, error) {
	return h.armedText(o, h.machine(o.Number).Flow)
}

func (h *house) armedText(o bot.Occurrence, flow *flows.Flow) (*flows.Broadcast, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := o.Number + "/" + o.Broadcast + "@" + o.Version + " in " + flow.Version
	if b, ok := h.armed[key]; ok {
		return b, nil
	}
	b, bad := flows.LoadArmed(o.Broadcast+".yaml", []byte(o.Content), flow)
	if len(bad) > 0 {
		return nil, fmt.Errorf("broadcast %s as it was scheduled does not fit today's flow: %w", o.Broadcast, problems(bad))
	}
	h.armed[key] = b
	if m := h.machines[o.Number]; m != nil { // before the first of them is sent
		if named := m.Flow.Naming(b.Text); named != m.Flow {
			h.machines[o.Number] = bot.NewMachine(named)
		}
	}
	return b, nil
}
