package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

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
	printWarnings(a.err, p)
	if c.JSON {
		return printJSON(a.out, p)
	}
	printPreview(a.out, p)
	if p.Unfit != "" {
		fmt.Fprintf(a.out, "\nIt cannot be scheduled as it is: %s.\n", p.Unfit)
	}
	return nil
}

// printWarnings prints what speaks against a draft and does not refuse it.
func printWarnings(w io.Writer, p *desk.Preview) {
	for _, problem := range p.Warnings {
		fmt.Fprintln(w, problem.String())
	}
	printStrangeNames(w, p.Broadcast, p.Strange)
}

// printStrangeNames prints what an audience names that nobody has.
func printStrangeNames(w io.Writer, broadcast string, strange []desk.StrangeName) {
	for _, s := range strange {
		fmt.Fprintf(w, "warning: broadcast %s: %s\n", broadcast, s)
	}
}

func printPreview(w io.Writer, p *desk.Preview) {
	fmt.Fprintf(w, "%s, %s\n", p.Broadcast, p.First)
	if p.Cron != "" {
		fmt.Fprintf(w, "  recurring, %s: %s\n", p.Cron, p.Firings)
	}
	printPeople(w, p)
	printPace(w, p)
	printTexts(w, p)
}

// printPeople prints how many people may get it, and why the others may not.
func printPeople(w io.Writer, p *desk.Preview) {
	if p.NotInAudience > 0 {
		fmt.Fprintf(w, "  %d of %s subscribed in its audience, %d may get it at that moment\n",
			p.People, text.People(p.People+p.NotInAudience), p.Now)
	} else {
		fmt.Fprintf(w, "  %s subscribed, %d may get it at that moment\n", text.People(p.People), p.Now)
	}
	for _, info := range bot.Reasons() {
		if n := p.Held[info.Reason]; n > 0 {
			fate := "would wait"
			if info.Skip {
				fate = "would not get it"
			}
			fmt.Fprintf(w, "  %s %s: %s %s\n", text.People(n), fate, info.Reason, info.Says)
		}
	}
}

// printPace prints how long it takes, and whom it does not reach.
func printPace(w io.Writer, p *desk.Preview) {
	waits := "the guard's waits"
	if p.CleanRecord {
		waits += " (shorter, for the number's last broadcasts went well)"
	}
	if p.PerDay == 0 && p.People > 0 && p.NotInTime == p.People {
		fmt.Fprintln(w, "  nobody gets it before it expires: the number's warm-up allows 0 promotions a day now; a "+
			"later time reaches people")
	} else {
		fmt.Fprintf(w, "  takes about %s at the number's pace, with %s; at most %d a day now\n", p.Takes, waits,
			p.PerDay)
	}
	if !p.Linked {
		fmt.Fprintln(w, "  the number is not linked, so nothing goes out until `optinbot link`")
	}
	if p.NotInTime > 0 && p.PerDay > 0 {
		fmt.Fprintf(w, "  %s will NOT be reached before it expires: pace, warm-up and hours do not allow more\n",
			text.People(p.NotInTime))
	}
}

// printTexts prints languages, the file, samples, and whose text has a hole.
func printTexts(w io.Writer, p *desk.Preview) {
	if len(p.Languages) > 1 {
		fmt.Fprintf(w, "  by language: %s\n", byLanguage(p.Languages))
	}
	for _, language := range slices.Sorted(maps.Keys(p.Missing)) {
		fmt.Fprintf(w, "  %s read %s, in which it has no text: they get the one in %s\n",
			text.People(p.Missing[language]), language, p.Instead)
	}
	if p.People > 0 {
		fmt.Fprintf(w, "  the longest text has %d characters\n", p.Longest)
	}
	if m := p.Media; m != nil {
		fmt.Fprintf(w, "  with the %s %s, %d kB; the text is its caption\n", m.Kind, m.File, (len(m.Data)+1023)/1024)
	}
	for _, s := range p.Samples {
		fmt.Fprintf(w, "\nto %s:\n%s\n", s.To, text.Indent(text.Lines(s.Text)))
	}
	for i, hole := range p.Holes {
		if i == 5 {
			fmt.Fprintf(w, "  and %d more\n", len(p.Holes)-i)
			break
		}
		fmt.Fprintf(w, "  a hole in the text for %s\n", hole)
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
