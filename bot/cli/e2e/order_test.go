package e2e

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/cli/clitest"
	"optinbot/bot/whatsapp/whatsapptest"
	"optinbot/store"
)

var orderSeed = flag.Uint64("order.seed", 1, "seed of TestC2TheLastWordByTime")

const orderKills = 3 // kills -9

// What everybody writes, each at a time of its own. Their yes was written before the bot could ask
// anything, so it answers nothing.
const (
	orderPhrase = "I want promotions"
	orderNear   = "i wnat promotions"
	orderYes    = "yes"
	orderStop   = "2"
	orderWords  = "how much is the red bag"
)

// An orderLetter is one message of somebody, as WhatsApp keeps it for a bot that is away.
type orderLetter struct {
	of         *orderPerson
	id, text   string
	at         time.Time
	addressing whatsapptest.Addressing
}

type orderPerson struct {
	*whatsapptest.Contact
	phrase, stop time.Time
}

// wants is where somebody stands by the server's times: their last word counts, and of a tie the
// stop.
func (p *orderPerson) wants() bot.Consent {
	if p.phrase.After(p.stop) {
		return bot.Subscribed
	}
	return bot.Unsubscribed
}

// TestC2TheLastWordByTime: while the bot is away people opt in, nearly opt in, say yes, stop and
// talk, and all of it comes in another order than it was written. A tenth does it within a second
// or two, a tenth under both of their addresses. The bot reads it, is killed three times at that,
// and in the end each message has had one turn, and everybody stands where they stand by the
// server's times.
func TestC2TheLastWordByTime(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	lastWords(scene(t), t, 100)
}

// TestC2TheLastWordByTimeLong is the same with many people.
func TestC2TheLastWordByTimeLong(t *testing.T) {
	clitest.Long(t)
	lastWords(within(t, longest), t, 2000)
}

func lastWords(ctx context.Context, t *testing.T, many int) {
	t.Helper()
	srv, b := linked(t)
	random := rand.New(rand.NewPCG(*orderSeed, 0))
	people, letters := orderMail(srv, random, many)
	srv.Phone().UseUpKeys()
	for _, l := range letters {
		l.of.SetAddressing(l.addressing)
		l.of.Send(l.text, whatsapptest.WithID(l.id), whatsapptest.At(l.at))
	}
	phone := srv.Phone()
	for i := range orderKills {
		kill := b.launch()
		// The moment is some number of messages from now, and leaves some for the kills that
		// follow.
		left := phone.Waiting()
		target := left - 1 - random.IntN(1+left/(orderKills-i+1))
		must(t, srv.WaitUntil(ctx, func() bool { return phone.Waiting() <= target }))
		kill()
		t.Logf("killed with %d of %d messages left", phone.Waiting(), len(letters))
	}
	kill := b.launch()
	must(t, phone.WaitIdle(ctx))
	kill()
	b.open(func(ctx context.Context, s *store.Store) {
		orderTurns(t, b, letters)
		wrong := 0
		for _, p := range people {
			wrong += orderStanding(ctx, t, s, p)
		}
		if wrong > 0 {
			t.Errorf("%d of %d people do not stand where their last word puts them", wrong, len(people))
		}
		v, err := s.Verify(ctx, "main", "")
		must(t, err)
		if len(v.Problems) > 0 {
			t.Errorf("the ledger: %q", v.Problems)
		}
	})
}

// orderMail makes people and what they write within an hour, shuffled.
func orderMail(srv *whatsapptest.Server, random *rand.Rand, n int) (people []*orderPerson, letters []orderLetter) {
	begin := time.Now().Add(-2 * time.Hour).Truncate(time.Second)
	for i := range n {
		p := &orderPerson{Contact: srv.Contact(fmt.Sprintf("+1212555%04d", i))}
		within := 3600
		if i%10 == 0 {
			within = 2 // so most of it has the second of something else
		}
		both := random.IntN(5) // the message that comes with both addresses
		for j, text := range []string{orderPhrase, orderNear, orderYes, orderStop, orderWords} {
			l := orderLetter{of: p, text: text, id: fmt.Sprintf("3A%08d%02d", i, j), at: begin.Add(time.Duration(random.IntN(within)) * time.Second)}
			if i%10 == 1 && j != both {
				l.addressing = []whatsapptest.Addressing{whatsapptest.FromPhoneOnly, whatsapptest.FromLIDOnly}[random.IntN(2)]
			}
			switch text {
			case orderPhrase:
				p.phrase = l.at
			case orderStop:
				p.stop = l.at
			}
			letters = append(letters, l)
		}
		people = append(people, p)
	}
	random.Shuffle(len(letters), func(i, j int) { letters[i], letters[j] = letters[j], letters[i] })
	return people, letters
}

// orderTurns looks whether each message has had one turn, under whatever contact.
func orderTurns(t *testing.T, b *binary, letters []orderLetter) {
	t.Helper()
	db := b.database()
	defer db.Close()
	rows, err := db.Query("SELECT message_id, COUNT(*) FROM inbox WHERE source = 'live' GROUP BY message_id")
	must(t, err)
	defer rows.Close()
	turns := map[string]int{}
	for rows.Next() {
		var id string
		var n int
		must(t, rows.Scan(&id, &n))
		turns[id] = n
	}
	must(t, rows.Err())
	for _, l := range letters {
		if turns[l.id] != 1 {
			t.Errorf("message %s (%q) has had %d turns", l.id, l.text, turns[l.id])
		}
	}
}

