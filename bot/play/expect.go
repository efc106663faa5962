package play

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/sim"
)

// What must come of a step, and what is true afterwards.

// compare says how what happened differs from what is expected, and notes it on the step. "" where
// it does not.
func (s *Player) compare(step *Step) string {
	var got []string
	for _, e := range s.Events {
		got = append(got, s.shown(e))
	}
	bad := len(got) != len(step.says)
	for i := 0; !bad && i < len(got); i++ {
		bad = !s.same(step.says[i].text, s.Events[i])
	}
	told, err := s.Told()
	if err != nil {
		return err.Error()
	}
	step.said, step.told = got, told
	bad = bad || len(told) != len(step.tells)
	for i := 0; !bad && i < len(told); i++ {
		bad = told[i] != step.tells[i].text
	}
	if step.differs = bad; !bad {
		return ""
	}
	var b strings.Builder
	for _, e := range step.says {
		fmt.Fprintf(&b, "\twant %s\n", e.text)
	}
	for _, e := range step.tells {
		fmt.Fprintf(&b, "\twant ! %s\n", e.text)
	}
	for _, g := range got {
		fmt.Fprintf(&b, "\tgot  %s\n", g)
	}
	for _, g := range told {
		fmt.Fprintf(&b, "\tgot  ! %s\n", g)
	}
	return b.String()
}

// shown is an event as a script would have it.
func (s *Player) shown(e Event) string {
	to := s.name(e)
	switch {
	case e.Held != "" && e.Until.IsZero():
		return fmt.Sprintf("~ %s held %s", to, e.Held)
	case e.Held != "":
		return fmt.Sprintf("~ %s held %s until %s", to, e.Held, s.clock(e.Until))
	case e.Skip != "":
		return fmt.Sprintf("~ %s skip %s", to, e.Skip)
	case s.last != nil && to == s.last.name && e.Kind != bot.SayBroadcast:
		return fmt.Sprintf("< [%s] %s", e.Kind, folded(e.Text))
	}
	return fmt.Sprintf("< [%s] %s: %s", e.Kind, to, folded(e.Text))
}

func folded(text string) string { return strings.Join(strings.Fields(text), " ") }

func (s *Player) clock(at time.Time) string {
	if at.Format(time.DateOnly) == s.World.Now().Format(time.DateOnly) {
		return at.Format("15:04")
	}
	return at.Format("2006-01-02 15:04")
}

// name finds whom an event is about among the people of the script. On another number than the last
// writer's it says so.
func (s *Player) name(e Event) string {
	name := sim.Address(&e.Contact)
	for _, p := range s.People {
		if p.is(&e.Contact) {
			name = p.name
		}
	}
	if s.last != nil && s.last.is(&e.Contact) {
		name = s.last.name // two names may turn out to be one person
	}
	if at := s.NumberName; s.last != nil && e.number != s.last.number || s.last == nil && e.number != at {
		name = "@" + e.number + " " + name
	}
	return name
}

func (s *Player) same(want string, e Event) bool {
	mark, want, _ := strings.Cut(want, " ")
	got := s.shown(e)
	if mark == "~" {
		if !strings.Contains(want, " until ") {
			got, _, _ = strings.Cut(got, " until ")
		}
		return got == "~ "+want
	}
	if e.Held != "" || e.Skip != "" {
		return false
	}
	if rest, ok := strings.CutPrefix(want, "["); ok {
		kind, rest, _ := strings.Cut(rest, "]")
		if kind != string(e.Kind) {
			return false
		}
		if want = strings.TrimSpace(rest); want == "" {
			want = "*"
		}
	}
	to := s.name(e)
	if s.last != nil && to == s.last.name && Matches(want, folded(e.Text)) {
		return true
	}
	return Matches(want, to+": "+folded(e.Text)) && strings.HasPrefix(want, to+":")
}

