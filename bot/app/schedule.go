package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/text"
	"optinbot/flows"
)

// A plan is what is known before a broadcast is armed: MaySend asked about everybody, everybody's text rendered.
type plan struct {
	Broadcast     string             `json:"broadcast"`
	Due           time.Time          `json:"due_at"`
	People        int                `json:"people"`          // subscribed now and in the audience
	NotInAudience int                `json:"not_in_audience"` // subscribed, and the broadcast is not for them
	Now           int                `json:"may_get_it"`
	Held          map[bot.Reason]int `json:"held"`
	Takes         string             `json:"takes"`        // at the number's pace, with the guard's waits
	CleanRecord   bool               `json:"clean_record"` // the number's last broadcasts went well, so the guard waits less
	Linked        bool               `json:"linked"`       // the number; while it is not, nothing goes out
	PerDay        int                `json:"per_day"`
	NotInTime     int                `json:"not_in_time"` // whom pace and caps do not reach before it expires
	Longest       int                `json:"longest_text"`
	Languages     map[string]int     `json:"languages"`         // people by language
	Missing       map[string]int     `json:"missing_languages"` // people by language, where it has no text
	Holes         []string           `json:"holes"`             // whose text would have a hole in it
	Samples       []sample           `json:"samples"`
	Strange       []strangeName      `json:"unknown_names,omitempty"` // in its audience
	Next          []time.Time        `json:"next,omitempty"`          // of a recurring one: when the first occurrences are due
	OwnTime       string             `json:"own_time,omitempty"`

	draft   *flows.Broadcast
	arming  *arming
	instead string // the language whose text people get where theirs has none
}

type sample struct {
	To   string `json:"to"`
	Text string `json:"text"`
}

