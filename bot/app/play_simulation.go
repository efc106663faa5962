package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/pump"
	"optinbot/bot/sim"
	"optinbot/flows"
	"optinbot/store"
	"time"
)

// A simulation is a world with a store of its own in a folder that goes with it.
type simulation struct {
	*house
	world  *sim.World
	number string
	dir    string
	done   func() error // takes the folder away
}

// simulate builds the house around a simulated number: the real flow, turns, store and limits; transport and clock are fake.
func simulate(ctx context.Context, o options, number string, daysLinked int) (*simulation, error) {
	n, err := numberOf(o.config, number)
	if err != nil {
		return nil, err
	}
	dir, done, err := scratch(o.files.scratchFolders(), scratchRoom)
	if err != nil {
		return nil, err
	}
	s := &simulation{number: n.Name, dir: dir, done: done}
	o.now = func() time.Time { return s.world.Now() }
	if s.house, err = loadHouse(ctx, o); err == nil {
		s.store, err = store.OpenScratch(ctx, dir)
	}
	if err == nil {
		err = s.introduce(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, done())
	}
	s.newID = countedIDs()
	s.world = s.newWorld(ctx, n, daysLinked)
	return s, nil
}

func (s *simulation) newWorld(ctx context.Context, n config.Number, daysLinked int) *sim.World {
	w := &sim.World{
		Number: n.Name, DaysLinked: daysLinked, Limits: s.limits[n.Name], Envs: s.envs, Memory: s.store,
		Draft: func(name string) (bot.Occurrence, error) { return s.draftOf(ctx, n.Name, name) },
	}
	w.Engine = s.engine(w)
	return w
}

// draftOf is an occurrence of a draft, as sim.Draft wants it.
func (s *simulation) draftOf(ctx context.Context, number, name string) (bot.Occurrence, error) {
	b, err := s.files.draft(ctx, name, s.machine(number).Flow)
	if err != nil {
		return bot.Occurrence{}, err
	}
	a, err := s.pending(ctx, number, b, b.Zone != flows.ZoneContact)
	if err != nil {
		return bot.Occurrence{}, err
	}
	if s.now().After(a.occurrence.LateAt(s.limits[number])) {
		return bot.Occurrence{}, refuse("its time, %s, is over on the simulated clock", dueText(a.occurrence, a.zone))
	}
	return a.occurrence, nil
}

// engine makes the pump of a simulated number.
func (s *simulation) engine(w *sim.World) *pump.Pump { return pump.New(s.pumpConfig(w)) }

// pumpConfig is that pump: the world is its transport, its observer and its clock.
func (s *simulation) pumpConfig(w *sim.World) pump.Config {
	return pump.Config{
		Number: w.Number, Inbox: s.store, Outbox: s.store, Timers: s.store, Schedule: s.store, Transport: w, Observer: w,
		Envs: s.envs, Now: w.Now, Limits: func() bot.Limits { return w.Limits }, Render: s.render, Armed: s.armedNow,
		Edited: func(bot.Occurrence) bool { return false },
		Card:   func() bot.Card { return bot.Card{Name: s.cardName(w.Number)} }, Log: slog.New(slog.DiscardHandler),
	}
}

func (s *simulation) close() error { return errors.Join(s.house.close(), s.done()) }

// countedIDs makes message IDs that are the same in every run.
func countedIDs() func() string {
	n := 0
	return func() string { n++; return fmt.Sprintf("3EB0%018X", n) }
}
