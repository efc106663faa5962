package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/text"
	"optinbot/flows"
)

// A Preview is what is known before a broadcast is scheduled: MaySend asked about everybody, and
// everybody's text rendered.
type Preview struct {
	Broadcast     string             `json:"broadcast"`
	Version       string             `json:"version"` // names what was shown. Scheduling takes it
	Due           time.Time          `json:"due_at"`
	People        int                `json:"people"`          // subscribed now and in the audience
	NotInAudience int                `json:"not_in_audience"` // subscribed, and the broadcast is not for them
	Now           int                `json:"may_get_it"`
	Held          map[bot.Reason]int `json:"held"`
	Takes         string             `json:"takes"` // at the number's pace, with the guard's waits
	// the number's last broadcasts went well, so the guard waits less
	CleanRecord bool           `json:"clean_record"`
	Linked      bool           `json:"linked"` // the number. While it is not, nothing goes out
	PerDay      int            `json:"per_day"`
	NotInTime   int            `json:"not_in_time"` // whom pace and caps do not reach before it expires
	Longest     int            `json:"longest_text"`
	Languages   map[string]int `json:"languages"`         // people by language
	Missing     map[string]int `json:"missing_languages"` // people by language, where it has no text
	Holes       []string       `json:"holes"`             // whose text would have a hole in it
	Samples     []Sample       `json:"samples"`
	Strange     []StrangeName  `json:"unknown_names,omitempty"` // in its audience
	// why it cannot be scheduled as it is, whatever somebody answers
	Objection string `json:"objection,omitempty"`
	// of a recurring one: when the first occurrences are due
	Next    []time.Time `json:"next,omitempty"`
	OwnTime string      `json:"own_time,omitempty"`
	// what it costs at most each time it goes out, where promotions are charged
	Cost *Cost `json:"cost,omitempty"`

	First    string            `json:"-"` // when it goes out first, for people
	Cron     string            `json:"-"` // of a recurring one
	Firings  string            `json:"-"` // of a recurring one: when it goes out, the first times, for people
	Instead  string            `json:"-"` // the language whose text people get where theirs has none
	Media    *flows.Attachment `json:"-"`
	Warnings []flows.Problem   `json:"-"` // what rules say of the draft that do not refuse it
	Unfit    string            `json:"-"` // why it cannot be scheduled as it is
	Slip     string            `json:"-"` // a name in its audience that is a slip, and excludes nobody
	Twice    string            `json:"-"` // why people would get it twice

	draft     *flows.Broadcast
	pending   *pendingSchedule
	text      string         // names the draft and its time: the version before anybody is counted
	countries map[string]int // people who may be charged for, by country
	tooMuch   bool           // Unfit is about what it costs
}

// A Sample is the text that one person would get.
type Sample struct {
	To   string `json:"to"`
	Text string `json:"text"`
}

// PreviewOptions are what a preview may be asked for.
type PreviewOptions struct {
	Now     bool // as if it went out at once, whatever the draft says
	Samples int  // how many texts
}

// Preview looks at a draft as if it went out at its time to the people of today. A draft that does
// not exist is not found, and the problems of one that has some are the error. It refuses a number
// that does not exist, and a recurring draft that never goes out. It changes nothing, and may be
// repeated.
func (d *Desk) Preview(ctx context.Context, number, name string, o PreviewOptions) (*Preview, error) {
	p, machine, err := d.previewed(ctx, number, name, o.Now)
	if err != nil {
		return nil, err
	}
	ctx, end, err := d.Costly(ctx, number)
	if err != nil {
		return nil, err
	}
	defer end()
	limits := d.limits[number]
	p.NotInAudience, err = d.Store.Audience(ctx, number, p.draft, p.Due, func(c *bot.Contact) error {
		p.look(c, machine.Flow, d.Wire(number), limits, d.Now(), o.Samples)
		return nil
	})
	if err != nil {
		return nil, err
	}
	d.keepCount(p, o.Now, machine)
	return p, d.judge(ctx, number, p)
}

// previewed is a preview before anybody is looked at, and what the number speaks.
func (d *Desk) previewed(ctx context.Context, number, name string, now bool) (*Preview, *bot.Machine, error) {
	if _, err := d.numberFor(ctx, number); err != nil {
		return nil, nil, err
	}
	machine := d.Machine(number)
	draft, err := d.Files.Draft(ctx, name, machine.Flow)
	if err != nil {
		return nil, nil, err
	}
	pending, err := d.Pending(ctx, number, draft, now)
	if err != nil {
		return nil, nil, err
	}
	return newPreview(draft, pending), machine, nil
}

