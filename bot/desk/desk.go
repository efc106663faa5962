// Package desk is what an operator can see and do: each act and each view is a method of Desk,
// which prints nothing and asks nobody. The command line is its caller, and whatever else lets an
// operator in is to be.
package desk

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

// NumberOf finds a number of the configuration. The name "" is its first. A name that it does not
// have is refused.
func NumberOf(c *config.Config, name string) (config.Number, error) {
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
	return config.Number{}, Misused{fmt.Errorf("there is no number %q in the configuration; it has %s", name,
		strings.Join(names, ", "))}
}

// Options are what the wiring gives a Desk.
type Options struct {
	Config   *config.Config
	Files    *Files
	Sessions Sessions
	Log      *slog.Logger
	Now      func() time.Time
	NewID    func() string // of messages

	// Choose asks which of several phones is meant. Nil: nobody can be asked.
	Choose func(ctx context.Context, typed string, phones []string) (string, error)
	// Replay plays the conversations of a number's flow.
	Replay replay
}

// A Desk is what an operator works at: the flows and the store of a shop, open. Its methods may be
// called from any goroutine. What they refuse wraps ErrRefused, what does not exist ErrNotFound.
type Desk struct {
	Options
	Store   *store.Store
	Numbers map[string]config.Number
	Broken  []string         // numbers whose file cannot be used: they speak the version of before
	Silent  map[string]error // why no version of a number's flow can be used: it is not served
	Ahead   atomic.Int64     // by how much the machine's clock is ahead of WhatsApp's, as a time.Duration

	mu       sync.RWMutex
	Machines map[string]*bot.Machine     // by number; see Machine and Swap
	Armed    map[string]*flows.Broadcast // by version of the text as it was armed, and of the flow
	Limits   map[string]bot.Limits
}

// Machine is the flow that a number speaks now.
func (h *Desk) Machine(number string) *bot.Machine {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.Machines[number]
}

// Swap lets a number speak another flow from now on.
func (h *Desk) Swap(number string, m *bot.Machine) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.Machines[number] = m
	clear(h.Armed) // compiled for the flow of before
}

