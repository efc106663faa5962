package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/play"
	"optinbot/bot/pump"
	"optinbot/flows"
	"optinbot/store"
)

// A rota is a shop with a draft, a clock that is set by hand, even back, and a store that can die at any statement.
type rota struct {
	app *App
	t   *testing.T
	*play.Player
	now    time.Time
	engine *pump.Pump
	sent   []string    // PHONE at TIME, in order
	times  []time.Time // of those
	here   []string    // IDs of messages that have arrived, and the bot does not know yet
	faults func(statement string) error

	answers bot.SendStatus // of WhatsApp; "": accepted
}

var errDied = errors.New("the process died")

const rotaText = "text: {en: Hello!, pt: Olá!, es: ¡Hola!}\n"

// newRota has people who opted in on a Monday, with their phones.
func newRota(t *testing.T, config, draft string, phones ...string) *rota {
	t.Helper()
	a := testApp(t, config+"\nnumbers: [{name: main, flow: promotions}]\n")
	s := stageOf(t, a, t.Name(), 90, false)
	r := &rota{t: t, Player: s, app: a}
	must(t, s.Do("at 2026-03-02T14:00:00Z"))
	for i, phone := range phones {
		must(t, s.Do(fmt.Sprintf("P%d %s > I want promotions", i, phone)))
	}
	r.write(draft)
	must(t, s.Do("+10h"))
	r.now, a.config.Data = s.World.Now(), s.Dir // the verbs find the same store
	a.now = func() time.Time { return r.now }
	s.Desk.Now = a.now
	r.reopen()
	return r
}

func (r *rota) write(draft string) {
	r.t.Helper()
	must(r.t, os.WriteFile(r.Config.Path("flows/broadcasts/weekly.yaml"), []byte(draft+rotaText), 0o600))
}

// reopen is a restart of the bot.
func (r *rota) reopen() {
	r.t.Helper()
	must(r.t, r.Store.Close())
	var err error
	r.Store, err = store.Open(r.Ctx, r.Dir, store.Options{Strict: true, Faults: func(statement string) error {
		if r.faults == nil {
			return nil
		}
		return r.faults(statement)
	}})
	must(r.t, err)
	config := r.PumpConfig(r.World)
	config.Now, config.Observer, config.Transport, config.Edited = r.Desk.Now, nil, r, func(o bot.Occurrence) bool { return r.Edited(r.Ctx, o) }
	r.engine = pump.New(config)
	r.connect(bot.NumberSynced)
}

func (r *rota) connect(kind bot.NumberEventKind) {
	r.t.Helper()
	must(r.t, r.engine.NumberEvent(r.Ctx, bot.NumberEvent{Kind: kind, At: r.now}))
}

// Send is the transport.
func (r *rota) Send(_ context.Context, m bot.Outgoing) bot.SendResult {
	if strings.HasPrefix(m.Text, "Hello!") || strings.HasPrefix(m.Text, "Olá!") || strings.HasPrefix(m.Text, "¡Hola!") {
		r.sent = append(r.sent, bot.PhoneOf(m.To)+" at "+r.now.UTC().Format("01-02 15:04"))
		r.times = append(r.times, r.now)
	}
	r.here = append(r.here, m.ID)
	return bot.SendResult{Status: cmp.Or(r.answers, bot.SendAccepted)}
}

func (r *rota) Prepare(bot.Media) <-chan struct{} { return nil }

func (r *rota) MarkRead(context.Context, string, []bot.Identity) error { return nil }

// arms schedules the draft, as `broadcast schedule` does.
func (r *rota) arms() {
	r.t.Helper()
	p, err := r.Preview(r.Ctx, "main", "weekly", desk.PreviewOptions{})
	must(r.t, err)
	_, err = r.Arm(r.Ctx, p)
	must(r.t, err)
}

// look is what the bot does when it looks at the clock.
func (r *rota) look() error {
	if err := r.engine.Tick(r.Ctx); err != nil {
		return err
	}
	for {
		sent, err := r.engine.SendNext(r.Ctx)
		if err != nil || !sent {
			return err
		}
		if err := r.engine.Receipt(r.Ctx, bot.Receipt{MessageIDs: r.here, At: r.now}); err != nil {
			return err
		}
		r.here = nil
	}
}

