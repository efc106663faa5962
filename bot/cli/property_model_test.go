package cli

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
)

// The model is a second, naive telling of product's C1 to C8 and B1: who said yes, who said no, who is who. It sees only what
// was committed and what the transport did, knows the meaning of each text by its label, and asks neither the recogniser nor
// MaySend nor Resolve. It knows nothing of the order in which messages come: where somebody stands follows from the times of their last
// yes and their last no by WhatsApp's clock, and of a tie the no wins.

// A label is what a text of the test means; nobody but the author of the test says so.
type label string

const (
	labelOptIn  label = "opt-in" // the exact phrase
	labelNear   label = "near"
	labelStop   label = "stop"
	labelUnsure label = "unsure"
	labelYes    label = "yes"
	labelNo     label = "no"
	labelOther  label = "other"
)

type standing string

const (
	standsNever standing = "never" // new or pending: they have said nothing
	standsIn    standing = "in"
	standsOut   standing = "out"
)

// somebody is what the model knows of one contact of one number.
type somebody struct {
	number  string
	ids     []bot.Identity
	in, out time.Time   // server times of the last yes and the last no; zero: none
	changes []time.Time // of the yeses that changed where they stand, within a day

	asked       time.Time            // when a confirm question may have been put that a yes answers; zero: none
	wasUnsure   time.Time            // when they may have been asked whether they want to stop; zero: not, or it is settled
	mayStop     time.Time            // server time of the last words that may have been a stop
	sealed      map[string]time.Time // messages that could not be read, and have not been followed by words
	words       time.Time            // server time of their last message that could be read
	saidGoodbye bool                 // since they left
	unsure      bool                 // holds
	robbed      time.Time            // server time of the message by which their phone became another's; zero: they have written since
	human       time.Time
	disclosure  string // the message ID that has to be accepted before a promotion; "" where the model does not know
	sends       []propertyClaim
	got         map[int64]string // occurrences, with the message ID
}

// A propertyClaim is a promotion that was claimed, and was not taken back.
type propertyClaim struct {
	id string
	at time.Time
}

type model struct {
	brands   map[string]string
	confirm  map[string]bool // numbers whose flow asks back
	people   []*somebody
	known    map[string]time.Time // number and identity of people known as opted out by hash
	seen     map[string]*somebody // messages that had their turn, and whose they were
	sealed   map[string]time.Time // of messages that came and could not be read
	turns    int
	stood    bool                                     // the last turn was a stop that nothing overtook
	accepted map[string]bool                          // messages that the server took
	halted   map[int64]bool                           // occurrences that are paused or cancelled
	unready  map[string]bool                          // numbers whose templates WhatsApp has paused
	sessions map[string]map[bot.Identity]bot.Identity // of each number: the other address of a person
}

func newModel() *model {
	return &model{
		brands: map[string]string{}, confirm: map[string]bool{}, known: map[string]time.Time{}, seen: map[string]*somebody{}, sealed: map[string]time.Time{}, accepted: map[string]bool{}, halted: map[int64]bool{}, unready: map[string]bool{},
		sessions: map[string]map[bot.Identity]bot.Identity{},
	}
}

// plain is an identity in one spelling: Brazilian phones with the ninth digit.
func plain(id bot.Identity) string {
	v := id.Value
	if strings.HasPrefix(v, "+55") && len(v) == 13 {
		v = v[:5] + "9" + v[5:]
	}
	return string(id.Kind) + v
}

// stands is the whole of C2.
func (p *somebody) stands() standing {
	switch {
	case p.in.IsZero() && p.out.IsZero():
		return standsNever
	case p.in.After(p.out):
		return standsIn
	}
	return standsOut
}

func (p *somebody) has(id bot.Identity) bool { return slices.Contains(p.ids, id) }

func (p *somebody) lid() string { return bot.LIDOf(p.ids) }

// called is how people are told apart in messages: number and identities in order.
func called(number string, ids []bot.Identity) string {
	var parts []string
	for _, id := range ids {
		parts = append(parts, id.String())
	}
	slices.Sort(parts)
	return number + " " + strings.Join(parts, ",")
}

func (m *model) holder(number string, kind bot.IdentityKind, value string) *somebody {
	for _, p := range m.people {
		if value != "" && p.number == number && p.has(bot.Identity{Kind: kind, Value: value}) {
			return p
		}
	}
	return nil
}

func (m *model) byName(n string) *somebody {
	for _, p := range m.people {
		if called(p.number, p.ids) == n {
			return p
		}
	}
	return nil
}

// who is C7. at is the server time of the message that says so.
func (m *model) who(number string, ids []bot.Identity, at time.Time) *somebody {
	phone, lid := bot.PhoneOf(ids), bot.LIDOf(ids)
	a, b := m.holder(number, bot.Phone, phone), m.holder(number, bot.LID, lid)
	switch {
	case a == nil && b == nil:
		return m.gains(m.add(number), ids)
	case a == nil:
		return m.gains(b, ids)
	case lid == "" || a.lid() == lid:
		return a
	case a.lid() == "" && b == nil:
		return m.gains(a, ids)
	case a.lid() == "":
		m.merge(a, b)
		return m.learned(a)
	}
	// A known phone with another LID: the phone is somebody else's now, and the old no still binds.
	var binds time.Time
	if a.stands() == standsOut {
		binds = a.out
	}
	a.ids = slices.DeleteFunc(a.ids, func(id bot.Identity) bool { return id.Kind == bot.Phone && id.Value == phone })
	a.robbed = latest(a.robbed, at)
	if b == nil {
		b = m.add(number)
	}
	return m.attach(b, ids, binds)
}

