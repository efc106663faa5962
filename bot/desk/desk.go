// Package desk is what an operator can see and do: each act and each view is a method of Desk,
// which prints nothing and asks nobody. The command line, the page and the API are its callers.
package desk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
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

	// Database is the URL of the PostgreSQL database that is used in the place of bot.db. Empty: none is.
	Database string
	// SharedSessions are the sessions in such a database, in the place of Sessions. Nil: Sessions are.
	SharedSessions func(*store.Store) Sessions
	// OpenScratch opens the store of what is only played. Nil: it is a file in the folder.
	OpenScratch func(ctx context.Context, folder string) (*store.Store, error)
	// Random is where tokens and salts come from. Nil: the system.
	Random io.Reader
	// Speed is by how much faster than the machine's clock Now may go, as in the demo: what is good for
	// as long as a person takes is good for so much longer. 0: not at all.
	Speed int
	// Choose asks which of several phones is meant. Nil: nobody can be asked.
	Choose func(ctx context.Context, typed string, phones []string) (string, error)
	// Replay plays the conversations of a number's flow.
	Replay replay
	// Built is what the program was built with.
	Built Build
	// PostWebhook posts to the receiver of a webhook, for TestWebhook.
	PostWebhook WebhookPost
	// Pair opens sessions for StartLinking. Nil: nobody can link here.
	Pair OpenPairings
	// Cloud opens accounts at Meta. Nil: nobody can ask there.
	Cloud OpenCloud
	// Talk lets a customer of nobody's talk to a number's flow. Nil: nobody can try it.
	Talk talk
	// Record makes tests of chats. Nil: nobody can.
	Record Recorder
	// TemplateManagers opens where a number's templates are handed in and looked up. Nil: nobody can.
	TemplateManagers func(n config.Number) (bot.TemplateManager, error)
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

	taking sync.Mutex // held while an edit of a flow or a draft is written, or a flow taken
	tries  tries

	mu       sync.RWMutex
	machines map[string]*bot.Machine     // by number. See Machine and Swap
	armed    map[string]*flows.Broadcast // by version of the text as it was armed, and of the flow
	limits   map[string]bot.Limits
	counts   map[countedFor]counted // what previews found of many people

	costly     costly
	countAgain int // countAgain, but in a test
	linkings   linkings
	doors      doors
	requests   map[onceKey]bool // those under way, see Once
	playing    chan struct{}    // holds one while tests of a text are played, see TestFlowText
}

// Machine is the flow that a number speaks now.
func (d *Desk) Machine(number string) *bot.Machine {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.machines[number]
}

// Swap lets a number speak another flow from now on.
func (d *Desk) Swap(number string, m *bot.Machine) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.machines[number] = m
	clear(d.armed) // compiled for the flow of before
	if m != nil {
		delete(d.Silent, number)
	}
}

// flow is the flow that a number speaks. It fails where no version of it can be used, and says why.
func (d *Desk) flow(number string) (*flows.Flow, error) {
	if m := d.Machine(number); m != nil {
		return m.Flow, nil
	}
	if err := d.silent(number); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("number %s has no flow", number)
}

// silent is why no version of a number's flow can be used. It is nil where one can.
func (d *Desk) silent(number string) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.Silent[number]
}

// Limits are the limits of a number, as the configuration has them. They are zero for a number that
// it does not have.
func (d *Desk) Limits(number string) bot.Limits { return d.limits[number] }