// judge says of a preview that has everybody how long it takes and what speaks against it. From then
// on its version has the count in it.
func (d *Desk) judge(ctx context.Context, number string, p *Preview) (err error) {
	p.Version = fmt.Sprintf("%s.%d", p.text, p.People)
	if p.Strange, err = d.StrangeNames(ctx, number, p.draft); err != nil {
		return err
	}
	if err := d.reach(ctx, number, p); err != nil {
		return err
	}
	return d.objections(ctx, number, p)
}

// newPreview is a preview before anybody is looked at.
func newPreview(draft *flows.Broadcast, pending *pendingSchedule) *Preview {
	version := pending.version(draft)
	p := &Preview{
		Broadcast: draft.Name, Version: version, text: version, Due: pending.Occurrence.DueAt.UTC(),
		OwnTime: pending.Occurrence.Wall, Held: map[bot.Reason]int{}, Languages: map[string]int{},
		Missing: map[string]int{}, Holes: []string{}, Samples: []Sample{}, First: pending.firings(1),
		Media: draft.Media, Warnings: draft.Warnings, draft: draft, pending: pending,
		countries: map[string]int{},
	}
	for _, f := range pending.next {
		p.Next = append(p.Next, f.At.UTC())
	}
	if pending.schedule != nil {
		p.Cron, p.Firings = draft.Cron, pending.firings(showFirings)
	}
	return p
}

