//go:build unix

package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/store"
)

// A child process of a test is the test's own program. These variables say what it does.
const (
	childHost    = "OPTINBOT_TEST_FLEET_HOST"
	childURL     = "OPTINBOT_TEST_FLEET_URL"
	childFolder  = "OPTINBOT_TEST_FLEET_FOLDER"
	childNumbers = "OPTINBOT_TEST_FLEET_NUMBERS"
	childPatient = "OPTINBOT_TEST_FLEET_PATIENT" // silence alone ends nobody's lease
	childDeaf    = "OPTINBOT_TEST_FLEET_DEAF"    // it goes on with a number until a write is refused
)

func init() { children = append(children, childOfFleet) }

// childOfFleet serves its share of the numbers until SIGTERM, if this is a child process.
func childOfFleet() (is bool) {
	if os.Getenv(childHost) == "" {
		return false
	}
	if err := serveAsChild(); err != nil {
		fmt.Println("failed", err)
	}
	return true
}

func serveAsChild() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var e fleetEnv
	host := os.Getenv(childHost)
	if err := e.load(host); err != nil {
		return err
	}
	s, err := store.Open(ctx, os.Getenv(childFolder), store.Options{URL: os.Getenv(childURL)})
	if err != nil {
		return err
	}
	defer s.Close()
	lease := short()
	if os.Getenv(childPatient) != "" {
		lease.Silent = time.Hour
	}
	p, err := s.Join(host, lease)
	if err != nil {
		return err
	}
	fmt.Println("process", p.ID())
	return p.Run(ctx, store.Serving{
		Numbers: func() []string { return strings.Split(os.Getenv(childNumbers), ",") },
		Serve: func(ctx context.Context, owned *store.Store, o store.Owner) {
			fmt.Println("took", o.Number, o.Epoch)
			if os.Getenv(childDeaf) != "" {
				ctx = context.WithoutCancel(ctx)
			}
			fmt.Println("ended", o.Number, o.Epoch, e.serves(ctx, owned, o))
		},
		Failed: trouble,
	})
}

func trouble(err error) { fmt.Println("trouble", strings.ReplaceAll(err.Error(), "\n", " ")) }

// serves sends what there is to send until ctx is done, or it is not the owner any more.
func (e *fleetEnv) serves(ctx context.Context, owned *store.Store, o store.Owner) (why string) {
	step := func() (sent bool, err error) {
		if err := e.tick(ctx, owned, o.Number); err != nil {
			return false, err
		}
		k, err := e.claim(ctx, owned, o.Number)
		if err != nil || k == nil {
			return false, err
		}
		fmt.Println("sent", o.Number, o.Epoch, k.Occurrence, k.Contact.ID, k.MessageID)
		return true, owned.Record(context.WithoutCancel(ctx), *k, bot.SendResult{Status: bot.SendAccepted}, e.envs)
	}
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	told := ""
	_, err := owned.Recover(ctx, o.Number, time.Now(), e.envs)
	for sent := false; ; {
		if errors.Is(err, store.ErrNotOwner) {
			return "fenced"
		}
		if ctx.Err() != nil {
			return "told"
		}
		if err != nil && err.Error() != told {
			told = err.Error()
			trouble(err)
		}
		if err != nil || !sent {
			select {
			case <-ctx.Done():
			case <-pause.C:
			}
		}
		sent, err = step()
	}
}

// A child is a child process, as the test sees it.
type child struct {
	*exec.Cmd
	id string // of the process in the fleet
}

// An event is a line that a child printed.
type event struct {
	child *child
	word  string
	rest  []string
}

// A chaos is a fleet of child processes, and what they sent.
type chaos struct {
	*fleet
	s       *store.Store // of the operator
	numbers []string
	events  chan event
	reading sync.WaitGroup

	sent   map[string]string // promotion -> who sent it
	got    map[string]int    // occurrence -> people who got it
	owners map[string]*child // number -> who took it last
	epochs map[string]string
	all    []*child
}

// people is how many each number has.
const people = 3

