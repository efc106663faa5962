// Package play plays conversations on the real flow, turns, limits and store, with a fake transport
// and a clock that is moved: those that test a flow, the chat in the terminal, and a rehearsal of
// the coming days on a copy of the store.
package play

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/sim"
)

// A Player is where a conversation is played.
type Player struct {
	*Simulation
	Ctx      context.Context
	title    string
	restarts bool                  // before every line
	Worlds   map[string]*sim.World // by number
	Order    []string              // of worlds
	status   bot.NumberEventKind
	People   map[string]*actor
	last     *actor // who wrote last
	turn     bot.Turn
	messages int
	Events   []Event
	notices  map[string]int64 // the last seen of each number
	Failures []string
	seen     *coverage // nil: nobody wants to know
}

type actor struct {
	name, push, Phone, LID, number string
	id                             string // of their last message
	got                            string // the ID of the last message to them
	off                            bool   // their phone
}

func (p *actor) is(c *bot.Contact) bool {
	lid := bot.LIDOf(c.Identities)
	return p.LID != "" && p.LID == lid || p.Phone != "" && p.Phone == c.Phone() && (p.LID == "" || lid == "")
}

// An Event is what somebody saw, or what became of a delivery to them, on a number.
type Event struct {
	sim.Event
	number string
}

// FlowName is what a flow in a file is called.
func FlowName(file string) string { return strings.TrimSuffix(filepath.Base(file), ".yaml") }

// Open makes a player on the configuration's numbers, each with the flow it speaks, linked for so
// many days.
func Open(ctx context.Context, o desk.Options, title string, linked int, restarts bool) (*Player, error) {
	played, err := Simulate(ctx, o, "", linked)
	if err != nil {
		return nil, err
	}
	return On(ctx, played, title, linked, restarts), nil
}

// On makes a player on a simulation.
func On(ctx context.Context, played *Simulation, title string, linked int, restarts bool) *Player {
	s := &Player{Simulation: played, Ctx: context.WithoutCancel(ctx), title: title, restarts: restarts,
		Worlds: map[string]*sim.World{}, People: map[string]*actor{}, notices: map[string]int64{}, status: bot.NumberSynced}
	for _, n := range played.Config.Numbers {
		w := s.World
		if n.Name != s.NumberName {
			w = s.NewWorld(ctx, n, linked)
		}
		w.Out = func(e sim.Event) { s.saw(n.Name, e) }
		w.Off = s.off
		s.Worlds[n.Name] = w
		s.Order = append(s.Order, n.Name)
	}
	return s
}

// Play plays a conversation and notes in failures what was not as expected. It is false where a
// line could not be played: that is the last failure then.
func (s *Player) Play(c *Conversation) bool {
	for i := range c.Steps {
		next := ""
		if i+1 < len(c.Steps) {
			next = c.Steps[i+1].Text
		}
		if !s.Step(c.File, &c.Steps[i], next) {
			return false
		}
	}
	s.verify()
	return true
}

// Step plays one line. False when it could not be played. next is the text of the line after it.
func (s *Player) Step(file string, step *Step, next string) bool {
	where := fmt.Sprintf("%s:%d: %s", file, step.line, step.Text)
	if s.restarts {
		where += " (with restarts)"
	}
	s.Events = nil
	before := s.everybody()
	err := s.Do(step.Text)
	if err == nil {
		err = s.passWait(next)
	}
	if err != nil {
		s.fail("%s\n\t%v", where, err)
		return false
	}
	for p, after := range s.everybody() {
		s.seen.visit(s.Machine(p.number).Flow, before[p], after)
	}
	if got := s.compare(step); got != "" {
		s.fail("%s\n%s", where, got)
	}
	for i, check := range step.checks {
		is, err := s.check(check.text)
		if err != nil {
			s.fail("%s:%d: = %s\n\t%v", file, check.line, check.text, err)
		}
		step.checks[i].is = is
	}
	return true
}

// everybody is where the people of the conversation stand, for the coverage.
func (s *Player) everybody() map[*actor]*bot.Contact {
	if s.seen == nil {
		return nil
	}
	all := map[*actor]*bot.Contact{}
	for _, p := range s.People {
		c, err := s.FindContact(p)
		if err == nil && c != nil {
			all[p] = c
		}
	}
	return all
}

