package cli

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/cli/clitest"
	"optinbot/bot/desk"
	"optinbot/bot/play"
	"optinbot/bot/sim"
)

// weekFrom is a Friday. On the Sunday after it the clocks go forward in Europe.
var weekFrom = time.Date(2026, 3, 27, 6, 0, 0, 0, time.UTC)

// homes are the twelve places in which the people of the week live: how their phones begin and how many digits follow, and the offset
// from UTC there, as almanacs print it, before the change in Europe and after it.
var homes = []struct {
	prefix        string
	digits        int
	before, after time.Duration
}{
	{"+551190", 7, -3 * time.Hour, -3 * time.Hour},
	{"+121255", 5, -4 * time.Hour, -4 * time.Hour},
	{"+121355", 5, -7 * time.Hour, -7 * time.Hour},
	{"+525512", 6, -6 * time.Hour, -6 * time.Hour},
	{"+351910", 6, 0, time.Hour},
	{"+346000", 5, time.Hour, 2 * time.Hour},
	{"+491510", 7, time.Hour, 2 * time.Hour},
	{"+306900", 6, 2 * time.Hour, 3 * time.Hour},
	{"+919800", 6, 5*time.Hour + 30*time.Minute, 5*time.Hour + 30*time.Minute},
	{"+819000", 6, 9 * time.Hour, 9 * time.Hour},
	{"+614000", 5, 11 * time.Hour, 11 * time.Hour},
	{"+642100", 5, 13 * time.Hour, 13 * time.Hour},
}

var europeChanges = time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC)

// A sending is one promotion as it left.
type sending struct {
	at         time.Time
	phone      string
	occurrence int64
	broadcast  string
}

// week is the stage of the test: it notes what goes out, and nothing of what was decided.
type week struct {
	*play.Simulation
	t       *testing.T
	ctx     context.Context
	sent    []sending
	stopped map[string]time.Time
	held    map[bot.Reason]int
	people  int
}

// TestB4WeekOverDaylightSaving: a week with several broadcasts at once for people in twelve zones, clocks that change, people who
// leave, and restarts. A second implementation of the rules, which asks nothing of what decided, finds nobody outside their hours,
// nobody over a cap, nobody who left, and every occurrence once.
func TestB4WeekOverDaylightSaving(t *testing.T) {
	t.Parallel()
	n := 1000
	if testing.Short() || raceDetector {
		n = 240
	}
	playWeek(t, n)
}

// TestB4WeekOverDaylightSavingLong is the same for many people.
func TestB4WeekOverDaylightSavingLong(t *testing.T) {
	clitest.Long(t)
	playWeek(t, 10_000)
}

func playWeek(t *testing.T, people int) {
	t.Helper()
	w := newWeek(t, people)
	w.arm("evening", "at: 2026-03-27 19:00\nzone: contact") // and the next morning is less than 20 hours later
	w.arm("madrid", "cron: \"0 10 * * *\"\nzone: Europe/Madrid\nstarts: 2026-03-28")
	w.arm("own-time", "cron: \"30 18 * * MON,WED,FRI\"\nzone: contact\nstarts: 2026-03-28")
	w.arm("saturday", "at: 2026-03-28 11:00\nzone: America/New_York")
	for day := range 7 {
		must(t, w.World.Advance(w.ctx, weekFrom.AddDate(0, 0, day).Add(5*time.Hour)))
		w.leave(day)
		must(t, w.World.Advance(w.ctx, weekFrom.AddDate(0, 0, day+1)))
		w.restart()
	}
	w.judge()
}

func newWeek(t *testing.T, people int) *week {
	a := testApp(t, "zone: Europe/Madrid\npace: {every: 5s, per_day: 5000}\nnumbers:\n  - {name: main, flow: promotions, established: true}\n")
	s, err := play.Simulate(t.Context(), a.options(), "", 90)
	must(t, err)
	w := &week{Simulation: s, t: t, ctx: context.WithoutCancel(t.Context()), stopped: map[string]time.Time{}, held: map[bot.Reason]int{}, people: people}
	t.Cleanup(func() { must(t, s.Close()) })
	quick, err := s.Store.Rehearsal(w.ctx, t.TempDir()) // nothing is synced
	must(t, err)
	must(t, s.Store.Close())
	s.Store = quick
	s.World.Memory, s.World.Engine = quick, s.Engine(s.World)
	s.World.Out = w.saw
	must(t, s.World.Advance(w.ctx, weekFrom))
	w.fill()
	return w
}