// Open opens the store in the data folder and loads every number's flow. A number whose flow cannot
// be loaded is left without one, unless no number has one: that is the error then. It is refused in
// a folder that nothing says is a shop. It may be repeated, also while other processes have the
// folder open. Whoever calls it closes the desk.
func Open(ctx context.Context, o Options) (*Desk, error) {
	data := o.Config.Path(o.Config.Data)
	if _, err := os.Stat(data); err != nil && !o.Config.NamesData() {
		return nil, Refuse("there is neither a config.yaml nor a data folder here: are you in the shop's folder? " +
			"`optinbot init DIR` makes one")
	}
	if err := leftBehind(data, o.Database); err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, data, store.Options{URL: o.Database, Synchronous: o.Config.Store.Synchronous})
	if err != nil {
		return nil, err
	}
	if o.Files.Database != o.Database {
		files := *o.Files
		files.Database, o.Files = o.Database, &files
	}
	o.shareSessions(s)
	d := New(o)
	d.Store = s
	for _, n := range o.Config.Numbers {
		if err := d.load(ctx, n); err != nil {
			d.silence(n, err)
		}
	}
	if err := d.nobodySpeaks(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := d.Introduce(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	ahead, _, err := s.ClockAhead(ctx)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	d.Ahead.Store(int64(ahead))
	return d, nil
}

// shareSessions has the sessions asked about where they are.
func (o *Options) shareSessions(s *store.Store) {
	if s.Shared() && o.SharedSessions != nil {
		o.Sessions = o.SharedSessions(s)
	}
}

// leftBehind refuses to use a database of PostgreSQL's where the folder has one of its own: who is
// subscribed and who has left would not be known there.
func leftBehind(data, database string) error {
	file := filepath.Join(data, "bot.db")
	if info, err := os.Stat(file); database == "" || err != nil || info.Size() == 0 {
		return nil
	}
	return Refuse("config.yaml names a database of PostgreSQL's (store.url), and this folder has one of its own, %s: who is "+
		"subscribed there and who has left is not known to the other one. To go on with the folder take store.url away. To "+
		"begin anew in PostgreSQL use an empty data folder", ShownPath(file))
}

// silence leaves a number without a flow, for that reason.
func (d *Desk) silence(n config.Number, why error) {
	d.Swap(n.Name, nil)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Silent[n.Name] = why
}

// nobodySpeaks says why no number has a flow. It is nil where one has.
func (d *Desk) nobodySpeaks() error {
	var all []error
	for _, n := range d.Config.Numbers {
		if d.Machine(n.Name) != nil {
			return nil
		}
		all = append(all, d.silent(n.Name))
	}
	return errors.Join(all...)
}

// load loads a number's flow from its file. While that is broken or gone, the version that the
// number last ran with does: a bad edit must not keep somebody's stop from being recorded.
func (d *Desk) load(ctx context.Context, n config.Number) error {
	flow, err := d.Files.Flow(ctx, n.Flow)
	if err == nil {
		d.machines[n.Name] = bot.NewMachine(flow)
		return nil
	}
	flow, storeErr := d.lastAccepted(ctx, n, nil)
	if flow == nil {
		return errors.Join(err, storeErr)
	}
	d.goOn(n, flow)
	return nil
}

// goOn lets a number speak a version of before, for its file cannot be used.
func (d *Desk) goOn(n config.Number, flow *flows.Flow) {
	d.Swap(n.Name, bot.NewMachine(flow))
	d.setBroken(n.Name, true)
	d.Log.Warn("the flow's file cannot be used; the version of before is", "number", n.Name, "version", flow.Version,
		"next", "optinbot flow check")
}

// setBroken notes whether the file of a number's flow cannot be used.
func (d *Desk) setBroken(number string, broken bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Broken = slices.DeleteFunc(d.Broken, func(name string) bool { return name == number })
	if broken {
		d.Broken = append(d.Broken, number)
	}
}

// isBroken reports whether the file of a number's flow cannot be used.
func (d *Desk) isBroken(number string) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return slices.Contains(d.Broken, number)
}

// lastAccepted returns the newest version that a number has run with and that has a state for
// everybody who stands somewhere. It is nil where there is none.
func (d *Desk) lastAccepted(ctx context.Context, n config.Number, standing map[string]int) (*flows.Flow, error) {
	versions, err := d.Store.FlowVersions(ctx, n.Name)
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
	d := &Desk{
		Options: o, machines: map[string]*bot.Machine{}, Numbers: map[string]config.Number{}, armed: map[string]*flows.Broadcast{},
		limits: map[string]bot.Limits{}, Silent: map[string]error{}, requests: map[onceKey]bool{}, doors: newDoors(), playing: make(chan struct{}, 1),
		counts: map[countedFor]counted{}, countAgain: countAgain,
	}
	for _, n := range o.Config.Numbers {
		d.Numbers[n.Name], d.limits[n.Name] = n, o.Config.Limits(n)
	}
	return d
}