func newChaos(t *testing.T, numbers ...string) *chaos {
	t.Helper()
	c := &chaos{fleet: newFleet(t, numbers...), numbers: numbers, events: make(chan event, 1000),
		sent: map[string]string{}, got: map[string]int{}, owners: map[string]*child{}, epochs: map[string]string{}}
	c.s = c.opens()
	for i, number := range numbers {
		for j := range people {
			c.subscribes(c.s, number, person(10*i+j))
		}
	}
	watchClaims(t, c.url)
	return c
}

// starts starts a child and waits until it is one of the fleet.
func (c *chaos) starts(host string, env ...string) *child {
	c.t.Helper()
	folder := filepath.Join(c.folder, host)
	key, err := os.ReadFile(filepath.Join(c.folder, "data", "secret.key"))
	c.must(err)
	c.must(os.Mkdir(folder, 0o700))
	c.must(os.WriteFile(filepath.Join(folder, "secret.key"), key, 0o600))
	k := &child{Cmd: exec.Command(os.Args[0])}
	k.Env = append(os.Environ(), childHost+"="+host, childURL+"="+c.url, childFolder+"="+folder,
		childNumbers+"="+strings.Join(c.numbers, ","))
	k.Env = append(k.Env, env...)
	k.Stderr = os.Stderr
	out, err := k.StdoutPipe()
	c.must(err)
	c.must(k.Start())
	c.all = append(c.all, k)
	c.t.Cleanup(func() { _ = k.Process.Kill() })
	c.reading.Go(func() { c.reads(k, out) })
	c.until("the child "+host+" has begun", func(e event) bool {
		if e.child == k && e.word == "process" {
			k.id = e.rest[0]
		}
		return k.id != ""
	})
	return k
}

func (c *chaos) reads(k *child, out io.Reader) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		c.events <- event{k, words[0], words[1:]}
	}
	c.events <- event{k, "over", nil}
}

// until notes what the children do until something is so.
func (c *chaos) until(what string, is func(event) bool) {
	c.t.Helper()
	deadline := time.After(2 * time.Minute)
	for {
		select {
		case e := <-c.events:
			c.notes(e)
			if is(e) {
				return
			}
		case <-deadline:
			c.hangs(what)
		}
	}
}

// hangs ends the test with all that tells why something never came: who serves what by the database, what
// its connections do, and the stacks of the children, on standard error.
func (c *chaos) hangs(what string) {
	c.t.Helper()
	members, seats, err := c.s.Fleet(c.t.Context(), short())
	c.t.Logf("by the database (%v): %+v\n%+v", err, members, seats)
	for number, k := range c.owners {
		c.t.Logf("by the children: %s is with %s, epoch %s", number, k.id, c.epochs[number])
	}
	for _, line := range whatWaits(c.t, c.url) {
		c.t.Log(line)
	}
	for _, k := range c.all {
		_ = k.Process.Signal(syscall.SIGQUIT)
	}
	for _, k := range c.all {
		_ = k.Wait()
	}
	c.t.Fatalf("it never came: %s", what)
}

func (c *chaos) notes(e event) {
	switch e.word {
	case "took":
		c.owners[e.rest[0]], c.epochs[e.rest[0]] = e.child, e.rest[1]
		c.arms(c.s, e.rest[0])
	case "ended":
		c.arms(c.s, e.rest[0]) // there is something to write for whoever believes to serve it
	case "failed":
		c.t.Errorf("a child: %v", e.rest)
	case "trouble":
		c.t.Log("a child: ", e.rest)
	case "sent":
		if e.rest[2] == "0" {
			return // an answer, which may go out twice
		}
		promotion := "promotion " + e.rest[2] + " to contact " + e.rest[3]
		if by, twice := c.sent[promotion]; twice {
			c.t.Errorf("%s was sent twice: by %s and %v", promotion, by, e.rest)
		}
		c.sent[promotion] = strings.Join(e.rest, " ")
		if c.got[e.rest[2]]++; c.got[e.rest[2]] == people {
			c.asksForMore(e.rest[0])
		}
	}
}

