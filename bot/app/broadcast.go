package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/text"
	"optinbot/store"
)

// BroadcastCmd is `broadcast`.
type BroadcastCmd struct {
	List     BroadcastListCmd     `cmd:"" help:"List the drafts and what is scheduled."`
	Preview  BroadcastPreviewCmd  `cmd:"" help:"Show how many people it reaches, and the texts of some of them."`
	Test     BroadcastTestCmd     `cmd:"" help:"Send its texts to your own chat, to look at them on the phone."`
	Schedule BroadcastScheduleCmd `cmd:"" help:"Arm a draft: it goes out at its time, to whoever is subscribed then."`
	Pause    BroadcastPauseCmd    `cmd:"" help:"Pause, at once."`
	Resume   BroadcastResumeCmd   `cmd:"" help:"Go on after a pause."`
	Release  BroadcastReleaseCmd  `cmd:"" help:"Send one that came due while the bot could not send."`
	Cancel   BroadcastCancelCmd   `cmd:"" help:"Cancel it now; nobody else gets it."`
	Status   BroadcastStatusCmd   `cmd:"" help:"Show the progress, and the result for everyone."`
	Resolve  BroadcastResolveCmd  `cmd:"" help:"Settle deliveries whose result is unknown."`
	Why      BroadcastWhyCmd      `cmd:"" help:"Tell why someone did or did not get it."`
}

// BroadcastListCmd is `broadcast list`.
type BroadcastListCmd struct {
	ForNumber
	AsJSON
}

// Example is shown by --help.
func (BroadcastListCmd) Example() string { return "optinbot broadcast list" }

// occurrenceView is an occurrence as the command line shows it.
type occurrenceView struct {
	ID        int64                `json:"id"`
	Broadcast string               `json:"broadcast"`
	Status    bot.OccurrenceStatus `json:"status"`
	DueAt     time.Time            `json:"due_at"`
	WasDue    time.Time            `json:"was_due_at,omitzero"` // before an operator let it begin later
	OwnTime   string               `json:"own_time,omitempty"`  // the wall time at which each contact gets it
	ArmedAt   time.Time            `json:"armed_at"`
	Note      string               `json:"note,omitempty"`
	People    []store.Count        `json:"people"`
}

func (h *house) occurrenceView(ctx context.Context, o bot.Occurrence) (occurrenceView, error) {
	funnel, err := h.store.Funnel(ctx, o.ID)
	return occurrenceView{ID: o.ID, Broadcast: o.Broadcast, Status: o.Status, DueAt: o.DueAt, WasDue: o.WasDue, OwnTime: o.Wall, ArmedAt: o.ArmedAt, Note: o.Note, People: append([]store.Count{}, funnel...)}, err
}

func (v occurrenceView) due(zone *time.Location) string {
	due := dueText(bot.Occurrence{Wall: v.OwnTime, DueAt: v.DueAt}, zone)
	if !v.WasDue.IsZero() && v.OwnTime == "" {
		due += " (was due " + text.When(v.WasDue, zone) + ")"
	}
	return due
}

// Run lists.
func (c BroadcastListCmd) Run(ctx context.Context, a *App) error {
	h, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer h.close()
	drafts, err := a.files().drafts()
	if err != nil {
		return err
	}
	occurrences, err := h.store.Occurrences(ctx, n.Name, "")
	if err != nil {
		return err
	}
	views := []occurrenceView{}
	for _, o := range occurrences {
		v, err := h.occurrenceView(ctx, o)
		if err != nil {
			return err
		}
		views = append(views, v)
	}
	schedules, err := h.schedules(ctx, n.Name, "")
	if err != nil {
		return err
	}
	for _, says := range a.files().notDrafts() {
		fmt.Fprintln(a.err, "warning:", text.Lines(says))
	}
	if c.JSON {
		return printJSON(a.out, map[string]any{"drafts": append([]string{}, drafts...), "schedules": schedules, "occurrences": views})
	}
	fmt.Fprintf(a.out, "Drafts: %s\n", cmp.Or(strings.Join(drafts, ", "), "none; put NAME.yaml into broadcasts/ in the flows folder"))
	printSchedules(a.out, schedules)
	if len(views) == 0 && len(schedules) > 0 {
		return nil
	}
	if len(views) == 0 {
		fmt.Fprintln(a.out, "Nothing is scheduled. `optinbot broadcast schedule NAME` arms a draft.")
		return nil
	}
	rows := [][]string{{"ID", "BROADCAST", "STATUS", "DUE", "PEOPLE"}}
	for _, v := range views {
		rows = append(rows, []string{fmt.Sprint(v.ID), v.Broadcast, string(v.Status), v.due(h.limits[n.Name].Zone), counts(v.People)})
	}
	return table(a.out, rows)
}

// counts adds up a funnel by status.
func counts(funnel []store.Count) string {
	var order []string
	sum := map[string]int{}
	for _, c := range funnel {
		if sum[string(c.Status)] == 0 {
			order = append(order, string(c.Status))
		}
		sum[string(c.Status)] += c.People
	}
	for i, s := range order {
		order[i] = fmt.Sprintf("%d %s", sum[s], s)
	}
	return cmp.Or(strings.Join(order, ", "), "-")
}

// occurrence is the one of a broadcast with an ID; the newest for 0.
func (h *house) occurrence(ctx context.Context, number, name string, id int64) (*bot.Occurrence, error) {
	if id == 0 {
		return h.latest(ctx, number, name)
	}
	occurrences, err := h.store.Occurrences(ctx, number, name)
	if err != nil {
		return nil, err
	}
	for _, o := range occurrences {
		if o.ID == id {
			return &o, nil
		}
	}
	return nil, fmt.Errorf("broadcast %q has no occurrence %d; `optinbot broadcast list` shows them", name, id)
}

// latest is the newest occurrence of a broadcast.
func (h *house) latest(ctx context.Context, number, name string) (*bot.Occurrence, error) {
	occurrences, err := h.store.Occurrences(ctx, number, name)
	if err != nil {
		return nil, err
	}
	if len(occurrences) == 0 {
		schedules, err := h.schedules(ctx, number, name)
		if err == nil && len(schedules) > 0 {
			return nil, fmt.Errorf("broadcast %q has not gone out yet: %s", name, schedules[0].says())
		}
		drafts, err := h.files.drafts()
		if err == nil && slices.Contains(drafts, name) {
			err = errors.New("it is a draft: `optinbot broadcast schedule " + name + "` arms it")
		}
		return nil, errors.Join(fmt.Errorf("broadcast %q was never scheduled", name), err)
	}
	return &occurrences[0], nil
}
