package desk

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/text"
	"optinbot/store"
)

// An Overview is in words how the numbers are doing. What needs the operator comes first.
type Overview struct {
	Needs   []Need
	Numbers []NumberOverview
	Page    PageState // of the operators' page, while `run` runs
	Hooks   PageState // of Meta's webhooks, while `run` runs
}

// A Need is something that the operator has to do.
type Need struct {
	Number string // whose it is. "" for all of them
	Kind   NeedKind
	N      int    // of people, days or megabytes, where Says counts them
	About  string // the broadcast, or how the connection is
	Says   string
	Do     string // a command, or what to do in words. "" where Says has it
}

// TestServerSays is what a shop has to be told whose messages go to a test server: with a forgotten
// setting a campaign would be "delivered" to nobody.
const TestServerSays = "TEST SERVER: whatsapp.test_server is set. Nothing reaches WhatsApp, and nobody gets anything."

// TestServersSay is that for each test server that is set and counts.
func TestServersSay(c *config.Config) (says []string) {
	if c.WhatsApp.TestServer != "" {
		says = append(says, TestServerSays)
	}
	if c.Cloud.TestServer != "" && len(c.OnCloud()) > 0 {
		says = append(says, strings.ReplaceAll(TestServerSays, "whatsapp.", "cloud."))
	}
	return says
}

// A NeedKind says what a Need is about, for doors that put it into words of their own.
type NeedKind string

// The kinds of needs.
const (
	NeedTest      NeedKind = "test"       // whatsapp.test_server is set, so nothing reaches anybody
	NeedRename    NeedKind = "rename"     // a number may have another name in config.yaml than before
	NeedRun       NeedKind = "run"        // nobody runs the bot
	NeedRoom      NeedKind = "room"       // the disk is nearly full. N: megabytes that are free
	NeedLink      NeedKind = "link"       // a number is not linked
	NeedServe     NeedKind = "serve"      // the bot runs, and not for this number
	NeedConnect   NeedKind = "connect"    // the connection does not come back by itself. About: how it is
	NeedPhone     NeedKind = "phone"      // the phone gave no sign. N: days
	NeedPerson    NeedKind = "person"     // people wait for a person of the shop. N: how many
	NeedRelease   NeedKind = "release"    // a restored number waits to be released
	NeedBroadcast NeedKind = "broadcast"  // one was paused. About: its name
	NeedLate      NeedKind = "late"       // the time of one has passed. About: its name
	NeedUnknown   NeedKind = "unknown"    // whether it came to some is unknown. About: the broadcast. N: how many
	NeedTemplate  NeedKind = "template"   // of an armed broadcast, and not ready. About: the broadcast
	NeedBackup    NeedKind = "backup"     // there is none
	NeedOldBackup NeedKind = "old_backup" // it is old. N: days
)

// NeedKinds are all of them.
func NeedKinds() []NeedKind {
	return []NeedKind{
		NeedTest, NeedRename, NeedRun, NeedRoom, NeedLink, NeedServe, NeedConnect, NeedPhone, NeedPerson, NeedRelease, NeedBroadcast, NeedLate,
		NeedUnknown, NeedTemplate, NeedBackup, NeedOldBackup,
	}
}

// A NumberOverview is in words how one number is doing.
type NumberOverview struct {
	Name    string
	About   string // whether it is linked, and its flow
	Facts   []Fact
	Notices []store.Notice // the newest first

	Zone *time.Location // in which its times are shown
}

// A Fact is one line about a number.
type Fact struct {
	About string
	Says  string
	Warns bool // one of the needs is about it
}

// Overview says in words what Status has found. It reads no more than which numbers there are, and
// how much room the disk has.
func (d *Desk) Overview(ctx context.Context, found []NumberStatus) (*Overview, error) {
	o := &Overview{Page: d.Files.Page(), Hooks: d.Files.Hooks()}
	renamed, err := d.RenamedNumbers(ctx)
	if err != nil {
		return nil, err
	}
	if d.Speed == 0 { // `demo` says by itself that nobody gets anything
		for _, says := range TestServersSay(d.Config) {
			o.Needs = append(o.Needs, Need{Kind: NeedTest, Says: says})
		}
	}
	for _, says := range renamed {
		o.Needs = append(o.Needs, Need{Kind: NeedRename, Says: says})
	}
	o.needOfAll(found, d)
	for _, s := range found {
		v := numberView{NumberStatus: s, desk: d, zone: d.limits[s.Name].Zone, of: o, says: NumberOverview{Name: s.Name}}
		v.write()
		o.Numbers = append(o.Numbers, v.says)
	}
	if len(o.Numbers) == 1 {
		for i := range o.Needs {
			o.Needs[i].Number = ""
		}
	}
	return o, nil
}

