package cli

import (
	"fmt"
	"io"
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

func joined(reasons []bot.Reason) string {
	var names []string
	for _, r := range reasons {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}

func printRehearsed(w io.Writer, r *play.Report, zone *time.Location, all bool) error {
	fmt.Fprintf(w, "From %s to %s, played on a copy: nothing is sent, nothing is changed.\n", text.When(r.From, zone),
		text.When(r.To, zone))
	fmt.Fprintf(w, "Assumes: number %s stays connected; nobody writes, reads or leaves; phones that got the last "+
		"promotion get the next.\n", r.Number)
	if r.Unlinked {
		fmt.Fprintf(w, "Assumes: it is linked now. It is not, so its warm-up has not begun.\n")
	}
	if r.Armed != "" {
		fmt.Fprintf(w, "Assumes: you schedule %s now.\n", r.Armed)
	}
	if len(r.Occurrences) == 0 {
		fmt.Fprintf(w, "\nNothing is scheduled. What if a draft were: `optinbot simulate --broadcast %s`\n", r.Draft)
		return nil
	}
	rows := [][]string{{"DAY", "SENT", "STILL WAITING", "LIMITED BY"}}
	for _, d := range r.Days {
		waits := 0
		for _, n := range d.Waits {
			waits += n
		}
		rows = append(rows, []string{d.Day, fmt.Sprint(d.GoOut), fmt.Sprint(waits), bound(d.Binds)})
	}
	fmt.Fprintln(w)
	if err := table(w, rows); err != nil {
		return err
	}
	for _, o := range r.Occurrences {
		fmt.Fprintf(w, "\n%s (number %d), due %s: %s at the end\n", o.Broadcast, o.ID, desk.DueText(o.Occurrence, zone),
			o.Status)
		for _, g := range o.Groups {
			printGroup(w, g, zone, all)
		}
	}
	return nil
}

func printGroup(w io.Writer, g *play.ReportGroup, zone *time.Location, all bool) {
	why := fmt.Sprintf(" (%s), %s", g.Reason, g.Reason.Info().Says)
	switch g.Fate {
	case play.FateBefore:
		fmt.Fprintf(w, "  %6d got it before\n", g.Count)
	case play.FateGoesOut:
		fmt.Fprintf(w, "  %6d get it, from %s to %s%s\n", g.Count, text.When(g.First, zone), text.When(g.Last, zone),
			waitedFor(g.Waited))
	case play.FateLeftOut:
		fmt.Fprintf(w, "  %6d do not get it%s\n", g.Count, why)
	case play.FateWaits:
		fmt.Fprintf(w, "  %6d wait at the end%s\n", g.Count, why)
	}
	for _, p := range g.People {
		line := strings.TrimSpace(p.Phone + " " + text.Fit(p.Name, 60))
		if !p.At.IsZero() {
			line = text.When(p.At, zone) + "  " + line
		}
		if len(p.Waited) > 0 {
			line += fmt.Sprintf(", waited for %s", joined(p.Waited))
		}
		fmt.Fprintf(w, "           %s\n", line)
	}
	if more := g.Count - len(g.People); more > 0 && len(g.People) > 0 && !all {
		fmt.Fprintf(w, "           and %d more\n", more)
	}
}
