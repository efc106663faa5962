package flows

import (
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// cron reads `cron`.
func (r *reader) cron(n *yaml.Node) string {
	s := strings.Join(strings.Fields(r.str(n)), " ")
	if _, err := ParseCron(s); err != nil && s != "" {
		r.add(posOf(n), "bad-time", "this is no recurring time: "+err.Error(),
			`write minute, hour, day of the month, month and day of the week, as "0 10 * * 5": Fridays at 10:00`)
		return ""
	}
	return s
}

// edge reads `starts` and `ends`: a date, with clock as its time, or a date and time.
func (r *reader) edge(n *yaml.Node, clock string) string {
	s := strings.Replace(r.str(n), "T", " ", 1)
	if _, err := time.Parse(time.DateOnly, s); err == nil {
		return s + " " + clock
	}
	if _, err := time.Parse(AtLayout, s); err != nil && s != "" {
		r.add(posOf(n), "bad-time", fmt.Sprintf("%q is not a date", s),
			"write year-month-day as 2026-12-01, or with a time as 2026-12-01 10:00")
		return ""
	}
	return s
}

// grace reads `grace`.
func (r *reader) grace(n *yaml.Node) time.Duration {
	d := r.duration(n)
	if d > MaxGrace {
		r.add(posOf(n), "out-of-range", "a grace of more than a day sends what is stale",
			"write at most 24h; what is later waits for you (`broadcast release`)")
		return 0
	}
	return d
}

// times looks at keys that do not go together.
func (r *reader) times(root *yaml.Node, b *Broadcast) {
	at := func(name string) (pos, bool) {
		k, v := entry(root, name)
		if k == nil || isNull(v) {
			return pos{}, false
		}
		return posOf(k), true
	}
	recurring := b.Cron != ""
	if _, given := at("cron"); given && !recurring {
		return // it has been complained about
	}
	if p, given := at("at"); given && recurring {
		r.add(p, "misplaced-key", "`at` has no effect beside `cron`",
			"take one of the two out: `at` goes out once, `cron` again and again")
	}
	for _, name := range []string{"starts", "ends"} {
		if p, given := at(name); given && !recurring {
			r.add(p, "misplaced-key", fmt.Sprintf("`%s` has no effect without `cron`", name),
				"take it out, or write a `cron` line")
		}
	}
	if p, given := at("ends"); given && b.Starts != "" && b.Ends != "" && b.Ends < b.Starts {
		r.add(p, "out-of-range", "it ends before it starts", "write a later day")
	}
	if p, given := at("zone"); given && b.Zone == ZoneContact {
		r.ownTime(p, b)
	}
}

// ownTime looks at what each contact's own time needs: one wall time a day.
func (r *reader) ownTime(zone pos, b *Broadcast) {
	if c, err := ParseCron(b.Cron); err == nil {
		if !c.Daily() {
			r.add(zone, "out-of-range", "each contact's own time can come once a day only",
				"write one hour in `cron`, as in \"0 10 * * 5\"")
		}
		return
	}
	if _, err := time.Parse(AtLayout, b.At); err != nil {
		r.add(zone, "misplaced-key", "each contact's own time needs a local time",
			"write `at: 2026-12-01 10:00` without an offset, or `cron`")
	}
}
