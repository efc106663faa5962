package play_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk/desktest"
	"optinbot/bot/picture"
	"optinbot/bot/play"
)

var update = flag.Bool("update", false, "draw docs/chat.svg anew")

// TestReadmeShowsAChat plays the conversation that README.md shows as a picture, and compares the picture. -update draws
// it anew.
func TestReadmeShowsAChat(t *testing.T) {
	t.Parallel()
	const script, shown, secondPhone = "testdata/picture.chat", "../../docs/chat.svg", "Ana > A C"
	src, err := os.ReadFile(script)
	must(t, err)
	list, err := play.ParseConversations(string(src))
	must(t, err)
	c := list[0]
	c.File = script
	s, err := play.Open(t.Context(), desktest.Folder(t, desktest.Setup{Config: "numbers:\n  - {name: main, flow: promotions}"}), c.Title, 90, false)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	zone, err := time.LoadLocation("Europe/London") // of Ana's phone
	must(t, err)

	var lines []picture.Line
	second, left := 0, 0 // the line that begins the second phone, and the first after she left
	for i, step := range c.Steps {
		if step.Text == secondPhone {
			second = len(lines)
		}
		before := s.World.Now()
		if !s.Step(c.File, &c.Steps[i], "") {
			break
		}
		if day := s.World.Now().In(zone); before.IsZero() || day.YearDay() != before.In(zone).YearDay() {
			lines = append(lines, picture.Line{Side: picture.Note, Text: day.Weekday().String()})
		}
		lines = append(lines, pictured(s, step.Text, zone)...)
		if step.Text == "Ana > 2" {
			left = len(lines)
		}
	}
	for _, failure := range s.Failures {
		t.Fatal(failure)
	}
	if got := lines[left:]; slices.ContainsFunc(got, func(l picture.Line) bool { return l.Side != picture.Note }) {
		t.Fatalf("after she left she got %v", got)
	}
	name := s.Machine(s.NumberName).Flow.Brand
	drawn := picture.SVG("A chat with "+name+": asking for offers, choosing, an offer, and leaving",
		picture.Phone{Caption: "Ana asks for offers.", Name: name, Lines: lines[:second]},
		picture.Phone{Caption: "She chooses, gets one on Friday, and leaves.", Name: name, Lines: lines[second:left]})
	if len(drawn) > 30_000 {
		t.Errorf("the picture has %d bytes", len(drawn))
	}
	if *update {
		must(t, os.WriteFile(shown, []byte(drawn), 0o644))
	}
	want, err := os.ReadFile(shown)
	must(t, err)
	if drawn != strings.ReplaceAll(string(want), "\r\n", "\n") {
		t.Errorf("%s is not what the bot says: go test ./bot/play -run TestReadmeShowsAChat -update", shown)
	}
}

// pictured are the messages that a step of a conversation adds to the phone of who wrote last.
func pictured(s *play.Player, step string, zone *time.Location) (out []picture.Line) {
	if _, words, ok := strings.Cut(step, " > "); ok {
		out = append(out, picture.Line{Side: picture.Contact, Text: words, Time: s.World.Now().In(zone).Format("15:04")})
	}
	for _, e := range s.Events {
		line := picture.Line{Side: picture.Bot, Text: e.Text, Time: e.At.In(zone).Format("15:04")}
		switch e.Kind {
		case "": // a delivery that waits, or will not happen
			continue
		case bot.SayCard:
			line.Side = picture.Card
		}
		out = append(out, line)
	}
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
