package bot

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// Micros is money in millionths of a currency's unit. No money is ever a fraction here.
type Micros int64

// String has two decimals. It is rounded up: nothing costs less than it says.
func (m Micros) String() string {
	const cent = 10_000
	cents := int64(m) / cent
	if int64(m)%cent > 0 {
		cents++
	}
	return fmt.Sprintf("%d.%02d", cents/100, cents%100)
}

// plus is m and n times each, or the most there is.
func (m Micros) plus(each Micros, n int) Micros {
	if n <= 0 || each <= 0 {
		return m
	}
	if each > (math.MaxInt64-m)/Micros(n) {
		return math.MaxInt64
	}
	return m + each*Micros(n)
}

// OtherCountries stands in a rate for every country that has none of its own.
const OtherCountries = "other"

// MarketingCategory is how WhatsApp names promotions in its prices.
const MarketingCategory = "marketing"

// A Rate is what WhatsApp charges for a message, from a day on.
type Rate struct {
	Country  string // ISO 3166-1 alpha-2, or OtherCountries
	Category string // MarketingCategory, "service" ...
	Price    Micros
	From     time.Time // midnight UTC
}

// Rates are the prices that an operator wrote down. Nil: nobody did.
type Rates struct {
	Currency string // ISO 4217
	All      []Rate
}

// Of is the rate of a country on a day: the newest of those that hold by then. A country with rates
// of its own never has that of the others. ok is false where no price is known.
func (r *Rates) Of(country, category string, day time.Time) (rate Rate, ok bool) {
	if r == nil {
		return Rate{}, false
	}
	own := func(x Rate) bool { return x.Country == country && x.Category == category }
	if !slices.ContainsFunc(r.All, own) {
		country = OtherCountries
	}
	for _, x := range r.All {
		if own(x) && !x.From.After(day) && (!ok || x.From.After(rate.From)) {
			rate, ok = x, true
		}
	}
	return rate, ok
}

// ChargedIn is the country (ISO 3166-1 alpha-2) by which WhatsApp charges for messages to somebody:
// that of their phone, and of an account without one, which WhatsApp names so. "": not known.
func ChargedIn(c *Contact) string {
	if phone := c.Phone(); phone != "" {
		return RegionOf(phone)
	}
	for _, id := range c.Identities {
		if id.Kind == BSUID {
			_, value, _ := strings.Cut(id.Value, "/")
			country, _, _ := strings.Cut(value, ".")
			return country
		}
	}
	return ""
}

// A Cost is what messages come to.
type Cost struct {
	Total  Micros
	Oldest time.Time // since when the oldest rate holds that counts here. Zero: none does
	Latest time.Time // the last day of the messages
	NoRate NoRate    // they are not in Total
}

// NoRate are messages whose price is not known, by country (ISO 3166-1 alpha-2), "?" where that is
// not known either.
type NoRate map[string]int

// Countries are the countries, in order.
func (n NoRate) Countries() []string { return slices.Sorted(maps.Keys(n)) }

// Messages is how many there are.
func (n NoRate) Messages() (all int) {
	for _, messages := range n {
		all += messages
	}
	return all
}

// Add adds n messages of a day.
func (c *Cost) Add(r *Rates, country, category string, day time.Time, n int) {
	rate, ok := r.Of(country, category, day)
	if !ok {
		if c.NoRate == nil {
			c.NoRate = NoRate{}
		}
		c.NoRate[cmp.Or(country, "?")] += n
		return
	}
	c.Total = c.Total.plus(rate.Price, n)
	if c.Oldest.IsZero() || rate.From.Before(c.Oldest) {
		c.Oldest = rate.From
	}
	if day.After(c.Latest) {
		c.Latest = day
	}
}

// Old reports whether a rate is of a quarter that was over when it counted: WhatsApp changes its
// prices on the first day of one.
func (c Cost) Old() bool { return !c.Oldest.IsZero() && c.Oldest.Before(quarterBegins(c.Latest)) }

// Quarter is the quarter of a day, such as 2026-Q4.
func Quarter(day time.Time) string {
	return fmt.Sprintf("%d-Q%d", day.UTC().Year(), (int(day.UTC().Month())+2)/3)
}

func quarterBegins(day time.Time) time.Time {
	year, month, _ := day.UTC().Date()
	return time.Date(year, month-(month-1)%3, 1, 0, 0, 0, 0, time.UTC)
}

// A Budget is what one occurrence may cost.
type Budget struct {
	Rates    *Rates
	Most     Micros // 0: there is no limit
	Currency string // of Most
}

// Objection says why what something comes to is not within the budget, "" where it is. What has no
// price is never taken for free.
func (b Budget) Objection(c Cost) string {
	const set = "broadcast.max_cost"
	switch {
	case b.Most == 0:
		return ""
	case b.Rates == nil:
		return "nobody knows what it costs, and " + set + " is set: write down the rates"
	case b.Rates.Currency != b.Currency:
		return fmt.Sprintf("the rates are in %s, and %s in %s", b.Rates.Currency, set, b.Currency)
	case len(c.NoRate) > 0:
		return fmt.Sprintf("there is no rate for %s (%d people), and %s is set",
			strings.Join(c.NoRate.Countries(), ", "), c.NoRate.Messages(), set)
	case c.Total > b.Most:
		return fmt.Sprintf("it may cost up to %s %s, and %s is %s", c.Total, b.Currency, set, b.Most)
	}
	return ""
}

// Claim is what a promotion to somebody costs at most, and why it is not within the budget after so
// much was spent.
func (b Budget) Claim(c *Contact, spent Micros, now time.Time) (price Micros, why string) {
	var one Cost
	one.Add(b.Rates, ChargedIn(c), MarketingCategory, now, 1)
	price = one.Total
	one.Total = spent.plus(price, 1)
	return price, b.Objection(one)
}
