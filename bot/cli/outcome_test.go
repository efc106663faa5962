package cli

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/play"
	"optinbot/bot/pump"
)

// TestB8WhyTellsTheStory: one delivery's story in sentences, from its times, also when there is a newer occurrence.
func TestB8WhyTellsTheStory(t *testing.T) {
	t.Parallel()
	s := newStage(t, play.Conversation{Setup: []play.Step{{Text: "config contact: {per_day: 3, gap: 1h, per_week: 21}"}}}, false)
	must(t, s.Do("Ana +5511900000001 > quero promoções"))
	must(t, s.Do("broadcast weekend-offer"))
	must(t, s.Do("+31m")) // her open question held it
	sent := broadcastsTo(s)
	if len(sent) != 1 {
		t.Fatalf("%d promotions", len(sent))
	}
	engine := s.World.Engine.(*pump.Pump)
	must(t, s.Do("+5m"))
	must(t, engine.Receipt(s.Ctx, bot.Receipt{MessageIDs: []string{sent[0].ID}, Read: true, At: s.World.Now()}))
	must(t, s.Do("+5m"))
	must(t, s.Do("Ana > could you send fewer messages?"))
	must(t, s.Do("+5m"))
	must(t, s.Do("Ana > 2"))
	must(t, s.Do("broadcast weekend-offer"))

	list, err := s.Store.Occurrences(s.Ctx, "main", "weekend-offer")
	must(t, err)
	c, err := s.Store.Contact(s.Ctx, "main", "+5511900000001")
	must(t, err)
	row, err := s.Store.Number(s.Ctx, "main")
	must(t, err)
	for i, want := range []string{
		"Ana did not get it, and will not, because they asked to stop (unsubscribed).",
		"Ana got it: sent at 2026-03-02 14:30 UTC (variant 1, message " + sent[0].ID + ").\n" +
			"It was planned at 2026-03-02 14:00 UTC and waited from 2026-03-02 14:00 UTC for question_open.\n" +
			"Their phone received it at 2026-03-02 14:30 UTC.\nIt was read at 2026-03-02 14:36 UTC.\n" +
			"They wrote again at 2026-03-02 14:41 UTC.\nThey asked to stop at 2026-03-02 14:46 UTC.",
	} {
		d, err := s.Store.Delivery(s.Ctx, list[i].ID, c.ID)
		must(t, err)
		if got := strings.Join(s.Story(list[i], c, d, row, desk.GuardView{}), "\n"); got != want {
			t.Errorf("occurrence %d:\n%s\nwant\n%s", list[i].ID, got, want)
		}
	}
}

// TestB8WatchPrintsALineForEachChange: in a pipe a watch prints a line whenever something changes, and ends with the occurrence.
func TestB8WatchPrintsALineForEachChange(t *testing.T) {
	t.Parallel()
	s := newStage(t, play.Conversation{}, false)
	must(t, s.Do("Ana +5511900000001 > quero promoções"))
	must(t, s.Do("broadcast weekend-offer"))
	list, err := s.Store.Occurrences(s.Ctx, "main", "weekend-offer")
	must(t, err)

	ctx, cancel := context.WithTimeout(s.Ctx, time.Minute)
	defer cancel()
	in, out := io.Pipe()
	other := testAppAt(s, out)
	d, err := other.open(ctx)
	must(t, err)
	defer d.Close()
	ended := make(chan error, 1)
	go func() {
		err := watch(ctx, other, d, d.Numbers["main"], list[0], false)
		ended <- err
		out.Close()
	}()
	lines := bufio.NewScanner(in)
	for _, want := range []struct{ do, line string }{
		{"", "weekend-offer running; 1 held; guard calm"},
		{"pause", "weekend-offer paused (operator_paused); 1 held; guard calm"},
		{"cancel", "weekend-offer cancelled; 1 skipped; guard calm"},
	} {
		switch want.do {
		case "pause":
			_, err = s.Store.SetStatus(s.Ctx, list[0].Number, list[0].ID, bot.OccurrencePaused, string(bot.OperatorPaused), s.World.Now())
		case "cancel":
			_, err = s.Store.SetStatus(s.Ctx, list[0].Number, list[0].ID, bot.OccurrenceCancelled, "", s.World.Now())
		}
		must(t, err)
		if !lines.Scan() || !strings.HasPrefix(lines.Text(), want.line) {
			t.Fatalf("%q, want %q", lines.Text(), want.line)
		}
	}
	if lines.Scan() {
		t.Errorf("and then %q", lines.Text())
	}
	must(t, <-ended)
}

