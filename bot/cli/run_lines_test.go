package cli

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/text"
	"optinbot/store"
)

// linesOn are run's lines in a window, by a clock that stands.
func linesOn(t *testing.T, w *window, numbers ...string) *runLines {
	t.Helper()
	shop, err := time.LoadLocation("America/Sao_Paulo")
	must(t, err)
	now := time.Date(2026, 12, 1, 14, 3, 0, 0, time.UTC)
	a := &App{err: &text.Screen{To: w, Colour: true}, environ: map[string]string{"NO_COLOR": "1"}}
	zones := map[string]*time.Location{"": shop}
	for _, n := range numbers {
		zones[n] = shop
	}
	return &runLines{
		page: a.pageOn(a.err), now: func() time.Time { return now }, zones: zones, shown: &lastLines{},
	}
}

func notice(kind bot.NoticeKind, says string, contact int64) desk.News {
	return desk.News{Notices: []store.Notice{{Number: "main", Kind: string(kind), Text: says, Contact: contact}}}
}

func broadcastNews(before, status bot.OccurrenceStatus) desk.News {
	return desk.News{Broadcasts: []desk.BroadcastNews{{
		Before: before, OccurrenceView: desk.OccurrenceView{
			Broadcast: "weekend-offer", Status: status, DueAt: time.Date(2026, 12, 5, 13, 0, 0, 0, time.UTC),
			People: []store.Count{{Status: bot.DeliverySent, People: 39}, {Status: bot.DeliverySkipped, People: 2}},
		},
	}}}
}

// aDayOfRun is what may happen while `run` runs, as the log and the news say it.
func aDayOfRun(r *runLines) {
	log := slog.New(*r).With("number", "main")
	log.Warn("number is not linked; `optinbot link` links it, also while this runs", "number", "main")
	log.Info("Successfully authenticated", "module", "") // of WhatsApp's library
	log.Info("number", "event", "connected", "detail", "connected to WhatsApp")
	log.Info("serving", "number", "main", "flow", "promotions@1a2b3c4d")
	log.Info("number", "event", "offline_sync_ended", "detail", "")
	r.tell("main", desk.News{Joined: 1, Subscribed: 13})
	r.tell("main", desk.News{Joined: 3, Subscribed: 16})
	r.tell("main", desk.News{Left: 1, Subscribed: 15})
	r.tell("main", desk.News{Joined: 2, Left: 1, Subscribed: 16})
	r.tell("main", notice(bot.NoticeNeedsPerson, "somebody needs a person: the bot could not help", 7))
	log.Warn("notice", "text", "somebody needs a person: the bot could not help", "contact", 7)
	r.tell("main", broadcastNews("", bot.OccurrenceScheduled))
	r.tell("main", broadcastNews(bot.OccurrenceScheduled, bot.OccurrenceRunning))
	paused := broadcastNews(bot.OccurrenceRunning, bot.OccurrencePaused)
	paused.Notices = notice(bot.NoticeBroadcast, "broadcast weekend-offer is paused: 3 of the 39 who got it stopped", 0).Notices
	r.tell("main", paused)
	r.tell("main", broadcastNews(bot.OccurrencePaused, bot.OccurrenceRunning))
	r.tell("main", broadcastNews(bot.OccurrenceRunning, bot.OccurrenceDone))
	r.tell("main", broadcastNews(bot.OccurrenceScheduled, bot.OccurrenceLate))
	r.tell("main", notice(bot.NoticeTest, "the text of a draft", 0))
	log.Info("number", "event", "disconnected", "detail", "the connection to WhatsApp is lost; it is made again by itself")
	log.Info("number", "event", "banned", "detail", "WhatsApp has banned the number for a time")
	r.tell("main", notice(bot.NoticeNumber, "WhatsApp has banned the number for a time: look at the phone", 0))
	log.Info("number", "event", "connected", "detail", "connected to WhatsApp")
	r.tell("main", notice(bot.NoticeFlow, "flow promotions was edited and has 1 problem; the bot goes on as before", 0))
	log.Error("the store refused; trying again", "error", "the disk is full\x1b[2J\nand more")
}

