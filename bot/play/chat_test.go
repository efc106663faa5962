package play_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/bot/play"
	"optinbot/bot/sim"
	"optinbot/flows"
)

// TestAChatIsRecorded: what somebody does in a chat is shown, known of them, and kept as a
// conversation that passes.
func TestAChatIsRecorded(t *testing.T) {
	t.Parallel()
	ctx, o := t.Context(), desktest.Folder(t, desktest.Setup{})
	s, err := play.Simulate(ctx, o, "", 90)
	must(t, err)
	defer s.Close()
	var shown []sim.Event
	c, err := play.NewChat(ctx, s, func(e sim.Event) { shown = append(shown, e) })
	must(t, err)
	if now := c.World.Now(); now.Weekday() != time.Monday || now.Hour() != 10 {
		t.Errorf("it begins at %s", now)
	}
	if err := c.Become("12", ""); err == nil || !strings.Contains(err.Error(), "is not a phone with its country code") {
		t.Error(err)
	}
	must(t, c.Become("+447700900001", " Cleo Smith "))
	if v, err := c.Contact(ctx); v != nil || err != nil {
		t.Errorf("nobody has written: %+v %v", v, err)
	}
	must(t, c.Write(ctx, "I want promotions"))
	v, err := c.Contact(ctx)
	if must(t, err); v == nil || v.Consent != bot.Subscribed || v.Name != "Cleo Smith" || len(shown) == 0 {
		t.Errorf("%+v; shown: %+v", v, shown)
	}
	before := c.World.Now()
	if now, err := c.Wait(ctx, 24*time.Hour); err != nil || now.Sub(before) != 24*time.Hour {
		t.Errorf("%s after %s: %v", now, before, err)
	}
	must(t, c.TakeOver(ctx))
	must(t, c.OptOut(ctx))
	if v, err = c.Contact(ctx); err != nil || v.Consent != bot.Unsubscribed {
		t.Errorf("%+v %v", v, err)
	}
	file := filepath.Join(t.TempDir(), "tests", "chat.chat")
	must(t, c.Keep(ctx, o, file))
	kept, err := os.ReadFile(file)
	must(t, err)
	for _, want := range []string{"# recorded in `chat`\n", "Cleo +447700900001 > I want promotions\n", "\n+24h", "\ntakeover Cleo", "\noptout +447700900001"} {
		if !strings.Contains(string(kept), want) {
			t.Errorf("no %q in\n%s", want, kept)
		}
	}
	files, err := play.ReadConversations(o, []string{file})
	must(t, err)
	results, _, err := play.Test(ctx, o, files, "")
	if must(t, err); len(results) != 1 || play.Failed(results) != 0 {
		t.Errorf("%+v", results)
	}
}

// TestAChatOfAnotherNumberIsRecorded: a conversation names the flow and the link that it was had
// with, where a conversation would not have them by itself.
func TestAChatOfAnotherNumberIsRecorded(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	source, err := flows.Defaults.ReadFile("promotions.yaml")
	must(t, err)
	o := desktest.Folder(t, desktest.Setup{
		Config: "numbers:\n  - {name: main, flow: promotions}\n  - {name: outlet, flow: outlet}",
		Files:  map[string]string{"flows/outlet.yaml": strings.Replace(string(source), "flow: promotions", "flow: outlet", 1)},
	})
	s, err := play.Simulate(ctx, o, "outlet", 3)
	must(t, err)
	defer s.Close()
	c, err := play.NewChat(ctx, s, func(sim.Event) {})
	must(t, err)
	must(t, c.Become("+447700900001", "Cleo"))
	must(t, c.Write(ctx, "I want promotions"))
	file := filepath.Join(t.TempDir(), "chat.chat")
	must(t, c.Keep(ctx, o, file))
	kept, err := os.ReadFile(file)
	must(t, err)
	if !strings.Contains(string(kept), "\nflow outlet\nlinked 3\n") {
		t.Errorf("%s", kept)
	}
}

// TestUpdateNamesWhatItWrites: only files with a conversation that is not as expected are written.
func TestUpdateNamesWhatItWrites(t *testing.T) {
	t.Parallel()
	ctx, o, dir := t.Context(), desktest.Folder(t, desktest.Setup{}), t.TempDir()
	file := filepath.Join(dir, "a.chat")
	must(t, os.WriteFile(file, []byte("# one\nAna +447700900001 > I want promotions\n< nothing like that\n"), 0o600))
	for n, want := range []int{1, 0} {
		files, err := play.ReadConversations(o, []string{file})
		must(t, err)
		results, _, err := play.Test(ctx, o, files, "")
		if must(t, err); play.Failed(results) != want {
			t.Errorf("round %d: %d failed: %+v", n, play.Failed(results), results)
		}
		written, err := play.Update(files)
		if must(t, err); len(written) != want || want == 1 && !slices.Equal(written, []string{files[0].Shown}) {
			t.Errorf("round %d: written %q", n, written)
		}
	}
}

// TestARehearsalHasItsBounds: as many days as mean something.
func TestARehearsalHasItsBounds(t *testing.T) {
	t.Parallel()
	for days, refused := range map[int]bool{0: true, 1: false, 60: false, 61: true} {
		if err := play.Ahead(days); (err != nil) != refused || refused && !strings.Contains(err.Error(), "it has to be between 1 and 60") {
			t.Errorf("%d days: %v", days, err)
		}
	}
	_, err := (&play.Rehearsal{}).Play(t.Context(), 61, "", false)
	if err == nil || !strings.Contains(err.Error(), desk.ErrRefused.Error()) {
		t.Error(err)
	}
}