// plays moves the clock to a moment, from one due moment to the next.
func (r *rota) plays(to string) {
	r.t.Helper()
	end, err := time.Parse(time.RFC3339, to)
	must(r.t, err)
	for {
		must(r.t, r.look())
		next, ok, err := r.Store.NextDue(r.Ctx, "main", r.Limits["main"], r.now)
		must(r.t, err)
		if !ok || next.After(end) {
			break
		}
		r.now = next
	}
	r.now = end
	must(r.t, r.look())
}

// jumps sets the clock, as if the bot had been off.
func (r *rota) jumps(to string) {
	r.t.Helper()
	at, err := time.Parse(time.RFC3339, to)
	must(r.t, err)
	r.now = at
	must(r.t, r.look())
	must(r.t, r.engine.Tick(r.Ctx))
}

func (r *rota) got(want ...string) {
	r.t.Helper()
	if !slices.Equal(r.sent, want) {
		r.t.Fatalf("sent %q, want %q", r.sent, want)
	}
}

// occurrences are the keys and statuses, oldest first.
func (r *rota) keys() (out []string) {
	r.t.Helper()
	list, err := r.Store.Occurrences(r.Ctx, "main", "weekly")
	must(r.t, err)
	for _, o := range slices.Backward(list) {
		out = append(out, o.Key+" "+string(o.Status))
	}
	return out
}

func (r *rota) has(want ...string) {
	r.t.Helper()
	if got := r.keys(); !slices.Equal(got, want) {
		r.t.Fatalf("occurrences %q, want %q", got, want)
	}
}

func (r *rota) status() bot.ScheduleStatus {
	r.t.Helper()
	list, err := r.Store.Schedules(r.Ctx, "main", "weekly")
	must(r.t, err)
	return list[0].Status
}

func (r *rota) told() (texts []string) {
	r.t.Helper()
	list, err := r.Store.Notices(r.Ctx, "main", 100)
	must(r.t, err)
	for _, n := range list {
		if n.Kind == string(bot.NoticeBroadcast) {
			texts = append(texts, n.Text)
		}
	}
	return texts
}

// A phone of Portugal may be on the Azores, an hour behind Lisbon: its own time is the later one.
const lisbonPhone, tokyoPhone, newYorkPhone = "+351910000001", "+819000000001", "+12125550101"

// TestB6RecurringOnceOverDaylightSaving: a weekly broadcast goes out at its wall time, once a week, over a change to summer time,
// with restarts, and with the clock set back an hour after it went out and before.
func TestB6RecurringOnceOverDaylightSaving(t *testing.T) {
	t.Parallel()
	r := newRota(t, "zone: Europe/Lisbon", "cron: \"0 10 * * 5\"\n", lisbonPhone)
	r.arms()
	r.plays("2026-03-20T09:59:59Z")
	r.got(lisbonPhone+" at 03-06 10:00", lisbonPhone+" at 03-13 10:00")
	r.reopen()
	r.plays("2026-03-20T10:30:00Z")
	r.jumps("2026-03-20T09:30:00Z") // set back
	r.reopen()
	r.plays("2026-03-20T10:10:00Z")
	r.plays("2026-03-27T09:50:00Z")
	r.jumps("2026-03-27T08:50:00Z") // set back before
	r.plays("2026-04-03T12:00:00Z")
	r.got(lisbonPhone+" at 03-06 10:00", lisbonPhone+" at 03-13 10:00", lisbonPhone+" at 03-20 10:00", lisbonPhone+" at 03-27 10:00", lisbonPhone+" at 04-03 09:00")
	r.has("2026-03-06T10:00 done", "2026-03-13T10:00 done", "2026-03-20T10:00 done", "2026-03-27T10:00 done", "2026-04-03T10:00 done")
	if told := r.told(); len(told) > 0 {
		t.Errorf("notices %q", told)
	}
}