// Told are the notices since the last look.
func (s *Player) Told() (kinds []string, err error) {
	for _, number := range s.Order {
		list, err := s.Store.UnsentNotices(s.Ctx, number, 1000)
		if err != nil {
			return nil, err
		}
		for _, n := range list {
			if n.ID > s.notices[number] {
				kinds, s.notices[number] = append(kinds, n.Kind), n.ID
			}
		}
	}
	return kinds, nil
}

// check compares one line "=" with the database, and returns the line as it would be right.
func (s *Player) check(text string) (is string, err error) {
	p, front := s.last, ""
	if name, rest, ok := strings.Cut(text, " "); ok && s.People[name] != nil {
		p, text, front = s.People[name], rest, name+" "
	}
	number := ""
	if named, ok := strings.CutPrefix(text, "@"); ok {
		number, text, _ = strings.Cut(named, " ")
		front += "@" + number + " "
	}
	if p == nil {
		return "", errors.New("nobody has written yet")
	}
	who := *p
	if number != "" {
		who.number = number
	}
	c, err := s.FindContact(&who)
	if err != nil {
		return "", err
	}
	var facts []string
	for _, clause := range strings.Split(text, ",") {
		words := strings.Fields(clause)
		if len(words) == 0 {
			return "", errors.New("there is nothing between two commas")
		}
		got, factErr := s.fact(c, who.number, words)
		if factErr != nil {
			return "", factErr
		}
		if want := strings.Join(words, " "); got != want && err == nil {
			err = fmt.Errorf("want %s\n\tgot  %s", want, got)
		}
		facts = append(facts, got)
	}
	return front + strings.Join(facts, ", "), err
}

// fact is what is true about a contact, in the words of a clause of "=".
func (s *Player) fact(c *bot.Contact, number string, words []string) (string, error) {
	switch words[0] {
	case "unknown":
		if c == nil {
			return "unknown", nil
		}
		return "known", nil
	case "people":
		n := 0
		err := s.Store.Contacts(s.Ctx, number, "", func(*bot.Contact) error { n++; return nil })
		return fmt.Sprint("people ", n), err
	case "chain":
		v, err := s.Store.Verify(s.Ctx, number, "")
		return fmt.Sprint("chain ", v.Entries), err
	case "read", "unread":
		for _, e := range s.turn.Effects {
			if _, ok := e.(bot.MarkRead); ok {
				return "read", nil
			}
		}
		return "unread", nil
	}
	if c == nil {
		return "nobody", nil
	}
	switch words[0] {
	case "consent":
		return "consent " + string(c.Consent), nil
	case "state":
		return "state " + cmp.Or(c.State, "none"), nil
	case "language":
		return "language " + c.Language, nil
	case "name":
		return "name " + c.Name, nil
	case "phone":
		return "phone " + cmp.Or(c.Phone(), "none"), nil
	case "lid":
		return "lid " + cmp.Or(bot.LIDOf(c.Identities), "none"), nil
	case "prefers":
		if len(words) < 2 {
			return "", errors.New("prefers needs the name of a preference")
		}
		return strings.Join(append([]string{"prefers", words[1]}, c.Preferences[words[1]]...), " "), nil
	case "question":
		if c.FlowQuestion != nil {
			return "question open", nil
		}
		return "question closed", nil
	case "holds", "no":
		if len(c.Holds) == 0 {
			return "no holds", nil
		}
		out := "holds"
		for _, h := range c.Holds {
			out += " " + string(h.Reason)
		}
		return out, nil
	case "entries", "last":
		return s.ledgerFact(number, c.ID, words)
	}
	return "", fmt.Errorf("what is %q?", words[0])
}

func (s *Player) ledgerFact(number string, contact int64, words []string) (string, error) {
	entries, err := s.Store.Ledger(s.Ctx, number, contact)
	if err != nil {
		return "", err
	}
	if words[0] == "entries" {
		return fmt.Sprint("entries ", len(entries)), nil
	}
	if len(entries) == 0 {
		return "no entries", nil
	}
	last := entries[len(entries)-1].Public
	if len(words) == 2 {
		return "last " + last.Event, nil
	}
	return "last " + last.Event + " " + last.Rule, nil
}
