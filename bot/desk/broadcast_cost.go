package desk

import (
	"context"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/text"
)

// A Cost is what a broadcast costs, on a number whose promotions are charged.
type Cost struct {
	Currency string     `json:"currency,omitempty"`
	Sum      string     `json:"sum"`    // with two decimals, rounded up
	Micros   bot.Micros `json:"micros"` // the same in millionths
	Messages int        `json:"messages"`
	Free     int        `json:"free,omitempty"`     // of the messages
	RatesOf  string     `json:"rates_of,omitempty"` // the quarter of the oldest rate that counts here
	Old      bool       `json:"rates_old,omitempty"`
	// NoRate are messages without a price, by country, "?" where that is not known: they are not in the sum
	NoRate  bot.NoRate `json:"no_rate,omitempty"`
	MaxCost string     `json:"max_cost,omitempty"`
	Unknown string     `json:"unknown,omitempty"` // why no price is known
}

// Countries are those without a rate.
func (c *Cost) Countries() string { return strings.Join(c.NoRate.Countries(), ", ") }

// Paid is how many messages are charged for.
func (c *Cost) Paid() int { return c.Messages - c.Free }

// Without is how many messages have no price.
func (c *Cost) Without() int { return c.NoRate.Messages() }

// Says says what is known of the sum, a sentence each.
func (c *Cost) Says(atMost string) (says []string) {
	switch {
	case c.Unknown != "":
		says = append(says, "the cost is not known: "+c.Unknown)
	case c.RatesOf == "" && len(c.NoRate) > 0:
		says = append(says, "the cost is not known")
	case c.RatesOf == "":
		says = append(says, "it costs nothing")
	default:
		says = append(says, atMost+" "+c.Sum+" "+c.Currency+", by the rates of "+c.RatesOf)
	}
	if n := c.Without(); n > 0 && c.Unknown == "" {
		says = append(says, text.Plural(n, "message has", "messages have")+" no rate and no part in that: "+c.Countries())
	}
	if c.Old {
		says = append(says, "these rates are of a quarter that is over: Meta changes prices on the first day of one")
	}
	if c.MaxCost != "" {
		says = append(says, "broadcast.max_cost is "+c.MaxCost)
	}
	return says
}

// charges reports whether WhatsApp charges for promotions of a number.
func (d *Desk) charges(number string) bool { return d.Numbers[number].OnCloud() }

// budget is what an occurrence of a number may cost, by the rates as they stand in their file now. why
// says why there are none.
func (d *Desk) budget(number string) (b bot.Budget, why string) {
	b = d.limits[number].Budget
	rates, err := d.Config.Rates()
	switch {
	case err != nil:
		why = err.Error()
	case rates == nil:
		why = "there is no file of rates (broadcast.rates)"
	}
	b.Rates = rates
	return b, why
}

func costOf(b bot.Budget, unknown string, c bot.Cost) *Cost {
	out := &Cost{Micros: c.Total, Sum: c.Total.String(), Unknown: unknown, Old: c.Old(), NoRate: c.NoRate}
	if b.Rates != nil {
		out.Currency = b.Rates.Currency
	}
	if !c.Oldest.IsZero() {
		out.RatesOf = bot.Quarter(c.Oldest)
	}
	if b.Most > 0 {
		out.MaxCost = b.Most.String() + " " + b.Currency
	}
	return out
}

// price says what a broadcast costs at most, each time that it goes out, and why that is too much.
func (d *Desk) price(number string, p *Preview) (tooMuch string) {
	if !d.charges(number) {
		return ""
	}
	b, unknown := d.budget(number)
	var c bot.Cost
	people := 0
	for country, n := range p.countries {
		c.Add(b.Rates, country, bot.MarketingCategory, p.Due, n)
		people += n
	}
	p.Cost = costOf(b, unknown, c)
	p.Cost.Messages = people
	return b.Objection(c)
}

// spent is what WhatsApp has charged for an occurrence, as far as it has told. Nil on a number whose
// promotions are free.
func (d *Desk) spent(ctx context.Context, o bot.Occurrence) (*Cost, error) {
	if !d.charges(o.Number) {
		return nil, nil
	}
	charges, err := d.Store.Charges(ctx, o.Number, o.ID)
	if err != nil {
		return nil, err
	}
	b, unknown := d.budget(o.Number)
	var c bot.Cost
	var messages, free int
	for _, charge := range charges {
		messages += charge.Messages
		if charge.Kind != bot.PricedRegular {
			free += charge.Messages
			continue
		}
		// what goes out by another endpoint has the same price
		c.Add(b.Rates, charge.Country, strings.TrimSuffix(charge.Category, "_lite"), charge.Day, charge.Messages)
	}
	out := costOf(b, unknown, c)
	out.Messages, out.Free = messages, free
	return out, nil
}

// ratesHold says how the rates stand: which quarter the newest are of, and whether that is over.
func ratesHold(r *bot.Rates, now time.Time) (newest string, old bool) {
	var last time.Time
	for _, rate := range r.All {
		if rate.Category == bot.MarketingCategory && !rate.From.After(now) && rate.From.After(last) {
			last = rate.From
		}
	}
	if last.IsZero() {
		return "", false
	}
	return bot.Quarter(last), bot.Quarter(last) != bot.Quarter(now)
}

// rates looks at the file of what Meta charges, where a number is charged.
func (d *Doctor) rates() {
	if len(d.Config.OnCloud()) == 0 {
		return
	}
	const write = "write down what Meta's rate card says: docs/cloud.md"
	rates, err := d.Config.Rates()
	switch {
	case err != nil:
		d.say("rates", "correct the file: docs/cloud.md says what is in it", "%v", err)
		return
	case rates == nil && d.Config.Broadcast.MaxCost != "":
		d.say("rates", write, "there is no file of rates, and broadcast.max_cost is set: no broadcast can be scheduled")
		return
	case rates == nil:
		d.say("rates", "", "there is no file of rates, so nobody knows what a broadcast costs")
		return
	}
	_, of, _ := config.ParseMoney(d.Config.Broadcast.MaxCost)
	newest, old := ratesHold(rates, d.Now())
	switch {
	case of != "" && of != rates.Currency:
		d.say("rates", "write the limit in the currency of the rates", "they are in %s, and broadcast.max_cost is in %s", rates.Currency, of)
	case newest == "":
		d.say("rates", write, "the file has no rate for promotions that holds today")
	case old:
		d.say("rates", "compare them with Meta's rate card, and add a line for each that holds from this quarter on",
			"the newest are of %s: Meta changes prices on the first day of a quarter", newest)
	default:
		d.say("rates", "", "they are of %s, in %s", newest, rates.Currency)
	}
}
