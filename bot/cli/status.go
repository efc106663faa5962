package cli

import (
	"cmp"
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

// StatusCmd is `status`.
type StatusCmd struct {
	AsJSON
	Notices int `help:"How many of the last notices." default:"5"`
}

func (StatusCmd) Example() string { return "optinbot status" }

// Run shows every number.
func (c StatusCmd) Run(ctx context.Context, a *App) error {
	a.sayTestServer()
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := warnOfStrayNumbers(ctx, a, d); err != nil {
		return err
	}
	out := []desk.NumberStatus{}
	for _, n := range a.config.Numbers {
		s, err := d.Status(ctx, n, c.Notices)
		if err != nil {
			return err
		}
		out = append(out, s)
	}
	if c.JSON {
		return printJSON(a.out, out)
	}
	for _, s := range out {
		printStatus(s, a, d.Limits[s.Name].Zone)
	}
	return nil
}

func printStatus(s desk.NumberStatus, a *App, zone *time.Location) {
	p := a.paint()
	link := "not linked: `optinbot link`"
	if s.Linked {
		link = "linked since " + text.When(s.LinkedAt, zone)
	}
	fmt.Fprintf(a.out, "%s  %s, flow %s\n", p.bold(s.Name), link, cmp.Or(s.Flow, "-"))
	if s.Linked {
		fmt.Fprintf(a.out, "  bot:         %s\n", runningLine(s, p))
	}
	if s.Status != "" {
		fmt.Fprintf(a.out, "  connection:  %s%s\n", connectionLine(s), text.Brackets(text.Line(s.Detail)))
	}
	if s.Linked && !s.PhoneAt.IsZero() {
		fmt.Fprintf(a.out, "  phone:       %s\n", phoneLine(s, a.now(), p, zone))
	}
	fmt.Fprintf(a.out, "  contacts:    %d subscribed, %d pending, %d new, %d unsubscribed\n",
		s.Contacts[bot.Subscribed], s.Contacts[bot.Pending], s.Contacts[bot.New], s.Contacts[bot.Unsubscribed])
	if s.ForYou > 0 {
		fmt.Fprintf(a.out, "  for you:     %s\n", p.yellow(text.Plural(s.ForYou, "person waits",
			"people wait")+": `optinbot contacts waiting`"))
	}
	fmt.Fprintf(a.out, "  promotions:  %d of at most %d today%s", s.Today, s.PerDay, warmUpLine(s))
	if s.Waits != "" {
		fmt.Fprintf(a.out, "; none are sent now, %s (%s)", s.Waits.Info().Says, s.Waits)
	}
	fmt.Fprintf(a.out, "\n  outbox:      %d waiting\n", s.Waiting)
	if s.ToAsk > 0 {
		fmt.Fprintf(a.out, "  to ask:      %s of people who left: whether a subscriber known without their phone is "+
			"meant is not known yet\n", text.Plural(s.ToAsk, "phone", "phones"))
	}
	for _, reason := range slices.Sorted(maps.Keys(s.Holds)) {
		fmt.Fprintf(a.out, "  waits:       %s, %s %s\n", text.People(s.Holds[reason]), reason, reason.Info().Says)
	}
	for _, o := range s.Running {
		fmt.Fprintf(a.out, "  broadcast:   %s %s%s, %s\n", o.Broadcast, o.Status, text.Brackets(text.Line(o.Note)),
			counts(o.People))
	}
	for _, v := range s.Schedule {
		fmt.Fprintf(a.out, "  recurring:   %s %s\n", v.Broadcast, v.Says)
	}
	fmt.Fprintf(a.out, "  backup:      %s\n", backupLine(s, a, p, zone))
	if free, err := desk.FreeBytes(a.config.Path(a.config.Data)); err == nil && free < desk.LeastFree {
		fmt.Fprintf(a.out, "  disk:        %s\n", p.yellow(fmt.Sprintf("only %d MB are free: make room; on a full "+
			"disk no message is answered, and none is lost", free>>20)))
	}
	fmt.Fprintf(a.out, "  ledger head: %s\n", cmp.Or(s.Head, "none yet"))
	for _, n := range s.Notices {
		fmt.Fprintf(a.out, "  %s  %s  %s\n", text.When(n.At, zone), p.yellow(n.Kind),
			strings.ReplaceAll(text.Lines(n.Text), "\n", "\n    | "))
	}
}

// backupLine says when the last one was written, and that it is old.
func backupLine(s desk.NumberStatus, a *App, p paint, zone *time.Location) string {
	if s.BackedUp.IsZero() {
		return "none yet: `optinbot backup`"
	}
	old := desk.BackupOld
	if a.config.Backup.Folder != "" {
		old = desk.DailyOld
	}
	if age := a.now().Sub(s.BackedUp); age > old {
		return p.yellow(fmt.Sprintf("%s, %d days ago: `optinbot doctor` says what to do", text.When(s.BackedUp, zone),
			int(age/(24*time.Hour))))
	}
	return text.When(s.BackedUp, zone)
}

// connectionLine says how the number's connection stands. While nobody serves the number, what was
// told last is about then.
func connectionLine(s desk.NumberStatus) string {
	says := strings.ReplaceAll(string(s.Status), "_", " ")
	switch s.Status {
	case bot.NumberConnected:
		says = "connected; what was written meanwhile is being read"
	case bot.NumberSynced:
		says = "connected"
	}
	switch s.Status {
	case bot.NumberConnected, bot.NumberSynced, bot.NumberUnanswered:
		if s.Linked && !s.Served {
			return "none; when the bot last ran it was " + says
		}
	}
	return says
}

// phoneLine says when the phone itself last gave a sign: unused for 14 days, it loses its linked
// devices.
func phoneLine(s desk.NumberStatus, now time.Time, p paint, zone *time.Location) string {
	seen := "last seen " + text.When(s.PhoneAt, zone)
	if now.Sub(s.PhoneAt) < bot.PhoneNotice {
		return seen
	}
	return p.yellow(fmt.Sprintf("%s, %d days ago: open WhatsApp on it, or this device is logged out after 14 days",
		seen, int(now.Sub(s.PhoneAt)/(24*time.Hour))))
}

// runningLine says whether the bot runs.
func runningLine(s desk.NumberStatus, p paint) string {
	if s.Served {
		return "running"
	}
	if s.Runs {
		return p.yellow("running, but not for this number; nobody gets answers. The connection says why")
	}
	return p.yellow("not running; nobody gets answers. Start it: optinbot run")
}

// warmUpLine says where in the warm-up a number is; "" once it is over.
func warmUpLine(s desk.NumberStatus) string {
	if !s.Linked || s.PerDay < s.WarmUp {
		return ""
	}
	return fmt.Sprintf(" (warm-up, day %d)", s.WarmDay)
}