// testAppAt is another process in the folder of a stage, at the same time.
func testAppAt(s *play.Player, out io.Writer) *App {
	a, now, own := appOf(s.Desk, out), s.World.Now(), *s.Config
	own.Data = s.Dir
	a.now, a.config = func() time.Time { return now }, &own
	return a
}

// TestB5TheCanary: fifty recently active people get it first; then it waits for what they say, and says so; three who leave pause it,
// with the figures, and `resume` is the operator's decision.
func TestB5TheCanary(t *testing.T) {
	t.Parallel()
	s := newStage(t, play.Conversation{Setup: []play.Step{{Text: "config pace: {every: 1s}"}}}, false)
	for i := range 55 {
		must(t, s.Do(fmt.Sprintf("P%d +3460000%04d > quiero promociones", i, i)))
	}
	must(t, s.Do("+31m"))
	must(t, s.Do("broadcast weekend-offer"))
	must(t, s.Do("+10m"))
	if got := len(broadcastsTo(s)); got != 50 {
		t.Fatalf("the canary is %d people", got)
	}
	list, err := s.Store.Occurrences(s.Ctx, "main", "weekend-offer")
	must(t, err)
	const want = "P0 may get it and has not yet: the first 50 people (the canary) have it, and the guard waits for what they say (pace), until 2026-03-02 15:32 UTC."
	if got := whyOf(s, t, list[0], s.People["P0"].Phone); got != want {
		t.Errorf("why says %s\nwant %s", got, want)
	}
	for _, who := range []string{"P50", "P51", "P52"} {
		must(t, s.Do(who+" > 2"))
	}
	list, err = s.Store.Occurrences(s.Ctx, "main", "weekend-offer")
	must(t, err)
	if list[0].Status != bot.OccurrencePaused || !strings.HasPrefix(list[0].Note, "3 of 50 people") {
		t.Fatalf("it is %s: %s", list[0].Status, list[0].Note)
	}
	if got := whyOf(s, t, list[0], s.People["P0"].Phone); !strings.Contains(got, "(guard_paused)") || !strings.Contains(got, "3 of 50 people") {
		t.Errorf("why says %s", got)
	}
	told, err := s.Told()
	must(t, err)
	if !strings.Contains(fmt.Sprint(told), "broadcast") {
		t.Errorf("the operator hears %v", told)
	}
	must(t, s.Do("+3h"))
	if got := len(broadcastsTo(s)); got != 50 {
		t.Fatalf("%d sent after the pause", got)
	}
	var out bytes.Buffer
	must(t, BroadcastResumeCmd{Name: "weekend-offer"}.Run(t.Context(), testAppAt(s, &out)))
	if !strings.Contains(out.String(), "The guard had paused it: 3 of 50 people") {
		t.Errorf("resume says %s", &out)
	}
	must(t, s.Do("+1s"))
	must(t, s.Do("+1m"))
	if got := len(broadcastsTo(s)); got != 55 {
		t.Fatalf("%d sent after the resume", got)
	}
}

// whyOf is what `broadcast why` says.
func whyOf(s *play.Player, t *testing.T, o bot.Occurrence, phone string) string {
	t.Helper()
	c, err := s.Store.Contact(s.Ctx, o.Number, phone)
	must(t, err)
	d, err := s.Store.Delivery(s.Ctx, o.ID, c.ID)
	must(t, err)
	row, err := s.Store.Number(s.Ctx, o.Number)
	must(t, err)
	guard, err := s.GuardOf(s.Ctx, o)
	must(t, err)
	return strings.Join(s.Story(o, c, d, row, guard), "\n")
}