// TestB6AWallTimeThatComesTwice: at 02:30 on the day on which 02:30 comes twice, and set back on top of it, there is one occurrence.
func TestB6AWallTimeThatComesTwice(t *testing.T) {
	t.Parallel()
	r := newRota(t, "zone: Europe/Berlin", "cron: \"30 2 25 10 *\"\n", lisbonPhone)
	r.jumps("2026-10-24T20:00:00Z")
	r.arms()
	r.plays("2026-10-25T00:45:00Z")
	r.jumps("2026-10-24T23:50:00Z")
	r.arms() // even when it is armed again
	r.plays("2026-10-25T06:00:00Z")
	if keys := r.keys(); len(keys) != 1 || !strings.HasPrefix(keys[0], "2026-10-25T02:30 ") {
		t.Errorf("occurrences %q", keys)
	}
}

// TestB6KilledWhilePlanning kills the bot at every statement between a firing and the claims, and lets it start again: one occurrence,
// one message to each.
func TestB6KilledWhilePlanning(t *testing.T) {
	t.Parallel()
	kills := 0
	for at := 1; ; at++ {
		r := newRota(t, "zone: Europe/Lisbon", "cron: \"0 10 * * 5\"\n", lisbonPhone, tokyoPhone)
		r.arms()
		r.now = time.Date(2026, 3, 6, 10, 0, 0, 0, time.UTC)
		n, died := 0, false
		r.faults = func(string) error {
			if n++; n >= at {
				died = true
				return errDied
			}
			return nil
		}
		err := r.engine.Tick(r.Ctx)
		r.faults = nil
		if died != (err != nil) {
			t.Fatalf("died %v, and the tick says %v", died, err)
		}
		r.reopen()
		r.plays("2026-03-07T12:00:00Z")
		r.has("2026-03-06T10:00 done")
		r.got(lisbonPhone+" at 03-06 10:00", tokyoPhone+" at 03-06 10:00")
		if !died {
			break
		}
		kills++
	}
	if kills < 5 {
		t.Errorf("died at %d statements only", kills)
	}
}

// TestB7MissedOccurrencesWait: of three that were missed the newest waits for the operator, one notice says how many there were, and
// the release sends it; the next one goes out by itself.
func TestB7MissedOccurrencesWait(t *testing.T) {
	t.Parallel()
	r := newRota(t, "zone: Europe/Lisbon", "cron: \"0 10 * * *\"\ngrace: 3h\n", lisbonPhone)
	r.arms()
	r.jumps("2026-03-05T13:00:01Z") // off since Tuesday
	r.has("2026-03-05T10:00 late")
	r.got()
	told := r.told()
	if len(told) != 1 || !strings.Contains(told[0], "missed 3 times") || !strings.Contains(told[0], "broadcast release weekly") {
		t.Fatalf("told %q", told)
	}
	list, err := r.Store.Occurrences(r.Ctx, "main", "weekly")
	must(t, err)
	_, err = r.Store.Resume(r.Ctx, list[0].Number, list[0].ID, r.now)
	must(t, err)
	r.plays("2026-03-05T14:00:00Z")
	r.got(lisbonPhone + " at 03-05 13:00")
	r.jumps("2026-03-07T12:59:00Z") // off again; within the grace
	r.has("2026-03-05T10:00 done", "2026-03-06T10:00 late", "2026-03-07T10:00 done")
	r.got(lisbonPhone+" at 03-05 13:00", lisbonPhone+" at 03-07 12:59")
}