// TestRunScreens: the banner, and a line for each thing that happens.
func TestRunScreens(t *testing.T) {
	t.Parallel()
	linked := time.Date(2026, 9, 1, 1, 0, 0, 0, time.UTC) // the evening before, in the shop
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		w := &window{columns: size[0], rows: size[1]}
		r := linesOn(t, w, "main", "second")
		shop := r.zones[""]
		r.banner("v1.2.3", "/srv/corner-shop", []desk.NumberBrief{
			{
				Name: "main", Linked: linked, Flow: "promotions", Subscribed: 12,
				Broadcast: "weekend-offer", At: linked.AddDate(0, 3, 5), Zone: shop,
			},
			{Name: "second", Zone: shop},
		}, runPage{address: "http://127.0.0.1:8420", first: "http://127.0.0.1:8420/welcome#n0Real0Token0Only0As0Long0As0One0"})
		w.golden(t, "run-banner")
		w = &window{columns: size[0], rows: size[1]}
		aDayOfRun(linesOn(t, w, "main"))
		w.golden(t, "run-events")
	}
}

// TestRunNamesTheNumberWhereThereAreSeveral: with one it would only take room.
func TestRunNamesTheNumberWhereThereAreSeveral(t *testing.T) {
	t.Parallel()
	w := &window{columns: 80, rows: 24}
	linesOn(t, w, "main", "second").tell("second", desk.News{Joined: 1, Subscribed: 1})
	linesOn(t, w, "main").tell("main", desk.News{Joined: 1, Subscribed: 1})
	want := "11:03  second: Somebody joined: 1 subscribed now.\n11:03  Somebody joined: 1 subscribed now.\n"
	if w.String() != want {
		t.Errorf("%q, want %q", w.String(), want)
	}
}

// TestRunTellsEachChangeOfTheConnection: two of the same kind in a row are no repetition.
func TestRunTellsEachChangeOfTheConnection(t *testing.T) {
	t.Parallel()
	w := &window{columns: 80, rows: 24}
	log := slog.New(*linesOn(t, w, "main"))
	for range 2 {
		log.Info("number", "event", "connected", "detail", "")
		log.Info("number", "event", "disconnected", "detail", "lost")
		log.Error("the store refused; trying again", "error", "busy")
	}
	want := strings.Repeat("11:03  Connected to WhatsApp.\n11:03  Lost.\n", 2)
	if got := strings.ReplaceAll(w.String(), "11:03  The store refused; trying again: error busy.\n", ""); got != want ||
		strings.Count(w.String(), "busy") != 1 {
		t.Errorf("got\n%s", w.String())
	}
}

// TestRunsLogStaysALog where standard error is no terminal, or config.yaml says in which format.
func TestRunsLogStaysALog(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		format   string
		terminal bool
		lines    bool
	}{{"auto", true, true}, {"auto", false, false}, {"text", true, false}, {"json", true, false}} {
		a := testApp(t, "log: {format: "+c.format+"}\n")
		if c.terminal {
			a.err = &text.Screen{To: &window{columns: 80, rows: 24}}
		}
		if got := a.runLines() != nil; got != c.lines {
			t.Errorf("format %s, terminal %v: lines %v", c.format, c.terminal, got)
		}
	}
}

// TestRunsLinesHearTheLevel of config.yaml.
func TestRunsLinesHearTheLevel(t *testing.T) {
	t.Parallel()
	a := testApp(t, "log: {level: warn}\n")
	a.err = &text.Screen{To: &window{columns: 80, rows: 24}}
	lines := a.runLines()
	if lines.Enabled(context.Background(), slog.LevelInfo) || !lines.Enabled(context.Background(), slog.LevelWarn) {
		t.Error("level warn is not heard")
	}
	if strings.Contains(a.err.(*text.Screen).To.(*window).String(), "level") {
		t.Error("it printed")
	}
}

// TestRunSaysThatItEndsBeforeItHas: also where serving is over at once.
func TestRunSaysThatItEndsBeforeItHas(t *testing.T) {
	t.Parallel()
	a := testApp(t, "log: {format: auto}\n")
	w := &window{columns: 80, rows: 24}
	a.err = &text.Screen{To: w}
	d, err := a.open(t.Context())
	must(t, err)
	defer d.Close()
	for range 20 {
		w.Reset()
		ctx, cancel := context.WithCancel(t.Context())
		end, err := a.runLines().follow(ctx, a, d, runPage{})
		must(t, err)
		cancel()
		end(nil)
		if _, after, _ := strings.Cut(w.String(), "It ends: "); !strings.Contains(after, "It has ended.") {
			t.Fatalf("it says\n%s", w.String())
		}
	}
}
