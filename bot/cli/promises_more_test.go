package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/play"
	"optinbot/bot/pump"
	"optinbot/bot/sim"
)

// TestC1GroupsSayNothing: what is written in a group changes nothing and makes nobody a contact.
func TestC1GroupsSayNothing(t *testing.T) {
	t.Parallel()
	a := testApp(t, "")
	s, err := play.Simulate(t.Context(), a.options(), "", 90)
	must(t, err)
	defer s.Close()
	var out bytes.Buffer
	in := `{"at":"2026-03-02T14:00:00Z","from":"+5511900000001","group":true,"text":"quero promoções"}
{"at":"2026-03-02T14:00:01Z","from":"+5511900000001","group":true,"text":"2"}
`
	must(t, sim.Lines(t.Context(), s.World, strings.NewReader(in), &out))
	want := `{"turn":{"from":"+5511900000001","state":null,"consent":null,"preferences":null}}` + "\n"
	if out.String() != want+want {
		t.Errorf("got %s", &out)
	}
	if c, err := s.Store.Contact(t.Context(), "main", "+5511900000001"); c != nil || err != nil {
		t.Errorf("a contact came of it: %+v %v", c, err)
	}
}

// TestC2ANumberWithoutItsFlow: a number that the configuration no longer has still obeys a stop given to its brand.
func TestC2ANumberWithoutItsFlow(t *testing.T) {
	t.Parallel()
	s := newStage(t, play.Conversation{Setup: []play.Step{{Text: "number second"}}}, false)
	for _, line := range []string{"Ana +5511900000001 > quero promoções", "Ana @second > quero promoções"} {
		must(t, s.Do(line))
	}
	s.Order = s.Order[:1]
	s.Swap("second", nil)
	must(t, s.Do("Ana > 2"))
	for _, number := range []string{"main", "second"} {
		c, err := s.Store.Contact(s.Ctx, number, "+5511900000001")
		must(t, err)
		if c.Consent != bot.Unsubscribed || c.FlowQuestion != nil {
			t.Errorf("%s: %s, question %v", number, c.Consent, c.FlowQuestion)
		}
	}
}

// TestB3AHoleStopsTheBroadcast: a text that would say "Hi ," is found when it is scheduled, and never sent.
func TestB3AHoleStopsTheBroadcast(t *testing.T) {
	t.Parallel()
	s := newStage(t, play.Conversation{}, false)
	hole := "broadcast: hole\nat: now\ntext:\n  en: \"Hi {first_name}, sale!\"\n  pt: \"Oi {first_name}, oferta!\"\n  es: \"Hola {first_name}, ¡oferta!\"\n"
	must(t, os.WriteFile(s.Config.Path("flows/broadcasts/hole.yaml"), []byte(hole), 0o600))
	if err := s.Do("broadcast hole"); err == nil || !strings.Contains(err.Error(), "empty-placeholder") {
		t.Errorf("the check lets it pass: %v", err)
	}
}

// TestB6UnknownIsNeverSentAgain: a delivery whose end nobody knows stays unknown until a receipt resolves it.
func TestB6UnknownIsNeverSentAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t, play.Conversation{}, false)
	for _, line := range []string{"Ana +5511900000001 > quero promoções", "+1h", "whatsapp silent", "broadcast weekend-offer", "whatsapp accepts"} {
		must(t, s.Do(line))
	}
	sent := broadcastsTo(s)
	must(t, s.Do("+10h"))
	if len(sent) != 1 || len(broadcastsTo(s)) != 1 {
		t.Fatalf("sent %d times", len(broadcastsTo(s)))
	}
	deliveryIs(s, t, bot.DeliveryUnknown)
	must(t, s.World.Engine.(*pump.Pump).Receipt(s.Ctx, bot.Receipt{Kind: bot.ReceiptDelivered, MessageIDs: []string{sent[0].ID}, At: s.World.Now()}))
	deliveryIs(s, t, bot.DeliveryDelivered)
	must(t, s.World.Engine.(*pump.Pump).Receipt(s.Ctx, bot.Receipt{MessageIDs: []string{sent[0].ID}, Kind: bot.ReceiptRead, At: s.World.Now()}))
	deliveryIs(s, t, bot.DeliveryRead)
}

func broadcastsTo(s *play.Player) (out []play.Event) {
	for _, e := range s.Events {
		if e.Kind == bot.SayBroadcast {
			out = append(out, e)
		}
	}
	return out
}

func deliveryIs(s *play.Player, t *testing.T, want bot.DeliveryStatus) {
	t.Helper()
	list, err := s.Store.Occurrences(s.Ctx, "main", "")
	must(t, err)
	counts, err := s.Store.Funnel(s.Ctx, list[0].ID)
	must(t, err)
	if len(counts) != 1 || counts[0].Status != want {
		t.Errorf("deliveries %+v, want %s", counts, want)
	}
}

