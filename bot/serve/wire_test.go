package serve

import (
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/store"
)

// A slowLine knows how fast it may be used, and until when everything has come.
type slowLine struct {
	*fakeLine
	came time.Time
	rate int
}

func (l *slowLine) Platform() bot.Platform { return l }
func (l *slowLine) CameUntil() time.Time   { return l.came }
func (l *slowLine) Throughput() int        { return l.rate }

// TestUntilWhenEverythingHasCome: it is noted now and then, and where a number ends. A connection that
// is not there says nothing, and the number's row keeps what it had.
func TestUntilWhenEverythingHasCome(t *testing.T) {
	o := testOptions(t)
	now := o.Now()
	o.Now = func() time.Time { return now }
	d, err := desk.Open(t.Context(), o)
	must(t, err)
	defer d.Close()
	line := &slowLine{came: now, rate: 80}
	s := &numberServer{Desk: d, Store: d.Store, number: d.Numbers[mainNumber], client: line}
	noted := func(within time.Duration, want time.Time) {
		t.Helper()
		s.noteCame(t.Context(), within)
		row, err := d.Store.Number(t.Context(), mainNumber)
		must(t, err)
		if !row.CameUntil.Equal(want) {
			t.Errorf("%s is noted, want %s", row.CameUntil, want)
		}
	}
	noted(cameEvery, now)
	before := now
	now = now.Add(cameEvery - time.Second)
	line.came = now
	noted(cameEvery, before)
	noted(0, now)
	last := now
	now, line.came = now.Add(time.Hour), time.Time{}
	noted(0, last)
	s.client = &fakeLine{}
	noted(0, last)
}

// TestNoFasterThanTheWire: the slower of the configuration and the wire counts.
func TestNoFasterThanTheWire(t *testing.T) {
	d := desk.New(testOptions(t))
	s := &numberServer{Desk: d, Store: d.Store, number: d.Numbers[mainNumber], client: &slowLine{rate: 80}}
	if got := s.limits().Every; got != 36*time.Second {
		t.Error(got)
	}
	fast := d.Config.Numbers[0]
	fast.Transport, fast.Pace = config.TransportCloud, 1000
	d.Config.Numbers[0] = fast
	s.Desk = desk.New(d.Options)
	if got := s.limits().Every; got != time.Second/80 {
		t.Error(got)
	}
	for _, rate := range []int{80, 1000} {
		s.client = &slowLine{rate: rate}
		if l := s.limits(); l.Every != time.Second/time.Duration(rate) || l.Wire.InFlight != rate {
			t.Errorf("%s, %d at a time", l.Every, l.Wire.InFlight)
		}
	}
	s.client = &fakeLine{}
	if l := s.limits(); l.Every != time.Millisecond || l.Wire.InFlight != bot.CloudAbilities().InFlight {
		t.Errorf("%s, %d at a time", l.Every, l.Wire.InFlight)
	}
}

// TestAnAccountOfTheOtherTransportIsNone: a number that was linked by phone before is not linked at
// Meta, and one at the test server is not at Meta either.
func TestAnAccountOfTheOtherTransportIsNone(t *testing.T) {
	d := desk.New(testOptions(t))
	n := d.Numbers[mainNumber]
	linked := func(n config.Number, account string) bool {
		return (&numberServer{Desk: d, Store: d.Store, number: n}).linked(store.NumberRow{JID: account})
	}
	if linked(n, "") || !linked(n, "1:2@s.whatsapp.net") {
		t.Error("by phone")
	}
	n.Transport, n.Cloud.PhoneNumberID = config.TransportCloud, "1001"
	if linked(n, "") || linked(n, "1:2@s.whatsapp.net") || linked(n, "test:1001") || !linked(n, "1001") {
		t.Error("at Meta")
	}
	d.Config.Cloud.TestServer = "http://127.0.0.1:8080"
	if linked(n, "1001") || !linked(n, "test:1001") {
		t.Error("at the test server")
	}
}
