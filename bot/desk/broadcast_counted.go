package desk

import (
	"time"

	"optinbot/bot"
)

// A countedFor is what a count is of.
type countedFor struct {
	number, broadcast string
	now               bool
}

// A counted is what a preview has found of everybody. Nobody is named in it.
type counted struct {
	version string // of the draft and its time
	speaks  *bot.Machine
	at      time.Time
	found   Preview
}

// A count of more people than countAgain is kept for as long as countKept, and what is armed then is
// what was counted. With fewer people they are looked at again. Whoever cannot be written to by
// the time is skipped by the claim, which asks MaySend and renders the text anew.
const (
	countAgain = 5000
	countKept  = time.Hour
)

// keepCount keeps what a preview has found of many people. A text with a hole is not armed, so it is
// looked at again.
func (d *Desk) keepCount(p *Preview, now bool, speaks *bot.Machine) {
	if p.People+p.NotInAudience <= d.countAgain || len(p.Holes) > 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts[countedFor{p.pending.Occurrence.Number, p.Broadcast, now}] = counted{p.text, speaks, d.Now(), Preview{
		People: p.People, NotInAudience: p.NotInAudience, Now: p.Now, Held: p.Held, Longest: p.Longest, Languages: p.Languages,
		Missing: p.Missing, Instead: p.Instead, countries: p.countries,
	}}
}

// recount fills a preview with what was found of everybody a short time ago, for the same text, time
// and flow. It is false where nobody knows that.
func (d *Desk) recount(p *Preview, now bool, speaks *bot.Machine) bool {
	d.mu.RLock()
	c, known := d.counts[countedFor{p.pending.Occurrence.Number, p.Broadcast, now}]
	d.mu.RUnlock()
	if !known || c.version != p.text || c.speaks != speaks || d.Now().Sub(c.at) >= countKept {
		return false
	}
	f := c.found
	p.People, p.NotInAudience, p.Now, p.Held, p.Longest = f.People, f.NotInAudience, f.Now, f.Held, f.Longest
	p.Languages, p.Missing, p.Instead, p.countries = f.Languages, f.Missing, f.Instead, f.countries
	return true
}
