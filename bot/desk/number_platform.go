package desk

import (
	"context"
	"fmt"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/text"
	"optinbot/store"
)

// AtMeta is how a number stands at Meta, as a running bot was told last.
type AtMeta struct {
	Quality    string    `json:"quality,omitempty"`         // in Meta's word. "": not known
	Limit      int       `json:"messaging_limit,omitempty"` // people who may be written to first in 24 hours. 0: not known
	Unlimited  bool      `json:"no_messaging_limit,omitempty"`
	Most       int       `json:"most_first,omitempty"` // nine tenths of the limit
	First      int       `json:"written_first"`        // people, by all numbers of the portfolio, in the last 24 hours
	Throughput int       `json:"throughput,omitempty"` // messages a second. 0: not known
	TokenEnds  time.Time `json:"token_ends,omitzero"`  // zero: never, or not known
}

// platform is how a number stands at Meta. It is nil for a number that is not on the Cloud API. The row
// gets to know how many people were written to first.
func (d *Desk) platform(ctx context.Context, n config.Number, row *store.NumberRow) (p *AtMeta, err error) {
	if !n.OnCloud() {
		return nil, nil
	}
	row.WrittenFirst, row.FirstFrees, err = d.Store.WrittenFirst(ctx, n.Name, d.Now())
	s := row.Standing
	p = &AtMeta{
		Quality: s.Rating, Limit: s.Limit, Most: s.MostFirst(), First: row.WrittenFirst, Throughput: s.Throughput, TokenEnds: s.TokenEnds,
	}
	if s.Limit >= bot.UnlimitedPerDay {
		p.Limit, p.Unlimited = 0, true
	}
	return p, err
}

// Full reports whether the messaging limit lets nobody more be written to first now.
func (p *AtMeta) Full() bool { return p.Most > 0 && p.First >= p.Most }

// Share is how much of the people who may be written to first were, in hundredths.
func (p *AtMeta) Share() int { return min(100, p.First*100/max(1, p.Most)) }

// Limited reports whether it is known how many people may be written to first.
func (p *AtMeta) Limited() bool { return p.Most > 0 || p.Unlimited }

// Doubtful reports whether Meta rates the number as anything but good.
func (p *AtMeta) Doubtful() bool {
	return p.Quality != "" && p.Quality != "GREEN" && p.Quality != "UNKNOWN"
}

// FirstSays says how much of the messaging limit is used.
func (p *AtMeta) FirstSays() string {
	says := fmt.Sprintf("%s written to first in 24 hours", text.People(p.First))
	switch {
	case p.Unlimited:
		return says + "; Meta sets no limit"
	case p.Limit == 0:
		return says + "; how many Meta allows is not known yet"
	}
	return fmt.Sprintf("%s, of %d that go out by themselves (Meta allows %d)", says, p.Most, p.Limit)
}

// TokenEndsSoon reports whether the access token is to be replaced.
func (p *AtMeta) TokenEndsSoon(now time.Time) bool {
	return !p.TokenEnds.IsZero() && p.TokenEnds.Sub(now) < tokenSoon
}

// platform says how the number stands at Meta.
func (v *numberView) platform() {
	p := v.Platform
	if p == nil || !v.Linked {
		return
	}
	if p.Quality != "" {
		v.fact("quality", p.Doubtful(), "Meta rates it %s", text.Line(p.Quality))
	}
	v.fact("limit", p.Full(), "%s", p.FirstSays())
	if !p.TokenEnds.IsZero() {
		v.fact("token", p.TokenEndsSoon(v.desk.Now()), "the access token is good until %s",
			text.When(p.TokenEnds, v.zone))
	}
}

// perDay lets the messaging limit of a number count in what is foreseen.
func perDay(l bot.Limits, row store.NumberRow) bot.Limits {
	if most := row.Standing.MostFirst(); most > 0 && !l.Unlimited {
		l.NumberPerDay = min(l.NumberPerDay, most)
	}
	return l
}
