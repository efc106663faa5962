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
	"optinbot/bot/play"
)

// TestB8WatchPrintsALineForEachChange: in a pipe a watch prints a line whenever something changes, and ends with the occurrence.
func TestB8WatchPrintsALineForEachChange(t *testing.T) {
	t.Parallel()
	s := newStage(t, play.Conversation{}, false)
	must(t, s.Do("Ana +5511900000001 > quero promoções"))
	must(t, s.Do("broadcast weekend-offer"))
	list, err := s.Store.Occurrences(s.Ctx, "main", "weekend-offer")
	must(t, err)
	ctx, cancel := context.WithTimeout(s.Ctx, 2*time.Minute)
	defer cancel()
	in, out := io.Pipe()
	other := testAppAt(s, out)
	ended := make(chan error, 1)
	go func() {
		err := BroadcastStatusCmd{Name: "weekend-offer", Watch: true}.Run(ctx, other)
		ended <- err
		out.Close()
	}()
	lines := bufio.NewScanner(in)
	for _, want := range []struct{ do, line string }{
		{"", "weekend-offer running; 1 held; guard calm; 0 of 1 sent; done about "},
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

// TestResumeSaysWhyTheGuardPaused: who resumes what the guard has paused reads why.
func TestResumeSaysWhyTheGuardPaused(t *testing.T) {
	t.Parallel()
	s := newStage(t, play.Conversation{Setup: []play.Step{{Text: "config pace: {every: 5m}"}}}, false)
	for i := range 5 {
		must(t, s.Do(fmt.Sprintf("P%d +3460000%04d > quiero promociones", i, i)))
	}
	for _, line := range []string{"+31m", "broadcast weekend-offer", "+10m", "P0 > 2", "P1 > 2", "P2 > 2"} {
		must(t, s.Do(line))
	}
	var out bytes.Buffer
	must(t, BroadcastResumeCmd{Name: "weekend-offer"}.Run(t.Context(), testAppAt(s, &out)))
	if !strings.Contains(out.String(), "The guard had paused it: 3 of 3 people") {
		t.Errorf("resume says %s", &out)
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