// version names the draft and the time at which it goes out. It is another where one of them is
// another.
func (a *pendingSchedule) version(draft *flows.Broadcast) string {
	o := a.Occurrence
	parts := []string{o.Number, draft.Name, draft.Version}
	if a.now {
		parts = append(parts, "now")
	} else {
		parts = append(parts, o.Key, o.Wall, o.DueAt.UTC().Format(time.RFC3339Nano))
	}
	for _, f := range a.next {
		parts = append(parts, f.Key)
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// Reach reports whether the warm-up allows no promotion before the broadcast expires, and else how
// many people pace, caps and hours do not reach.
func (p *Preview) Reach() (nobody bool, late int) {
	if p.PerDay == 0 && p.People > 0 && p.NotInTime == p.People {
		return true, 0
	}
	return false, p.NotInTime
}

// look adds one person.
func (p *Preview) look(c *bot.Contact, flow *flows.Flow, wire bot.Abilities, limits bot.Limits, now time.Time, samples int) {
	p.People++
	v := p.pending.maySend(c, limits, now)
	if v.Action == bot.ActionSend {
		p.Now++
	} else {
		p.Held[v.Reason]++
	}
	if v.Reason != bot.NoMarketingThere {
		p.countries[bot.ChargedIn(c)]++
	}
	promotion := bot.RenderFor(wire, flow, p.draft, c)
	p.Longest = max(p.Longest, len([]rune(promotion.Text)))
	to := Named(c)
	if len(promotion.Holes) > 0 && len(p.Holes) < maxHoles {
		p.Holes = append(p.Holes, fmt.Sprintf("%s: %s", to, strings.Join(promotion.Holes, ", ")))
	}
	p.Languages[c.Language]++
	if instead := p.draft.Instead(c.Language, flow.Languages); instead != "" {
		p.Missing[c.Language]++
		p.Instead = instead
	}
	if len(p.Samples) < samples && v.Reason != bot.NotSubscribed && v.Reason != bot.SkippedUnsubscribed {
		p.Samples = append(p.Samples, Sample{To: to, Text: promotion.Text})
	}
}

// maxHoles is how many people with a hole in their text are remembered. One is enough to refuse.
const maxHoles = 1000

// reach says how long it takes at the number's pace, and how many people pace and caps will not
// reach before it expires.
func (d *Desk) reach(ctx context.Context, number string, p *Preview) error {
	limits := d.limits[number]
	row, err := d.Store.Number(ctx, number)
	if err != nil {
		return err
	}
	limits = perDay(limits, row)
	linked := row.LinkedAt
	if linked.IsZero() {
		linked = d.Now() // it will be today at the earliest
	}
	p.Linked = row.JID != ""
	p.PerDay = limits.NumberPerDay
	if !limits.Unlimited {
		p.PerDay = min(p.PerDay, bot.WarmUpToday(linked, limits, p.Due))
	}
	_, today := row.Today(limits, p.Due)
	if p.CleanRecord, err = d.Store.CleanRecord(ctx, number, p.Due); err != nil {
		return err
	}
	waits := bot.GuardState{CleanRecord: p.CleanRecord}.WaitsLeft(limits, p.People)
	expires := p.pending.Occurrence.Expires(limits)
	_, p.NotInTime = bot.EstimateFinish(limits, linked, p.Due.Add(waits), expires, today, p.People)
	p.Takes = (time.Duration(p.People-p.NotInTime)*limits.Every + waits).Round(time.Second).String()
	return nil
}

// objections says what speaks against scheduling it.
func (d *Desk) objections(ctx context.Context, number string, p *Preview) (err error) {
	o := p.pending.Occurrence
	switch {
	case len(p.Holes) > 0:
		p.Unfit = "some texts have a hole in them; give the placeholder a default, as in {first_name|there}"
	case d.Now().After(o.LateAt(d.limits[number])):
		p.Unfit = fmt.Sprintf("its time, %s, is over; give it another `at:` or use --now", DueText(o, p.pending.Zone))
	}
	if p.Unfit == "" {
		if _, p.Unfit, err = d.templatesOf(ctx, number, p.draft); err != nil {
			return err
		}
	}
	if tooMuch := d.price(number, p); p.Unfit == "" && tooMuch != "" {
		p.Unfit, p.tooMuch = string(bot.CostCap)+": "+tooMuch, true
	}
	if p.Slip, err = d.slip(ctx, number, p); err != nil {
		return err
	}
	p.Objection = p.Unfit
	if p.Objection == "" && p.Slip != "" {
		p.Objection = p.Slip + "; correct the audience"
	}
	p.Twice, err = d.twice(ctx, number, p)
	return err
}

// justNow is for how long after a draft was scheduled the same command is taken for the same wish.
const justNow = 10 * time.Minute

// twice says that the same text is under way already, or has just gone out. It is "" where it is
// not.
func (d *Desk) twice(ctx context.Context, number string, p *Preview) (string, error) {
	if p.pending.schedule != nil {
		return "", nil
	}
	occurrences, err := d.Store.Occurrences(ctx, number, p.Broadcast)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(occurrences, p.sameAs(d.Now()))
	if i < 0 {
		return "", nil
	}
	o, zone := occurrences[i], p.pending.Zone
	state := map[bot.OccurrenceStatus]string{
		bot.OccurrenceScheduled: "is scheduled already, for " + DueText(o, zone),
		bot.OccurrenceRunning:   "is under way already", bot.OccurrencePaused: "is paused",
		bot.OccurrenceLate: "is late and waits for you", bot.OccurrenceDone: "has just gone out",
	}[o.Status]
	return fmt.Sprintf("the same draft %s (number %d, scheduled %s): people would get it twice",
		state, o.ID, text.When(o.ArmedAt, zone)), nil
}

// sameAs reports whether an occurrence has the text of the preview, and people get it about now.
func (p *Preview) sameAs(now time.Time) func(o bot.Occurrence) bool {
	return func(o bot.Occurrence) bool {
		if o.Key == p.pending.Occurrence.Key && !p.pending.now { // the store refuses the very same one
			return false
		}
		long := o.Status == bot.OccurrenceDone && now.Sub(o.ArmedAt) > justNow
		return o.Version == p.draft.Version && o.Status != bot.OccurrenceCancelled && !long
	}
}

// Questions are what has to be answered with yes before the draft is scheduled as the preview shows
// it, and with which options it is scheduled after that. It refuses what must not be scheduled,
// whatever is answered. Whether people may get it twice is always asked: a command that is given
// twice has its --yes both times.
func (p *Preview) Questions(o ScheduleOptions) (asked []Question, answered ScheduleOptions, err error) {
	if err := p.refusal(true); err != nil {
		return nil, o, err
	}
	if p.Twice != "" && !o.Again {
		asked = append(asked, Question{
			Asks: strings.ToUpper(p.Twice[:1]) + p.Twice[1:] + ". Schedule it all the same?",
			Anew: true, Unasked: p.refusal(false),
		})
		o.Again = true
	}
	return append(asked, Question{Asks: "Schedule it?"}), o, nil
}

// refusal says why what a preview shows must not be scheduled. twice: people may get it twice, on
// purpose.
func (p *Preview) refusal(twice bool) error {
	switch {
	case p.tooMuch:
		return marked{Refuse("%s", p.Objection), ErrCostCap}
	case p.Objection != "":
		return Refuse("%s", p.Objection)
	case p.Twice != "" && !twice:
		return Refuse("%s; --again does that on purpose", p.Twice)
	}
	return nil
}
