package e2e

import (
	"bufio"
	"context"
	"database/sql"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/cli/clitest"
	"optinbot/bot/whatsapp/whatsapptest"
	"optinbot/flows"
	"optinbot/store"
	"optinbot/store/postgrestest"
)

var (
	chaosSeed = flag.Uint64("chaos.seed", 1, "seed of the chaos test")
	chaosFor  = flag.Duration("chaos.for", time.Hour, "how long TestChaosLong goes on")
)

// TestChaos: three processes of the built program serve twelve numbers out of one database, while they
// are killed, stopped, cut off, and the database dies. What the phones got is counted: no promotion
// twice, none from an owner whose number another one had taken, none after an acknowledged stop but
// the one claimed before. Every stop is recorded, every ledger verifies, each message had one turn.
func TestChaos(t *testing.T) {
	clitest.Long(t)
	chaosOf(t, 0)
}

// TestChaosLong goes on for an hour, or as long as -chaos.for says.
func TestChaosLong(t *testing.T) {
	clitest.Long(t)
	chaosOf(t, *chaosFor)
}

func chaosOf(t *testing.T, long time.Duration) {
	t.Helper()
	c := newChaos(t, within(t, long+10*time.Minute))
	c.begin()
	c.optIn()
	for end := time.Now().Add(long); ; {
		for _, happens := range c.faults() {
			c.wave(happens.what)
			happens.do(c.victim())
		}
		if time.Now().After(end) {
			break
		}
	}
	c.settle()
	c.verify()
}

// How large the fleet is. Each number has so many people, of whom one leaves at each fault at most.
const (
	chaosMachines = 3
	chaosNumbers  = 12
	chaosPeople   = 4
)

// A chaos is a fleet, its network, and the people who write to its numbers.
type chaos struct {
	t        *testing.T
	ctx      context.Context
	srv      *whatsapptest.Server
	database *postgrestest.Server
	db       *sql.DB      // behind the back of all processes
	store    *store.Store // of the test, which is no process of the fleet
	machines []*machine
	numbers  []*chaosNumber
	random   *rand.Rand
	waves    []string // what a promotion of each says

	killed, silent []time.Duration // how long until all numbers of a machine had another owner
}

// A chaosNumber is a number and the people who know it.
type chaosNumber struct {
	name   string
	phone  *whatsapptest.Phone
	people []*chaosPerson
}

// A chaosPerson writes to one number.
type chaosPerson struct {
	*whatsapptest.Contact
	wrote    int
	stop     string    // the ID of their stop. "": they stay
	acked    time.Time // when it was acknowledged
	stopSeen bool
}

// A machine is the program in a folder of its own, behind a network of its own.
type machine struct {
	*binary
	chaos *chaos
	net   *proxy

	mu  sync.Mutex
	ids []string // of its processes in the fleet, the newest last
	end func()   // kill -9

	tell bool // what the process said is a part of what the test says
}

const fleetDatabase = "optinbot"

func newChaos(t *testing.T, ctx context.Context) *chaos {
	t.Helper()
	c := &chaos{t: t, ctx: ctx, database: postgrestest.Own(t), random: rand.New(rand.NewPCG(*chaosSeed, 0))}
	var first *binary
	c.srv, first = unlinked(t)
	admin, err := sql.Open("pgx", c.database.URL("postgres"))
	must(t, err)
	_, err = admin.Exec("CREATE DATABASE " + fleetDatabase)
	must(t, err)
	must(t, admin.Close())
	c.db, err = sql.Open("pgx", c.database.URL(fleetDatabase))
	must(t, err)
	t.Cleanup(func() { _ = c.db.Close() })
	var numbers strings.Builder
	for i := range chaosNumbers {
		n := &chaosNumber{name: fmt.Sprintf("n%02d", i), phone: c.srv.AddPhone(fmt.Sprintf("+155500001%02d", i))}
		fmt.Fprintf(&numbers, "  - {name: %s, flow: promotions}\n", n.name)
		c.numbers = append(c.numbers, n)
	}
	must(t, os.WriteFile(filepath.Join(first.dir, "config.yaml"), []byte("zone: Europe/Lisbon\nnumbers:\n"+numbers.String()), 0o600))
	first.env = append(first.env, "OPTINBOT_STORE_URL="+c.database.URL(fleetDatabase))
	for _, n := range c.numbers {
		first.linkNumber(n.name, n.phone)
	}
	c.watch()
	c.store, err = store.Open(ctx, filepath.Join(first.dir, "data"), store.Options{URL: c.database.URL(fleetDatabase)})
	must(t, err)
	t.Cleanup(func() { _ = c.store.Close() })
	for i := range chaosMachines {
		m := &machine{chaos: c, net: newProxy(t, fmt.Sprintf("127.0.0.1:%d", c.database.Port))}
		m.binary = &binary{t: t, file: first.file, dir: filepath.Join(t.TempDir(), fmt.Sprintf("machine%d", i)), env: append(
			first.env[:len(first.env)-1:len(first.env)-1], "OPTINBOT_STORE_URL="+postgrestest.URLAt(m.net.address(), fleetDatabase))}
		must(t, os.CopyFS(m.dir, os.DirFS(first.dir)))
		c.machines = append(c.machines, m)
	}
	return c
}

