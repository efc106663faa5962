package e2e

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/cli/clitest"
	"optinbot/bot/whatsapp/whatsapptest"
	"optinbot/store"
)

// Of the crowd every twelfth is subscribed, and has to wait because they may have asked to stop; the others have left.
const crowdWaits = 12

// TestB6KilledWhilePlanningForMany: the built program is killed while it makes an occurrence, plans it for many people and looks at each of
// them. The occurrences are by turns armed for once and made by a recurring broadcast. In the end each is there once, everybody has one
// delivery of it, who may get it got it once, and nobody is left whom it did not look at.
func TestB6KilledWhilePlanningForMany(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	killedWhilePlanning(scene(t), t, 18_000, 3)
}

// TestB6KilledWhilePlanningForManyLong is the same at length: a kill has to fall into the planning, and
// one into the look at each. A short run depends on how fast the machine is.
func TestB6KilledWhilePlanningForManyLong(t *testing.T) {
	clitest.Long(t)
	died := killedWhilePlanning(within(t, longest), t, 100_000, 60)
	for _, moment := range []fellAt{whilePlanning, whileLooking} {
		if died[moment] == 0 {
			t.Errorf("no kill fell %s", moment)
		}
	}
}

// killedWhilePlanning returns how many kills fell where.
func killedWhilePlanning(ctx context.Context, t *testing.T, crowd, kills int) map[fellAt]int {
	t.Helper()
	srv, b := linked(t)
	kill := b.start()
	people := newCrowd(srv, 5)
	people.optIn(ctx, t)
	kill()
	b.fill(people.people[0], crowd)

	p := &planning{binary: b, crowd: crowd, random: rand.New(rand.NewPCG(*crashSeed, 1)), died: map[fellAt]int{}}
	for ; p.kills < kills || p.died[whilePlanning] == 0 && p.kills < 5*kills; p.kills++ {
		looking := p.kills%3 == 2
		if p.planned(looking) {
			p.arms()
		}
		kill = b.start()
		p.waitForAMoment(ctx, looking)
		kill()
		p.died[p.glimpse().stage]++
	}
	t.Logf("killed %v", p.died)
	kill = b.start()
	if err := eventually(ctx, func() bool { return p.over() }); err != nil {
		t.Errorf("some deliveries were forgotten: %v", err)
	}
	kill()
	for _, name := range p.names {
		p.verify(name, people)
	}
	if p.unknown > p.kills {
		t.Errorf("%d deliveries are unknown after %d kills", p.unknown, p.kills)
	}
	return p.died
}

// fill writes people beside the program: they had the conversation that one person had.
func (b *binary) fill(like *whatsapptest.Contact, n int) {
	b.t.Helper()
	db := b.database()
	defer db.Close()
	tx, err := db.Begin()
	must(b.t, err)
	defer tx.Rollback()
	for _, statement := range []string{
		`INSERT INTO contacts (id, number, consent, state, language, created_at, updated_at, last_inbound, zones, doc)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
			SELECT $2 + i, c.number, CASE WHEN i % $3 = 0 THEN 'subscribed' ELSE 'unsubscribed' END, c.state, c.language, c.created_at, c.updated_at, c.last_inbound, c.zones,
				json_set(c.doc, '$.identities', json_array(json_object('kind', 'phone', 'value', '+1213' || printf('%07d', i))),
					'$.holds', json_array(json_object('reason', 'unsure_stop', 'since', '2026-03-02T12:00:00Z')))
			FROM contacts c JOIN identities l ON l.contact_id = c.id AND l.value = $4, n`,
		`INSERT INTO identities (number, kind, value, contact_id, first_seen)
			SELECT c.number, 'phone', json_extract(c.doc, '$.identities[0].value'), c.id, c.created_at FROM contacts c
			WHERE c.id > $2 AND c.id <= $2 + $1 AND $3 > 0 AND $4 <> ''`,
		`INSERT INTO ledger (number, seq, contact_id, previous, hash, public, personal_hash)
			SELECT c.number, $2 + c.id, c.id, '', '', json_object('to', c.consent), '' FROM contacts c
			WHERE c.id > $2 AND c.id <= $2 + $1 AND $3 > 0 AND $4 <> ''`,
	} {
		if _, err := tx.Exec(statement, n, firstOfCrowd, crowdWaits, like.Number()); err != nil {
			b.t.Fatal(err)
		}
	}
	must(b.t, tx.Commit())
}

const firstOfCrowd = 1000 // before their first contact ID

// planning is a row of occurrences, of which one at a time is planned and killed.
type planning struct {
	*binary
	crowd  int // people
	random *rand.Rand
	names  []string // of the broadcasts, each with one occurrence
	died   map[fellAt]int

	kills   int
	unknown int // deliveries, at the end
}

// fellAt is where a kill -9 fell.
type fellAt string

const (
	beforePlanning fellAt = "before"
	whilePlanning  fellAt = "while it planned"
	whileLooking   fellAt = "while it looked at each"
	plannedAll     fellAt = "after"
)

// planned reports whether the last occurrence is over with what is to be killed: the look at each, or the planning.
func (p *planning) planned(looking bool) bool {
	if len(p.names) == 0 {
		return true
	}
	stage := p.glimpse().stage
	return stage == plannedAll || !looking && stage == whileLooking
}

