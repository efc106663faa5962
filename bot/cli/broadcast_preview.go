package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// BroadcastPreviewCmd is `broadcast preview`.
type BroadcastPreviewCmd struct {
	ForNumber
	AsJSON
	Name    string `arg:"" help:"The draft."`
	Samples int    `help:"How many texts to show." default:"3"`
}

func (BroadcastPreviewCmd) Example() string { return "optinbot broadcast preview weekend-offer" }

// Run previews. Nothing is changed.
func (c BroadcastPreviewCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	p, err := d.Preview(ctx, n.Name, c.Name, desk.PreviewOptions{Samples: c.Samples})
	if err != nil {
		return err
	}
	printWarnings(a.pageOn(a.err), p)
	if c.JSON {
		return printJSON(a.out, p)
	}
	w := a.page()
	printPreview(w, p)
	if p.Objection != "" {
		w.say("\nIt cannot be scheduled as it is: %s.", p.Objection)
	}
	return nil
}

// printWarnings prints what speaks against a draft and does not refuse it.
func printWarnings(w *page, p *desk.Preview) {
	for _, problem := range p.Warnings {
		printProblem(w, problem)
	}
	printStrangeNames(w, p.Broadcast, p.Strange)
}

// printStrangeNames prints what an audience names that nobody has.
func printStrangeNames(w *page, broadcast string, strange []desk.StrangeName) {
	for _, s := range strange {
		w.say("warning: broadcast %s: %s", broadcast, s)
	}
}

func printPreview(w *page, p *desk.Preview) {
	w.say("%s, %s", w.bold(p.Broadcast), p.First)
	if p.Cron != "" {
		w.below("  ", "recurring, %s: %s", p.Cron, p.Firings)
	}
	printPeople(w, p)
	printPace(w, p)
	if p.Cost != nil {
		printCost(w, p.Cost, "costs at most")
	}
	printTexts(w, p)
}

// printCost prints what a broadcast costs.
func printCost(w *page, c *desk.Cost, atMost string) {
	for _, says := range c.Says(atMost) {
		w.below("  ", "%s", text.Line(says))
	}
}

// printPeople prints how many people may get it, and why the others may not.
func printPeople(w *page, p *desk.Preview) {
	if p.NotInAudience > 0 {
		w.below("  ", "%d of %s subscribed in its audience, %d may get it at that moment", p.People,
			text.People(p.People+p.NotInAudience), p.Now)
	} else {
		w.below("  ", "%s subscribed, %d may get it at that moment", text.People(p.People), p.Now)
	}
	for _, info := range bot.Reasons() {
		if n := p.Held[info.Reason]; n > 0 {
			fate := "would wait"
			if info.Skip {
				fate = "would not get it"
			}
			w.below("  ", "%s %s (%s), %s", text.People(n), fate, info.Reason, info.Says)
		}
	}
}

// printPace prints how long it takes, and whom it does not reach.
func printPace(w *page, p *desk.Preview) {
	waits := "the guard's waits"
	if p.CleanRecord {
		waits += " (shorter, for the number's last broadcasts went well)"
	}
	nobody, late := p.Reach()
	if nobody {
		w.below("  ", "nobody gets it before it expires: the number's warm-up allows 0 promotions a day now; a later "+
			"time reaches people")
	} else {
		w.below("  ", "takes about %s at the number's pace, with %s; at most %d a day now", plainly(p.Takes), waits,
			p.PerDay)
	}
	if !p.Linked {
		w.below("  ", "the number is not linked, so nothing goes out until `optinbot link`")
	}
	if late > 0 {
		w.below("  ", "%s will NOT be reached before it expires: pace, warm-up and hours do not allow more",
			text.People(late))
	}
}

// plainly is a length of time, which programs get as 1h0m0s, as people write it: 1h.
func plainly(duration string) string {
	d, err := time.ParseDuration(duration)
	if err != nil {
		return duration
	}
	return text.Duration(d)
}

// printTexts prints languages, the file, samples, and whose text has a hole.
func printTexts(w *page, p *desk.Preview) {
	if len(p.Languages) > 1 {
		w.below("  ", "by language: %s", byLanguage(p.Languages))
	}
	for _, language := range slices.Sorted(maps.Keys(p.Missing)) {
		w.below("  ", "%s read %s, in which it has no text: they get the one in %s", text.People(p.Missing[language]),
			language, p.Instead)
	}
	if p.People > 0 {
		w.below("  ", "the longest text has %d characters", p.Longest)
	}
	if m := p.Media; m != nil {
		w.below("  ", "with the %s %s, %d kB; the text is its caption", m.Kind, m.File, (len(m.Data)+1023)/1024)
	}
	for _, s := range p.Samples {
		w.say("\nto %s:", s.To)
		w.after("  ", "  ", strings.TrimRight(text.Lines(s.Text), "\n"))
	}
	for i, hole := range p.Holes {
		if i == 5 {
			w.below("  ", "and %d more", len(p.Holes)-i)
			break
		}
		w.below("  ", "a hole in the text for %s", hole)
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
