package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
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

// number finds a number of the configuration; "" is the first.
func (a *App) number(name string) (config.Number, error) {
	if name == "" {
		return a.config.Numbers[0], nil
	}
	var names []string
	for _, n := range a.config.Numbers {
		if n.Name == name {
			return n, nil
		}
		names = append(names, n.Name)
	}
	return config.Number{}, misused{fmt.Errorf("there is no number %q in the configuration; it has %s", name, strings.Join(names, ", "))}
}

// usualFlows is the folder of flows unless the configuration names another; only this one may be missing.
const usualFlows = "flows"

// files is the folder of flows, or what is embedded where there is none.
func (a *App) files() (files fs.FS, shown string, err error) {
	dir := a.config.Path(a.config.Flows)
	if !a.config.BuiltIn() && isFolder(dir) {
		return os.DirFS(dir), dir, nil
	}
	if a.config.Flows != usualFlows {
		return nil, "", misconfigured{fmt.Errorf("there is no folder %s, where `flows:` says that the flows are", dir)}
	}
	return flows.Defaults, "(built in)", nil
}

// problems is what is wrong with a file of the operator's; it prints all of it.
type problems []flows.Problem

func (p problems) Error() string {
	var lines []string
	for _, problem := range p {
		lines = append(lines, problem.String())
	}
	return strings.Join(lines, "\n")
}

// flow loads the flow called name.
func (a *App) flow(ctx context.Context, name string) (*flows.Flow, error) {
	files, shown, err := a.files()
	if err != nil {
		return nil, err
	}
	file := name + ".yaml"
	src, err := fs.ReadFile(files, file)
	if err != nil {
		return nil, misconfigured{fmt.Errorf("there is no flow %s in %s: %w", file, shown, err)}
	}
	flow, bad := a.loadFlow(ctx, path.Join(shown, file), src)
	if len(bad) > 0 {
		return nil, problems(bad)
	}
	return flow, nil
}

// drafts are the names of the broadcasts in the folder.
func (a *App) drafts() ([]string, error) {
	files, _, err := a.files()
	if err != nil {
		return nil, err
	}
	entries, err := fs.ReadDir(files, "broadcasts")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		// What begins with a dot is not the operator's: macOS puts ._NAME.yaml beside NAME.yaml.
		if name, ok := strings.CutSuffix(e.Name(), ".yaml"); ok && !e.IsDir() && !strings.HasPrefix(name, ".") {
			names = append(names, name)
		}
	}
	return names, err
}

// notDrafts are files in the folder of drafts that look like drafts and are not read as one, with what to do: other endings, and capitals
// in them.
func (a *App) notDrafts() (says []string) {
	files, shown, err := a.files()
	if err != nil {
		return nil
	}
	entries, err := fs.ReadDir(files, "broadcasts")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		ending := path.Ext(e.Name())
		is := strings.EqualFold(ending, ".yml") || strings.EqualFold(ending, ".yaml") && ending != ".yaml"
		if is && !e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			says = append(says, fmt.Sprintf("%s/broadcasts/%s is not read: a draft's name ends in .yaml; rename it to %s.yaml", shown, e.Name(), strings.TrimSuffix(e.Name(), ending)))
		}
	}
	return says
}

// draft loads the broadcast called name for a flow.
func (a *App) draft(ctx context.Context, name string, flow *flows.Flow) (*flows.Broadcast, error) {
	files, shown, err := a.files()
	if err != nil {
		return nil, err
	}
	names, err := a.drafts()
	if err != nil {
		return nil, err
	}
	if !slices.Contains(names, name) {
		return nil, fmt.Errorf("there is no broadcast %q; %s/broadcasts has: %s%s", name, shown, cmp.Or(strings.Join(names, ", "), "nothing"),
			strings.Join(append([]string{""}, a.notDrafts()...), "\n"))
	}
	file := path.Join("broadcasts", name+".yaml")
	src, err := fs.ReadFile(files, file)
	if err != nil {
		return nil, err
	}
	b, bad := a.loadBroadcast(ctx, path.Join(shown, file), src, flow)
	if b != nil {
		bad = a.attach(ctx, files, "broadcasts", path.Join(shown, file), b)
	}
	if len(bad) > 0 {
		return nil, problems(bad)
	}
	return b, nil
}

// attach looks at what a draft in a folder names, if it names it: a time zone, and a file, which it reads.
func (a *App) attach(ctx context.Context, files fs.FS, folder, shown string, b *flows.Broadcast) []flows.Problem {
	if _, err := time.LoadLocation(b.Zone); err != nil && b.Zone != flows.ZoneContact {
		return b.NoZone(shown)
	}
	if b.Media == nil {
		return nil
	}
	data, err := fs.ReadFile(files, path.Join(folder, b.Media.File))
	missing := ""
	if err != nil {
		missing = err.Error()
		var broken *fs.PathError
		if errors.As(err, &broken) {
			missing = broken.Err.Error()
		}
	}
	bad := b.Attach(shown, data, missing, false)
	if len(bad) > 0 && missing == "" && a.acceptedVersion(ctx, b.VersionWith(data)) {
		return b.Attach(shown, data, missing, true)
	}
	return bad
}

// A house is everything the verbs share once flows and store are open.
type house struct {
	app     *App
	store   *store.Store
	numbers map[string]config.Number
	newID   func() string
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
func (a *App) open(ctx context.Context) (*house, error) {
	data := a.config.Path(a.config.Data)
	if _, err := os.Stat(data); err != nil && !a.config.NamesData(a.environ) {
		return nil, refuse("there is neither a config.yaml nor a data folder here: are you in the shop's folder? `optinbot init DIR` makes one")
	}
	s, err := store.Open(ctx, data, store.Options{})
	if err != nil {
		return nil, err
	}
	h := a.emptyHouse()
	h.store = s
	for _, n := range a.config.Numbers {
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
	for _, n := range h.app.config.Numbers {
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
	flow, err := h.app.flow(ctx, n.Flow)
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
	h.app.log.Warn("the flow's file cannot be used; the version of before is", "number", n.Name, "version", flow.Version, "next", "optinbot flow check")
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
func (a *App) emptyHouse() *house {
	h := &house{
		app: a, machines: map[string]*bot.Machine{}, numbers: map[string]config.Number{}, armed: map[string]*flows.Broadcast{},
		limits: map[string]bot.Limits{}, newID: newMessageID, silent: map[string]error{},
	}
	for _, n := range a.config.Numbers {
		h.numbers[n.Name], h.limits[n.Name] = n, a.config.Limits(n)
	}
	return h
}

// house loads the flows without a store.
func (a *App) house(ctx context.Context) (*house, error) {
	h := a.emptyHouse()
	for _, n := range a.config.Numbers {
		flow, err := a.flow(ctx, n.Flow)
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
		Guard: h.limits[number].Guard, Unlimited: h.limits[number].Unlimited, Brake: h.limits[number].AnswerBrake(), Now: h.app.now(),
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