// TestB2NoFileTakesTheWayOut: a flow without a way out in its hint is refused, so nothing can be sent with it.
func TestB2NoFileTakesTheWayOut(t *testing.T) {
	t.Parallel()
	a := testApp(t, "")
	file := filepath.Join(a.config.Path("flows"), "promotions.yaml")
	src, err := os.ReadFile(file)
	must(t, err)
	must(t, os.WriteFile(file, bytes.Replace(src, []byte("pt: Responda 2 para sair.\n"), []byte("pt: Até logo.\n"), 1), 0o600))
	if _, err := play.Simulate(t.Context(), a.options(), "", 90); err == nil || !strings.Contains(err.Error(), "hint-without-way-out") {
		t.Errorf("a flow without a way out was loaded: %v", err)
	}
}

// TestC3OnlyTheirOwnWordsAreRead: what a message quotes, the way out under a promotion for instance, is nobody's stop.
func TestC3OnlyTheirOwnWordsAreRead(t *testing.T) {
	t.Parallel()
	s, err := play.Simulate(t.Context(), testApp(t, "").options(), "", 90)
	must(t, err)
	defer s.Close()
	var out bytes.Buffer
	in := `{"at":"2026-03-02T14:00:00Z","from":"+5511900000001","id":"A1","text":"quero promoções"}
{"at":"2026-03-02T14:00:01Z","from":"+5511900000001","id":"A2","quoted":"Responda 2 para sair.","text":"A"}
{"at":"2026-03-02T14:00:02Z","from":"+5511900000001","id":"A3","quoted":"2","text":"online"}
`
	must(t, sim.Lines(t.Context(), s.World, strings.NewReader(in), &out))
	c, err := s.Store.Contact(t.Context(), "main", "+5511900000001")
	must(t, err)
	if c.Consent != bot.Subscribed || c.State != "member" || len(c.Holds) > 0 {
		t.Errorf("%s in %s, holds %v", c.Consent, c.State, c.Holds)
	}
}

// TestT2StatesWithPeopleStay: a state cannot go while people stand on it, unless the flow says where they move.
func TestT2StatesWithPeopleStay(t *testing.T) {
	t.Parallel()
	s := newStage(t, play.Conversation{}, false)
	must(t, s.Do("Ana +5511900000001 > oi"))
	file := s.Config.Path("flows/promotions.yaml")
	src, err := os.ReadFile(file)
	must(t, err)
	renamed := bytes.ReplaceAll(src, []byte("start: welcome"), []byte("start: hello"))
	renamed = bytes.ReplaceAll(renamed, []byte("\n  welcome:\n"), []byte("\n  hello:\n"))
	main := s.Numbers["main"]
	for _, test := range []struct {
		moved string
		err   string
		state string
	}{
		{"", `1 person on "welcome"`, "welcome"},
		{"moved: {welcome: hello}\n", "", "hello"},
	} {
		must(t, os.WriteFile(file, append([]byte(test.moved), renamed...), 0o600))
		flow, err := s.Files.Flow(t.Context(), "promotions")
		must(t, err)
		s.Swap("main", bot.NewMachine(flow))
		must(t, s.SettleFlow(t.Context(), main)) // no version was accepted before, so there is none to go on with
		if why := s.Silent["main"]; test.err == "" && why != nil || test.err != "" && (why == nil || !strings.Contains(why.Error(), test.err)) {
			t.Errorf("moved %q: %v", test.moved, why)
		}
		delete(s.Silent, "main")
		c, err := s.FindContact(s.People["Ana"])
		must(t, err)
		if c.State != test.state {
			t.Errorf("moved %q: Ana stands on %s", test.moved, c.State)
		}
	}
	must(t, s.Do("Ana > quero promoções"))
	if c, err := s.FindContact(s.People["Ana"]); err != nil || c.State != "interests" {
		t.Errorf("the conversation does not go on: %+v %v", c, err)
	}
}

// TestT3TheChatsTimerIsKept: what the bot writes disappears when the chat says so, by whomever it was told.
func TestT3TheChatsTimerIsKept(t *testing.T) {
	t.Parallel()
	s := newStage(t, play.Conversation{}, false)
	must(t, s.Do("+1s"))
	var got []time.Duration
	s.World.Answer = func(m bot.Outgoing) bot.SendResult {
		got = append(got, m.Expires)
		return bot.SendResult{Status: bot.SendAccepted}
	}
	ana := []bot.Identity{{Kind: bot.Phone, Value: "+5511900000001"}}
	for i, timer := range []time.Duration{7 * 24 * time.Hour, 0} {
		_, err := s.World.Write(s.Ctx, bot.Message{ID: string(rune('A' + i)), Identities: ana, Kind: bot.KindText, Text: "HELP", Expires: timer, Timed: true, At: s.World.Now()})
		must(t, err)
	}
	// What a person of the shop types in a chat with a timer tells it too.
	_, err := s.World.Write(s.Ctx, bot.Message{ID: "C", Identities: ana, Kind: bot.KindText, FromMe: true, Text: "Oi Ana", Expires: 24 * time.Hour, Timed: true, At: s.World.Now()})
	must(t, err)
	_, err = s.World.Write(s.Ctx, bot.Message{ID: "D", Identities: ana, Kind: bot.KindText, Text: "HELP", At: s.World.Now()})
	must(t, err)
	if len(got) != 3 || got[0] != 7*24*time.Hour || got[1] != 0 || got[2] != 24*time.Hour {
		t.Errorf("sent with timers %v", got)
	}
}