// watch lets the database itself note who takes a number and who claims, in their transactions.
func (c *chaos) watch() {
	c.t.Helper()
	for _, statement := range []string{
		"CREATE SCHEMA watched",
		"CREATE TABLE watched.owned (number TEXT, epoch BIGINT, process TEXT, at TIMESTAMPTZ DEFAULT clock_timestamp())",
		"CREATE TABLE watched.claims (number TEXT, message_id TEXT, kind TEXT, process TEXT, owner TEXT, at TIMESTAMPTZ DEFAULT clock_timestamp())",
		`CREATE FUNCTION watched.note_owner() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
			INSERT INTO watched.owned (number, epoch, process) VALUES (NEW.number, NEW.epoch, NEW.process);
			RETURN NULL;
		END
		$$`,
		`CREATE FUNCTION watched.note_claim() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
			INSERT INTO watched.claims (number, message_id, kind, process, owner)
			SELECT NEW.number, NEW.message_id, NEW.kind, replace(current_setting('application_name'), 'optinbot ', ''), process
			FROM public.owners
			WHERE number = NEW.number;
			RETURN NULL;
		END
		$$`,
		"CREATE TRIGGER note_owner AFTER INSERT OR UPDATE ON owners FOR EACH ROW EXECUTE FUNCTION watched.note_owner()",
		`CREATE TRIGGER note_claim AFTER INSERT OR UPDATE ON outbox
			FOR EACH ROW WHEN (NEW.status = 'claimed') EXECUTE FUNCTION watched.note_claim()`,
	} {
		_, err := c.db.ExecContext(c.ctx, statement)
		must(c.t, err)
	}
}

// begin starts all machines, and waits until each number is served.
func (c *chaos) begin() {
	c.t.Helper()
	for _, m := range c.machines {
		m.start()
	}
	for _, n := range c.numbers {
		must(c.t, n.phone.WaitOnline(c.ctx))
	}
}

var fleetProcess = regexp.MustCompile(`"one of a fleet".*"process":"([^"]+)"`)

// start runs the program until it is killed.
func (m *machine) start() {
	m.t.Helper()
	cmd := m.cmd("run")
	errs, err := cmd.StderrPipe()
	must(m.t, err)
	must(m.t, cmd.Start())
	read := make(chan struct{})
	var seen strings.Builder
	go func() {
		defer close(read)
		lines := bufio.NewScanner(errs)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			seen.WriteString(lines.Text() + "\n")
			if is := fleetProcess.FindStringSubmatch(lines.Text()); is != nil {
				m.mu.Lock()
				m.ids = append(m.ids, is[1])
				m.mu.Unlock()
			}
		}
	}()
	var once sync.Once
	m.bot = cmd
	m.end = func() {
		once.Do(func() {
			_ = cmd.Process.Signal(syscall.SIGCONT)
			if m.tell { // it ends by itself, once it has told what it does
				<-read
			}
			_ = cmd.Process.Kill()
			<-read
			_ = cmd.Wait()
			scanLog(m.t, seen.String())
			if m.tell || os.Getenv("OPTINBOT_TEST_CHAOS_LOG") != "" {
				m.t.Log(seen.String())
			}
		})
	}
	m.t.Cleanup(m.end)
}

// process is the ID of the machine's process.
func (m *machine) process() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.ids) == 0 {
		return ""
	}
	return m.ids[len(m.ids)-1]
}