// TestB7DisconnectedForDays: the bot runs, but the number is not connected: each firing becomes late in its turn, and only the newest
// waits.
func TestB7DisconnectedForDays(t *testing.T) {
	t.Parallel()
	r := newRota(t, "zone: Europe/Lisbon", "cron: \"0 10 * * *\"\n", lisbonPhone)
	r.arms()
	r.connect(bot.NumberDisconnected)
	for _, to := range []string{"2026-03-03T10:00:00Z", "2026-03-03T12:01:00Z", "2026-03-04T10:00:00Z", "2026-03-04T12:01:00Z"} {
		r.plays(to)
	}
	r.has("2026-03-03T10:00 cancelled", "2026-03-04T10:00 late")
	if told := r.told(); len(told) != 2 || !strings.Contains(told[0]+told[1], "missed 2 times") {
		t.Errorf("told %q", told)
	}
	r.connect(bot.NumberSynced)
	r.plays("2026-03-05T09:00:00Z")
	r.got()

	r = newRota(t, "zone: Europe/Lisbon", "cron: \"0 * * * *\"\n", lisbonPhone)
	r.arms()
	r.connect(bot.NumberDisconnected)
	for hour := range 39 { // from Tuesday to Wednesday night
		r.plays(fmt.Sprintf("2026-03-%02dT%02d:01:00Z", 3+(9+hour)/24, (9+hour)%24))
	}
	if told := r.told(); len(told) != 2 || !strings.Contains(told[0], "missed 24 times") {
		t.Errorf("every hour, over two days: told %q", told)
	}

	r = newRota(t, "zone: Europe/Lisbon", "cron: \"30 0 * * *\"\n", lisbonPhone)
	r.jumps("2026-03-28T00:10:00Z")
	r.arms()
	r.connect(bot.NumberDisconnected)
	for _, to := range []string{"2026-03-28T00:31:00Z", "2026-03-28T02:31:00Z", "2026-03-29T00:31:00Z", "2026-03-29T02:31:00Z", "2026-03-29T23:31:00Z", "2026-03-30T01:31:00Z"} {
		r.plays(to)
	}
	if told := r.told(); len(told) != 3 {
		t.Errorf("every day, over one of 23 hours: told %q", told)
	}
}

// TestB7AnEditDisarmsTheSchedule: before an occurrence nothing goes out any more, and the operator hears of it once; during one it
// finishes with the text as it was armed.
func TestB7AnEditDisarmsTheSchedule(t *testing.T) {
	t.Parallel()
	for _, seen := range []bool{true, false} { // by the watch of the files; when the next one is due
		r := newRota(t, "zone: Europe/Lisbon", "cron: \"0 10 * * *\"\n", lisbonPhone, newYorkPhone)
		r.arms()
		r.plays("2026-03-03T10:00:01Z") // New York sleeps still
		r.got(lisbonPhone + " at 03-03 10:00")
		r.write("# another thought\ncron: \"0 11 * * *\"\n")
		if seen {
			must(t, r.DisarmEdited(t.Context(), r.Numbers["main"]))
			must(t, r.DisarmEdited(t.Context(), r.Numbers["main"]))
		}
		r.plays("2026-03-05T20:00:00Z")
		r.got(lisbonPhone+" at 03-03 10:00", newYorkPhone+" at 03-03 14:00")
		r.has("2026-03-03T10:00 done")
		if told := r.told(); len(told) != 1 || !strings.Contains(told[0], "was edited") || r.status() != bot.ScheduleDisarmed {
			t.Errorf("seen %v: told %q, %s", seen, told, r.status())
		}
		r.arms()
		r.plays("2026-03-06T12:00:00Z")
		r.has("2026-03-03T10:00 done", "2026-03-06T11:00 running")
	}
}

// TestB7PauseResumeCancel apply to the schedule and to the occurrence under way.
func TestB7PauseResumeCancel(t *testing.T) {
	t.Parallel()
	r := newRota(t, "zone: Europe/Lisbon", "cron: \"0 10 * * *\"\n", lisbonPhone, newYorkPhone)
	r.arms()
	r.plays("2026-03-03T10:00:01Z")
	must(t, BroadcastPauseCmd{Name: "weekly"}.Run(t.Context(), r.app))
	r.plays("2026-03-04T12:00:00Z")
	r.has("2026-03-03T10:00 paused")
	must(t, BroadcastResumeCmd{Name: "weekly"}.Run(t.Context(), r.app))
	if r.status() != bot.ScheduleArmed {
		t.Fatal(r.status())
	}
	r.plays("2026-03-05T10:00:01Z") // what fell into the pause is over
	r.has("2026-03-03T10:00 done", "2026-03-05T10:00 running")
	must(t, BroadcastCancelCmd{Name: "weekly", Confirmed: Confirmed{Yes: true}}.Run(t.Context(), r.app))
	r.plays("2026-03-09T10:00:01Z")
	r.has("2026-03-03T10:00 done", "2026-03-05T10:00 cancelled")
	if r.status() != bot.ScheduleCancelled {
		t.Error(r.status())
	}
}

