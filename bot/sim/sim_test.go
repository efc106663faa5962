package sim_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/pump"
	"optinbot/bot/pump/pumptest"
	"optinbot/bot/sim"
)

const (
	ana = "+12125550101"
	bob = "+12125550102"
)

// play plays lines of `chat --json` and returns what it says, a line each.
func play(t *testing.T, lines ...string) []string {
	t.Helper()
	w, _ := world(t)
	var out bytes.Buffer
	if err := sim.Lines(t.Context(), w, strings.NewReader(strings.Join(lines, "\n")), &out); err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

// world is a simulated number: its clock is the world's.
func world(t *testing.T) (*sim.World, *pumptest.Number) {
	t.Helper()
	w := &sim.World{Number: pumptest.Name, DaysLinked: 90}
	n := pumptest.New(t, pumptest.Flow, func(c *pump.Config) { c.Transport, c.Observer = w, w })
	n.SetClock(w.Now)
	w.Limits, w.Envs, w.Engine, w.Memory = n.Limits, n.Envs, n.Pump, n.Store
	w.Draft = func(name string) (bot.Occurrence, error) {
		if name != "offer" {
			return bot.Occurrence{}, fmt.Errorf("there is no draft %s", name)
		}
		return pumptest.Draft(name), nil
	}
	return w, n
}

// contains checks that some line has all the parts.
func contains(t *testing.T, lines []string, parts ...string) {
	t.Helper()
	for _, line := range lines {
		all := true
		for _, part := range parts {
			all = all && strings.Contains(line, part)
		}
		if all {
			return
		}
	}
	t.Errorf("no line says %q:\n%s", parts, strings.Join(lines, "\n"))
}

func TestLinesPlayTheMainJob(t *testing.T) {
	got := play(t,
		`{"at":"2026-03-02T14:00:00Z","from":"`+ana+`","id":"1","text":"I want promotions","name":"Ana"}`,
		`{"at":"2026-03-02T14:00:10Z","from":"`+bob+`","id":"2","text":"I want promotions"}`,
		`{"at":"2026-03-02T14:00:20Z","takeover":"`+bob+`"}`,
		`{"at":"2026-03-02T15:00:00Z","broadcast":"offer"}`,
		`{"at":"2026-03-02T15:00:10Z","from":"`+ana+`","id":"3","text":"2"}`,
		`{"at":"2026-03-02T15:00:20Z","optout":"`+bob+`"}`,
		`{"from":"`+ana+`","group":true}`,
		`{"advance":true,"at":"2026-03-03T15:00:00Z"}`,
	)
	contains(t, got, `"to":"`+ana+`"`, "You are in!")
	contains(t, got, `{"turn":{"from":"`+ana+`","state":"member","consent":"subscribed"`)
	contains(t, got, `"to":"`+ana+`"`, "offer is here", `"broadcast":"offer"`)
	contains(t, got, `"to":"`+bob+`"`, `"held":"human_takeover"`, `"until":"2026-03-03T02:00:20Z"`)
	contains(t, got, `"to":"`+ana+`"`, `"kind":"goodbye"`)
	contains(t, got, `"to":"`+bob+`"`, `"skip":"unsubscribed"`)
	contains(t, got, `{"turn":{"from":"`+ana+`"`, `"consent":"unsubscribed"`)
	contains(t, got, `{"done":8}`)
	for _, line := range got {
		if strings.Contains(line, bob) && strings.Contains(line, "offer is here") {
			t.Errorf("bob got it: %s", line)
		}
	}
}

// TestLinesSayWhatIsWrong: a bad line is answered with its number and what to do, and changes
// nothing.
func TestLinesSayWhatIsWrong(t *testing.T) {
	for line, want := range map[string]string{
		`{"advance":true}`:                       `the first line needs \"at\"`,
		`[]`:                                     "a line is one JSON object, and this is of kind array",
		`{"at":"2026-03-02T14:00:00Z","from":5}`: `\"from\" takes a text`,
		`{"at":"2026-03-02T14:00:00Z","advance":"yes"}`:                                                             `\"advance\" takes true or false`,
		`{"at":"2026-03-02T14:00:00Z","form":"x"}`:                                                                  "not a line of this protocol",
		`{"at":"2026-03-02T14:00:00Z","advance":true} {}`:                                                           "more on the line",
		`{"at":"2026-03-02T14:00:00Z"}`:                                                                             "exactly one of",
		`{"at":"2026-03-02T14:00:00Z","advance":true,"broadcast":"x"}`:                                              "exactly one of",
		`{"at":"2026-03-02T14:00:00Z","from":"ana","id":"1"}`:                                                       "is not a phone",
		`{"at":"2026-03-02T14:00:00Z","from":"` + ana + `","text":"x"}`:                                             `a message needs \"id\"`,
		`{"at":"2026-03-02T14:00:00Z","advance":true,"sent":"2026-03-02T13:00:00Z"}`:                                "only a message has it",
		`{"at":"2026-03-02T14:00:00Z","from":"` + ana + `","id":"1","text":"x","sent":"2026-03-02T15:00:00Z"}`:      "nothing comes before it was written",
		`{"at":"2026-03-02T14:00:00Z","broadcast":"other"}`:                                                         "there is no draft other",
		`{"at":"2026-03-02T14:00:00Z","advance":true}` + "\n" + `{"at":"2026-03-02T13:00:00Z","broadcast":"offer"}`: "does not go back",
	} {
		got := play(t, line)
		if last := got[len(got)-1]; !strings.Contains(last, want) || !strings.Contains(last, fmt.Sprintf(`"line":%d`, strings.Count(line, "\n")+1)) {
			t.Errorf("%s\nis answered with %s", line, last)
		}
	}
}

// TestLinesReadEveryKind: what is no kind that the bot knows is what the bot would not know either.
func TestLinesReadEveryKind(t *testing.T) {
	for kind, want := range map[string]string{
		"voice": "I want promotions", "undecryptable": "", "hologram": "I want promotions", "reaction": "", "poll_vote": "",
	} {
		got := play(t, `{"at":"2026-03-02T14:00:00Z","lid":"700000000000001","id":"1","kind":"`+kind+`"}`)
		contains(t, got, `{"turn":{"from":"700000000000001"`)
		if said := strings.Contains(got[0], "I want promotions"); said != (want != "") {
			t.Errorf("%s is answered with %s", kind, got)
		}
	}
}

func TestLinesEndWhenNobodyListens(t *testing.T) {
	w, _ := world(t)
	err := sim.Lines(t.Context(), w, strings.NewReader(`{"at":"2026-03-02T14:00:00Z","advance":true}`+"\n"), brokenPipe{})
	if !errors.Is(err, errPipe) {
		t.Error(err)
	}
	w, _ = world(t)
	if err := sim.Lines(t.Context(), w, brokenPipe{}, &bytes.Buffer{}); !errors.Is(err, errPipe) {
		t.Error(err)
	}
}

var errPipe = errors.New("the pipe is broken")

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errPipe }
func (brokenPipe) Read([]byte) (int, error)  { return 0, errPipe }