func (s *Player) fail(format string, args ...any) {
	s.Failures = append(s.Failures, fmt.Sprintf(format, args...))
}

// verify holds for every conversation: the ledger of every number verifies.
func (s *Player) verify() {
	for _, number := range s.Order {
		v, err := s.Store.Verify(s.Ctx, number, "")
		if err != nil || !v.Holds() {
			s.fail("the ledger of %s does not verify: %v %v", number, v.Problems, err)
		}
	}
}

// saw notes what a contact would see. A promotion goes to nobody who is not subscribed, and never
// without the way out (B1, B2).
func (s *Player) saw(number string, e sim.Event) {
	if e.Kind == bot.SayBroadcast {
		c, err := s.Store.Contact(s.Ctx, number, sim.Address(&e.Contact))
		if err != nil || c == nil || c.Consent != bot.Subscribed {
			s.fail("%s: a promotion went to somebody who is not subscribed: %+v %v", s.title, c, err)
		}
		if !strings.Contains(e.Text, "2") {
			s.fail("%s: a promotion without the way out: %s", s.title, e.Text)
		}
	}
	for _, p := range s.People {
		if e.ID != "" && p.is(&e.Contact) {
			p.got = e.ID
		}
	}
	s.Events = append(s.Events, Event{e, number})
}

// off reports whether the phone of somebody is off.
func (s *Player) off(c *bot.Contact) bool {
	for _, p := range s.People {
		if p.off && p.is(c) {
			return true
		}
	}
	return false
}

// Do does what a line says.
func (s *Player) Do(text string) error {
	if at, ok := strings.CutPrefix(text, "at "); ok {
		moment, err := time.Parse(time.RFC3339, at)
		if err != nil {
			return err
		}
		return s.move(moment)
	}
	if s.World.Now().IsZero() {
		if err := s.move(time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)); err != nil {
			return err
		}
	}
	if s.restarts {
		if err := s.restart(); err != nil {
			return err
		}
	}
	if later, ok := strings.CutPrefix(text, "+"); ok {
		var d config.Duration
		if err := d.UnmarshalText([]byte(later)); err != nil {
			return err
		}
		return s.move(s.World.Now().Add(d.D()))
	}
	if who, words, ok := strings.Cut(" "+text+" ", " > "); ok {
		return s.write(who, strings.TrimSpace(words))
	}
	return s.act(text)
}

// move moves the clocks of all numbers.
func (s *Player) move(at time.Time) error {
	for _, number := range s.Order {
		if err := s.Worlds[number].Advance(s.Ctx, at); err != nil {
			return err
		}
	}
	return nil
}

