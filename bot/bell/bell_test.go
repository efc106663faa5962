package bell

import (
	"context"
	"errors"
	"testing"
)

func TestARingWakesWhoWaits(t *testing.T) {
	var b Bell
	b.Ring() // nobody hears it
	first, second := b.Next(), b.Next()
	select {
	case <-first:
		t.Fatal("it rang before")
	default:
	}
	b.Ring()
	<-first
	<-second
	select {
	case <-b.Next():
		t.Error("the next ring has rung already")
	default:
	}
}

func TestUntilAsksNowAndAfterEachRing(t *testing.T) {
	var b Bell
	asked := make(chan int)
	ended := make(chan error)
	go func() {
		n := 0
		ended <- b.Until(context.Background(), func() bool { n++; asked <- n; return n == 3 })
	}()
	for want := 1; want <= 3; want++ {
		if got := <-asked; got != want {
			t.Fatalf("asked for the %dth time, want the %dth", got, want)
		}
		b.Ring() // it comes while cond is asked, and is not missed
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := b.Until(ctx, func() bool { return false }); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of its context: %v", err)
	}
	if err := b.Until(ctx, func() bool { return true }); err != nil {
		t.Errorf("what is true already: %v", err)
	}
}
