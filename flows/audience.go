package flows

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// Tag is a tag as it is kept and compared, however it is typed: in small letters, composed.
func Tag(typed string) string { return strings.ToLower(norm.NFC.String(strings.TrimSpace(typed))) }

// An Audience says who among the subscribers gets a broadcast. Source is an expression such as
//
//	"shoes" in interests and language == "pt" and not got("summer-sale")
//
// Every part of it is true or false for everybody: what somebody never said is neither equal to
// anything, nor in anything, nor larger or smaller. So `age >= 18` leaves out whoever did not tell
// their age, while `language != "fr"`, `age != 18` and `not ("shoes" in interests)` include them:
// not being something is true of them.
type Audience struct {
	Source string
	Cond   Cond
}

// A Cond is a part of an audience. The set is closed: And, Or, Not, Is, Got, Active and Everybody.
type Cond interface{ cond() }

// And is true where both are.
type And struct{ Left, Right Cond }

// Or is true where one of its conditions is.
type Or struct{ Left, Right Cond }

// Not is true where Of is not.
type Not struct{ Of Cond }

// Is compares what is known of a person: a preference (several values for `choose: many`),
// AudienceTags, or AudienceLanguage. It is true where any of the values is as Op says. Op is "==",
// "<", "<=", ">" or ">=". All but "==" are for numbers, and for dates
// (as text).
type Is struct {
	Fact  string
	Op    string
	Value string
	// Number is true where Value is a whole number and the fact is compared as one.
	Number bool
}

// Got is true for whoever was sent an occurrence of a broadcast, or may have been.
type Got struct{ Broadcast string }

// Active is true for whoever wrote within so many days.
type Active struct{ Days int }

// Everybody is true.
type Everybody struct{}

func (And) cond()       {}
func (Or) cond()        {}
func (Not) cond()       {}
func (Is) cond()        {}
func (Got) cond()       {}
func (Active) cond()    {}
func (Everybody) cond() {}

// The facts beside preferences.
const (
	AudienceLanguage = "language"
	AudienceTags     = "tags" // of `contacts import`
)

// Facts hold what conditions ask about one person.
type Facts struct {
	Language  string
	Values    map[string][]string // preferences and AudienceTags
	LastWrote time.Time
	Got       func(broadcast string) bool
	Now       time.Time
}

// Includes reports whether the audience has the person in it. A nil Audience has everybody.
func (a *Audience) Includes(f Facts) bool { return a == nil || f.is(a.Cond) }

func (f Facts) is(c Cond) bool {
	switch c := c.(type) {
	case And:
		return f.is(c.Left) && f.is(c.Right)
	case Or:
		return f.is(c.Left) || f.is(c.Right)
	case Not:
		return !f.is(c.Of)
	case Got:
		return f.Got(c.Broadcast)
	case Active:
		return !f.LastWrote.IsZero() && !f.LastWrote.Before(f.Now.AddDate(0, 0, -c.Days))
	case Is:
		return slices.ContainsFunc(f.values(c.Fact), c.holds)
	}
	return true
}

func (f Facts) values(fact string) []string {
	if fact == AudienceLanguage {
		return []string{f.Language}
	}
	return f.Values[fact]
}

// holds compares one value.
func (c Is) holds(value string) bool {
	order := strings.Compare(value, c.Value)
	if c.Number {
		have, err := strconv.ParseInt(value, 10, 64)
		want, err2 := strconv.ParseInt(c.Value, 10, 64)
		if err != nil || err2 != nil {
			return false
		}
		order = cmp.Compare(have, want)
	}
	switch c.Op {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	}
	return order == 0
}

// A NamedWord is a word of an audience that the shop made up: a tag, or the name of a broadcast.
// Whether anybody has it, only the store knows.
type NamedWord struct {
	Fact     string // AudienceTags, or "got"
	Name     string
	Excludes bool // the audience leaves out who has it
}

// NamedWords are the tags and broadcasts that an audience names, each once.
func (a *Audience) NamedWords() (words []NamedWord) {
	if a == nil {
		return nil
	}
	add := func(w NamedWord) {
		if !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	var look func(c Cond, excludes bool)
	look = func(c Cond, excludes bool) {
		switch c := c.(type) {
		case And:
			look(c.Left, excludes)
			look(c.Right, excludes)
		case Or:
			look(c.Left, excludes)
			look(c.Right, excludes)
		case Not:
			look(c.Of, !excludes)
		case Is:
			if c.Fact == AudienceTags {
				add(NamedWord{AudienceTags, Tag(c.Value), excludes})
			}
		case Got:
			add(NamedWord{"got", c.Broadcast, excludes})
		}
	}
	look(a.Cond, false)
	return words
}
