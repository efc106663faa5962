package cli

import (
	"cmp"
	"fmt"
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
	sends       []time.Time
	got         map[int64]string // occurrences, with the message ID
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
	sessions map[string]map[bot.Identity]bot.Identity // of each number: the other address of a person
}

func newModel() *model {
	return &model{
		brands: map[string]string{}, confirm: map[string]bool{}, known: map[string]time.Time{}, seen: map[string]*somebody{}, sealed: map[string]time.Time{}, accepted: map[string]bool{}, halted: map[int64]bool{},
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

// A written is a message of the test with its meaning.
type written struct {
	bot.Message
	number string
	label  label
	resend bool      // it came before, and could not be read
	holder *somebody // of its phone when it was written, as far as anybody was
}

func (w written) key() string {
	source := "live"
	switch {
	case w.FromMe:
		source = "human"
	case w.History:
		source = "history"
	case w.Kind == bot.KindUndecryptable:
		source = "undecryptable"
	}
	return w.number + " " + w.ID + " " + source
}

// had reports whether a message had its turn: what was read cannot become unreadable.
func (m *model) had(w written) bool {
	read := w
	read.Kind = bot.KindText
	return m.seen[w.key()] != nil || w.Kind == bot.KindUndecryptable && !w.FromMe && m.seen[read.key()] != nil
}

// turn follows one committed turn. It returns what is wrong with it, "" if nothing.
func (m *model) turn(w written, got bot.Turn, now time.Time) string {
	if had := m.had(w); had != got.Duplicate {
		return fmt.Sprintf("a message is told a duplicate: %v, but had its turn: %v", got.Duplicate, had)
	}
	if got.Duplicate { // two addresses that it brings now are of one person all the same
		if ids := m.believed(w); len(ids) > 1 {
			m.fills(w.number, ids)
		}
		return ""
	}
	m.turns++
	m.stood = false
	if first, was := m.sealed[w.number+" "+w.ID]; was && first.Before(w.At) {
		w.At = first
	}
	p := m.who(w.number, m.believed(w), w.At)
	m.seen[w.key()] = p
	if wrong := p.silence(w, got); wrong != "" {
		return wrong
	}
	switch {
	case w.FromMe:
		p.human = latest(p.human, w.At)
		p.settles(w.At)
		return ""
	case w.History:
		if w.label == labelStop {
			m.stop(p, w.At, got)
		}
		return m.said(p, got, w)
	}
	if w.At.After(p.robbed) {
		p.robbed = time.Time{}
	}
	switch w.Kind {
	case bot.KindUndecryptable:
		m.sealed[w.number+" "+w.ID] = w.At
		if (p.stands() != standsOut || w.At.After(p.out)) && !w.At.Before(latest(p.words, p.in)) {
			p.sealed[w.ID] = w.At
		}
		return ""
	case bot.KindReaction, bot.KindRevoke, bot.KindPollVote:
		delete(p.sealed, w.ID)
		return ""
	}
	p.words = latest(p.words, w.At)
	maps.DeleteFunc(p.sealed, func(id string, at time.Time) bool { return id == w.ID || at.Before(w.At) })
	if wrong := m.says(p, w, got, now); wrong != "" {
		return wrong
	}
	return m.said(p, got, w)
}

// fills lets a pair that is no news of a message fill what is missing.
func (m *model) fills(number string, ids []bot.Identity) {
	a, b := m.holder(number, bot.Phone, bot.PhoneOf(ids)), m.holder(number, bot.LID, bot.LIDOf(ids))
	if a != b && !m.contradicts(number, ids) { // a == b: also where nobody knows either
		m.who(number, ids, time.Time{})
	}
}

// silence is what somebody hears of words that were written not later than their no, or of a yes that is: nothing, but for HELP.
func (p *somebody) silence(w written, got bot.Turn) string {
	late := !p.out.IsZero() && !w.At.After(p.out)
	yes := w.label == labelOptIn && !w.Forwarded && w.EditOf == "" && !w.History && !w.FromMe
	if late = late && (p.stands() == standsOut || yes); !late || w.Text == "help" {
		return ""
	}
	for _, e := range got.Effects {
		if say, ok := e.(bot.Say); ok {
			return fmt.Sprintf("%q, written %v, was answered by %q: their no is of %v", w.Text, w.At, say.Text, p.out)
		}
	}
	return ""
}

// says is what a readable live message means.
func (m *model) says(p *somebody, w written, got bot.Turn, now time.Time) string {
	direct := !w.Forwarded && w.EditOf == ""
	switch {
	case w.label == labelStop:
		m.stop(p, w.At, got)
	case w.label == labelOptIn && direct && !m.confirm[w.number]:
		m.optIn(p, w.At)
	case w.label == labelOptIn, w.label == labelNear:
		if p.stands() != standsIn || m.confirm[w.number] {
			p.asked = now
		}
	case w.label == labelUnsure && p.stands() != standsOut && !p.in.After(w.At):
		p.unsure, p.wasUnsure, p.mayStop = true, now, latest(p.mayStop, w.At)
	case w.label == labelNo && got.Contact.Consent == bot.Unsubscribed && p.stands() == standsIn:
		// They wrote an opt-in phrase again, were asked again, and do not want promotions.
		if p.asked.IsZero() || now.Sub(p.asked) > 24*time.Hour {
			return "a no unsubscribed somebody who was not asked"
		}
		p.asked = time.Time{}
		m.stop(p, w.At, got)
	case w.label == labelNo && got.Contact.Has(bot.UnsureStop) && p.stands() == standsIn && !p.unsure:
		// As the answer to a promotion it may be a stop: they are asked.
		if !slices.ContainsFunc(p.sends, func(at time.Time) bool { return !at.After(w.At.Add(time.Second)) && w.At.Sub(at) <= 24*time.Hour }) {
			return "a no was taken for a stop that answers no promotion"
		}
		p.unsure, p.wasUnsure, p.mayStop = true, now, latest(p.mayStop, w.At)
	case w.label == labelNo && !got.Contact.Has(bot.UnsureStop):
		p.settles(w.At)
		p.unsure = false
	case w.label == labelYes && got.Contact.Consent == bot.Subscribed && (p.stands() != standsIn || !got.Contact.OptedIn.Equal(p.in)):
		if !direct || p.asked.IsZero() || now.Sub(p.asked) > 24*time.Hour || w.At.Before(p.asked.Add(-2*time.Second)) {
			return "a yes subscribed somebody who was not asked before it"
		}
		m.optIn(p, w.At)
	case w.label == labelYes && got.Contact.Consent == bot.Unsubscribed && p.stands() != standsOut:
		if p.wasUnsure.IsZero() {
			return "a yes unsubscribed somebody who was not asked"
		}
		m.stop(p, w.At, got)
	}
	return ""
}

// settles ends the questions of the bot's own by words of that time: what was written before a question does not.
func (p *somebody) settles(at time.Time) {
	const slack = 2 * time.Second // WhatsApp tells its time by the second
	if !at.Before(p.asked.Add(-slack)) {
		p.asked = time.Time{}
	}
	if !at.Before(p.wasUnsure.Add(-slack)) {
		p.wasUnsure = time.Time{}
	}
}

// stop is a no that they wrote: it counts by its time, here and on the brand's other numbers.
func (m *model) stop(p *somebody, at time.Time, got bot.Turn) {
	m.stood = at.After(p.out) && !p.in.After(at)
	m.leave(p, at)
	m.leaveBrand(p.number, p.ids, at, p.stands() == standsOut && (p.saidGoodbye || saysGoodbye(got)))
}

func saysGoodbye(got bot.Turn) bool {
	return slices.ContainsFunc(got.Effects, func(e bot.Effect) bool {
		say, ok := e.(bot.Say)
		return ok && say.Kind == bot.SayGoodbye
	})
}

// gains attaches what is new of somebody's identities.
func (m *model) gains(p *somebody, ids []bot.Identity) *somebody {
	had := len(p.ids)
	if m.attach(p, ids, time.Time{}); len(p.ids) > had {
		return m.learned(p)
	}
	return p
}

// learned carries the no of somebody to the brand when more of who they are becomes known.
func (m *model) learned(p *somebody) *somebody {
	if !p.out.IsZero() {
		m.leaveBrand(p.number, p.ids, p.out, p.saidGoodbye && p.stands() == standsOut)
	}
	return p
}

// optIn is a yes of that time: one that is later than their last no counts, but for a fourth that changes where they stand within a day.
func (m *model) optIn(p *somebody, at time.Time) {
	if !p.out.IsZero() && !at.After(p.out) {
		return
	}
	if p.stands() != standsIn {
		p.changes = slices.DeleteFunc(p.changes, func(before time.Time) bool { return at.Sub(before).Abs() >= 24*time.Hour })
		if len(p.changes) >= 3 {
			p.asked = time.Time{}
			return
		}
		p.changes = append(p.changes, at)
	}
	p.in = latest(p.in, at)
	p.unsure = p.unsure && !at.After(p.mayStop)
	p.asked, p.wasUnsure, p.saidGoodbye = time.Time{}, time.Time{}, false
	for _, id := range p.ids {
		delete(m.known, p.number+plain(id))
	}
}

// said looks at what the bot decided to say.
func (m *model) said(p *somebody, got bot.Turn, w written) string {
	for _, e := range got.Effects {
		say, ok := e.(bot.Say)
		switch {
		case !ok:
		case say.Disclosure:
			p.disclosure = say.ID
		case say.Kind == bot.SayGoodbye && p.saidGoodbye:
			return "a second goodbye for one opt-out"
		case say.Kind == bot.SayGoodbye && w.History:
			return "a goodbye for a stop found in history"
		case say.Kind == bot.SayGoodbye:
			p.saidGoodbye = true
		}
	}
	return ""
}

// promoted follows a committed claim of a promotion. It returns what is wrong with it.
func (m *model) promoted(k bot.Claim, l bot.Limits) string {
	p := m.byName(called(k.Number, k.Contact.Identities))
	if p == nil {
		return "a promotion to nobody that the model knows: " + called(k.Number, k.Contact.Identities)
	}
	for _, wrong := range []struct {
		is   bool
		what string
	}{
		{p.stands() != standsIn, "to somebody not subscribed: " + string(p.stands())},
		{m.halted[k.Occurrence], "of an occurrence that is paused or cancelled"},
		{p.got[k.Occurrence] != "", "a second time to the same person"},
		{p.unsure, "to somebody who may have asked to stop"},
		{len(p.sealed) > 0, "to somebody whose last message could not be read"},
		{!p.robbed.IsZero(), "to somebody whose phone is another's"},
		{m.leftElsewhere(p), "to somebody who left under their other address, which the session knows"},
		{k.At.Sub(p.human) < 12*time.Hour, "into a conversation with a person of the shop"},
		{p.disclosure != "" && !m.accepted[p.disclosure], "before the disclosure was accepted"},
	} {
		if wrong.is {
			return fmt.Sprintf("a promotion (occurrence %d) %s; the model: %+v", k.Occurrence, wrong.what, *p)
		}
	}
	p.got[k.Occurrence] = k.MessageID
	defer func() { p.sends = append(p.sends, k.At) }()
	if l.Unlimited {
		return ""
	}
	return p.tooMuch(k.At)
}

// notTried notes that a promotion was not sent: it may be claimed again.
func (m *model) notTried(id string) {
	for _, p := range m.people {
		before := len(p.got)
		maps.DeleteFunc(p.got, func(_ int64, got string) bool { return got == id })
		if n := len(p.sends); len(p.got) < before && n > 0 {
			p.sends = p.sends[:n-1] // it never left, so it does not count; the last one claimed is the one in hand
		}
	}
}

// tooMuch checks hours, gap and caps of the defaults.
func (p *somebody) tooMuch(at time.Time) string {
	if at.Hour() < 9 || at.Hour() >= 20 || at.Weekday() == time.Sunday {
		return "a promotion outside the hours"
	}
	week := 0
	for _, s := range p.sends {
		if at.Sub(s) < 20*time.Hour {
			return "two promotions within the minimum gap"
		}
		if at.Sub(s) < 7*24*time.Hour {
			week++
		}
	}
	if week >= 2 {
		return "a third promotion within a week"
	}
	return ""
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
