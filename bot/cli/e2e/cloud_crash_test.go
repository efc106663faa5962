package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"optinbot/bot"
	"optinbot/bot/cli/clitest"
	"optinbot/bot/cloud/cloudtest"
	"optinbot/store"
)

// maxFlights is how many messages may be under way at Meta at a time, and so how many may be unknown
// after a kill.
const maxFlights = 80

// A gate lets a number of promotions through and keeps the next ones under way, until it is opened. Of
// those it keeps, some have reached their person, and some get lost.
type gate struct {
	mu      sync.Mutex
	random  *rand.Rand
	through int           // so many go through yet
	kept    int           // under way
	opened  chan struct{} // closed: what was kept goes on
}

func newGate(seed uint64) *gate {
	return &gate{random: rand.New(rand.NewPCG(seed, 0)), opened: make(chan struct{})}
}

// decide is what becomes of a message.
func (g *gate) decide(m cloudtest.Outbound) cloudtest.Fate {
	if m.Type != "template" {
		return cloudtest.Fate{}
	}
	g.mu.Lock()
	if g.through > 0 {
		g.through--
		g.mu.Unlock()
		return cloudtest.Fate{}
	}
	g.kept++
	opened, lost := g.opened, g.random.IntN(2) == 0
	g.mu.Unlock()
	if !lost {
		return cloudtest.Fate{Hold: opened}
	}
	<-opened
	return cloudtest.Fate{Cut: cloudtest.CutBefore}
}

// next lets n more through.
func (g *gate) next(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.through = n
}

func (g *gate) keeps() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.kept
}

// open lets go what is under way. What comes then is kept again.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.opened)
	g.opened, g.kept, g.through = make(chan struct{}), 0, 0
}

// A cloudCrowd is people at Meta, how the bot knows each, and how many messages they wrote.
type cloudCrowd struct {
	people []*cloudtest.Person
	known  map[*cloudtest.Person]string
	wrote  map[*cloudtest.Person]int
}

func (c *cloudCrowd) write(p *cloudtest.Person, text string) {
	c.wrote[p]++
	p.Send(text)
}

// crowd opts people in, all of them in one webhook. Of every tenth the bot knows no phone.
func (s *cloudShop) crowd(n int) *cloudCrowd {
	s.t.Helper()
	c := &cloudCrowd{known: map[*cloudtest.Person]string{}, wrote: map[*cloudtest.Person]int{}}
	s.srv.Hold()
	for i := range n {
		p := s.srv.Person(fictional(i))
		c.people, c.known[p] = append(c.people, p), p.Phone()
		if i%10 == 0 {
			p.HidePhone(fmt.Sprintf("person%d", i))
			c.known[p] = cloudtest.Portfolio + "/" + p.BSUID()
		}
		c.write(p, "I want promotions")
	}
	s.srv.Release(cloudtest.Packing{Together: true})
	for _, p := range c.people {
		s.hears(p, "You are in!")
	}
	s.settled()
	return c
}

// fictional is a phone of a range that is kept for fiction, a thousand in each.
func fictional(i int) string {
	ranges := []string{"+447700900", "+442079460"}
	return fmt.Sprintf("%s%03d", ranges[i/1000], i%1000)
}

// deliveries are how many deliveries have each status. Nothing serves the number meanwhile.
func (s *cloudShop) deliveries() map[bot.DeliveryStatus]int {
	s.t.Helper()
	db := s.database()
	defer db.Close()
	rows, err := db.Query("SELECT status, COUNT(*) FROM deliveries GROUP BY status")
	must(s.t, err)
	defer rows.Close()
	all := map[bot.DeliveryStatus]int{}
	for rows.Next() {
		var status bot.DeliveryStatus
		var n int
		must(s.t, rows.Scan(&status, &n))
		all[status] = n
	}
	must(s.t, rows.Err())
	return all
}

// TestB6CloudCrashTest is the crash test on the Cloud API: the built program in a broadcast with up to 80 messages
// under way, people writing, kill -9 at random moments. Nobody gets the promotion twice, and each kill leaves at
// most 80 unknown, of which those that arrived are settled by WhatsApp's word. Every message has exactly one turn,
// and no answer comes twice.
func TestB6CloudCrashTest(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	if fell := cloudCrashes(scene(t), t, 500, 5); fell < 5 { // each takes 101 at most
		t.Errorf("%d kills fell into the broadcast", fell)
	}
}

// TestB6CloudCrashTestLong is the same at length.
func TestB6CloudCrashTestLong(t *testing.T) {
	clitest.Long(t)
	if fell := cloudCrashes(within(t, longest), t, 2000, 25); fell < 20 {
		t.Errorf("%d kills fell into the broadcast", fell)
	}
}