func (w *week) phone(i int) string {
	home := homes[i%len(homes)]
	return fmt.Sprintf("%s%0*d", home.prefix, home.digits, i)
}

// fill makes the people: they wrote, and are subscribed since. One after the other, so that each run is the same.
func (w *week) fill() {
	for i := range w.people {
		must(w.t, w.subscribe(w.phone(i)))
	}
}

func (w *week) subscribe(phone string) error {
	envs := func(string) bot.Env {
		return bot.Env{Now: weekFrom, Machine: w.Machine("main"), NewID: newMessageID}
	}
	turn, err := w.Store.HandleMessage(w.ctx, "main", bot.Message{ID: "M" + phone, Identities: []bot.Identity{{Kind: bot.Phone, Value: phone}},
		Kind: bot.KindText, Text: "hello", At: weekFrom}, envs)
	if err != nil {
		return err
	}
	_, err = w.Store.Act(w.ctx, "main", turn.Contact.ID, envs, func(_ bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
		c.Consent, c.State, c.FlowQuestion, c.OptedIn = bot.Subscribed, "member", nil, weekFrom
		proof := bot.Record{Entry: bot.Entry{Public: bot.Public{Number: "main", Event: bot.EntryOptedIn, From: bot.Pending, To: bot.Subscribed, ServerTime: weekFrom}}}
		return c, []bot.Effect{bot.CancelUnsent{}, bot.SetTimer{}, proof}, nil
	})
	return err
}

// arm schedules a draft, as the verb does.
func (w *week) arm(name, times string) {
	w.t.Helper()
	draft := "broadcast: " + name + "\n" + times + "\ntext: {en: Hello, pt: Olá, es: Hola}\n"
	must(w.t, os.WriteFile(w.Config.Path("flows/broadcasts/"+name+".yaml"), []byte(draft), 0o600))
	p, err := w.Preview(w.ctx, "main", name, desk.PreviewOptions{})
	must(w.t, err)
	_, err = w.Desk.Arm(w.ctx, p)
	must(w.t, err)
}

func (w *week) saw(e sim.Event) {
	if e.Held != "" {
		w.held[e.Held]++
	}
	if e.Kind == bot.SayBroadcast {
		w.sent = append(w.sent, sending{at: e.At, phone: e.Contact.Phone(), broadcast: e.Broadcast, occurrence: e.Occurrence})
	}
}

// leave lets some people stop on each day, in the middle of what is under way; so few that the guard lets it go on.
func (w *week) leave(day int) {
	for k := range 1 + w.people/1000 {
		i := (day*97 + k*991) % w.people
		phone := w.phone(i)
		if _, gone := w.stopped[phone]; gone {
			continue
		}
		w.stopped[phone] = w.World.Now()
		_, err := w.World.Write(w.ctx, bot.Message{ID: fmt.Sprintf("STOP%d", i), Identities: []bot.Identity{{Kind: bot.Phone, Value: phone}},
			Kind: bot.KindText, Text: "2", At: w.World.Now()})
		must(w.t, err)
	}
}

// restart lets a new pump go on.
func (w *week) restart() {
	_, err := w.Store.Recover(w.ctx, "main", w.World.Now(), w.Envs)
	must(w.t, err)
	w.World.Engine = w.Engine(w.World)
	must(w.t, w.World.Engine.NumberEvent(w.ctx, bot.NumberEvent{Kind: bot.NumberSynced, At: w.World.Now()}))
}

// local is what the clock on the wall shows where a phone is from, as a time in UTC.
func local(phone string, at time.Time) time.Time {
	for _, home := range homes {
		if strings.HasPrefix(phone, home.prefix) {
			if !at.Before(europeChanges) {
				return at.Add(home.after)
			}
			return at.Add(home.before)
		}
	}
	return time.Time{}
}

