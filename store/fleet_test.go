package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/store"
)

// TestF1OnlyTheOwnerSends: what only an owner may write is refused to everybody else, by an error that
// says so, and operators go on in every process.
func TestF1OnlyTheOwnerSends(t *testing.T) {
	f := newFleet(t, "shop", "outlet")
	first, second := f.opens(), f.opens()
	p := f.joins(first, "a", store.DefaultLease())
	o := f.takes(p, "shop")
	if o.Epoch != 1 || o.Process != p.ID() {
		t.Fatalf("%+v", o)
	}
	owned := first.Owned(o)
	f.subscribes(owned, "shop", person(1))
	f.subscribes(second, "shop", person(2)) // as a webhook brings it to any process
	for name, s := range map[string]*store.Store{"another process": second, "a verb of the same": first} {
		_, err := f.claim(t.Context(), s, "shop")
		f.fenced(name+" claims", err)
	}
	_, err := owned.HandleMessage(t.Context(), "outlet", f.message("oi", person(1)), f.envs)
	f.fenced("a number that it does not own", err)
	if k, err := f.claim(t.Context(), owned, "shop"); err != nil || k == nil {
		t.Errorf("the owner claims %v, %v", k, err)
	}
	f.arms(second, "shop")
}

// TestF1ATakeoverEndsTheOwnerBefore: its lines are ended, also that of a write under way, and
// whatever it writes later on new ones is refused.
func TestF1ATakeoverEndsTheOwnerBefore(t *testing.T) {
	f := newFleet(t, "shop", "outlet")
	first, second := f.opens(), f.opens()
	before := f.takes(f.joins(first, "a", store.DefaultLease()), "shop")
	owned := first.Owned(before)
	f.subscribes(owned, "shop", person(1))
	k, err := f.claim(t.Context(), owned, "shop")
	if err != nil || k == nil {
		t.Fatalf("%v, %v", k, err)
	}
	c, err := second.Contact(t.Context(), "shop", person(1).Value)
	f.must(err)

	begun, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	goOn := sync.OnceFunc(func() { close(release) })
	t.Cleanup(goOn) // a store waits for its writes
	var once sync.Once
	go func() {
		_, err := owned.Act(t.Context(), "shop", c.ID, f.envs, func(_ bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
			once.Do(func() { close(begun) })
			<-release // it stands still, in its transaction
			c.Misses = 77
			return c, nil, nil
		})
		ended <- err
	}()
	<-begun
	after := f.takes(f.joins(second, "b", deadly()), "shop")
	if after.Epoch != before.Epoch+1 {
		t.Errorf("epoch %d after %d", after.Epoch, before.Epoch)
	}
	goOn()
	if err := <-ended; err == nil {
		t.Error("a write that stood still was committed after the takeover")
	}
	_, err = owned.HandleMessage(t.Context(), "shop", f.message("oi", person(2)), f.envs)
	f.fenced("a turn", err)
	f.fenced("the end of a send", owned.Record(t.Context(), *k, bot.SendResult{Status: bot.SendAccepted}, f.envs))
	_, err = owned.Recover(t.Context(), "shop", time.Now(), f.envs)
	f.fenced("what follows a crash", err)
	f.fenced("an event of the connection", owned.NumberEvent(t.Context(), "shop", bot.NumberEvent{Kind: bot.NumberReplaced, At: time.Now()}))
	f.fenced("what is about no number", owned.ForgetActs(t.Context(), time.Now()))
	f.fenced("what is about all", owned.BackedUp(t.Context(), time.Now()))
	f.fenced("before it connects", owned.StillOwner(t.Context()))
	f.must(second.Owned(after).StillOwner(t.Context()))
	if c, err = second.Contact(t.Context(), "shop", person(1).Value); err != nil || c.Misses == 77 {
		t.Errorf("%+v, %v", c, err)
	}
	f.subscribes(second.Owned(after), "shop", person(3))
}

// TestF1ATakeoverWaitsForAWriteThatHasBegun: with no line ended, as after an orderly release, it is
// the rows alone that keep two owners apart.
func TestF1ATakeoverWaitsForAWriteThatHasBegun(t *testing.T) {
	f := newFleet(t, "shop")
	first, second := f.opens(), f.opens()
	p := f.joins(first, "a", store.DefaultLease())
	before := f.takes(p, "shop")
	owned := first.Owned(before)
	f.subscribes(owned, "shop", person(1))
	c, err := first.Contact(t.Context(), "shop", person(1).Value)
	f.must(err)
	begun, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	goOn := sync.OnceFunc(func() { close(release) })
	t.Cleanup(goOn) // a store waits for its writes
	go func() {
		_, err := owned.Act(t.Context(), "shop", c.ID, f.envs, func(_ bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
			close(begun)
			<-release
			c.Misses = 77
			return c, nil, nil
		})
		ended <- err
	}()
	<-begun
	released := make(chan error, 1)
	go func() { released <- p.Release(t.Context(), before) }() // it waits for the queue, too
	quick := store.DefaultLease()
	quick.Wait = 100 * time.Millisecond
	other := f.joins(second, "b", quick)
	var seat store.Seat
	for {
		free, err := other.Takeable(t.Context(), []string{"shop"})
		f.must(err)
		if len(free) == 1 {
			seat = free[0]
			break
		}
	}
	if o, err := other.Take(t.Context(), seat); err == nil {
		t.Errorf("took %+v while the owner before was writing", o)
	}
	goOn()
	f.must(<-ended)
	f.must(<-released)
	after := f.takes(other, "shop")
	if c, err := second.Contact(t.Context(), "shop", person(1).Value); err != nil || c.Misses != 77 {
		t.Errorf("%+v, %v", c, err)
	}
	_, err = owned.HandleMessage(t.Context(), "shop", f.message("oi", person(1)), f.envs)
	f.fenced("a turn of the owner before", err)
	f.must(second.Owned(after).StillOwner(t.Context()))
}

