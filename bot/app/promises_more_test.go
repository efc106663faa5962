package app

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/pump"
	"optinbot/bot/sim"
)

// TestC1GroupsSayNothing: what is written in a group changes nothing and makes nobody a contact.
func TestC1GroupsSayNothing(t *testing.T) {
	t.Parallel()
	a := testApp(t, "")
	s, err := simulate(t.Context(), a.options(), "", 90)
	must(t, err)
	defer s.close()
	var out bytes.Buffer
	in := `{"at":"2026-03-02T14:00:00Z","from":"+5511900000001","group":true,"text":"quero promoções"}
{"at":"2026-03-02T14:00:01Z","from":"+5511900000001","group":true,"text":"2"}
`
	must(t, sim.Lines(t.Context(), s.world, strings.NewReader(in), &out))
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
	s := newStage(t, conversation{setup: []step{{text: "number second"}}}, false)
	for _, line := range []string{"Ana +5511900000001 > quero promoções", "Ana @second > quero promoções"} {
		must(t, s.do(line))
	}
	s.order = s.order[:1]
	delete(s.Machines, "second")
	must(t, s.do("Ana > 2"))
	for _, number := range []string{"main", "second"} {
		c, err := s.Store.Contact(s.ctx, number, "+5511900000001")
		must(t, err)
		if c.Consent != bot.Unsubscribed || c.FlowQuestion != nil {
			t.Errorf("%s: %s, question %v", number, c.Consent, c.FlowQuestion)
		}
	}
}

// TestB3AHoleStopsTheBroadcast: a text that would say "Hi ," is found when it is scheduled, and never sent.
func TestB3AHoleStopsTheBroadcast(t *testing.T) {
	t.Parallel()
	s := newStage(t, conversation{}, false)
	hole := "broadcast: hole\nat: now\ntext:\n  en: \"Hi {first_name}, sale!\"\n  pt: \"Oi {first_name}, oferta!\"\n  es: \"Hola {first_name}, ¡oferta!\"\n"
	must(t, os.WriteFile(s.Config.Path("flows/broadcasts/hole.yaml"), []byte(hole), 0o600))
	if err := s.do("broadcast hole"); err == nil || !strings.Contains(err.Error(), "empty-placeholder") {
		t.Errorf("the check lets it pass: %v", err)
	}
}

// TestB7AnEditedDraftIsDisarmed: what was armed and then edited does not start, and the operator hears of it.
func TestB7AnEditedDraftIsDisarmed(t *testing.T) {
	t.Parallel()
	for _, edit := range []bool{false, true} {
		s := newStage(t, conversation{}, false)
		must(t, s.do("Ana +5511900000001 > quero promoções"))
		draft, err := s.Files.Draft(t.Context(), "weekend-offer", s.Machines["main"].Flow)
		must(t, err)
		now := s.world.Now()
		_, err = s.Store.Arm(s.ctx, bot.Occurrence{Number: "main", Broadcast: "weekend-offer", Key: "later", DueAt: now.Add(time.Hour), ArmedAt: now,
			Content: string(draft.Source), Version: draft.Version})
		must(t, err)
		if edit {
			file := s.Config.Path("flows/broadcasts/weekend-offer.yaml")
			must(t, os.WriteFile(file, append(draft.Source, "# another thought\n"...), 0o600))
		}
		config := s.pumpConfig(s.world)
		server := &served{Desk: s.Desk, number: s.Numbers["main"]}
		config.Edited = func(o bot.Occurrence) bool { return server.Edited(s.ctx, o) }
		engine := pump.New(config)
		must(t, engine.NumberEvent(s.ctx, bot.NumberEvent{Kind: bot.NumberSynced, At: now}))
		s.world.Engine, s.events = engine, nil
		must(t, s.do("+1h"))
		told, err := s.told()
		must(t, err)
		if got := len(s.events) == 1 && len(told) == 0; got == edit {
			t.Errorf("edited %v: %d messages, notices %v", edit, len(s.events), told)
		}
		list, err := s.Store.Occurrences(s.ctx, "main", "weekend-offer")
		must(t, err)
		if cancelled := list[0].Status == bot.OccurrenceCancelled; cancelled != edit {
			t.Errorf("edited %v: %s", edit, list[0].Status)
		}
	}
}

// TestB6UnknownIsNeverSentAgain: a delivery whose end nobody knows stays unknown until a receipt resolves it.
func TestB6UnknownIsNeverSentAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t, conversation{}, false)
	for _, line := range []string{"Ana +5511900000001 > quero promoções", "+1h", "whatsapp silent", "broadcast weekend-offer", "whatsapp accepts"} {
		must(t, s.do(line))
	}
	sent := s.broadcasts()
	must(t, s.do("+10h"))
	if len(sent) != 1 || len(s.broadcasts()) != 1 {
		t.Fatalf("sent %d times", len(s.broadcasts()))
	}
	s.deliveryIs(t, bot.DeliveryUnknown)
	must(t, s.world.Engine.(*pump.Pump).Receipt(s.ctx, bot.Receipt{MessageIDs: []string{sent[0].ID}, At: s.world.Now()}))
	s.deliveryIs(t, bot.DeliveryDelivered)
	must(t, s.world.Engine.(*pump.Pump).Receipt(s.ctx, bot.Receipt{MessageIDs: []string{sent[0].ID}, Read: true, At: s.world.Now()}))
	s.deliveryIs(t, bot.DeliveryRead)
}

