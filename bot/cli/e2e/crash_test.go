package e2e

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/cli/clitest"
	"optinbot/bot/whatsapp/whatsapptest"
	"optinbot/store"
	"optinbot/store/storetest"
)

var crashSeed = flag.Uint64("crash.seed", 1, "seed of the tests that kill the program")

// A crowdOf is people at the server, and what they wrote.
type crowdOf struct {
	people []*whatsapptest.Contact
	wrote  map[*whatsapptest.Contact][]string // message IDs
	asked  map[*whatsapptest.Contact]int      // of those, how many want an answer that says "next offer"
}

func newCrowd(srv *whatsapptest.Server, n int) *crowdOf {
	c := &crowdOf{wrote: map[*whatsapptest.Contact][]string{}, asked: map[*whatsapptest.Contact]int{}}
	for i := range n {
		c.people = append(c.people, srv.Contact(fmt.Sprintf("+1212555%04d", i)))
	}
	return c
}

func (c *crowdOf) write(p *whatsapptest.Contact, text string) {
	c.wrote[p] = append(c.wrote[p], p.Send(text))
}

// optIn lets everybody ask for promotions and answer the questions.
func (c *crowdOf) optIn(ctx context.Context, t testing.TB) {
	t.Helper()
	for _, turn := range []struct{ says, until string }{
		{"I want promotions", "A  Shoes"}, {"A", "where do you like to shop"}, {"B", "*preferences*"},
	} {
		for _, p := range c.people {
			c.write(p, turn.says)
		}
		for _, p := range c.people {
			if _, err := p.WaitText(ctx, turn.until); err != nil {
				t.Fatalf("nobody answered %q with %q: %v; received %q", turn.says, turn.until, err, p.Texts())
			}
		}
	}
}

// received counts everything everybody has received.
func (c *crowdOf) received() (n int) {
	for _, p := range c.people {
		n += len(p.Received())
	}
	return n
}

// promoted counts the people who have the promotion.
func (c *crowdOf) promoted() (n int) {
	for _, p := range c.people {
		n += min(count(p, "20% off"), 1)
	}
	return n
}

// TestB6CrashTest is the crash test: the built program against the server, a broadcast running, people writing, kill -9 at random
// moments. Each gets the promotion exactly once, or the delivery is unknown and arrived at most once; every message has exactly
// one turn. Every answer arrives, twice only where it was in flight at a kill.
func TestB6CrashTest(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	crashes(scene(t), t, 40, 4)
}

// TestB6CrashTestLong is the same at length: a kill has to fall into the broadcast.
func TestB6CrashTestLong(t *testing.T) {
	clitest.Long(t)
	if during := crashes(within(t, longest), t, 2000, 25); during == 0 {
		t.Error("no kill fell into the broadcast")
	}
}

// crashes returns how many kills fell into the broadcast: a short one may be over before the first.
func crashes(ctx context.Context, t *testing.T, subscribers, kills int) (during int) {
	t.Helper()
	srv, b := linked(t)
	kill := b.start()
	people := newCrowd(srv, subscribers)
	people.optIn(ctx, t)

	random := rand.New(rand.NewPCG(*crashSeed, 0))
	b.do("broadcast", "schedule", "weekend-offer", "--now", "--yes")
	for range kills {
		// Few: answers go before promotions, and a kill among many answers would never meet the broadcast.
		for range 1 + len(people.people)/200 {
			p := people.people[random.IntN(len(people.people))]
			people.asked[p]++
			people.write(p, "offers")
		}
		// The moment is some number of messages from now, so that it falls anywhere in what the bot is doing.
		target := people.received() + random.IntN(1+3*len(people.people)/(2*kills))
		soon, stop := context.WithTimeout(ctx, 3*time.Second)
		_ = srv.WaitUntil(soon, func() bool { return people.received() >= target })
		stop()
		kill()
		if n := people.promoted(); n > 0 && n < len(people.people) {
			during++
		}
		kill = b.start()
	}
	t.Logf("%d of %d kills fell into the broadcast", during, kills)
	b.waitDone(ctx, "weekend-offer")
	for p, n := range people.asked {
		if err := srv.WaitUntil(ctx, func() bool { return count(p, "next offer") >= min(n, 1) }); err != nil {
			t.Errorf("asked %d times and was never answered", n)
		}
	}
	kill()
	people.verify(t, b, kills)
	return during
}