// TestF1ANumberThatIsServedIsNotTaken: not by whoever was too slow, nor from somebody who lives.
func TestF1ANumberThatIsServedIsNotTaken(t *testing.T) {
	f := newFleet(t, "shop")
	first, second := f.opens(), f.opens()
	p, other := f.joins(first, "a", store.DefaultLease()), f.joins(second, "b", store.DefaultLease())
	o := f.takes(p, "shop")
	if free, err := other.Takeable(t.Context(), []string{"shop"}); err != nil || len(free) > 0 {
		t.Errorf("%v, %v", free, err)
	}
	for name, seat := range map[string]store.Seat{
		"from one who lives":      {Owner: o},
		"by who looked long ago":  {Owner: store.Owner{Number: "shop"}},
		"of an epoch that is not": {Owner: store.Owner{Number: "shop", Epoch: 7, Process: p.ID()}},
	} {
		if taken, err := other.Take(t.Context(), seat); err == nil {
			t.Errorf("%s: took %+v", name, taken)
		}
	}
	f.must(first.Owned(o).StillOwner(t.Context()))
	f.must(p.Release(t.Context(), o))
	if taken := f.takes(other, "shop"); taken.Epoch != o.Epoch+1 {
		t.Errorf("%+v after %+v", taken, o)
	}
	members, seats, err := first.Fleet(t.Context(), store.DefaultLease())
	if err != nil || len(members) != 2 || len(seats) != 1 || seats[0].Host != "b" || !members[0].Alive || members[0].Host != "a" {
		t.Errorf("%+v, %+v, %v", members, seats, err)
	}
	f.must(p.Leave(t.Context()))
	if members, _, err := first.Fleet(t.Context(), store.DefaultLease()); err != nil || len(members) != 1 {
		t.Errorf("%+v, %v", members, err)
	}
}

// TestF1AnEarlierTurnOfTheSameProcess: what a process began when it served the number before does not
// go on when it serves it again.
func TestF1AnEarlierTurnOfTheSameProcess(t *testing.T) {
	f := newFleet(t, "shop")
	s := f.opens()
	p := f.joins(s, "a", store.DefaultLease())
	before := f.takes(p, "shop")
	after := f.takes(p, "shop") // by the database it serves it, and in truth it does not
	if after.Epoch != before.Epoch+1 {
		t.Errorf("%+v after %+v", after, before)
	}
	_, err := f.claim(t.Context(), s.Owned(before), "shop")
	f.must(err) // there is nothing to claim, and nothing was written
	f.fenced("a turn", s.Owned(before).NumberEvent(t.Context(), "shop", bot.NumberEvent{Kind: bot.NumberSynced, At: time.Now()}))
	f.must(s.Owned(after).NumberEvent(t.Context(), "shop", bot.NumberEvent{Kind: bot.NumberSynced, At: time.Now()}))
}

// TestF1AnIdleOwnerNoticesThatItIsNone: somebody took its number while its line was dead, and there is
// nothing to write that would be refused.
func TestF1AnIdleOwnerNoticesThatItIsNone(t *testing.T) {
	f := newFleet(t, "shop")
	lease := short()
	lease.Trust = time.Hour
	p, err := f.opens().Join("a", lease)
	f.must(err)
	ctx, stop := context.WithCancel(t.Context())
	took, why, left := make(chan struct{}, 9), make(chan error, 9), make(chan error, 1)
	go func() {
		left <- p.Run(ctx, store.Serving{
			Numbers: func() []string { return []string{"shop"} },
			Serve: func(ctx context.Context, _ *store.Store, _ store.Owner) {
				took <- struct{}{}
				<-ctx.Done()
				why <- context.Cause(ctx)
			},
		})
	}()
	<-took
	f.takes(f.joins(f.opens(), "b", deadly()), "shop")
	f.fenced("it ends", <-why)
	stop()
	<-left // with an error, where its last word goes to a line that was ended
}