// TestB7ARecurringOneComesAgainAfterACancel: who got it last week, before it was cancelled half-way, gets it when it is armed again.
func TestB7ARecurringOneComesAgainAfterACancel(t *testing.T) {
	t.Parallel()
	r := newRota(t, "zone: Europe/Lisbon", "cron: \"0 10 * * 5\"\n", lisbonPhone, newYorkPhone)
	r.arms()
	r.plays("2026-03-06T10:00:01Z")
	must(t, BroadcastCancelCmd{Name: "weekly", Confirmed: Confirmed{Yes: true}}.Run(t.Context(), r.app))
	r.arms()
	r.plays("2026-03-13T20:00:00Z")
	r.got(lisbonPhone+" at 03-06 10:00", lisbonPhone+" at 03-13 10:00", newYorkPhone+" at 03-13 13:00")
}

// TestB4OwnTimeGoesOutWhereTheyLive: at ten in the morning for each, and who missed their own time waits for the operator.
func TestB4OwnTimeGoesOutWhereTheyLive(t *testing.T) {
	t.Parallel()
	r := newRota(t, "zone: Europe/Lisbon", "at: 2026-03-09 10:00\nzone: "+flows.ZoneContact+"\n", lisbonPhone, tokyoPhone, newYorkPhone)
	r.arms()
	r.plays("2026-03-09T20:00:00Z") // summer time in New York since the day before
	r.got(tokyoPhone+" at 03-09 01:00", lisbonPhone+" at 03-09 11:00", newYorkPhone+" at 03-09 14:00")
	r.has("2026-03-09 done")

	r = newRota(t, "zone: Europe/Lisbon", "at: 2026-03-09 10:00\nzone: "+flows.ZoneContact+"\n", lisbonPhone, tokyoPhone, newYorkPhone)
	r.arms()
	r.jumps("2026-03-09T09:00:00Z") // 18:00 in Tokyo
	list, err := r.Store.Occurrences(r.Ctx, "main", "weekly")
	must(t, err)
	c, err := r.Store.Contact(r.Ctx, "main", tokyoPhone)
	must(t, err)
	d, err := r.Store.Delivery(r.Ctx, list[0].ID, c.ID)
	must(t, err)
	if d.Status != bot.DeliveryHeld || d.Reason != bot.Late {
		t.Fatalf("who missed their own time: %+v", d)
	}
	released, err := r.Store.ReleaseBroadcast(r.Ctx, "main", "weekly", r.now)
	must(t, err)
	r.plays("2026-03-09T20:00:00Z")
	if r.got(tokyoPhone+" at 03-09 09:00", lisbonPhone+" at 03-09 11:00", newYorkPhone+" at 03-09 14:00"); len(released.Occurrences) != 1 {
		t.Errorf("released: %+v", released)
	}
}

// TestB4OwnTimeBeginsToday: armed at eight in the morning it goes out at ten, and not tomorrow, though elsewhere ten has passed: who lives
// there waits for the operator this once, also when the question closes that they have open.
func TestB4OwnTimeBeginsToday(t *testing.T) {
	t.Parallel()
	r := newRota(t, "zone: Europe/Lisbon", "cron: \"0 10 * * *\"\nzone: "+flows.ZoneContact+"\n", lisbonPhone, tokyoPhone, newYorkPhone)
	r.jumps("2026-03-03T08:00:00Z")
	r.arms()
	r.plays("2026-03-03T20:00:00Z")
	r.got(lisbonPhone+" at 03-03 11:00", newYorkPhone+" at 03-03 15:00")
	r.plays("2026-03-04T20:00:00Z")
	r.got(lisbonPhone+" at 03-03 11:00", newYorkPhone+" at 03-03 15:00", tokyoPhone+" at 03-04 01:00", lisbonPhone+" at 03-04 11:00", newYorkPhone+" at 03-04 15:00")

	r = newRota(t, "zone: Europe/Lisbon", "cron: \"0 10 * * *\"\nzone: "+flows.ZoneContact+"\n", newYorkPhone)
	r.jumps("2026-03-03T10:00:00Z") // ten has come where the shop is: tomorrow, also for New York
	r.arms()
	r.plays("2026-03-04T20:00:00Z")
	r.got(newYorkPhone + " at 03-04 15:00")
}

