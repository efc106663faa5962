package app

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

// StatusCmd is `status`.
type StatusCmd struct {
	AsJSON
	Notices int `help:"How many of the last notices." default:"5"`
}

// Example is shown by --help.
func (StatusCmd) Example() string { return "optinbot status" }

// numberStatus is what `status` shows of one number.
type numberStatus struct {
	Name     string              `json:"name"`
	Flow     string              `json:"flow"`
	Linked   bool                `json:"linked"`
	Served   bool                `json:"served"` // a process has the number now: `run`, or `link`
	Runs     bool                `json:"runs"`   // `run` runs
	LinkedAt time.Time           `json:"linked_at,omitzero"`
	Status   bot.NumberEventKind `json:"status"`
	Detail   string              `json:"detail,omitempty"`
	PhoneAt  time.Time           `json:"phone_seen_at,omitzero"` // the last sign of the phone itself
	Contacts map[bot.Consent]int `json:"contacts"`
	Holds    map[bot.Reason]int  `json:"holds"`
	Waiting  int                 `json:"waiting"` // messages in the outbox
	Today    int                 `json:"promotions_today"`
	PerDay   int                 `json:"promotions_a_day"`
	WarmUp   int                 `json:"warm_up_a_day"`           // promotions that the warm-up allows today
	WarmDay  int                 `json:"days_linked"`             // the day of linking is the first; 0: not linked
	ForYou   int                 `json:"people_for_you"`          // `contacts waiting`
	ToAsk    int                 `json:"phones_to_ask,omitempty"` // opted out by phone; whether somebody known without their phone is meant is not known yet
	BackedUp time.Time           `json:"backed_up_at,omitzero"`
	Waits    bot.Reason          `json:"promotions_wait,omitempty"` // why the number sends no promotions now
	Running  []occurrenceView    `json:"broadcasts"`
	Schedule []scheduleView      `json:"schedules"` // recurring broadcasts that may go out again
	Notices  []store.Notice      `json:"notices"`
	Head     string              `json:"ledger_head"`
}

// Run shows every number.
func (c StatusCmd) Run(ctx context.Context, a *App) error {
	a.sayTestServer()
	h, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	if err := warnOfStrayNumbers(ctx, a, h); err != nil {
		return err
	}
	out := []numberStatus{}
	for _, n := range a.config.Numbers {
		s, err := h.status(ctx, n, c.Notices)
		if err != nil {
			return err
		}
		out = append(out, s)
	}
	if c.JSON {
		return printJSON(a.out, out)
	}
	for _, s := range out {
		s.print(a, h.limits[s.Name].Zone)
	}
	return nil
}

func (h *house) status(ctx context.Context, n config.Number, notices int) (numberStatus, error) {
	limits := h.limits[n.Name]
	row, err := h.store.Number(ctx, n.Name)
	if err != nil {
		return numberStatus{}, err
	}
	s := numberStatus{
		Name: n.Name, Flow: row.Flow, Linked: row.JID != "", LinkedAt: row.LinkedAt, Status: row.Status, Detail: row.Detail,
		PhoneAt: row.PhoneAt, BackedUp: row.BackedUpAt, Served: h.sessions.inUse(n.Name),
		Runs: h.files.runs(), Running: []occurrenceView{}, Notices: []store.Notice{},
	}
	_, s.Today = row.Today(limits, h.now())
	s.WarmUp, s.WarmDay = bot.WarmUpToday(row.LinkedAt, limits, h.now()), bot.DayLinked(row.LinkedAt, limits.Zone, h.now())
	s.PerDay = min(limits.NumberPerDay, s.WarmUp)
	if v := bot.NumberMaySend(row.NumberState, limits, h.now()); v.Action != bot.ActionSend && v.Reason != bot.Pace {
		s.Waits = v.Reason
	}
	if s.Contacts, err = h.store.CountConsents(ctx, n.Name); err != nil {
		return s, err
	}
	if s.Holds, err = h.store.HeldContacts(ctx, n.Name, h.now()); err != nil {
		return s, err
	}
	forYou, err := h.waiting(ctx, n.Name)
	if err != nil {
		return s, err
	}
	s.ForYou = len(forYou)
	if s.Waiting, err = h.store.Waiting(ctx, n.Name); err != nil {
		return s, err
	}
	if s.ToAsk, err = h.store.PhonesToAsk(ctx, n.Name); err != nil {
		return s, err
	}
	if s.Head, err = h.store.Head(ctx, n.Name); err != nil {
		return s, err
	}
	return s, h.addRunning(ctx, &s, n, notices)
}

// addRunning adds the broadcasts that are not over and the notices.
func (h *house) addRunning(ctx context.Context, s *numberStatus, n config.Number, notices int) error {
	occurrences, err := h.store.Occurrences(ctx, n.Name, "")
	if err != nil {
		return err
	}
	for _, o := range occurrences {
		if o.Status == bot.OccurrenceDone || o.Status == bot.OccurrenceCancelled {
			continue
		}
		v, err := h.occurrenceView(ctx, o)
		if err != nil {
			return err
		}
		s.Running = append(s.Running, v)
	}
	schedules, err := h.schedules(ctx, n.Name, "")
	if err != nil {
		return err
	}
	s.Schedule = []scheduleView{}
	for _, v := range schedules {
		if v.Status == bot.ScheduleArmed || v.Status == bot.SchedulePaused {
			s.Schedule = append(s.Schedule, v)
		}
	}
	list, err := h.store.Notices(ctx, n.Name, notices)
	s.Notices = append(s.Notices, list...)
	return err
}