// orderStanding returns 1 for somebody who does not stand where they should, under each of their
// addresses.
func orderStanding(ctx context.Context, t *testing.T, s *store.Store, p *orderPerson) (wrong int) {
	t.Helper()
	byPhone, err := s.Contact(ctx, "main", p.Number())
	must(t, err)
	byLID, err := s.Contact(ctx, "main", p.LID().User)
	must(t, err)
	switch {
	case byPhone == nil || byLID == nil || byPhone.ID != byLID.ID:
		t.Errorf("%s is not one contact under both addresses: %v, %v", p.LID(), byPhone, byLID)
		return 1
	case byPhone.Consent != p.wants():
		t.Logf("contact %d asked at %s and stopped at %s, and is %s", byPhone.ID, p.phrase.Format(time.TimeOnly), p.stop.Format(time.TimeOnly), byPhone.Consent)
		return 1
	}
	return 0
}

// TestC2AnOptInThatComesLate: an opt-in that was written before the stop, or in its second, or came
// first in a form that could not be read, undoes nothing, whatever time a resend carries. One that
// was written after it does.
func TestC2AnOptInThatComesLate(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	ctx := scene(t)
	srv, b := linked(t)
	kill := b.start()
	now := time.Now().Truncate(time.Second)
	scenes := []struct {
		name string
		play func(p *whatsapptest.Contact)
		want bot.Consent
	}{
		{"written before it", func(p *whatsapptest.Contact) {
			taken(ctx, t, p, p.Send(orderStop, whatsapptest.At(now)))
			taken(ctx, t, p, p.Send(orderPhrase, whatsapptest.At(now.Add(-2*time.Minute))))
		}, bot.Unsubscribed},
		{"in its second", func(p *whatsapptest.Contact) {
			taken(ctx, t, p, p.Send(orderStop, whatsapptest.At(now)))
			taken(ctx, t, p, p.Send(orderPhrase, whatsapptest.At(now)))
		}, bot.Unsubscribed},
		{"sent again with its own time", func(p *whatsapptest.Contact) {
			id := unreadable(ctx, t, p, now.Add(-2*time.Minute))
			taken(ctx, t, p, p.Send(orderStop, whatsapptest.At(now.Add(-time.Minute))))
			p.Resend(id, now.Add(-2*time.Minute))
		}, bot.Unsubscribed},
		{"sent again with the time of that", func(p *whatsapptest.Contact) {
			id := unreadable(ctx, t, p, now.Add(-2*time.Minute))
			taken(ctx, t, p, p.Send(orderStop, whatsapptest.At(now.Add(-time.Minute))))
			p.Resend(id, now)
		}, bot.Unsubscribed},
		{"written after it, and come before it", func(p *whatsapptest.Contact) {
			taken(ctx, t, p, p.Send(orderPhrase, whatsapptest.At(now)))
			taken(ctx, t, p, p.Send(orderStop, whatsapptest.At(now.Add(-2*time.Minute))))
		}, bot.Subscribed},
	}
	var people []*whatsapptest.Contact
	for i, scene := range scenes {
		p := srv.Contact(fmt.Sprintf("+1212555%04d", 100+i))
		scene.play(p)
		people = append(people, p)
	}
	must(t, srv.Phone().WaitIdle(ctx))
	kill()
	b.open(func(ctx context.Context, s *store.Store) {
		for i, scene := range scenes {
			c, err := s.Contact(ctx, "main", people[i].Number())
			must(t, err)
			if c == nil {
				t.Errorf("an opt-in %s: nobody is there", scene.name)
			} else if c.Consent != scene.want {
				t.Errorf("an opt-in %s: they are %s, want %s; they received %q", scene.name, c.Consent, scene.want, people[i].Texts())
			}
		}
	})
}

// taken waits until the bot has acknowledged a message.
func taken(ctx context.Context, t *testing.T, p *whatsapptest.Contact, id string) {
	t.Helper()
	must(t, p.WaitAcknowledged(ctx, id))
}

// unreadable lets somebody ask for promotions in a message that the bot cannot read, however often
// it asks for it. It reads what is sent after that.
func unreadable(ctx context.Context, t *testing.T, p *whatsapptest.Contact, at time.Time) (id string) {
	t.Helper()
	const asks = 4 // then the library gives up (retry.go:485)
	id = p.Send(orderPhrase, whatsapptest.At(at), whatsapptest.Unreadable(1+asks))
	must(t, p.WaitRetries(ctx, id, asks))
	taken(ctx, t, p, id)
	return id
}

// launch runs the bot until kill is called (kill -9), and does not wait for anything.
func (b *binary) launch() (kill func()) {
	b.t.Helper()
	cmd := b.cmd("run")
	must(b.t, cmd.Start())
	b.pid = cmd.Process.Pid
	done := false
	kill = func() {
		if !done {
			done = true
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	b.t.Cleanup(kill)
	return kill
}
