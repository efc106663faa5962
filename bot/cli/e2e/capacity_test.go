package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

var capacityPeople = flag.Int("capacity.people", 500, "subscribers of BenchmarkCapacity")

// BenchmarkCapacity asks what share of one core a number takes that writes to 80,000 people a day: the built program, with the real WhatsApp
// client, sends a broadcast to subscribers at a server on loopback, which is another process, and receives their receipts. What counts is the
// processor time of the program alone (user and system, of /proc), not how long it took: so it does not matter what else the machine does.
func BenchmarkCapacity(b *testing.B) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	srv, p := linked(b)
	kill := p.start()
	defer kill()
	people := newCrowd(srv, *capacityPeople)
	people.optIn(ctx, b)
	for b.Loop() {
		before := processorTime(b, p.pid)
		p.do("broadcast", "schedule", "weekend-offer", "--now", "--again", "--yes")
		p.waitDone(ctx, "weekend-offer")
		spent := processorTime(b, p.pid) - before
		each := spent / time.Duration(*capacityPeople)
		b.ReportMetric(float64(each.Microseconds())/1000, "cpu-ms/person")
		const day = 80_000
		b.ReportMetric(100*float64(day)*each.Seconds()/(13*3600), "%-of-a-core-in-13-h")
	}
	b.ReportMetric(0, "ns/op")
}

// processorTime is what a process has spent, in user and system mode (proc(5): fields 14 and 15 of stat, in clock ticks of 1/100 s).
func processorTime(b *testing.B, pid int) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Skip("needs /proc: ", err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err1 != nil || err2 != nil {
		b.Fatal(err1, err2)
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}
