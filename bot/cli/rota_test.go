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
	"optinbot/store"
	"optinbot/store/storetest"
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
	r.now, a.config.Data, a.config.Store.URL = s.World.Now(), s.Dir, storetest.In(t, s.Dir).URL // the verbs find the same store
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
	o := storetest.In(r.t, r.Dir)
	o.Strict, o.Faults = true, func(statement string) error {
		if r.faults == nil {
			return nil
		}
		return r.faults(statement)
	}
	r.Store, err = store.Open(r.Ctx, r.Dir, o)
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

func (r *rota) Prepare(bot.Media) (<-chan struct{}, error) { return nil, nil }

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
		if err := r.engine.Receipt(r.Ctx, bot.Receipt{Kind: bot.ReceiptDelivered, MessageIDs: r.here, At: r.now}); err != nil {
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
		next, ok, err := r.Store.NextDue(r.Ctx, "main", r.Limits("main"), r.now)
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

func (r *rota) restartWorld() {
	r.t.Helper()
	r.World.Memory, r.World.Engine = r.Store, r.Player.Engine(r.World)
	must(r.t, r.World.Engine.NumberEvent(r.Ctx, bot.NumberEvent{Kind: bot.NumberSynced, At: r.World.Now()}))
	r.Events = nil
}