// needOfAll says what is about every number.
func (o *Overview) needOfAll(found []NumberStatus, d *Desk) {
	linked, runs := false, false
	for _, s := range found {
		linked, runs = linked || s.Linked, runs || s.Runs || s.Served
	}
	if linked && !runs {
		o.Needs = append(o.Needs, Need{Kind: NeedRun, Says: "the bot is not running; nobody gets answers", Do: "optinbot run"})
	}
	if free, err := FreeBytes(d.Config.Path(d.Config.Data)); err == nil && free < leastFree {
		o.Needs = append(o.Needs, Need{
			Kind: NeedRoom, N: int(free >> 20), Says: fmt.Sprintf("only %d MB are free on the disk; when it is full no message is answered, and none is lost",
				free>>20),
			Do: "make room",
		})
	}
}

// numberView is one number that is being put into words.
type numberView struct {
	NumberStatus
	desk *Desk
	zone *time.Location
	of   *Overview
	says NumberOverview
}

func (v *numberView) fact(about string, warns bool, format string, args ...any) {
	v.says.Facts = append(v.says.Facts, Fact{About: about, Says: fmt.Sprintf(format, args...), Warns: warns})
}

func (v *numberView) need(n Need, format string, args ...any) {
	n.Number, n.Says = v.Name, fmt.Sprintf(format, args...)
	v.of.Needs = append(v.of.Needs, n)
}

func (v *numberView) write() {
	v.says.Zone, v.says.Notices = v.zone, v.Notices
	link := "not linked"
	if v.Linked {
		link = "linked since " + text.When(v.LinkedAt, v.zone)
	} else {
		v.need(Need{Kind: NeedLink, Do: v.desk.Numbers[v.Name].LinkVerb()}, "the number is not linked to WhatsApp")
	}
	flow := FlowName(v.Flow)
	v.says.About = link
	if flow != "" {
		v.says.About += ", flow " + flow
	}
	v.running()
	v.phone()
	v.people()
	v.promotions()
	v.platform()
	v.broadcasts()
	v.templates()
	v.backup()
}

// running says whether the number is served, and how its connection stands. While nobody serves the
// number, what was told last is about then.
func (v *numberView) running() {
	if !v.Linked && v.Status == "" {
		return
	}
	switch {
	case v.Linked && v.Served && v.Host != "":
		v.fact("bot", false, "running on %s (epoch %d, heard of %s ago)", ShownHost(v.Host), v.Epoch,
			heartbeatAge(*v.Heartbeat))
	case v.Linked && v.Served:
		v.fact("bot", false, "running")
	case v.Linked && v.Runs:
		v.fact("bot", true, "running, but not for this number")
		v.need(Need{Kind: NeedServe}, "the bot runs, but not for this number: its connection says why; nobody gets answers")
	case v.Linked:
		v.fact("bot", true, "not running")
	}
	if v.Status == "" {
		return
	}
	says := strings.ReplaceAll(string(v.Status), "_", " ")
	switch v.Status {
	case bot.NumberConnected:
		says = "connected; what was written meanwhile is being read"
	case bot.NumberSynced:
		says = "connected"
	}
	switch v.Status {
	case bot.NumberConnected, bot.NumberSynced, bot.NumberUnanswered:
		if v.Linked && !v.Served {
			says = "none; when the bot last ran it was " + says
		}
	}
	says += text.Brackets(text.Line(v.Detail))
	switch v.Status {
	case bot.NumberLoggedOut, bot.NumberOutdated, bot.NumberReplaced, bot.NumberBanned, bot.NumberFailed:
		v.fact("connection", true, "%s", says)
		v.need(Need{Kind: NeedConnect, About: says}, "the connection to WhatsApp is %s", says)
	default:
		v.fact("connection", false, "%s", says)
	}
}

// heartbeatAge is how long ago a process said that it lives.
func heartbeatAge(ms int64) string {
	return text.Duration((time.Duration(max(ms, 0)) * time.Millisecond).Round(time.Second))
}

// phone says when the phone itself last gave a sign: unused for 14 days, it loses its linked
// devices.
func (v *numberView) phone() {
	if !v.Linked || v.PhoneAt.IsZero() {
		return
	}
	seen, away := "last seen "+text.When(v.PhoneAt, v.zone), v.desk.Now().Sub(v.PhoneAt)
	if away < bot.PhoneNotice {
		v.fact("phone", false, "%s", seen)
		return
	}
	const do = "open WhatsApp on it, or this device is logged out after 14 days"
	n := int(away / (24 * time.Hour))
	days := text.Plural(n, "day", "days")
	v.fact("phone", true, "%s, %s ago: %s", seen, days, do)
	v.need(Need{Kind: NeedPhone, N: n, Do: do}, "the phone of the number gave no sign for %s", days)
}