// Open opens the store in the data folder and loads every number's flow. A number whose flow cannot
// be loaded is left without one, unless no number has one.
func Open(ctx context.Context, o Options) (*Desk, error) {
	data := o.Config.Path(o.Config.Data)
	if _, err := os.Stat(data); err != nil && !o.Config.NamesData() {
		return nil, Refuse("there is neither a config.yaml nor a data folder here: are you in the shop's folder? " +
			"`optinbot init DIR` makes one")
	}
	s, err := store.Open(ctx, data, store.Options{})
	if err != nil {
		return nil, err
	}
	h := New(o)
	h.Store = s
	for _, n := range o.Config.Numbers {
		if err := h.load(ctx, n); err != nil {
			h.silence(n, err)
		}
	}
	if err := h.nobodySpeaks(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := h.Introduce(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	ahead, _, err := s.ClockAhead(ctx)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	h.Ahead.Store(int64(ahead))
	return h, nil
}

// silence leaves a number without a flow, for that reason.
func (h *Desk) silence(n config.Number, why error) {
	h.Swap(n.Name, nil)
	h.Silent[n.Name] = why
}

// nobodySpeaks says why no number has a flow. It is nil where one has.
func (h *Desk) nobodySpeaks() error {
	var all []error
	for _, n := range h.Config.Numbers {
		if h.Machine(n.Name) != nil {
			return nil
		}
		all = append(all, h.Silent[n.Name])
	}
	return errors.Join(all...)
}

// load loads a number's flow from its file. While that is broken or gone, the version that the
// number last ran with does: a bad edit must not keep somebody's stop from being recorded.
func (h *Desk) load(ctx context.Context, n config.Number) error {
	flow, err := h.Files.Flow(ctx, n.Flow)
	if err == nil {
		h.Machines[n.Name] = bot.NewMachine(flow)
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
func (h *Desk) goOn(n config.Number, flow *flows.Flow) {
	h.Swap(n.Name, bot.NewMachine(flow))
	h.Broken = append(h.Broken, n.Name)
	h.Log.Warn("the flow's file cannot be used; the version of before is", "number", n.Name, "version", flow.Version,
		"next", "optinbot flow check")
}

// lastAccepted returns the newest version that a number has run with and that has a state for
// everybody who stands somewhere. It is nil where there is none.
func (h *Desk) lastAccepted(ctx context.Context, n config.Number, standing map[string]int) (*flows.Flow, error) {
	versions, err := h.Store.FlowVersions(ctx, n.Name)
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

// New has everything but flows and a store.
func New(o Options) *Desk {
	h := &Desk{
		Options: o, Machines: map[string]*bot.Machine{}, Numbers: map[string]config.Number{}, Armed: map[string]*flows.Broadcast{},
		Limits: map[string]bot.Limits{}, Silent: map[string]error{},
	}
	for _, n := range o.Config.Numbers {
		h.Numbers[n.Name], h.Limits[n.Name] = n, o.Config.Limits(n)
	}
	return h
}

// Load loads the flows without a store.
func Load(ctx context.Context, o Options) (*Desk, error) {
	h := New(o)
	for _, n := range o.Config.Numbers {
		flow, err := o.Files.Flow(ctx, n.Flow)
		if err != nil {
			return nil, err
		}
		h.Machines[n.Name] = bot.NewMachine(flow)
	}
	return h, nil
}

// Introduce makes the numbers known to the store, with the brand that opt-outs are shared by.
func (h *Desk) Introduce(ctx context.Context) error {
	for name := range h.Silent {
		if err := h.Store.EnsureNumber(ctx, name, "", ""); err != nil {
			return err
		}
	}
	for name, m := range h.Machines {
		if m == nil {
			continue
		}
		if err := h.Store.EnsureNumber(ctx, name, words.Normalise(m.Flow.Brand), m.Version()); err != nil {
			return err
		}
	}
	return nil
}

// Close closes the store. It may be repeated.
func (h *Desk) Close() error { return h.Store.Close() }

// Envs is what decisions need. The clock is the program's, or the simulation's.
func (h *Desk) Envs(number string) bot.Env {
	return bot.Env{
		Guard: h.Limits[number].Guard, Unlimited: h.Limits[number].Unlimited, Brake: h.Limits[number].AnswerBrake(), Now: h.Now(),
		ClockAhead: time.Duration(h.Ahead.Load()), Machine: h.Machine(number), NewID: h.NewID, CardText: h.CardName(number),
	}
}

// CardName is what a number is called on the contact card that it sends: the configuration says it,
// or its brand is meant.
func (h *Desk) CardName(number string) string {
	if n := h.Numbers[number]; n.Card != "" {
		return n.Card
	}
	if m := h.Machine(number); m != nil {
		return m.Flow.Brand
	}
	return ""
}

// Render writes one person's text of an occurrence, from the text as it was armed.
func (h *Desk) Render(o bot.Occurrence, c *bot.Contact) (bot.Promotion, error) {
	flow := h.Machine(o.Number).Flow
	b, err := h.armedText(o, flow)
	if err != nil {
		return bot.Promotion{}, err
	}
	return bot.RenderPromotion(flow, b, c), nil
}

// ArmedNow is a broadcast as it was armed, for today's flow.
func (h *Desk) ArmedNow(o bot.Occurrence) (*flows.Broadcast, error) {
	return h.armedText(o, h.Machine(o.Number).Flow)
}

func (h *Desk) armedText(o bot.Occurrence, flow *flows.Flow) (*flows.Broadcast, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := o.Number + "/" + o.Broadcast + "@" + o.Version + " in " + flow.Version
	if b, ok := h.Armed[key]; ok {
		return b, nil
	}
	b, bad := flows.LoadArmed(o.Broadcast+".yaml", []byte(o.Content), flow)
	if len(bad) > 0 {
		return nil, fmt.Errorf("broadcast %s as it was scheduled does not fit today's flow: %w", o.Broadcast,
			Problems(bad))
	}
	h.Armed[key] = b
	if m := h.Machines[o.Number]; m != nil { // before the first of them is sent
		if named := m.Flow.Naming(b.Text); named != m.Flow {
			h.Machines[o.Number] = bot.NewMachine(named)
		}
	}
	return b, nil
}