func (m *model) add(number string) *somebody {
	p := &somebody{number: number, got: map[int64]string{}, sealed: map[string]time.Time{}}
	m.people = append(m.people, p)
	return p
}

// attach adds identities, and whatever no is known of them.
func (m *model) attach(p *somebody, ids []bot.Identity, binds time.Time) *somebody {
	for _, id := range ids {
		if p.has(id) {
			continue
		}
		p.ids = append(p.ids, id)
		binds = latest(binds, m.known[p.number+plain(id)])
	}
	m.leave(p, binds)
	return p
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (m *model) merge(kept, other *somebody) {
	kept.ids = append(kept.ids, other.ids...)
	kept.in, kept.out, kept.human = latest(kept.in, other.in), latest(kept.out, other.out), latest(kept.human, other.human)
	kept.changes = append(kept.changes, other.changes...)
	kept.mayStop = latest(kept.mayStop, other.mayStop)
	maps.Copy(kept.sealed, other.sealed)
	kept.words = latest(kept.words, other.words)
	kept.asked = latest(kept.asked, other.asked)
	kept.wasUnsure = latest(kept.wasUnsure, other.wasUnsure)
	kept.saidGoodbye = false // each of the two may have had one for an opt-out of their own
	kept.unsure = kept.unsure || other.unsure
	kept.robbed = latest(kept.robbed, other.robbed)
	kept.disclosure = ""
	kept.sends = append(kept.sends, other.sends...)
	maps.Copy(kept.got, other.got)
	m.people = slices.DeleteFunc(m.people, func(p *somebody) bool { return p == other })
}

// leave is a no of that time.
func (m *model) leave(p *somebody, at time.Time) {
	before, newer := p.stands(), at.After(p.out)
	if p.out = latest(p.out, at); p.stands() != standsOut {
		return
	}
	if before != standsOut {
		p.saidGoodbye, p.disclosure = false, ""
	}
	if newer || before != standsOut {
		p.asked, p.wasUnsure, p.unsure = time.Time{}, time.Time{}, false
	}
}

// leaveBrand carries a no to the other numbers of the brand, for people known there and not. goodbye: it was said there.
func (m *model) leaveBrand(number string, ids []bot.Identity, at time.Time, goodbye bool) {
	for other, brand := range m.brands {
		if other == number || brand != m.brands[number] {
			continue
		}
		for _, p := range m.people {
			if p.number == other && shares(p.ids, ids) {
				m.leave(p, at)
				p.saidGoodbye = p.saidGoodbye || goodbye && p.stands() == standsOut
			}
		}
		m.remember(other, ids, at)
	}
}

func (m *model) remember(number string, ids []bot.Identity, at time.Time) {
	for _, id := range ids {
		m.known[number+plain(id)] = latest(m.known[number+plain(id)], at)
	}
}

func shares(a, b []bot.Identity) bool {
	return slices.ContainsFunc(a, func(x bot.Identity) bool {
		return slices.ContainsFunc(b, func(y bot.Identity) bool { return plain(x) == plain(y) })
	})
}

// operatorOptOut is C8: it takes effect, whatever the clocks say.
func (m *model) operatorOptOut(number, phone string, now time.Time) {
	ids := []bot.Identity{{Kind: bot.Phone, Value: phone}}
	for n, brand := range m.brands {
		if n == number || brand == m.brands[number] {
			m.remember(n, ids, now)
		}
	}
	for _, p := range m.people {
		if p.number == number && shares(p.ids, ids) {
			at := latest(now, p.in)
			m.leave(p, at)
			m.leaveAll(number, p.ids, at)
		}
	}
	m.leaveAll(number, ids, now)
}

// leaveAll lets an operator's no take effect on the brand's other numbers.
func (m *model) leaveAll(number string, ids []bot.Identity, at time.Time) {
	m.leaveBrand(number, ids, at, false)
	for _, p := range m.people {
		if p.number != number && m.brands[p.number] == m.brands[number] && shares(p.ids, ids) {
			m.leave(p, latest(at, p.in))
		}
	}
}

// expected lists everybody with where they stand, in order.
func (m *model) expected(number string) []string {
	var lines []string
	for _, p := range m.people {
		if p.number == number {
			lines = append(lines, called(number, p.ids)+": "+string(p.stands()))
		}
	}
	slices.SortFunc(lines, cmp.Compare[string])
	return lines
}

func standingOf(c bot.Consent) standing {
	switch c {
	case bot.Subscribed:
		return standsIn
	case bot.Unsubscribed:
		return standsOut
	}
	return standsNever
}