// optIn lets everybody ask for promotions and answer what the flow asks.
func (c *chaos) optIn() {
	c.t.Helper()
	for i, n := range c.numbers {
		for j := range chaosPeople {
			n.people = append(n.people, &chaosPerson{Contact: c.srv.Contact(fmt.Sprintf("+1212555%02d%02d", i, j))})
		}
	}
	for _, turn := range []struct{ says, until string }{
		{"I want promotions", "A  Shoes"}, {"A", "where do you like to shop"}, {"B", "*preferences*"},
	} {
		c.each(func(n *chaosNumber, p *chaosPerson) { p.writes(n, turn.says) })
		c.each(func(n *chaosNumber, p *chaosPerson) {
			if _, err := p.WaitText(c.ctx, turn.until); err != nil {
				c.t.Fatalf("on %s nobody answered %q with %q: %v; received %q", n.name, turn.says, turn.until, err, p.Texts())
			}
		})
	}
}

func (c *chaos) each(do func(*chaosNumber, *chaosPerson)) {
	for _, n := range c.numbers {
		for _, p := range n.people {
			do(n, p)
		}
	}
}

func (p *chaosPerson) writes(n *chaosNumber, text string) (id string) {
	p.wrote++
	return p.Send(text, whatsapptest.To(n.phone))
}

// wave lets a promotion go out on each number, while some people write and some leave.
func (c *chaos) wave(what string) {
	c.t.Helper()
	name := fmt.Sprintf("wave%d", len(c.waves))
	c.waves = append(c.waves, textOf(name))
	c.t.Logf("%s: %s", name, what)
	first := &binary{t: c.t, dir: c.machines[0].dir}
	first.draft(name, "at: now")
	text, err := os.ReadFile(filepath.Join(first.dir, "flows", "broadcasts", name+".yaml"))
	must(c.t, err)
	for _, m := range c.machines[1:] {
		must(c.t, os.WriteFile(filepath.Join(m.dir, "flows", "broadcasts", name+".yaml"), text, 0o600))
	}
	for _, n := range c.numbers {
		_, err := c.store.Arm(c.ctx, bot.Occurrence{Number: n.name, Broadcast: name, Key: name, DueAt: time.Now(), ArmedAt: time.Now(),
			Content: string(text), Version: flows.Version(text)})
		must(c.t, err)
	}
	for range 3 {
		n := c.numbers[c.random.IntN(len(c.numbers))]
		p := n.people[c.random.IntN(len(n.people))]
		switch {
		case c.random.IntN(3) == 0 && p.stop == "":
			p.stop = p.writes(n, "2")
			go func() {
				if err := p.WaitAcknowledged(c.ctx, p.stop); err == nil {
					p.acked, p.stopSeen = time.Now(), true
				}
			}()
		default:
			p.writes(n, "offers")
		}
	}
}

// A fault is what happens to a machine, or to all.
type fault struct {
	what string
	do   func(*machine)
}

// victim is a machine that serves numbers. One that has just come back may have none yet.
func (c *chaos) victim() (m *machine) {
	c.t.Helper()
	must(c.t, eventually(c.ctx, func() bool {
		var serving []*machine
		for _, m := range c.machines {
			if is := m.process(); is != "" && len(c.numbersOf(is)) > 0 {
				serving = append(serving, m)
			}
		}
		if len(serving) > 0 {
			m = serving[c.random.IntN(len(serving))]
		}
		return m != nil
	}))
	return m
}