// restart closes the store and opens it again, with new pumps.
func (s *Player) restart() error {
	if err := s.Store.Close(); err != nil {
		return err
	}
	var err error
	if s.Store, err = s.openStore(s.Ctx, s.Dir); err != nil {
		return err
	}
	for _, number := range s.Order {
		w := s.Worlds[number]
		w.Memory, w.Engine = s.Store, s.Engine(w)
		if err := w.Engine.NumberEvent(s.Ctx, bot.NumberEvent{Kind: s.status, At: w.Now()}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Player) act(text string) error {
	verb, rest, _ := strings.Cut(text, " ")
	rest = strings.TrimSpace(rest)
	number := s.NumberName
	if named, ok := strings.CutPrefix(rest, "@"); ok {
		number, rest, _ = strings.Cut(named, " ")
	}
	w, p := s.Worlds[number], s.People[rest]
	zone := ""
	if verb == "zone" {
		rest, zone, _ = strings.Cut(rest, " ")
		p = s.People[rest]
	}
	if p == nil && slices.Contains([]string{"takeover", "resume", "off", "on", "reads", "zone"}, verb) {
		return fmt.Errorf("who is %q?", rest)
	}
	switch verb {
	case "off", "on":
		p.off = verb == "off"
		return nil
	case "reads":
		return w.Read(s.Ctx, p.got)
	case "broadcast":
		return w.Broadcast(s.Ctx, rest)
	case "takeover":
		return w.TakeOver(s.Ctx, p.Phone)
	case "optout":
		phone := rest
		if p != nil {
			phone = p.Phone
		}
		return w.OptOut(s.Ctx, phone, "said so in the shop")
	case "resume":
		return s.Decide(w, p, bot.Resume)
	case "zone":
		return s.Decide(w, p, func(e bot.Env, c bot.Contact) (bot.Contact, []bot.Effect,
			error) {
			return bot.SetZone(e, c, zone)
		})
	case "template":
		return s.template(number, rest)
	case "source":
		return s.Store.RegisterSource(s.Ctx, number, rest, w.Now())
	case "whatsapp":
		return s.whatsapp(rest)
	}
	return fmt.Errorf("what is %q?", verb)
}

// Decide is an operator's act on one contact.
func (s *Player) Decide(w *sim.World, p *actor, act bot.Act) error {
	c, err := s.Store.Contact(s.Ctx, w.Number, cmp.Or(p.Phone, p.LID))
	if err == nil && c == nil {
		err = fmt.Errorf("%s has never written to %s", p.name, w.Number)
	}
	if err != nil {
		return err
	}
	if _, err := s.Store.Act(s.Ctx, w.Number, c.ID, s.Envs, act); err != nil {
		return err
	}
	return s.move(w.Now())
}

// whatsapp changes the connection of every number, or how the server answers sends.
func (s *Player) whatsapp(what string) error {
	what, code, _ := strings.Cut(what, " ")
	answer := func(r bot.SendResult) error {
		for _, w := range s.Worlds {
			w.Answer = func(bot.Outgoing) bot.SendResult { return r }
		}
		return nil
	}
	switch what {
	case "connected":
		s.status = bot.NumberConnected
	case "synced":
		s.status = bot.NumberSynced
	case "disconnected":
		s.status = bot.NumberDisconnected
	case "accepts":
		return answer(bot.SendResult{Status: bot.SendAccepted})
	case "silent":
		return answer(bot.SendResult{Status: bot.SendUnknown})
	case "refuses":
		if cause := bot.Cause(code); slices.Contains(bot.Causes(), cause) {
			return answer(bot.SendResult{Status: bot.SendRefused, Cause: cause, Detail: "the script says " + code})
		}
		n, err := strconv.Atoi(code)
		if err != nil {
			return err
		}
		return answer(bot.SendResult{Status: bot.SendRefused, Cause: bot.WebCause(n), Code: n})
	default:
		return fmt.Errorf("what is whatsapp %s?", what)
	}
	for _, w := range s.Worlds {
		if err := w.Engine.NumberEvent(s.Ctx, bot.NumberEvent{Kind: s.status, At: w.Now()}); err != nil {
			return err
		}
	}
	return s.move(s.World.Now())
}

// write lets somebody write, a second after whatever happened before.
func (s *Player) write(who, text string) error {
	if err := s.move(s.World.Now().Add(time.Second)); err != nil {
		return err
	}
	p, flags, err := s.who(who)
	if err != nil {
		return err
	}
	s.last = p
	m := message{Message: bot.Message{Name: p.push, Kind: bot.KindText, Text: text, At: s.World.Now()}, words: text}
	if p.Phone != "" {
		m.Identities = append(m.Identities, bot.Identity{Kind: bot.Phone, Value: p.Phone})
	}
	if p.LID != "" {
		m.Identities = append(m.Identities, bot.Identity{Kind: bot.LID, Value: p.LID})
	}
	s.messages++
	m.ID = fmt.Sprintf("M%d", s.messages)
	for _, flag := range flags {
		if err := m.set(flag, p); err != nil {
			return err
		}
	}
	p.id = m.ID
	if m.Kind == bot.KindPollVote {
		m.Poll = s.votedIn(p, m.Votes)
	}
	if m.taps && m.Button == "" {
		if m.Button, err = s.tapped(p, text); err != nil {
			return err
		}
	}
	return s.take(p, m.Message)
}

// message is one whose flags are being read.
type message struct {
	bot.Message
	words string // as written
	taps  bool   // a button with these words was tapped
}

func (m *message) set(flag string, p *actor) error {
	flag = strings.TrimSpace(flag)
	verb, rest, _ := strings.Cut(flag, " ")
	switch {
	case verb == "forwarded":
		m.Forwarded = true
	case verb == "history":
		m.History = true
	case verb == "view_once":
		m.Kind, m.ViewOnce = bot.KindUndecryptable, true
	case verb == "hidden":
		m.Hidden = true
	case verb == "unknown":
		m.Kind, m.Unknown = bot.KindUndecryptable, true
	case verb == "reaction":
		m.Kind, m.OnOurs = bot.KindReaction, true
	case verb == "timer":
		var d config.Duration
		if err := d.UnmarshalText([]byte(rest)); err != nil {
			return err
		}
		m.Kind, m.Expires, m.Timed = bot.KindTimer, d.D(), true
	case verb == "album" && rest != "":
		m.Album = &bot.Album{ID: rest}
	case verb == "album":
		m.Kind, m.Album = bot.KindAlbum, &bot.Album{ID: m.ID, Count: 2}
	case verb == "human":
		m.FromMe, m.Name = true, ""
	case verb == "edit":
		m.EditOf = cmp.Or(rest, p.id)
	case verb == "vote":
		m.Kind, m.Text, m.Votes = bot.KindPollVote, "", votesFor(m.words)
	case verb == "tap":
		m.taps, m.Button = true, rest
	case verb == "sealed":
		m.Votes, m.Sealed = nil, true
	case verb == "id":
		m.ID = rest
	case verb == "again":
		m.ID = p.id
	case verb == "named":
		m.Name, p.push = rest, rest
	case rest == "ago":
		var d config.Duration
		if err := d.UnmarshalText([]byte(verb)); err != nil {
			return err
		}
		m.At = m.At.Add(-d.D())
	case rest == "":
		m.Kind = bot.Kind(verb)
	default:
		return fmt.Errorf("what is [%s]?", flag)
	}
	return nil
}

// take gives the message its turn. What the database has afterwards is what the turn decided:
// nothing lives in memory.
func (s *Player) take(p *actor, m bot.Message) (err error) {
	w := s.Worlds[p.number]
	if s.turn, err = w.Engine.HandleMessage(s.Ctx, m); err != nil {
		return err
	}
	stored, err := s.FindContact(p)
	if err != nil {
		return err
	}
	if decided, have := asJSON(s.turn.Contact), asJSON(stored); !s.turn.Duplicate && decided != have {
		return fmt.Errorf("the turn decided\n\t%s\n\tthe database has\n\t%s", decided, have)
	}
	return s.move(w.Now())
}

func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// FindContact is somebody of the conversation as the store has them. It is nil where they never
// wrote.
func (s *Player) FindContact(p *actor) (*bot.Contact, error) {
	return s.Store.Contact(s.Ctx, p.number, cmp.Or(p.Phone, p.LID))
}

// who reads what stands before ">": a name, addresses, and flags in brackets.
func (s *Player) who(text string) (p *actor, flags []string, err error) {
	text, inside, _ := strings.Cut(text, "[")
	if inside = strings.TrimSuffix(strings.TrimSpace(inside), "]"); inside != "" {
		flags = strings.Split(inside, ",")
	}
	words := strings.Fields(text)
	if len(words) == 0 { // whoever wrote last. At the beginning, somebody
		if words = []string{"Ana"}; s.last != nil {
			words[0] = s.last.name
		} else {
			words = append(words, "+447700900001")
		}
	}
	p = s.People[words[0]]
	if p == nil {
		p = &actor{name: words[0], push: words[0]}
		s.People[words[0]] = p
	}
	p.number = s.NumberName
	for _, word := range words[1:] {
		switch {
		case strings.HasPrefix(word, "+"):
			p.Phone = word
		case strings.HasPrefix(word, "lid:"):
			p.LID = word[4:]
		case word == "no-phone":
			p.Phone = ""
		case word == "no-lid":
			p.LID = ""
		case strings.HasPrefix(word, "@") && s.Worlds[word[1:]] != nil:
			p.number = word[1:]
		default:
			return nil, nil, fmt.Errorf("what is %q?", word)
		}
	}
	return p, flags, nil
}
