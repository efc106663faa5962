package config

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/flows"
)

// mostRates is how long a file of rates may be.
const mostRates = 1 << 20

// rateColumns are the first line of a file of rates.
var rateColumns = []string{"country", "category", "currency", "price", "from"}

// rateCategories are what WhatsApp has prices for.
var rateCategories = []string{bot.MarketingCategory, "utility", "authentication", "service"}

var (
	price    = flows.Pattern(`^([0-9]{1,6})(?:\.([0-9]{1,6}))?$`)
	currency = flows.Pattern(`^[A-Z]{3}$`)
	quarter  = flows.Pattern(`^([0-9]{4})-Q([1-4])$`)
)

// Rates reads the file of rates. Nil without an error: there is none.
func (c *Config) Rates() (*bot.Rates, error) {
	if c.builtIn || c.Broadcast.Rates == "" {
		return nil, nil
	}
	f, err := os.Open(c.Path(c.Broadcast.Rates))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the rates: %w", err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, mostRates+1))
	if err != nil {
		return nil, fmt.Errorf("the rates: %w", err)
	}
	return ParseRates(c.Broadcast.Rates, content)
}

// Budget is what an occurrence may cost. Rates that cannot be read are none.
func (c *Config) Budget() bot.Budget {
	var b bot.Budget
	b.Most, b.Currency, _ = ParseMoney(c.Broadcast.MaxCost)
	b.Rates, _ = c.Rates()
	return b
}

// ParseRates reads a file of rates, which is CSV. The error says file:line:col of all that is wrong.
func ParseRates(file string, content []byte) (*bot.Rates, error) {
	if len(content) > mostRates {
		return nil, fmt.Errorf("%s: it is larger than 1 MB", file)
	}
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(content, []byte("\ufeff"))))
	in.Comment, in.FieldsPerRecord = '#', -1
	p := rateReader{file: file, in: in, rates: &bot.Rates{}}
	head, err := in.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, p.unreadable(err)
	}
	if !slices.Equal(head, rateColumns) {
		return nil, fmt.Errorf("%s:1:1: the first line is not %s", file, strings.Join(rateColumns, ","))
	}
	for {
		cells, err := in.Read()
		switch {
		case errors.Is(err, io.EOF):
			return p.end()
		case err != nil:
			return nil, errors.Join(append(p.problems, p.unreadable(err))...)
		}
		p.line(cells)
	}
}

// A rateReader reads the lines of a file of rates.
type rateReader struct {
	file     string
	in       *csv.Reader
	rates    *bot.Rates
	problems []error
}

func (p *rateReader) unreadable(err error) error {
	var at *csv.ParseError
	if errors.As(err, &at) {
		return fmt.Errorf("%s:%d:%d: %w", p.file, at.Line, at.Column, at.Err)
	}
	return fmt.Errorf("%s: %w", p.file, err)
}

func (p *rateReader) bad(column int, format string, args ...any) {
	line, col := p.in.FieldPos(column)
	p.problems = append(p.problems, fmt.Errorf("%s:%d:%d: %s", p.file, line, col, fmt.Sprintf(format, args...)))
}

func (p *rateReader) line(cells []string) {
	if len(cells) != len(rateColumns) {
		p.bad(0, "it has %d columns; it has to have %s", len(cells), strings.Join(rateColumns, ", "))
		return
	}
	before := len(p.problems)
	r := bot.Rate{Country: cells[0], Category: cells[1]}
	if r.Country != bot.OtherCountries && !isCountry(r.Country) {
		p.bad(0, "%q is no country; it is two letters, such as BR, or %q for all without a line of their own",
			r.Country, bot.OtherCountries)
	}
	if !slices.Contains(rateCategories, r.Category) {
		p.bad(1, "%q is no category; it is %s", r.Category, strings.Join(rateCategories, ", "))
	}
	switch {
	case !currency().MatchString(cells[2]):
		p.bad(2, "%q is no currency; it is three letters, such as USD", cells[2])
	case p.rates.Currency == "":
		p.rates.Currency = cells[2]
	case p.rates.Currency != cells[2]:
		p.bad(2, "the currency is %s, and before it was %s; all rates have the same", cells[2], p.rates.Currency)
	}
	var ok bool
	if r.Price, ok = parsePrice(cells[3]); !ok {
		p.bad(3, "%q is no price; it is such as 0.0625, with a point and at most six digits behind it", cells[3])
	}
	if r.From, ok = parseFrom(cells[4]); !ok {
		p.bad(4, "%q is no day; it is such as 2026-10-01, or 2026-Q4 for the first day of a quarter", cells[4])
	}
	if ok && slices.ContainsFunc(p.rates.All, func(x bot.Rate) bool {
		return x.Country == r.Country && x.Category == r.Category && x.From.Equal(r.From)
	}) {
		p.bad(0, "%s has a rate for %s from that day on already", r.Country, r.Category)
	}
	if len(p.problems) == before {
		p.rates.All = append(p.rates.All, r)
	}
}

func (p *rateReader) end() (*bot.Rates, error) {
	if len(p.problems) > 0 {
		return nil, errors.Join(p.problems...)
	}
	if len(p.rates.All) == 0 {
		return nil, fmt.Errorf("%s: it has no rate", p.file)
	}
	return p.rates, nil
}

// parsePrice reads a price without ever making a fraction of it.
func parsePrice(s string) (bot.Micros, bool) {
	m := price().FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseInt(m[1]+(m[2] + "000000")[:6], 10, 64)
	return bot.Micros(n), err == nil
}

func parseFrom(s string) (time.Time, bool) {
	if m := quarter().FindStringSubmatch(s); m != nil {
		year, _ := strconv.Atoi(m[1])
		q, _ := strconv.Atoi(m[2])
		return time.Date(year, time.Month(3*q-2), 1, 0, 0, 0, 0, time.UTC), true
	}
	day, err := time.Parse(time.DateOnly, s)
	return day, err == nil
}

// ParseMoney reads an amount such as 50 USD. "" is none.
func ParseMoney(s string) (amount bot.Micros, of string, ok bool) {
	if s == "" {
		return 0, "", true
	}
	number, of, _ := strings.Cut(s, " ")
	amount, ok = parsePrice(number)
	return amount, of, ok && amount > 0 && currency().MatchString(of)
}