// asksForMore lets all people of a number write, for who never does gets no more at some point, and
// arms another promotion: there is always more to send.
func (c *chaos) asksForMore(number string) {
	c.t.Helper()
	i := slices.Index(c.numbers, number)
	for j := range people {
		_, err := c.s.HandleMessage(c.t.Context(), number, c.message("offers", person(10*i+j)), c.envs)
		c.must(err)
	}
	c.arms(c.s, number)
}

// serve waits until all numbers are with some children, and each of these sends.
func (c *chaos) serve(who ...*child) {
	c.t.Helper()
	sends := map[*child]bool{}
	c.until("all are served", func(e event) bool {
		if e.word == "sent" && e.rest[2] != "0" {
			sends[e.child] = true
		}
		for _, number := range c.numbers {
			if !slices.Contains(who, c.owners[number]) {
				return false
			}
		}
		for _, k := range who {
			if !sends[k] {
				return false
			}
		}
		return true
	})
}

// ends ends the children in order and looks at what was written.
func (c *chaos) ends(all ...*child) {
	c.t.Helper()
	for _, k := range all {
		c.must(k.Process.Signal(syscall.SIGTERM))
	}
	for range all {
		c.until("the children end", func(e event) bool { return e.word == "over" })
	}
	for _, k := range all {
		c.must(k.Wait())
	}
	claims, foreign := countClaims(c.t, c.url)
	c.t.Logf("%d promotions went out, of %d claims", len(c.sent), claims)
	if claims == 0 || len(c.sent) == 0 || foreign > 0 {
		c.t.Errorf("%d of %d claims by somebody who did not own the number", foreign, claims)
	}
	for _, number := range c.numbers {
		v, err := c.s.Verify(c.t.Context(), number, "")
		if err != nil || len(v.Problems) > 0 {
			c.t.Errorf("%s: %v, %v", number, v.Problems, err)
		}
	}
}

// TestF1OneThatStoodStillSendsNothing: a process is stopped for longer than its lease and goes on.
// Nothing tells it that others have its numbers by now but that its writes are refused.
func TestF1OneThatStoodStillSendsNothing(t *testing.T) {
	c := newChaos(t, "a1", "a2", "a3", "a4")
	a := c.starts("a", childDeaf+"=1")
	c.serve(a)
	b := c.starts("b")
	c.must(a.Process.Signal(syscall.SIGSTOP))
	stopped := time.Now()
	c.serve(b)
	t.Logf("b serves all %v after a stood still", time.Since(stopped).Round(time.Millisecond))
	c.must(a.Process.Signal(syscall.SIGCONT))
	fenced := map[string]bool{}
	c.until("every write of a is refused", func(e event) bool {
		if e.child == a && e.word == "ended" && e.rest[2] == "fenced" {
			fenced[e.rest[0]] = true
		}
		return len(fenced) == len(c.numbers)
	})
	c.serve(a, b) // it has a share again, in new epochs
	c.must(a.Process.Kill())
	c.until("a is over", func(e event) bool { return e.child == a && e.word == "over" })
	_ = a.Wait()
	c.serve(b)
	c.ends(b)
}

// TestF2AKilledProcessIsReplaced: the others serve what it had, within seconds, and long before its
// silence would tell them.
func TestF2AKilledProcessIsReplaced(t *testing.T) {
	c := newChaos(t, "a1", "a2", "a3", "a4", "a5", "a6")
	var all []*child
	for _, host := range []string{"a", "b", "c"} {
		all = append(all, c.starts(host, childPatient+"=1"))
	}
	c.serve(all...)
	for i, k := range all[:2] {
		c.must(k.Process.Kill())
		killed := time.Now()
		c.until("it is over", func(e event) bool { return e.child == k && e.word == "over" })
		_ = k.Wait()
		c.serve(all[i+1:]...)
		t.Logf("%v after a process was killed the others served what it had", time.Since(killed).Round(time.Millisecond))
	}
	c.ends(all[2])
}