// TestB4OwnTimeOnceADate: cancelled while its date goes on, and scheduled again, it comes tomorrow, and says so; so it does when it is resumed.
func TestB4OwnTimeOnceADate(t *testing.T) {
	t.Parallel()
	r := newRota(t, "zone: Europe/Lisbon", "cron: \"0 10 * * *\"\nzone: "+flows.ZoneContact+"\n", newYorkPhone)
	next := func(want string) {
		t.Helper()
		list, err := r.Schedules(t.Context(), "main", "weekly")
		must(t, err)
		if got := list[0].Says; !strings.Contains(got, "next "+want+" 10:00") {
			t.Errorf("%s, want %s", got, want)
		}
	}
	r.jumps("2026-03-03T08:00:00Z")
	r.arms()
	next("2026-03-03")
	r.plays("2026-03-03T08:05:00Z")
	must(t, BroadcastPauseCmd{Name: "weekly"}.Run(t.Context(), r.app))
	must(t, BroadcastResumeCmd{Name: "weekly"}.Run(t.Context(), r.app))
	next("2026-03-04")
	must(t, BroadcastCancelCmd{Name: "weekly", Confirmed: Confirmed{Yes: true}}.Run(t.Context(), r.app))
	r.arms()
	next("2026-03-04")
	r.plays("2026-03-04T20:00:00Z")
	r.has("2026-03-03 cancelled", "2026-03-04 done", "2026-03-05 running")
	r.got(newYorkPhone + " at 03-04 15:00")
}

// TestB4OwnTimeFollowsTheZone: who is known to live elsewhere after it was planned gets it at the time of that place, be it later or earlier.
func TestB4OwnTimeFollowsTheZone(t *testing.T) {
	t.Parallel()
	r := newRota(t, "zone: Europe/Lisbon", "at: 2026-03-09 10:00\nzone: "+flows.ZoneContact+"\n", lisbonPhone, newYorkPhone)
	r.arms()
	r.plays("2026-03-08T23:00:00Z")
	must(t, ContactsZoneCmd{Phone: lisbonPhone, Zone: TypedPhone{"America/Sao_Paulo"}}.Run(t.Context(), r.app))
	must(t, ContactsZoneCmd{Phone: newYorkPhone, Zone: TypedPhone{"Asia/Tokyo"}}.Run(t.Context(), r.app))
	var why strings.Builder
	r.app.out = &why
	must(t, BroadcastWhyCmd{Name: "weekly", Phone: TypedPhone{lisbonPhone}}.Run(t.Context(), r.app)) // before the bot has looked
	if !strings.Contains(why.String(), "2026-03-09 13:00 WET where the shop is") {
		t.Errorf("why: %s", why.String())
	}
	r.plays("2026-03-09T20:00:00Z")
	r.got(newYorkPhone+" at 03-09 01:00", lisbonPhone+" at 03-09 13:00")
	r.has("2026-03-09 done")
}

// TestB4OwnTimeInTheChat: /send of a draft at each contact's own time waits for that on the moved clock.
func TestB4OwnTimeInTheChat(t *testing.T) {
	t.Parallel()
	r := newRota(t, "zone: Europe/Lisbon", "cron: \"0 10 * * *\"\nzone: "+flows.ZoneContact+"\n", lisbonPhone, tokyoPhone)
	r.Desk.Now = r.World.Now
	r.restartWorld()
	must(t, r.Do("broadcast weekly"))
	if got := broadcastsTo(r.Player); len(got) > 0 {
		t.Fatalf("sent at once: %v", got)
	}
	must(t, r.Do("+48h"))
	var at []string
	for _, e := range broadcastsTo(r.Player) {
		at = append(at, e.At.Format("01-02 15:04"))
	}
	if !slices.Equal(at, []string{"03-03 01:00", "03-03 11:00"}) {
		t.Errorf("sent at %v", at)
	}
}

func (r *rota) restartWorld() {
	r.t.Helper()
	r.World.Memory, r.World.Engine = r.Store, r.Player.Engine(r.World)
	must(r.t, r.World.Engine.NumberEvent(r.Ctx, bot.NumberEvent{Kind: bot.NumberSynced, At: r.World.Now()}))
	r.Events = nil
}