// TestAPhoneThatIsOffReportsNothing: what WhatsApp accepts is sent, and delivered only where the
// phone is on. Reading it is an act.
func TestAPhoneThatIsOffReportsNothing(t *testing.T) {
	w, n := world(t)
	var ids []string
	w.Out = func(e sim.Event) {
		if e.Kind == bot.SayBroadcast {
			ids = append(ids, e.ID)
		}
	}
	w.Off = func(c *bot.Contact) bool { return c.Phone() == bob }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	at := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	must(w.Advance(t.Context(), at))
	for i, phone := range []string{ana, bob} {
		_, err := w.Write(t.Context(), bot.Message{ID: fmt.Sprint(i), Identities: []bot.Identity{{Kind: bot.Phone, Value: phone}}, Kind: bot.KindText, Text: "I want promotions", At: w.Now()})
		must(err)
	}
	must(w.Advance(t.Context(), at.Add(time.Hour)))
	must(w.Broadcast(t.Context(), "offer"))
	must(w.Read(t.Context(), ids[0]))
	occurrences, err := n.Store.Occurrences(t.Context(), pumptest.Name, "offer")
	must(err)
	for phone, want := range map[string]bot.DeliveryStatus{ana: bot.DeliveryRead, bob: bot.DeliverySent} {
		d, err := n.Store.Delivery(t.Context(), occurrences[0].ID, n.Contact(phone).ID)
		must(err)
		if d.Status != want || d.Delivered.IsZero() != (phone == bob) {
			t.Errorf("%s: %s, delivered at %s, want %s", phone, d.Status, d.Delivered, want)
		}
	}
	w.Answer = func(bot.Outgoing) bot.SendResult {
		return bot.SendResult{Status: bot.SendRefused, Cause: bot.CauseNeedsInbound, Code: 463}
	}
	must(w.Advance(t.Context(), at.Add(48*time.Hour)))
	must(w.Broadcast(t.Context(), "offer"))
	if c := n.Contact(ana); len(c.Holds) == 0 {
		t.Error("a refusal of the server holds nothing")
	}
}
