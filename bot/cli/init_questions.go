package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"optinbot/bot/desk"
	"optinbot/bot/text"
	"optinbot/flows"
)

// answers takes the answers of the flags and, where it may ask, asks for the others.
func (c InitCmd) answers(a *App, asks bool) (*desk.NewShop, error) {
	q, s := questions{a: a, asks: asks}, desk.UsualShop()
	if asks {
		fmt.Fprint(a.out, "A few questions. Enter takes what is in [brackets]. All of it can change later.\n\n")
		q.keys = bufio.NewReader(a.in)
	}
	if err := q.ask("--name", c.Name, "Name of the shop, as customers know it", desk.ShopNameOf(c.Dir),
		s.TakeName); err != nil {
		return nil, err
	}
	if err := q.ask("--country", c.Country, "Country of the shop: its name, or two letters such as BR",
		desk.CountryOfLocale(a.environ), s.TakeCountry); err != nil {
		return nil, err
	}
	if err := q.zone(c.Zone, s); err != nil {
		return nil, err
	}
	q.before = fmt.Sprintf("\nThere are texts in %s.\nYou can add a language later.\n", desk.ShopLanguages())
	if err := q.ask("--languages", strings.Join(c.Languages, ","), "Languages of your customers, the main one first",
		s.UsualLanguages(), s.TakeLanguages); err != nil {
		return nil, err
	}
	q.before = "\nWhat kind of business is it? The bot starts from a sample that you change.\n"
	for i, k := range flows.Kinds() {
		q.before += fmt.Sprintf("  %d  %-8s  %s\n", i+1, k.Name, k.About)
	}
	return s, q.ask("--kind", c.Kind, "Kind", s.Kind, s.TakeKind)
}

// questions asks on the terminal.
type questions struct {
	a      *App
	asks   bool
	before string // is shown before the next question, if it is asked
	keys   *bufio.Reader

	unanswered string // is said where the input ends. "": of `init`
}

// zone asks for the time zone where there are several to choose from.
func (q *questions) zone(flag string, s *desk.NewShop) error {
	choices := s.ZoneChoices()
	if len(choices) == 0 && flag == "" {
		return nil
	}
	if len(choices) > 0 {
		q.before = fmt.Sprintf("\n%s has several time zones. Which is yours?\n", s.Country.Names[0])
	}
	for i, zone := range choices {
		most := ""
		if i == 0 {
			most = "  (most people)"
		}
		q.before += fmt.Sprintf("  %d  %s%s\n", i+1, zone, most)
	}
	return q.ask("--zone", flag, "Time zone", s.Zone, s.TakeZone)
}

// ask takes the answer of a flag, or asks until there is one that can be taken. Without a terminal
// and without the flag nothing is asked, and nothing taken.
func (q *questions) ask(flag, given, question, usual string, take func(string) error) error {
	before := q.before
	q.before = ""
	if given != "" {
		if err := take(given); err != nil {
			return desk.Refuse("%s: %v", flag, err)
		}
		return nil
	}
	if !q.asks {
		return nil
	}
	fmt.Fprint(q.a.out, before)
	for {
		fmt.Fprint(q.a.out, question)
		if usual != "" {
			fmt.Fprintf(q.a.out, " [%s]", usual)
		}
		fmt.Fprint(q.a.out, ": ")
		typed, err := q.next()
		if err != nil {
			fmt.Fprintln(q.a.out)
			return err
		}
		answer := cmp.Or(typed, usual)
		if answer == "" {
			fmt.Fprintln(q.a.out, "  There is no default here: please type an answer.")
			continue
		}
		err = take(answer)
		if err == nil {
			return nil
		}
		fmt.Fprintf(q.a.out, "  %s\n", text.Capital(err.Error()))
	}
}

// next is what is typed next. Ctrl-C and the end of the input end the questions.
func (q *questions) next() (string, error) {
	typed, err := q.keys.ReadString('\n')
	if errors.Is(err, context.Canceled) {
		return "", desk.Refuse("you ended it at the questions")
	}
	if errors.Is(err, io.EOF) {
		return "", desk.Refuse("%s", cmp.Or(q.unanswered,
			"the questions were not answered; `optinbot init --help` shows how to answer them with flags"))
	}
	return strings.TrimSpace(typed), err
}