// Load loads the flows without a store. It fails where the flow of one number cannot be used, with
// what is wrong with it. It may be repeated.
func Load(ctx context.Context, o Options) (*Desk, error) {
	d := New(o)
	for _, n := range o.Config.Numbers {
		flow, err := o.Files.Flow(ctx, n.Flow)
		if err != nil {
			return nil, err
		}
		d.machines[n.Name] = bot.NewMachine(flow)
	}
	return d, nil
}

// Introduce makes the numbers known to the store, with the brand that opt-outs are shared by. It may
// be repeated.
func (d *Desk) Introduce(ctx context.Context) error {
	for name := range d.Silent {
		if err := d.Store.EnsureNumber(ctx, name, "", ""); err != nil {
			return err
		}
	}
	for name, m := range d.machines {
		if m == nil {
			continue
		}
		if err := d.Store.EnsureNumber(ctx, name, words.Normalise(m.Flow.Brand), m.Version()); err != nil {
			return err
		}
	}
	return nil
}

// patient is how long something is good for that a person needs that long for.
func (d *Desk) patient(by time.Duration) time.Duration { return by * time.Duration(max(1, d.Speed)) }

// Close ends the linkings that are under way and what is tried, and closes the store. It may be
// repeated.
func (d *Desk) Close() error {
	d.linkings.close()
	return errors.Join(d.tries.close(), d.Store.Close())
}

// Envs is what decisions need. The clock is the program's, or the simulation's.
func (d *Desk) Envs(number string) bot.Env {
	return bot.Env{
		Guard: d.limits[number].Guard, Unlimited: d.limits[number].Unlimited, Brake: d.limits[number].AnswerBrake(), Now: d.Now(),
		ClockAhead: time.Duration(d.Ahead.Load()), Machine: d.Machine(number), NewID: d.NewID, CardText: d.CardName(number),
		Wire: d.Wire(number),
	}
}

// Wire is what the wire of a number can do.
func (d *Desk) Wire(number string) bot.Abilities { return d.Numbers[number].Abilities() }

// CardName is what a number is called on the contact card that it sends: the configuration says it,
// or its brand is meant.
func (d *Desk) CardName(number string) string {
	if n := d.Numbers[number]; n.Card != "" {
		return n.Card
	}
	if m := d.Machine(number); m != nil {
		return m.Flow.Brand
	}
	return ""
}

// Render writes one person's text of an occurrence, from the text as it was armed. It fails where
// that does not fit the number's flow of today, and where the number has none. It may be repeated.
func (d *Desk) Render(o bot.Occurrence, c *bot.Contact) (bot.Promotion, error) {
	flow, err := d.flow(o.Number)
	if err != nil {
		return bot.Promotion{}, err
	}
	b, err := d.armedText(o, flow)
	if err != nil {
		return bot.Promotion{}, err
	}
	return bot.RenderFor(d.Wire(o.Number), flow, b, c), nil
}

// ArmedNow is a broadcast as it was armed, for today's flow. It fails as Render does, and may be
// repeated.
func (d *Desk) ArmedNow(o bot.Occurrence) (*flows.Broadcast, error) {
	flow, err := d.flow(o.Number)
	if err != nil {
		return nil, err
	}
	return d.armedText(o, flow)
}

func (d *Desk) armedText(o bot.Occurrence, flow *flows.Flow) (*flows.Broadcast, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := o.Number + "/" + o.Broadcast + "@" + o.Version + " in " + flow.Version
	if b, ok := d.armed[key]; ok {
		return b, nil
	}
	b, bad := flows.LoadArmed(o.Broadcast+".yaml", []byte(o.Content), flow)
	if len(bad) > 0 {
		return nil, fmt.Errorf("broadcast %s as it was scheduled does not fit today's flow: %w", o.Broadcast,
			Problems(bad))
	}
	d.armed[key] = b
	if m := d.machines[o.Number]; m != nil { // before the first of them is sent
		if named := m.Flow.Naming(b.Text); named != m.Flow {
			d.machines[o.Number] = bot.NewMachine(named)
		}
	}
	return b, nil
}