// cloudCrashes returns how many kills fell into the broadcast.
func cloudCrashes(ctx context.Context, t *testing.T, subscribers, kills int) (fell int) {
	t.Helper()
	s := onCloud(t, "--kind", "minimal")
	s.ctx = ctx
	s.env = append(s.env, "OPTINBOT_WHATSAPP_SEND_TIMEOUT=2m")
	kill := s.serves()
	people := s.crowd(subscribers)
	const offer = "An offer that nobody gets twice."
	s.approved("offer", fmt.Sprintf("text: {en: %[1]q, pt: %[1]q, es: %[1]q}\n", offer))

	random, gate := rand.New(rand.NewPCG(*crashSeed, 0)), newGate(*crashSeed)
	t.Cleanup(gate.open)
	s.srv.Decide(gate.decide)
	waits, unknown := subscribers, 0
	for i := 0; i < kills && waits > 0; i++ {
		// The moment is when a number of promotions have gone out since the bot started and another number is under
		// way. All in all no more than wait for theirs, so that it comes.
		through := random.IntN(1 + waits/(4*(1+kills-i)))
		under := 1 + random.IntN(min(maxFlights, waits-through))
		gate.next(through)
		silent := i%2 == 0 // WhatsApp tells nothing before the kill
		if silent {
			s.srv.Hold()
		}
		if i == 0 {
			s.do("broadcast", "schedule", "offer", "--now", "--yes")
		} else {
			kill = s.serves()
		}
		for range 1 + len(people.people)/200 {
			people.write(people.people[random.IntN(len(people.people))], "offers")
		}
		if err := eventually(ctx, func() bool { return gate.keeps() >= under }); err != nil {
			t.Fatalf("%d of %d are under way: %v", gate.keeps(), under, s.deliveries())
		}
		kill()
		fell++
		is := s.deliveries()
		claimed := is[bot.DeliveryClaimed]
		// What was under way at an earlier kill may reach the server late, and counts as under way there.
		if claimed > maxFlights || i == 0 && claimed < under {
			t.Errorf("killed with at least %d under way, and %d are claimed", under, claimed)
		}
		unknown += claimed
		waits = is[bot.DeliveryPlanned] + is[bot.DeliveryHeld]
		gate.open()
		if silent {
			s.srv.Release(cloudtest.Packing{Together: true})
		}
	}
	gate.next(subscribers)
	kill = s.serves()
	s.waitStatus("offer", bot.OccurrenceDone)
	s.settled()
	kill()
	people.verify(t, s, offer, unknown)
	return fell
}

// verify counts what everybody received, against what the store says. atKills is how many deliveries were claimed at kills.
func (c *cloudCrowd) verify(t *testing.T, s *cloudShop, offer string, atKills int) {
	t.Helper()
	s.open(func(ctx context.Context, st *store.Store) {
		occurrences, err := st.Occurrences(ctx, "main", "offer")
		must(t, err)
		if len(occurrences) != 1 {
			t.Fatalf("%d occurrences", len(occurrences))
		}
		unknown, lost := 0, 0
		for _, p := range c.people {
			got := receivedOf(p, offer)
			if verifyOnce(ctx, t, st, occurrences[0], c.known[p], got) {
				if unknown++; got > 0 {
					t.Error("a delivery is unknown of which WhatsApp has told")
				}
			}
			contact, err := st.Contact(ctx, "main", c.known[p])
			must(t, err)
			lines, err := st.Conversation(ctx, contact.ID, 1000)
			must(t, err)
			verifyTurns(t, lines, c.wrote[p])
			lost += verifyAnswers(t, lines, p, offer)
		}
		if unknown > atKills {
			t.Errorf("%d deliveries are unknown, and %d were under way at kills", unknown, atKills)
		}
		t.Logf("%d subscribers: %d under way at kills, %d of them unknown, %d answers lost", len(c.people), atKills, unknown, lost)
	})
}

// verifyAnswers checks that no answer came twice, and none that the bot did not decide. It returns how many
// did not come: nothing is sent again on this wire.
func verifyAnswers(t testing.TB, lines []store.Line, p *cloudtest.Person, offer string) (lost int) {
	t.Helper()
	came := map[string]bool{}
	for _, r := range p.Received() {
		if came[r.Opaque] {
			t.Errorf("a message came twice: %q", r.Text)
		}
		came[r.Opaque] = true
	}
	ours := 0
	for _, l := range lines {
		if !l.FromUs || l.Kind == string(bot.SayBroadcast) {
			continue
		}
		if ours++; l.Status == string(store.OutboxUnknown) {
			lost++
		}
	}
	if n := len(came) - receivedOf(p, offer); n < ours-lost || n > ours {
		t.Errorf("the bot decided %d answers, %d of them unknown, and %d arrived", ours, lost, n)
	}
	return lost
}
