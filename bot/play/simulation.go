package play

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/pump"
	"optinbot/bot/sim"
	"optinbot/flows"
	"optinbot/store"
)

// A Simulation is a world with a store of its own in a folder that goes with it.
type Simulation struct {
	*desk.Desk
	World      *sim.World
	NumberName string
	Dir        string
	Cloud      bool         // the numbers are on the Cloud API, whatever the configuration says
	done       func() error // takes the folder away
}

// Simulate builds a desk around a simulated number: the real flow, turns, store and limits.
// Transport and clock are fake.
func Simulate(ctx context.Context, o desk.Options, number string, daysLinked int) (*Simulation, error) {
	n, err := desk.NumberOf(o.Config, number)
	if err != nil {
		return nil, err
	}
	dir, done, err := desk.Scratch(o.Files.ScratchFolders(), desk.ScratchRoom)
	if err != nil {
		return nil, err
	}
	s := &Simulation{NumberName: n.Name, Dir: dir, done: done}
	o.Now = func() time.Time { return s.World.Now() }
	if s.Desk, err = desk.Load(ctx, o); err == nil {
		s.Store, err = s.openStore(ctx, dir)
	}
	if err == nil {
		err = s.Introduce(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, done())
	}
	s.NewID = countedIDs()
	s.World = s.NewWorld(ctx, n, daysLinked)
	return s, nil
}

// openStore opens the store in which everything is played.
func (s *Simulation) openStore(ctx context.Context, dir string) (*store.Store, error) {
	if s.OpenScratch != nil {
		return s.OpenScratch(ctx, dir)
	}
	return store.OpenScratch(ctx, dir)
}

// Envs is what decisions need.
func (s *Simulation) Envs(number string) bot.Env {
	env := s.Desk.Envs(number)
	if s.Cloud {
		env.Wire = bot.CloudAbilities()
	}
	return env
}

// Render writes one person's promotion.
func (s *Simulation) Render(o bot.Occurrence, c *bot.Contact) (bot.Promotion, error) {
	if !s.Cloud {
		return s.Desk.Render(o, c)
	}
	b, err := s.ArmedNow(o)
	if err != nil {
		return bot.Promotion{}, err
	}
	return bot.RenderFor(bot.CloudAbilities(), s.Machine(o.Number).Flow, b, c), nil
}

// NewWorld is one more simulated number over the store of the simulation.
func (s *Simulation) NewWorld(ctx context.Context, n config.Number, daysLinked int) *sim.World {
	w := &sim.World{
		Number: n.Name, DaysLinked: daysLinked, Limits: s.Limits(n.Name), Envs: s.Envs, Memory: s.Store,
		Draft: func(name string) (bot.Occurrence, error) { return s.OccurrenceOf(ctx, n.Name, name) },
	}
	w.Engine = s.Engine(w)
	return w
}

// OccurrenceOf is one of a draft, as sim.Draft wants it.
func (s *Simulation) OccurrenceOf(ctx context.Context, number, name string) (bot.Occurrence, error) {
	b, err := s.Files.Draft(ctx, name, s.Machine(number).Flow)
	if err != nil {
		return bot.Occurrence{}, err
	}
	a, err := s.Pending(ctx, number, b, b.Zone != flows.ZoneContact)
	if err != nil {
		return bot.Occurrence{}, err
	}
	if s.Now().After(a.Occurrence.LateAt(s.Limits(number))) {
		return bot.Occurrence{}, desk.Refuse("its time, %s, is over on the simulated clock",
			desk.DueText(a.Occurrence, a.Zone))
	}
	return a.Occurrence, nil
}

// Engine makes the pump of a simulated number.
func (s *Simulation) Engine(w *sim.World) *pump.Pump { return pump.New(s.PumpConfig(w)) }

// PumpConfig is that pump: the world is its transport, its observer and its clock.
func (s *Simulation) PumpConfig(w *sim.World) pump.Config {
	return pump.Config{
		Number: w.Number, Inbox: s.Store, Outbox: s.Store, Timers: s.Store, Schedule: s.Store, Transport: w, Observer: w,
		Envs: s.Envs, Now: w.Now, Limits: func() bot.Limits { return w.Limits }, Render: s.Render, Armed: s.ArmedNow,
		Edited: func(bot.Occurrence) bool { return false },
		Card:   func() bot.Card { return bot.Card{Name: s.CardName(w.Number)} }, Log: slog.New(slog.DiscardHandler),
	}
}

// Close closes the store and takes its folder away.
func (s *Simulation) Close() error { return errors.Join(s.Desk.Close(), s.done()) }

// countedIDs makes message IDs that are the same in every run.
func countedIDs() func() string {
	n := 0
	return func() string { n++; return fmt.Sprintf("3EB0%018X", n) }
}
