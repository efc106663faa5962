package whatsapptest_test

import (
	"fmt"
	"testing"

	"optinbot/bot/whatsapp/whatsapptest"
)

// crowd is how many contacts the benchmarks have.
const crowd = 2000

// BenchmarkContacts makes a crowd that nobody has talked to yet.
func BenchmarkContacts(b *testing.B) {
	srv := newServer(b)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		srv.Contact(fmt.Sprintf("+1555%08d", n))
	}
}

// BenchmarkBroadcast sends a round of messages to a crowd: first to strangers, then to those who
// have answered. Most of the time is the client's.
func BenchmarkBroadcast(b *testing.B) {
	srv := newServer(b)
	srv.Quiet(true)
	c := link(b, srv)
	people := make([]*whatsapptest.Contact, crowd)
	for i := range people {
		people[i] = srv.Contact(fmt.Sprintf("+15551%07d", i))
	}
	round := func(b *testing.B) {
		for range b.N {
			for _, p := range people {
				c.say(p.LID(), "news")
			}
		}
		b.ReportMetric(float64(b.N*crowd)/b.Elapsed().Seconds(), "messages/s")
	}
	b.Run("strangers", round)
	for _, p := range people {
		p.Send("hello")
	}
	if err := srv.Phone().WaitIdle(within(b)); err != nil {
		b.Fatal(err)
	}
	b.Run("established", round)
}