// faults are all that can happen, in another order each time.
func (c *chaos) faults() []fault {
	all := []fault{
		{"kill -9", func(m *machine) {
			had, at := c.numbersOf(m.process()), time.Now()
			m.end()
			c.killed = append(c.killed, c.takenOver(had, m.process(), at))
			m.start()
		}},
		{"SIGSTOP, and SIGCONT when others have its numbers", func(m *machine) {
			had, at := c.numbersOf(m.process()), time.Now()
			must(c.t, m.bot.Process.Signal(syscall.SIGSTOP))
			c.silent = append(c.silent, c.takenOver(had, m.process(), at))
			must(c.t, m.bot.Process.Signal(syscall.SIGCONT))
		}},
		{"the network is silent until others have its numbers", func(m *machine) {
			had, at := c.numbersOf(m.process()), time.Now()
			m.net.silence(true)
			c.silent = append(c.silent, c.takenOver(had, m.process(), at))
			m.net.silence(false)
		}},
		{"the network is cut", func(m *machine) { m.net.cut() }},
		{"its lines are terminated", func(m *machine) {
			_, err := c.db.ExecContext(c.ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%' || $1 || '%'",
				m.process())
			must(c.t, err)
		}},
		{"the database dies and comes back", func(*machine) { c.database.Crash(c.t) }},
	}
	c.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// numbersOf are the numbers that a process owns.
func (c *chaos) numbersOf(process string) []string {
	c.t.Helper()
	rows, err := c.db.QueryContext(c.ctx, "SELECT number FROM owners WHERE process = $1 ORDER BY number", process)
	must(c.t, err)
	defer rows.Close()
	var all []string
	for rows.Next() {
		var number string
		must(c.t, rows.Scan(&number))
		all = append(all, number)
	}
	must(c.t, rows.Err())
	return all
}

// takenOver waits until every one of some numbers has another owner, and returns how long that took.
func (c *chaos) takenOver(numbers []string, from string, since time.Time) time.Duration {
	c.t.Helper()
	must(c.t, eventually(c.ctx, func() bool {
		now := slices.Concat(c.numbersOf(from), c.numbersOf(""))
		return !slices.ContainsFunc(numbers, func(n string) bool { return slices.Contains(now, n) })
	}))
	return time.Since(since)
}

// settle waits until everything that was armed has gone out, or is known not to.
func (c *chaos) settle() {
	c.t.Helper()
	var open int
	err := eventually(patient(c.t), func() bool {
		err := c.db.QueryRowContext(c.ctx, `
			SELECT (SELECT COUNT(*) FROM occurrences WHERE status <> 'done')
				+ (SELECT COUNT(*) FROM outbox WHERE status IN ('queued', 'claimed'))`).Scan(&open)
		return err == nil && open == 0
	})
	if err != nil {
		c.t.Errorf("%d occurrences and messages never end: %v", open, err)
		c.tells()
	}
	for _, n := range c.numbers {
		must(c.t, n.phone.WaitIdle(c.ctx))
	}
}

// tells says what is known of what hangs: rows, owners, connections, and the stacks of the processes.
func (c *chaos) tells() {
	c.t.Helper()
	for _, query := range []string{
		"SELECT concat_ws(' | ', 'occurrence', id, number, broadcast, status, note) FROM occurrences " +
			"WHERE status <> 'done'",
		"SELECT concat_ws(' | ', 'outbox', id, number, kind, status, attempts, detail) FROM outbox " +
			"WHERE status IN ('queued', 'claimed')",
		`SELECT concat_ws(' | ', 'delivery', d.id, d.occurrence_id, d.number, d.status, d.detail) FROM deliveries AS d
			JOIN occurrences AS o ON o.id = d.occurrence_id WHERE o.status <> 'done'`,
		"SELECT concat_ws(' | ', 'number', name, connection, guard_state, safe_mode) FROM numbers",
		"SELECT concat_ws(' | ', 'owner', number, epoch, process, host) FROM owners ORDER BY number",
		"SELECT concat_ws(' | ', 'process', id, host, extract(epoch from clock_timestamp()) * 1000 - renewed_at) " +
			"FROM processes",
		`SELECT concat_ws(' | ', 'connection', pid, application_name, state, wait_event, pg_blocking_pids(pid),
				clock_timestamp() - state_change, query)
			FROM pg_stat_activity WHERE datname = current_database()`,
	} {
		rows, err := c.db.QueryContext(c.ctx, query)
		if err != nil {
			c.t.Log(err)
			continue
		}
		for rows.Next() {
			line := ""
			must(c.t, rows.Scan(&line))
			c.t.Log(strings.Join(strings.Fields(line), " "))
		}
		must(c.t, rows.Err())
		must(c.t, rows.Close())
	}
	for _, m := range c.machines {
		_ = m.bot.Process.Signal(syscall.SIGQUIT)
		m.tell = true
	}
}

// verify counts.
func (c *chaos) verify() {
	c.t.Helper()
	for _, m := range c.machines {
		m.end()
	}
	claims, foreign := c.claims()
	if foreign > 0 {
		c.t.Errorf("%d of %d claims were made by a process that was not the owner", foreign, len(claims))
	}
	promotions, stops := 0, 0
	c.each(func(n *chaosNumber, p *chaosPerson) {
		promotions += c.verifyPromotions(n, p, claims)
		contact, err := c.store.Contact(c.ctx, n.name, p.Number())
		must(c.t, err)
		if p.stop != "" {
			stops++
			if contact.Consent != bot.Unsubscribed {
				c.t.Errorf("%s on %s left and is %s", p.Number(), n.name, contact.Consent)
			}
		}
		lines, err := c.store.Conversation(c.ctx, contact.ID, 10_000)
		must(c.t, err)
		verifyTurns(c.t, lines, p.wrote)
	})
	for _, n := range c.numbers {
		v, err := c.store.Verify(c.ctx, n.name, "")
		must(c.t, err)
		if len(v.Problems) > 0 {
			c.t.Errorf("the ledger of %s: %v", n.name, v.Problems)
		}
	}
	c.t.Logf("%d waves, %d promotions, %d stops, %d claims", len(c.waves), promotions, stops, len(claims))
	c.t.Logf("taken over after kill -9: %s", timesOf(c.killed))
	c.t.Logf("taken over after silence: %s", timesOf(c.silent))
}

func timesOf(all []time.Duration) string {
	if len(all) == 0 {
		return "never"
	}
	slices.Sort(all)
	return fmt.Sprintf("median %.1f s, worst %.1f s, of %d", all[len(all)/2].Seconds(), all[len(all)-1].Seconds(), len(all))
}

// A chaosClaim is a claim as the database noted it.
type chaosClaim struct {
	process   string
	at        time.Time
	takenOver time.Time // when another process became the owner. Zero: none did
}

// claims are all claims by message ID, and how many of them somebody made who was not the owner.
func (c *chaos) claims() (all map[string]chaosClaim, foreign int) {
	c.t.Helper()
	rows, err := c.db.QueryContext(c.ctx, `
		SELECT k.message_id, k.process, k.owner, k.at, (
				SELECT MIN(o.at)
				FROM watched.owned o
				WHERE o.number = k.number AND o.at > k.at AND o.process NOT IN (k.process, '')
			)
		FROM watched.claims k
		WHERE k.kind = 'broadcast'`)
	must(c.t, err)
	defer rows.Close()
	all = map[string]chaosClaim{}
	for rows.Next() {
		var id, owner string
		var k chaosClaim
		var over sql.NullTime
		must(c.t, rows.Scan(&id, &k.process, &owner, &k.at, &over))
		if !strings.HasSuffix(k.process, owner) || owner == "" {
			foreign++
		}
		k.takenOver = over.Time
		all[id] = k
	}
	must(c.t, rows.Err())
	return all, foreign
}

// onItsWay is how long a message that has left may take to its phone, on a machine that does more than
// these tests. Who wakes after a lease of 15 s is far beyond it.
const onItsWay = time.Second

// verifyPromotions looks at what one person got, and returns how many promotions that were.
func (c *chaos) verifyPromotions(n *chaosNumber, p *chaosPerson, claims map[string]chaosClaim) (promotions int) {
	c.t.Helper()
	times, afterStop := map[string]int{}, 0
	for _, r := range p.Received() {
		i := slices.IndexFunc(c.waves, func(text string) bool { return strings.Contains(r.Text, text) })
		if i < 0 {
			continue
		}
		promotions++
		times[c.waves[i]]++
		k, known := claims[r.ID]
		switch {
		case !known:
			c.t.Errorf("%s on %s got %q, which nobody claimed", p.Number(), n.name, r.Text)
		case !k.takenOver.IsZero() && r.At.After(k.takenOver.Add(onItsWay)):
			c.t.Errorf("%s on %s got %q at %s, and its owner had lost the number at %s", p.Number(), n.name, r.Text, r.At, k.takenOver)
		case p.stopSeen && r.At.After(p.acked):
			afterStop++
			if k.at.After(p.acked) {
				c.t.Errorf("%s on %s left at %s, and %q was claimed at %s", p.Number(), n.name, p.acked, r.Text, k.at)
			}
		}
	}
	for text, n := range times {
		if n > 1 {
			c.t.Errorf("%s got %q %d times", p.Number(), text, n)
		}
	}
	if afterStop > 1 {
		c.t.Errorf("%s got %d promotions after their stop was acknowledged", p.Number(), afterStop)
	}
	return promotions
}