func (s *stage) broadcasts() (out []event) {
	for _, e := range s.events {
		if e.Kind == bot.SayBroadcast {
			out = append(out, e)
		}
	}
	return out
}

func (s *stage) deliveryIs(t *testing.T, want bot.DeliveryStatus) {
	t.Helper()
	list, err := s.Store.Occurrences(s.ctx, "main", "")
	must(t, err)
	counts, err := s.Store.Funnel(s.ctx, list[0].ID)
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
	if _, err := simulate(t.Context(), a.options(), "", 90); err == nil || !strings.Contains(err.Error(), "hint-without-way-out") {
		t.Errorf("a flow without a way out was loaded: %v", err)
	}
}

// TestC3OnlyTheirOwnWordsAreRead: what a message quotes, the way out under a promotion for instance, is nobody's stop.
func TestC3OnlyTheirOwnWordsAreRead(t *testing.T) {
	t.Parallel()
	s, err := simulate(t.Context(), testApp(t, "").options(), "", 90)
	must(t, err)
	defer s.close()
	var out bytes.Buffer
	in := `{"at":"2026-03-02T14:00:00Z","from":"+5511900000001","id":"A1","text":"quero promoções"}
{"at":"2026-03-02T14:00:01Z","from":"+5511900000001","id":"A2","quoted":"Responda 2 para sair.","text":"A"}
{"at":"2026-03-02T14:00:02Z","from":"+5511900000001","id":"A3","quoted":"2","text":"online"}
`
	must(t, sim.Lines(t.Context(), s.world, strings.NewReader(in), &out))
	c, err := s.Store.Contact(t.Context(), "main", "+5511900000001")
	must(t, err)
	if c.Consent != bot.Subscribed || c.State != "member" || len(c.Holds) > 0 {
		t.Errorf("%s in %s, holds %v", c.Consent, c.State, c.Holds)
	}
}

// TestT2StatesWithPeopleStay: a state cannot go while people stand on it, unless the flow says where they move.
func TestT2StatesWithPeopleStay(t *testing.T) {
	t.Parallel()
	s := newStage(t, conversation{}, false)
	must(t, s.do("Ana +5511900000001 > oi"))
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
		s.Machines["main"] = bot.NewMachine(flow)
		must(t, s.SettleFlow(t.Context(), main)) // no version was accepted before, so there is none to go on with
		if why := s.Silent["main"]; test.err == "" && why != nil || test.err != "" && (why == nil || !strings.Contains(why.Error(), test.err)) {
			t.Errorf("moved %q: %v", test.moved, why)
		}
		delete(s.Silent, "main")
		c, err := s.contact(s.people["Ana"])
		must(t, err)
		if c.State != test.state {
			t.Errorf("moved %q: Ana stands on %s", test.moved, c.State)
		}
	}
	must(t, s.do("Ana > quero promoções"))
	if c, err := s.contact(s.people["Ana"]); err != nil || c.State != "interests" {
		t.Errorf("the conversation does not go on: %+v %v", c, err)
	}
}

// TestT3TheChatsTimerIsKept: what the bot writes disappears when the chat says so, by whomever it was told.
func TestT3TheChatsTimerIsKept(t *testing.T) {
	t.Parallel()
	s := newStage(t, conversation{}, false)
	must(t, s.do("+1s"))
	var got []time.Duration
	s.world.Answer = func(m bot.Outgoing) bot.SendResult {
		got = append(got, m.Expires)
		return bot.SendResult{Status: bot.SendAccepted}
	}
	ana := []bot.Identity{{Kind: bot.Phone, Value: "+5511900000001"}}
	for i, timer := range []time.Duration{7 * 24 * time.Hour, 0} {
		_, err := s.world.Write(s.ctx, bot.Message{ID: string(rune('A' + i)), Identities: ana, Kind: bot.KindText, Text: "HELP", Expires: timer, Timed: true, At: s.world.Now()})
		must(t, err)
	}
	// What a person of the shop types in a chat with a timer tells it too.
	_, err := s.world.Write(s.ctx, bot.Message{ID: "C", Identities: ana, Kind: bot.KindText, FromMe: true, Text: "Oi Ana", Expires: 24 * time.Hour, Timed: true, At: s.world.Now()})
	must(t, err)
	_, err = s.world.Write(s.ctx, bot.Message{ID: "D", Identities: ana, Kind: bot.KindText, Text: "HELP", At: s.world.Now()})
	must(t, err)
	if len(got) != 3 || got[0] != 7*24*time.Hour || got[1] != 0 || got[2] != 24*time.Hour {
		t.Errorf("sent with timers %v", got)
	}
}