// plan looks at a draft as if it went out at its time to the people of today.
func (h *house) plan(ctx context.Context, n config.Number, name string, now bool, samples int) (*plan, error) {
	flow := h.machine(n.Name).Flow
	draft, err := h.files.draft(ctx, name, flow)
	if err != nil {
		return nil, err
	}
	limits := h.limits[n.Name]
	arming, err := h.arming(ctx, n.Name, draft, now)
	if err != nil {
		return nil, err
	}
	p := &plan{
		Broadcast: name, Due: arming.occurrence.DueAt.UTC(), OwnTime: arming.occurrence.Wall, Held: map[bot.Reason]int{}, Languages: map[string]int{}, Missing: map[string]int{},
		Holes: []string{}, Samples: []sample{}, draft: draft, arming: arming,
	}
	for _, f := range arming.next {
		p.Next = append(p.Next, f.At.UTC())
	}
	p.NotInAudience, err = h.store.Audience(ctx, n.Name, draft, p.Due, func(c *bot.Contact) error {
		p.look(h, c, flow, limits, samples)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if p.Strange, err = h.strangeNames(ctx, n.Name, draft); err != nil {
		return nil, err
	}
	return p, h.reach(ctx, n, p, limits)
}

func (p *plan) look(h *house, c *bot.Contact, flow *flows.Flow, limits bot.Limits, samples int) {
	p.People++
	v := p.arming.maySend(c, limits, h.now())
	if v.Action == bot.ActionSend {
		p.Now++
	} else {
		p.Held[v.Reason]++
	}
	promotion := bot.RenderPromotion(flow, p.draft, c)
	p.Longest = max(p.Longest, len([]rune(promotion.Text)))
	to := cmp.Or(c.Phone(), "lid:"+bot.LIDOf(c.Identities))
	if len(promotion.Holes) > 0 && len(p.Holes) < maxHoles {
		p.Holes = append(p.Holes, fmt.Sprintf("%s: %s", to, strings.Join(promotion.Holes, ", ")))
	}
	p.Languages[c.Language]++
	if instead := p.draft.Instead(c.Language, flow.Languages); instead != "" {
		p.Missing[c.Language]++
		p.instead = instead
	}
	if len(p.Samples) < samples && v.Reason != bot.NotSubscribed && v.Reason != bot.SkippedUnsubscribed {
		p.Samples = append(p.Samples, sample{To: to, Text: promotion.Text})
	}
}

// maxHoles is how many people with a hole in their text are remembered; one is enough to refuse.
const maxHoles = 1000

// reach says how long it takes at the number's pace, and how many people pace and caps will not reach before it expires.
func (h *house) reach(ctx context.Context, n config.Number, p *plan, limits bot.Limits) error {
	row, err := h.store.Number(ctx, n.Name)
	if err != nil {
		return err
	}
	linked := row.LinkedAt
	if linked.IsZero() {
		linked = h.now() // it will be today at the earliest
	}
	p.Linked = row.JID != ""
	p.PerDay = limits.NumberPerDay
	if !limits.Unlimited {
		p.PerDay = min(p.PerDay, bot.WarmUpToday(linked, limits, p.Due))
	}
	_, today := row.Today(limits, p.Due)
	if p.CleanRecord, err = h.store.CleanRecord(ctx, n.Name, p.Due); err != nil {
		return err
	}
	waits := bot.GuardState{CleanRecord: p.CleanRecord}.WaitsLeft(limits, p.People)
	_, p.NotInTime = bot.EstimateFinish(limits, linked, p.Due.Add(waits), p.arming.occurrence.Expires(limits), today, p.People)
	p.Takes = (time.Duration(p.People-p.NotInTime)*limits.Every + waits).Round(time.Second).String()
	return nil
}

func (p *plan) print(a *App) {
	fmt.Fprintf(a.out, "%s, %s\n", p.Broadcast, p.arming.firings(1))
	if len(p.arming.next) > 0 {
		fmt.Fprintf(a.out, "  recurring, %s: %s\n", p.draft.Cron, p.arming.firings(showFirings))
	}
	if p.NotInAudience > 0 {
		fmt.Fprintf(a.out, "  %d of %s subscribed in its audience, %d may get it at that moment\n", p.People, text.People(p.People+p.NotInAudience), p.Now)
	} else {
		fmt.Fprintf(a.out, "  %s subscribed, %d may get it at that moment\n", text.People(p.People), p.Now)
	}
	for _, info := range bot.Reasons() {
		if n := p.Held[info.Reason]; n > 0 {
			fate := "would wait"
			if info.Skip {
				fate = "would not get it"
			}
			fmt.Fprintf(a.out, "  %s %s: %s %s\n", text.People(n), fate, info.Reason, info.Says)
		}
	}
	waits := "the guard's waits"
	if p.CleanRecord {
		waits += " (shorter, for the number's last broadcasts went well)"
	}
	if p.PerDay == 0 && p.People > 0 && p.NotInTime == p.People {
		fmt.Fprintf(a.out, "  nobody gets it before it expires: the number's warm-up allows 0 promotions a day now; a later time reaches people\n")
	} else {
		fmt.Fprintf(a.out, "  takes about %s at the number's pace, with %s; at most %d a day now\n", p.Takes, waits, p.PerDay)
	}
	if !p.Linked {
		fmt.Fprintln(a.out, "  the number is not linked, so nothing goes out until `optinbot link`")
	}
	if p.NotInTime > 0 && p.PerDay > 0 {
		fmt.Fprintf(a.out, "  %s will NOT be reached before it expires: pace, warm-up and hours do not allow more\n", text.People(p.NotInTime))
	}
	if len(p.Languages) > 1 {
		fmt.Fprintf(a.out, "  by language: %s\n", byLanguage(p.Languages))
	}
	for _, language := range slices.Sorted(maps.Keys(p.Missing)) {
		fmt.Fprintf(a.out, "  %s read %s, in which it has no text: they get the one in %s\n", text.People(p.Missing[language]), language, p.instead)
	}
	if p.People > 0 {
		fmt.Fprintf(a.out, "  the longest text has %d characters\n", p.Longest)
	}
	if m := p.draft.Media; m != nil {
		fmt.Fprintf(a.out, "  with the %s %s, %d kB; the text is its caption\n", m.Kind, m.File, (len(m.Data)+1023)/1024)
	}
	for _, s := range p.Samples {
		fmt.Fprintf(a.out, "\nto %s:\n%s\n", s.To, text.Indent(text.Lines(s.Text)))
	}
	for i, hole := range p.Holes {
		if i == 5 {
			fmt.Fprintf(a.out, "  and %d more\n", len(p.Holes)-i)
			break
		}
		fmt.Fprintf(a.out, "  a hole in the text for %s\n", hole)
	}
}

// byLanguage says how many people read which language.
func byLanguage(people map[string]int) string {
	var out []string
	for language, n := range people {
		out = append(out, fmt.Sprintf("%d %s", n, language))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// BroadcastPreviewCmd is `broadcast preview`.
type BroadcastPreviewCmd struct {
	ForNumber
	AsJSON
	Name    string `arg:"" help:"The draft."`
	Samples int    `help:"How many texts to show." default:"3"`
}

// Example is shown by --help.
func (BroadcastPreviewCmd) Example() string { return "optinbot broadcast preview weekend-offer" }

// Run previews; nothing is changed.
func (c BroadcastPreviewCmd) Run(ctx context.Context, a *App) error {
	h, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer h.close()
	p, err := h.plan(ctx, n, c.Name, false, c.Samples)
	if err != nil {
		return err
	}
	printWarnings(a, p.draft)
	warnOfNames(a, p.Broadcast, p.Strange)
	if c.JSON {
		return printJSON(a.out, p)
	}
	p.print(a)
	if why := p.unfit(h.limits[n.Name], a.now()); why != "" {
		fmt.Fprintf(a.out, "\nIt cannot be scheduled as it is: %s.\n", why)
	}
	return nil
}

// printWarnings prints what rules say of a draft that do not refuse it.
func printWarnings(a *App, b *flows.Broadcast) {
	for _, w := range b.Warnings {
		fmt.Fprintln(a.err, w.String())
	}
}

// BroadcastScheduleCmd is `broadcast schedule`.
type BroadcastScheduleCmd struct {
	ForNumber
	AsJSON
	Confirmed
	Name  string `arg:"" help:"The draft."`
	Now   bool   `help:"Now, whatever the draft says."`
	Again bool   `help:"Even if the same draft is under way or has just gone out: everybody gets it twice."`
}

// Example is shown by --help.
func (BroadcastScheduleCmd) Example() string {
	return "optinbot broadcast schedule weekend-offer\noptinbot broadcast schedule weekend-offer --now --yes"
}

// Run shows the count, the cost in time and sample texts, asks, and arms a copy of the draft.
func (c BroadcastScheduleCmd) Run(ctx context.Context, a *App) error {
	h, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer h.close()
	p, err := h.plan(ctx, n, c.Name, c.Now, 2)
	if err != nil {
		return err
	}
	printWarnings(a, p.draft)
	warnOfNames(a, p.Broadcast, p.Strange)
	if !c.JSON {
		p.print(a)
	}
	if why := p.unfit(h.limits[n.Name], a.now()); why != "" {
		return refuse("%s", why)
	}
	if slip, err := h.slip(ctx, n, p); err != nil || slip != "" {
		return cmp.Or(err, refuse("%s; correct the audience", slip))
	}
	if err := askAgain(ctx, a, h, c, n, p); err != nil {
		return err
	}
	if err := c.confirm(ctx, a, "Schedule it?"); err != nil {
		return err
	}
	if err := h.arm(ctx, p.arming, p.draft); err != nil {
		return err
	}
	o := p.arming.occurrence
	if c.JSON {
		shown := map[string]any{"broadcast": o.Broadcast, "due_at": o.DueAt.UTC(), "plan": p}
		if p.arming.schedule == nil {
			shown["id"] = o.ID
		}
		return printJSON(a.out, shown)
	}
	as := fmt.Sprintf("as number %d: it goes out %s, to %s", o.ID, p.arming.soon(a.now()), text.People(p.People))
	if p.arming.schedule != nil {
		as = "again and again, first for " + p.arming.firings(1)
	}
	fmt.Fprintf(a.out, "\nScheduled %s. `optinbot broadcast status %s` shows how it goes.\n", as, c.Name)
	return nil
}

// askAgain asks where the same text is under way already, or has just gone out. --yes does not answer that: a command that is given
// twice has it both times.
func askAgain(ctx context.Context, a *App, h *house, c BroadcastScheduleCmd, n config.Number, p *plan) error {
	if c.Again || p.arming.schedule != nil {
		return nil
	}
	occurrences, err := h.store.Occurrences(ctx, n.Name, c.Name)
	if err != nil {
		return err
	}
	for _, o := range occurrences {
		if o.Key == p.arming.occurrence.Key && !strings.HasPrefix(o.Key, "now@") { // it is refused, for it is the same one
			continue
		}
		if o.Version != p.draft.Version || o.Status == bot.OccurrenceCancelled || o.Status == bot.OccurrenceDone && h.now().Sub(o.ArmedAt) > justNow {
			continue
		}
		state := map[bot.OccurrenceStatus]string{
			bot.OccurrenceScheduled: "is scheduled already, for " + dueText(o, p.arming.zone), bot.OccurrenceRunning: "is under way already",
			bot.OccurrencePaused: "is paused", bot.OccurrenceLate: "is late and waits for you", bot.OccurrenceDone: "has just gone out",
		}[o.Status]
		says := fmt.Sprintf("the same draft %s (number %d, scheduled %s): people would get it twice", state, o.ID, text.When(o.ArmedAt, p.arming.zone))
		if !terminal(a.in) {
			return refuse("%s; --again does that on purpose", says)
		}
		return Confirmed{}.confirm(ctx, a, strings.ToUpper(says[:1])+says[1:]+". Schedule it all the same?")
	}
	return nil
}

// justNow is for how long after a draft was scheduled the same command is taken for the same wish.
const justNow = 10 * time.Minute

// soon says when it goes out.
func (a *arming) soon(now time.Time) string {
	if o := a.occurrence; o.Wall == "" && !o.DueAt.After(now) {
		return "now"
	}
	return dueText(a.occurrence, a.zone)
}

// unfit says why a draft cannot be scheduled; "" where it can.
func (p *plan) unfit(limits bot.Limits, now time.Time) string {
	if len(p.Holes) > 0 {
		return "some texts have a hole in them; give the placeholder a default, as in {first_name|there}"
	}
	if o := p.arming.occurrence; now.After(o.LateAt(limits)) {
		return fmt.Sprintf("its time, %s, is over; give it another `at:` or use --now", dueText(o, p.arming.zone))
	}
	return ""
}

// keepMedia copies the draft's file into the store, so that what goes out is what was armed.
func (h *house) keepMedia(ctx context.Context, b *flows.Broadcast) (*bot.Media, error) {
	if b.Media == nil {
		return nil, nil
	}
	sum := sha256.Sum256(b.Media.Data)
	m := &bot.Media{Kind: b.Media.Kind, Name: b.Media.File, MIME: b.Media.MIME, Hash: hex.EncodeToString(sum[:])}
	return m, h.store.KeepMedia(ctx, m.Hash, b.Media.Data, h.now())
}