// TestF2AStopIsKeptWhateverTakesTheNumber: a stop that arrives while the number changes hands is
// recorded by the owner before, or refused, so that it arrives again.
func TestF2AStopIsKeptWhateverTakesTheNumber(t *testing.T) {
	f := newFleet(t, "shop")
	stores := [2]*store.Store{f.opens(), f.opens()}
	processes := [2]*store.Process{f.joins(stores[0], "a", deadly()), f.joins(stores[1], "b", deadly())}
	owner := f.takes(processes[0], "shop")
	const rounds = 12
	for i := range rounds {
		f.subscribes(stores[0].Owned(owner), "shop", person(i))
	}
	refused := 0
	for i := range rounds {
		at, next := i%2, (i+1)%2
		stop := f.message("2", person(i))
		told := make(chan error, 1)
		go func() {
			_, err := stores[at].Owned(owner).HandleMessage(t.Context(), "shop", stop, f.envs)
			told <- err
		}()
		before := owner
		owner = f.takes(processes[next], "shop")
		if err := <-told; err != nil {
			refused++
			turn, err := stores[next].Owned(owner).HandleMessage(t.Context(), "shop", stop, f.envs)
			f.must(err)
			if turn.Contact.Consent != bot.Unsubscribed {
				t.Errorf("round %d: %s", i, turn.Contact.Consent)
			}
		}
		f.fenced("the owner before", stores[at].Owned(before).NumberEvent(t.Context(), "shop", bot.NumberEvent{Kind: bot.NumberSynced, At: time.Now()}))
	}
	t.Logf("%d of %d stops came again", refused, rounds)
	people, err := stores[0].CountConsents(t.Context(), "shop")
	if err != nil || people[bot.Unsubscribed] != rounds || people[bot.Subscribed] != 0 {
		t.Errorf("%v, %v", people, err)
	}
	v, err := stores[0].Verify(t.Context(), "shop", "")
	if err != nil || len(v.Problems) > 0 {
		t.Errorf("%v, %v", v.Problems, err)
	}
}

// TestF2NumbersAreShared: each is served by one process, all have their share, and one that leaves in
// order hands on what it had.
func TestF2NumbersAreShared(t *testing.T) {
	var numbers []string
	for i := range 7 {
		numbers = append(numbers, fmt.Sprintf("n%d", i))
	}
	f := newFleet(t, numbers...)
	served := &ledgerOfServing{t: t, by: map[string]int{}, changed: make(chan struct{}, 1)}
	var leave [3]context.CancelFunc
	var left [3]chan error
	for i := range leave {
		p, err := f.opens().Join(fmt.Sprintf("host %d", i), short())
		f.must(err)
		var ctx context.Context
		ctx, leave[i] = context.WithCancel(t.Context())
		left[i] = make(chan error, 1)
		go func() {
			left[i] <- p.Run(ctx, store.Serving{
				Numbers: func() []string { return numbers },
				Serve: func(ctx context.Context, owned *store.Store, o store.Owner) {
					served.begins(o.Number, i)
					<-ctx.Done()
					served.ends(o.Number, i)
				},
			})
		}()
	}
	served.until(func(share map[int]int) bool {
		return share[0]+share[1]+share[2] == 7 && max(share[0], share[1], share[2]) == 3
	})
	leave[0]()
	f.must(<-left[0])
	served.until(func(share map[int]int) bool {
		return share[0] == 0 && share[1]+share[2] == 7 && max(share[1], share[2]) == 4
	})
	leave[1]()
	leave[2]()
	f.must(errors.Join(<-left[1], <-left[2]))
	members, seats, err := f.opens().Fleet(t.Context(), short())
	f.must(err)
	if len(members) > 0 || len(seats) != len(numbers) ||
		slices.ContainsFunc(seats, func(s store.Seat) bool { return s.Process != "" || s.Host == "" }) {
		t.Errorf("%+v, %+v", members, seats)
	}
}

// A ledgerOfServing notes who serves what.
type ledgerOfServing struct {
	t       *testing.T
	mu      sync.Mutex
	by      map[string]int
	changed chan struct{}
}

func (l *ledgerOfServing) begins(number string, process int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if other, served := l.by[number]; served {
		l.t.Errorf("%s is served by %d and %d", number, other, process)
	}
	l.by[number] = process
	l.tell()
}

func (l *ledgerOfServing) ends(number string, process int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.by[number] == process {
		delete(l.by, number)
	}
	l.tell()
}

func (l *ledgerOfServing) tell() {
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// until waits until each process has its share.
func (l *ledgerOfServing) until(is func(share map[int]int) bool) {
	l.t.Helper()
	deadline := time.After(2 * time.Minute)
	for {
		share := map[int]int{}
		l.mu.Lock()
		by := maps.Clone(l.by)
		l.mu.Unlock()
		for _, process := range by {
			share[process]++
		}
		if is(share) {
			return
		}
		select {
		case <-l.changed:
		case <-deadline:
			l.t.Fatalf("served: %v", by)
		}
	}
}