// people says who there is, and who waits for what.
func (v *numberView) people() {
	v.fact("contacts", false, "%d subscribed, %d pending, %d new, %d unsubscribed", v.Contacts[bot.Subscribed],
		v.Contacts[bot.Pending], v.Contacts[bot.New], v.Contacts[bot.Unsubscribed])
	if v.ForYou > 0 {
		v.need(Need{Kind: NeedPerson, N: v.ForYou, Do: "optinbot contacts waiting"}, "%s for you", text.Plural(v.ForYou, "person waits", "people wait"))
	}
	for _, reason := range slices.Sorted(maps.Keys(v.Holds)) {
		v.fact("waits", false, "%s, %s", text.People(v.Holds[reason]), reason.Info().Says)
	}
	if v.Linked || v.Waiting > 0 {
		v.fact("outbox", false, "%d waiting", v.Waiting)
	}
	if v.ToAsk > 0 {
		v.fact("to ask", false, "%s of people who left: whether a subscriber known without their phone is meant is not "+
			"known yet", text.Plural(v.ToAsk, "phone", "phones"))
	}
}

// promotions says how many may go out today, and why none do.
func (v *numberView) promotions() {
	if v.Waits == bot.SafeMode {
		v.need(Need{Kind: NeedRelease, Do: "optinbot number release"}, "no promotions are sent, %s", v.Waits.Info().Says)
	}
	if !v.Linked {
		return
	}
	if v.PerDay >= bot.UnlimitedPerDay {
		says := fmt.Sprintf("%d today", v.Today)
		if v.Waits != "" {
			says += "; none are sent now, " + v.Waits.Info().Says
		}
		v.fact("promotions", false, "%s", says)
		return
	}
	warmUp := ""
	if v.PerDay >= v.WarmUp {
		warmUp = fmt.Sprintf(" (warm-up, day %d)", v.WarmDay)
	}
	says := fmt.Sprintf("%d of at most %d today%s", v.Today, v.PerDay, warmUp)
	switch {
	case v.PerDay == 0:
		says = "none today"
		if v.Today > 0 {
			says = fmt.Sprintf("%d today, and no more", v.Today)
		}
		says += fmt.Sprintf("%s, %s", warmUp, cmp.Or(v.Waits, bot.WarmUp).Info().Says)
	case v.Waits != "":
		says += "; none are sent now, " + v.Waits.Info().Says
	}
	v.fact("promotions", false, "%s", says)
}

// broadcasts says what is under way and what comes again.
func (v *numberView) broadcasts() {
	for _, o := range v.Running {
		waits := o.Status == bot.OccurrencePaused || o.Status == bot.OccurrenceLate
		v.fact("broadcast", waits, "%s %s%s, %s", o.Broadcast, o.Status, text.Brackets(text.Line(o.Note)), o.Counts())
		kind := NeedBroadcast
		if o.Status == bot.OccurrenceLate {
			kind = NeedLate
		}
		if waits {
			v.need(Need{Kind: kind, About: o.Broadcast, Do: "optinbot broadcast status " + o.Broadcast}, "broadcast %s is %s", o.Broadcast, o.Status)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v.Unknown)) {
		says := text.Plural(v.Unknown[name], "delivery", "deliveries")
		v.fact("unknown", true, "%s of %s", says, name)
		v.need(Need{Kind: NeedUnknown, N: v.Unknown[name], About: name, Do: "optinbot broadcast resolve " + name},
			"whether %s of %s arrived is unknown; they are not sent again by themselves", says, name)
	}
	for _, s := range v.Schedule {
		v.fact("recurring", false, "%s %s", s.Broadcast, s.Says)
	}
}

// templates says how WhatsApp has those of the number, and what is armed that would not go out by its
// own.
func (v *numberView) templates() {
	if len(v.Templates) > 0 {
		var says []string
		for _, status := range slices.Sorted(maps.Keys(v.Templates)) {
			says = append(says, fmt.Sprintf("%d %s", v.Templates[status], text.Line(status)))
		}
		v.fact("templates", false, "%s", strings.Join(says, ", "))
	}
	for _, t := range v.NotReady {
		v.fact("template", true, "%s waits: %s", t.Broadcast, text.Line(t.Why))
		v.need(Need{Kind: NeedTemplate, About: t.Broadcast, Do: "optinbot broadcast template status " + t.Broadcast},
			"broadcast %s cannot go out as it is armed: %s", t.Broadcast, text.Line(t.Why))
	}
}

// backup says when the last one was written, and that it is old. Whoever runs a PostgreSQL server makes
// its backups.
func (v *numberView) backup() {
	if v.desk.Store.Shared() {
		return
	}
	if v.BackedUp.IsZero() {
		v.fact("backup", false, "none yet: `optinbot backup`")
		if v.Contacts[bot.Subscribed] > 0 {
			v.need(Need{Kind: NeedBackup, Do: "optinbot backup FILE"}, "there is no backup yet")
		}
		return
	}
	old := BackupOld
	if v.desk.Config.Backup.Folder != "" {
		old = DailyOld
	}
	when := text.When(v.BackedUp, v.zone)
	age := v.desk.Now().Sub(v.BackedUp)
	if age <= old {
		v.fact("backup", false, "%s", when)
		return
	}
	n := int(age / (24 * time.Hour))
	days := text.Plural(n, "day", "days")
	v.fact("backup", true, "%s, %s ago", when, days)
	v.need(Need{Kind: NeedOldBackup, N: n, Do: "optinbot doctor"}, "the last backup is %s old", days)
}