// waitDone waits until a broadcast is over.
func (b *binary) waitDone(ctx context.Context, name string) {
	b.t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		var status struct{ Status bot.OccurrenceStatus }
		if err := json.Unmarshal([]byte(b.do("broadcast", "status", name, "--json")), &status); err != nil {
			b.t.Fatal(err)
		}
		if status.Status == bot.OccurrenceDone {
			return
		}
		select {
		case <-ctx.Done():
			b.t.Fatalf("the broadcast is %s: %s", status.Status, b.do("broadcast", "status", name))
		case <-tick.C:
		}
	}
}

// verify counts what everybody received, against what the store says.
func (c *crowdOf) verify(t *testing.T, b *binary, kills int) {
	t.Helper()
	ctx := context.Background()
	data := filepath.Join(b.dir, "data")
	s, err := store.Open(ctx, data, storetest.In(t, data))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	occurrences, err := s.Occurrences(ctx, "main", "weekend-offer")
	if err != nil || len(occurrences) != 1 {
		t.Fatalf("%d occurrences, %v", len(occurrences), err)
	}
	unknown, repeated := 0, 0
	for _, p := range c.people {
		contact, err := s.Contact(ctx, "main", p.Number())
		if err != nil || contact == nil {
			t.Fatalf("contact: %v", err)
		}
		if verifyOnce(ctx, t, s, occurrences[0], p.Number(), count(p, "20% off")) {
			unknown++
		}
		repeated += c.verifyChat(t, s, p, contact.ID)
	}
	if unknown > kills {
		t.Errorf("%d deliveries are unknown after %d kills", unknown, kills)
	}
	if repeated > kills {
		t.Errorf("%d answers came twice after %d kills", repeated, kills)
	}
	t.Logf("%d subscribers, %d kills: %d unknown, %d answers came twice", len(c.people), kills, unknown, repeated)
}

// verifyOnce compares how often an occurrence reached a person with what the store says: once, or it is unknown and did so once at most.
func verifyOnce(ctx context.Context, t testing.TB, s *store.Store, o bot.Occurrence, phone string, got int) (unknown bool) {
	t.Helper()
	contact, err := s.Contact(ctx, "main", phone)
	must(t, err)
	d, err := s.Delivery(ctx, o.ID, contact.ID)
	must(t, err)
	if d == nil {
		t.Fatalf("%s was not planned for contact %d", o.Broadcast, contact.ID)
	}
	switch {
	case d.Status == bot.DeliveryUnknown && got > 1:
		t.Errorf("%s: an unknown delivery arrived %d times", o.Broadcast, got)
	case d.Status != bot.DeliveryUnknown && got != 1:
		t.Errorf("%s: a delivery that is %s arrived %d times", o.Broadcast, d.Status, got)
	}
	return d.Status == bot.DeliveryUnknown
}

// verifyChat checks one person's turns and answers and returns how many answers came twice.
func (c *crowdOf) verifyChat(t *testing.T, s *store.Store, p *whatsapptest.Contact, contact int64) (repeated int) {
	t.Helper()
	lines, err := s.Conversation(context.Background(), contact, 1000)
	if err != nil {
		t.Fatal(err)
	}
	verifyTurns(t, lines, len(c.wrote[p]))
	answers := map[string]bool{}
	for _, r := range p.Received() {
		if strings.Contains(r.Text, "20% off") {
			continue
		}
		if answers[r.ID] {
			repeated++
		}
		answers[r.ID] = true
	}
	ours := 0
	for _, l := range lines {
		if l.FromUs && l.Kind != string(bot.SayBroadcast) {
			ours++
		}
	}
	if len(answers) != ours {
		t.Errorf("the bot decided %d answers, %d arrived", ours, len(answers))
	}
	return repeated
}

// verifyTurns checks that each message of a person has had one turn.
func verifyTurns(t testing.TB, lines []store.Line, wrote int) {
	t.Helper()
	turns := 0
	for _, l := range lines {
		if !l.FromUs {
			turns++
		}
	}
	if turns != wrote {
		t.Errorf("wrote %d messages, %d had a turn", wrote, turns)
	}
}
