package cli

import (
	"fmt"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/play"
	"optinbot/bot/text"
)

func bound(r bot.Reason) string {
	if r == "" {
		return "nothing"
	}
	return fmt.Sprintf("%s: %s", r, strings.TrimPrefix(r.Info().Says, "because "))
}

// waitedFor says how many of those who get it have waited for something before.
func waitedFor(waited map[bot.Reason]int) string {
	var parts []string
	for _, info := range bot.Reasons() {
		if n := waited[info.Reason]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d after %s", n, info.Reason))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "; " + strings.Join(parts, ", ")
}

func joined[T ~string](list []T, between string) string {
	var names []string
	for _, name := range list {
		names = append(names, string(name))
	}
	return strings.Join(names, between)
}

func printRehearsed(w *page, r *play.Report, zone *time.Location, all bool) error {
	w.say("From %s to %s, played on a copy: nothing is sent, nothing is changed.", text.When(r.From, zone),
		text.When(r.To, zone))
	w.say("Assumes: number %s stays connected; nobody writes, reads or leaves; phones that got the last "+
		"promotion get the next.", r.Number)
	if r.Unlinked {
		w.say("Assumes: it is linked now. It is not, so its warm-up has not begun.")
	}
	if r.Armed != "" {
		w.say("Assumes: you schedule %s now.", r.Armed)
	}
	if len(r.Occurrences) == 0 {
		w.say("\nNothing is scheduled. What if a draft were: `optinbot simulate --broadcast %s`", r.Draft)
		return nil
	}
	var rows [][]string
	for _, d := range r.Days {
		waits := 0
		for _, n := range d.Waits {
			waits += n
		}
		rows = append(rows, []string{d.Day, fmt.Sprint(d.GoOut), fmt.Sprint(waits), bound(d.Binds)})
	}
	fmt.Fprintln(w)
	if err := w.table([]column{{head: "DAY"}, {head: "SENT"}, {head: "STILL WAITING"}, {head: "LIMITED BY", least: 10}}, rows); err != nil {
		return err
	}
	for _, o := range r.Occurrences {
		w.say("\n%s (number %d), due %s: %s at the end", o.Broadcast, o.ID, desk.DueText(o.Occurrence, zone),
			o.Status)
		for _, g := range o.Groups {
			printGroup(w, g, zone, all)
		}
	}
	return nil
}

func printGroup(w *page, g *play.ReportGroup, zone *time.Location, all bool) {
	why := fmt.Sprintf(" (%s), %s", g.Reason, g.Reason.Info().Says)
	count := fmt.Sprintf("  %6d ", g.Count)
	switch g.Fate {
	case play.FateBefore:
		w.below(count, "got it before")
	case play.FateGoesOut:
		w.below(count, "get it, from %s to %s%s", text.When(g.First, zone), text.When(g.Last, zone),
			waitedFor(g.Waited))
	case play.FateLeftOut:
		w.below(count, "do not get it%s", why)
	case play.FateWaits:
		w.below(count, "wait at the end%s", why)
	}
	for _, p := range g.People {
		line := strings.TrimSpace(p.Phone + " " + text.Fit(p.Name, 60))
		if !p.At.IsZero() {
			line = text.When(p.At, zone) + "  " + line
		}
		if len(p.Waited) > 0 {
			line += fmt.Sprintf(", waited for %s", joined(p.Waited, ", "))
		}
		w.below("           ", "%s", line)
	}
	if more := g.Count - len(g.People); more > 0 && len(g.People) > 0 && !all {
		w.below("           ", "and %d more", more)
	}
}