// judge is the second implementation of the rules: from what left, when, and to whom.
func (w *week) judge() {
	byPhone := map[string][]sending{}
	perHome := map[string]int{}
	for _, s := range w.sent {
		byPhone[s.phone] = append(byPhone[s.phone], s)
		perHome[s.phone[:7]]++
		w.judgeHour(s)
		if left, gone := w.stopped[s.phone]; gone && s.at.After(left) {
			w.t.Errorf("%s left at %s and got %s at %s", s.phone, left, s.broadcast, s.at)
		}
	}
	for phone, list := range byPhone {
		w.judgePerson(phone, list)
	}
	w.judgeNumber()
	w.judgeOccurrences()
	w.t.Logf("%d promotions to %d of %d people; held for %v; by home %v", len(w.sent), len(byPhone), w.people, w.held, perHome)
	for _, home := range homes {
		if perHome[home.prefix] < w.people/len(homes)/4 {
			w.t.Errorf("only %d promotions to phones %s", perHome[home.prefix], home.prefix)
		}
	}
	for _, reason := range []bot.Reason{bot.QuietHours, bot.MinGap, bot.WeeklyCap} {
		if w.held[reason] == 0 {
			w.t.Errorf("nobody had to wait for %s: it proves nothing", reason)
		}
	}
}

func (w *week) judgeHour(s sending) {
	at := local(s.phone, s.at)
	if minute := at.Hour()*60 + at.Minute(); at.Weekday() == time.Sunday || minute < 9*60 || minute >= 20*60 {
		w.t.Errorf("%s got %s on %s, their time", s.phone, s.broadcast, at.Format("Monday 15:04"))
	}
}

func (w *week) judgePerson(phone string, list []sending) {
	for i, s := range list {
		sameDay, sameWeek := 0, 0
		for j, other := range list[:i+1] {
			if local(phone, other.at).YearDay() == local(phone, s.at).YearDay() {
				sameDay++
			}
			if s.at.Sub(other.at) < 7*24*time.Hour {
				sameWeek++
			}
			if j < i && other.occurrence == s.occurrence {
				w.t.Errorf("%s got occurrence %d of %s twice", phone, s.occurrence, s.broadcast)
			}
		}
		if sameDay > 1 || sameWeek > 2 || i > 0 && s.at.Sub(list[i-1].at) < 20*time.Hour {
			w.t.Errorf("%s got %d on one day, %d in a week: %v", phone, sameDay, sameWeek, list)
		}
	}
}

func (w *week) judgeNumber() {
	perDay := map[string]int{}
	for i, s := range w.sent {
		if i > 0 && s.at.Sub(w.sent[i-1].at) < 5*time.Second {
			w.t.Errorf("two within %s", s.at.Sub(w.sent[i-1].at))
		}
		day := local("+346000", s.at).Format(time.DateOnly)
		if perDay[day]++; perDay[day] == 5001 {
			w.t.Errorf("more than 5,000 on %s", day)
		}
	}
}

// judgeOccurrences compares the occurrences with what the calendar says.
func (w *week) judgeOccurrences() {
	list, err := w.Store.Occurrences(w.ctx, "main", "")
	must(w.t, err)
	got := map[string][]string{}
	for _, o := range list {
		if o.Status == bot.OccurrencePaused {
			w.t.Errorf("the guard has paused %s: %s", o.Broadcast, o.Note)
		}
		got[o.Broadcast] = append(got[o.Broadcast], o.DueAt.Format("2 15:04"))
	}
	for name, want := range map[string][]string{
		"evening":  {"27 05:00"},
		"madrid":   {"28 09:00", "29 08:00", "30 08:00", "31 08:00", "1 08:00", "2 08:00"},
		"own-time": {"30 04:30", "1 04:30", "3 04:30"},
		"saturday": {"28 15:00"},
	} {
		slices.Reverse(got[name])
		if !slices.Equal(got[name], want) {
			w.t.Errorf("%s was due on %v, want %v", name, got[name], want)
		}
	}
}