// arms schedules another broadcast: for now, or every day at this minute, as if that had been armed yesterday.
func (p *planning) arms() {
	p.t.Helper()
	name := fmt.Sprintf("planned-%d", len(p.names))
	p.names = append(p.names, name)
	if len(p.names)%2 == 1 {
		p.draft(name, "at: now")
		p.do("broadcast", "schedule", name, "--yes")
		return
	}
	p.daily(name)
}

// daily arms a broadcast for every day at this minute, and turns it back by a day: so its first occurrence is due.
func (b *binary) daily(name string) {
	b.t.Helper()
	b.draft(name, everyDayAtThisMinute())
	b.do("broadcast", "schedule", name, "--yes")
	b.turnBack(name)
}

func everyDayAtThisMinute() string {
	return time.Now().UTC().Format(`cron: "4 15 * * *"`) + "\nzone: UTC"
}

func (b *binary) turnBack(name string) {
	b.t.Helper()
	db := b.database()
	defer db.Close()
	_, err := db.Exec("UPDATE schedules SET next_at = next_at - $1 WHERE broadcast = $2", (24 * time.Hour).Milliseconds(), name)
	must(b.t, err)
}

// A glimpse is how far the program is with its last occurrence.
type glimpse struct {
	stage   fellAt
	written int64 // what lies in the write-ahead log: committed or not
	looked  int   // how many people it has looked at and keeps waiting
}

// spilt is more than anything but planning writes into the log. SQLite writes there what does not fit into its cache, long before the commit.
const spilt = 1 << 17

// glimpse looks without keeping the program from anything.
func (p *planning) glimpse() glimpse {
	p.t.Helper()
	db := p.database()
	defer db.Close()
	return p.glimpseOf(db)
}

func (p *planning) glimpseOf(db *sql.DB) (g glimpse) {
	p.t.Helper()
	g.written = p.log().size
	var planned, waiting int
	err := db.QueryRow("SELECT COUNT(*), COALESCE(SUM(d.status = 'held'), 0), COALESCE(SUM(d.status = 'planned'), 0) FROM deliveries d JOIN occurrences o ON o.id = d.occurrence_id "+
		"WHERE o.broadcast = $1", p.names[len(p.names)-1]).Scan(&planned, &g.looked, &waiting)
	must(p.t, err)
	switch {
	case planned == 0 && g.written > spilt:
		g.stage = whilePlanning
	case planned == 0:
		g.stage = beforePlanning
	case waiting > 0:
		g.stage = whileLooking
	default:
		g.stage = plannedAll
	}
	return g
}

// waitForAMoment waits until some of the plan is written, or some people were looked at.
func (p *planning) waitForAMoment(ctx context.Context, looking bool) {
	p.t.Helper()
	db := p.database()
	defer db.Close()
	written, looked := p.random.Int64N(int64(p.crowd)*bytesEach), p.random.IntN(p.crowd/crowdWaits)
	err := eventually(ctx, func() bool {
		g := p.glimpseOf(db)
		if g.stage == plannedAll {
			return true
		}
		if looking {
			return g.stage == whileLooking && g.looked >= looked
		}
		return g.stage == whileLooking || g.written >= written
	})
	must(p.t, err)
}

// bytesEach is about what a planned delivery writes.
const bytesEach = 100

// over reports whether everybody has what is for them, of every occurrence.
func (p *planning) over() bool {
	db := p.database()
	defer db.Close()
	var open, running int
	err := db.QueryRow("SELECT (SELECT COUNT(*) FROM deliveries WHERE status IN ('planned', 'claimed')), (SELECT COUNT(*) FROM occurrences WHERE status = 'running')").Scan(&open, &running)
	must(p.t, err)
	return open == 0 && running == len(p.names)
}

// verify counts the deliveries of an occurrence, and what everybody received.
func (p *planning) verify(name string, people *crowdOf) {
	p.t.Helper()
	p.open(func(ctx context.Context, s *store.Store) {
		list, err := s.Occurrences(ctx, "main", name)
		must(p.t, err)
		if len(list) != 1 {
			p.t.Fatalf("%s has %d occurrences", name, len(list))
		}
		waits, left := 0, 0
		must(p.t, s.Deliveries(ctx, list[0].ID, 0, func(d store.Delivery) error {
			switch {
			case d.Contact <= firstOfCrowd:
			case d.Status == bot.DeliveryHeld && d.Reason == bot.UnsureStop:
				waits++
			case d.Status == bot.DeliverySkipped && d.Reason == bot.SkippedUnsubscribed:
				left++
			default:
				p.t.Errorf("%s to somebody of the crowd: %s %s", name, d.Status, d.Reason)
			}
			return nil
		}))
		if want := p.crowd / crowdWaits; waits != want || left != p.crowd-want {
			p.t.Errorf("%s: %d wait and %d have left, of %d", name, waits, left, p.crowd)
		}
		for _, person := range people.people {
			if verifyOnce(ctx, p.t, s, list[0], person.Number(), count(person, textOf(name))) {
				p.unknown++
			}
		}
	})
}
