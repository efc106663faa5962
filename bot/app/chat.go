package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/pump"
	"optinbot/bot/sim"
	"optinbot/bot/text"
	"optinbot/flows"
	"optinbot/store"
)

// ChatCmd is `chat`.
type ChatCmd struct {
	ForNumber
	JSON       bool   `name:"json" help:"Speak JSON lines, for programs; docs/chat-json.md describes them."`
	DaysLinked int    `help:"For how many days the number has been linked: the warm-up counts." default:"90"`
	From       string `help:"The phone you write from." default:"+447700900001"`
	Name       string `help:"Your name in WhatsApp." default:"Ana"`
	Record     string `help:"Add the chat to this file as a conversation that 'flow test' plays." type:"path" placeholder:"FILE"`
}

// Example is shown by --help.
func (ChatCmd) Example() string {
	return `optinbot chat
optinbot chat --from +5511900000001 --name Ana
optinbot chat --record flows/tests/first.chat
echo '{"at":"2026-03-02T14:00:00Z","from":"+5511900000001","id":"A1","text":"oi"}' |
  optinbot chat --json`
}

// Run talks.
func (c ChatCmd) Run(ctx context.Context, a *App) error {
	s, err := simulate(ctx, a.options(), c.Number, c.DaysLinked)
	if err != nil {
		return err
	}
	defer s.close()
	if c.JSON {
		return sim.Lines(ctx, s.world, a.in, a.out)
	}
	phone, ok := bot.ParsePhone(c.From)
	if !ok {
		return refuse("--from %q is not a phone with its country code, such as +5511900000001", c.From)
	}
	t := &talk{simulation: s, app: a, paint: a.paint(), phone: phone, name: c.Name}
	t.record = newRecording("recorded in `chat`", t.start())
	if err := t.run(ctx); err != nil || c.Record == "" {
		return err
	}
	if err := t.record.keep(ctx, a, c.Record); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s written; `optinbot flow test` plays it.\n", shownPath(c.Record))
	return nil
}

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
	a, err := s.arming(ctx, number, b, b.Zone != flows.ZoneContact)
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

// talk is the chat in the terminal.
type talk struct {
	*simulation
	app   *App
	paint paint
	phone string
	name  string
	sent  int

	record *recording
}

const talkHelp = `Write as the contact. Beside that:
  /as PHONE [NAME]   be somebody else             /send NAME   an occurrence of a broadcast, now
  /wait 24h          move the clock               /takeover    a person of the shop types on the phone
  /state             where you stand              /optout      the operator records that you asked to stop
  /help              this                         /quit        end`

func (t *talk) run(ctx context.Context) error {
	t.world.Out = t.show
	if err := t.world.Advance(ctx, t.start()); err != nil {
		return err
	}
	fmt.Fprintln(t.app.out, t.paint.dim("You are "+text.Line(t.name)+", writing to "+t.cardName(t.number)+". /help shows what else you can do."))
	lines := bufio.NewScanner(t.app.in)
	for {
		if terminal(t.app.in) {
			fmt.Fprint(t.app.out, t.paint.bold("> "))
		}
		if !lines.Scan() {
			if lines.Err() != nil {
				fmt.Fprintln(t.app.out) // ended in the middle of a line
			}
			return lines.Err()
		}
		typed := strings.TrimSpace(lines.Text())
		if typed == "/quit" {
			return nil
		}
		if typed == "" {
			continue
		}
		if err := t.line(ctx, typed); err != nil {
			fmt.Fprintln(t.app.out, t.paint.red(err.Error()))
		}
	}
}

// start is a Monday, 10:00 where the shop is: within the hours of promotions.
func (t *talk) start() time.Time {
	return time.Date(2026, 3, 2, 10, 0, 0, 0, t.limits[t.number].Zone)
}

func (t *talk) line(ctx context.Context, typed string) error {
	w := t.world
	verb, rest, _ := strings.Cut(typed, " ")
	rest = strings.TrimSpace(rest)
	switch verb {
	case "/help":
		fmt.Fprintln(t.app.out, talkHelp)
	case "/as":
		return t.become(rest)
	case "/send":
		t.record.act("broadcast", rest)
		return w.Broadcast(ctx, rest)
	case "/wait":
		var d config.Duration
		if err := d.UnmarshalText([]byte(rest)); err != nil {
			return err
		}
		if err := w.Advance(ctx, w.Now().Add(d.D())); err != nil {
			return err
		}
		t.record.act("+"+text.Duration(d.D()), "")
		fmt.Fprintln(t.app.out, t.paint.dim("it is "+text.When(w.Now(), t.limits[t.number].Zone)))
	case "/takeover":
		t.record.act("takeover", t.scriptName())
		return w.TakeOver(ctx, t.phone)
	case "/optout":
		t.record.act("optout", t.phone)
		return w.OptOut(ctx, t.phone, "said so in the chat")
	case "/state":
		return t.state(ctx)
	default:
		return t.write(ctx, typed)
	}
	return nil
}

func (t *talk) become(rest string) error {
	typed, name, _ := strings.Cut(rest, " ")
	phone, ok := bot.ParsePhone(typed)
	if !ok {
		return fmt.Errorf("%q is not a phone with its country code, such as +5511900000001", typed)
	}
	t.phone, t.name = phone, strings.TrimSpace(name)
	return nil
}

func (t *talk) write(ctx context.Context, text string) error {
	t.sent++
	t.record.wrote(t.scriptName(), t.phone, "", text)
	// A second between messages, as between people.
	if err := t.world.Advance(ctx, t.world.Now().Add(time.Second)); err != nil {
		return err
	}
	_, err := t.world.Write(ctx, bot.Message{
		ID: fmt.Sprintf("CHAT%d", t.sent), Identities: []bot.Identity{{Kind: bot.Phone, Value: t.phone}},
		Name: t.name, Kind: bot.KindText, Text: text, At: t.world.Now(),
	})
	return err
}

// scriptName is what a conversation calls the contact: one word.
func (t *talk) scriptName() string {
	if name := bot.FirstName(t.name); name != "" {
		return name
	}
	return "Ana"
}

func (t *talk) state(ctx context.Context) error {
	c, err := t.store.Contact(ctx, t.number, t.phone)
	if err != nil || c == nil {
		fmt.Fprintln(t.app.out, t.paint.dim("the bot does not know you yet"))
		return err
	}
	printContact(t.app.out, t.house, c)
	return nil
}

func (t *talk) show(e sim.Event) { showEvent(t.app.out, t.paint, e) }

// showEvent prints what a contact would see, or what became of a delivery to them.
func showEvent(w io.Writer, p paint, e sim.Event) {
	switch {
	case e.Held != "":
		fmt.Fprintln(w, p.yellow(fmt.Sprintf("  (%s waits: %s)", e.Broadcast, strings.TrimPrefix(e.Held.Info().Says, "because "))))
	case e.Skip != "":
		fmt.Fprintln(w, p.yellow(fmt.Sprintf("  (no %s: %s)", e.Broadcast, strings.TrimPrefix(e.Skip.Info().Says, "because "))))
	case e.Kind == bot.SayCard:
		fmt.Fprintln(w, p.green("< [contact card: "+text.Line(e.Text)+"]"))
	default:
		fmt.Fprintln(w, p.green("< "+strings.ReplaceAll(text.Lines(e.Text), "\n", "\n  ")))
	}
}