func (s numberStatus) print(a *App, zone *time.Location) {
	p := a.paint()
	link := "not linked: `optinbot link`"
	if s.Linked {
		link = "linked since " + text.When(s.LinkedAt, zone)
	}
	fmt.Fprintf(a.out, "%s  %s, flow %s\n", p.bold(s.Name), link, cmp.Or(s.Flow, "-"))
	if s.Linked {
		fmt.Fprintf(a.out, "  bot:         %s\n", s.running(p))
	}
	if s.Status != "" {
		fmt.Fprintf(a.out, "  connection:  %s%s\n", s.connection(), text.Brackets(text.Line(s.Detail)))
	}
	if s.Linked && !s.PhoneAt.IsZero() {
		fmt.Fprintf(a.out, "  phone:       %s\n", s.phone(a.now(), p, zone))
	}
	fmt.Fprintf(a.out, "  contacts:    %d subscribed, %d pending, %d new, %d unsubscribed\n",
		s.Contacts[bot.Subscribed], s.Contacts[bot.Pending], s.Contacts[bot.New], s.Contacts[bot.Unsubscribed])
	if s.ForYou > 0 {
		fmt.Fprintf(a.out, "  for you:     %s\n", p.yellow(text.Plural(s.ForYou, "person waits", "people wait")+": `optinbot contacts waiting`"))
	}
	fmt.Fprintf(a.out, "  promotions:  %d of at most %d today%s", s.Today, s.PerDay, s.warmUp())
	if s.Waits != "" {
		fmt.Fprintf(a.out, "; none are sent now, %s (%s)", s.Waits.Info().Says, s.Waits)
	}
	fmt.Fprintf(a.out, "\n  outbox:      %d waiting\n", s.Waiting)
	if s.ToAsk > 0 {
		fmt.Fprintf(a.out, "  to ask:      %s of people who left: whether a subscriber known without their phone is meant is not known yet\n", text.Plural(s.ToAsk, "phone", "phones"))
	}
	for _, reason := range slices.Sorted(maps.Keys(s.Holds)) {
		fmt.Fprintf(a.out, "  waits:       %s, %s %s\n", text.People(s.Holds[reason]), reason, reason.Info().Says)
	}
	for _, o := range s.Running {
		fmt.Fprintf(a.out, "  broadcast:   %s %s%s, %s\n", o.Broadcast, o.Status, text.Brackets(text.Line(o.Note)), counts(o.People))
	}
	for _, v := range s.Schedule {
		fmt.Fprintf(a.out, "  recurring:   %s %s\n", v.Broadcast, v.Says)
	}
	fmt.Fprintf(a.out, "  backup:      %s\n", s.backup(a, p, zone))
	if free, err := freeBytes(a.config.Path(a.config.Data)); err == nil && free < leastFree {
		fmt.Fprintf(a.out, "  disk:        %s\n", p.yellow(fmt.Sprintf("only %d MB are free: make room; on a full disk no message is answered, and none is lost", free>>20)))
	}
	fmt.Fprintf(a.out, "  ledger head: %s\n", cmp.Or(s.Head, "none yet"))
	for _, n := range s.Notices {
		fmt.Fprintf(a.out, "  %s  %s  %s\n", text.When(n.At, zone), p.yellow(n.Kind), strings.ReplaceAll(text.Lines(n.Text), "\n", "\n    | "))
	}
}

// backup says when the last one was written, and that it is old.
func (s numberStatus) backup(a *App, p paint, zone *time.Location) string {
	if s.BackedUp.IsZero() {
		return "none yet: `optinbot backup`"
	}
	old := backupOld
	if a.config.Backup.Folder != "" {
		old = dailyOld
	}
	if age := a.now().Sub(s.BackedUp); age > old {
		return p.yellow(fmt.Sprintf("%s, %d days ago: `optinbot doctor` says what to do", text.When(s.BackedUp, zone), int(age/(24*time.Hour))))
	}
	return text.When(s.BackedUp, zone)
}

// connection says how the number's connection stands. While nobody serves the number, what was told last is about then.
func (s numberStatus) connection() string {
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

// phone says when the phone itself last gave a sign: unused for 14 days, it loses its linked devices.
func (s numberStatus) phone(now time.Time, p paint, zone *time.Location) string {
	seen := "last seen " + text.When(s.PhoneAt, zone)
	if now.Sub(s.PhoneAt) < bot.PhoneNotice {
		return seen
	}
	return p.yellow(fmt.Sprintf("%s, %d days ago: open WhatsApp on it, or this device is logged out after 14 days", seen, int(now.Sub(s.PhoneAt)/(24*time.Hour))))
}

// running says whether the bot runs.
func (s numberStatus) running(p paint) string {
	if s.Served {
		return "running"
	}
	if s.Runs {
		return p.yellow("running, but not for this number; nobody gets answers. The connection says why")
	}
	return p.yellow("not running; nobody gets answers. Start it: optinbot run")
}

// warmUp says where in the warm-up a number is; "" once it is over.
func (s numberStatus) warmUp() string {
	if !s.Linked || s.PerDay < s.WarmUp {
		return ""
	}
	return fmt.Sprintf(" (warm-up, day %d)", s.WarmDay)
}
