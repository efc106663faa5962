package web

import (
	"fmt"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/store"
)

// A chart is drawn in a viewBox of 360 units, so that its text stays legible on a phone. It has no
// style of its own: the classes are those of style.css.

// bars is a chart of sends by hour.
type bars struct {
	Bars  []bar
	Title string // the figures in words
}

// A bar is one hour.
type bar struct {
	Label               string
	N                   int
	X, Y, Wide, High    int
	MiddleX, AboveY, Y2 int
}

// hourBars is how many went out in each hour.
func hourBars(hours []store.Outcome, zone *time.Location) *bars {
	const width, height, floor, most = 330, 120, 150, 12
	if len(hours) == 0 {
		return nil
	}
	hours = hours[max(0, len(hours)-most):]
	highest := 1
	for _, h := range hours {
		highest = max(highest, h.Sent)
	}
	step := width / len(hours)
	wide := min(34, step-6)
	b := &bars{}
	var says []string
	for i, h := range hours {
		high := h.Sent * height / highest
		x := 15 + i*step
		label := h.Hour.In(zone).Format("15")
		b.Bars = append(b.Bars, bar{
			Label: label, N: h.Sent, X: x, Y: floor - high, Wide: wide, High: high, MiddleX: x + wide/2, AboveY: floor - high - 6, Y2: floor + 18,
		})
		says = append(says, fmt.Sprintf("%s h: %d", label, h.Sent))
	}
	b.Title = strings.Join(says, ", ")
	return b
}

// A guardPicture is what people say, against the line that pauses: across, people with time to
// react. Up, bad reactions.
type guardPicture struct {
	Bad, Pauses int    // now, and at how many the guard pauses
	Seen        int    // people with time to react
	Limit       string // the path of the line that pauses
	Area        string // what lies above it
	X, Y        int    // where it stands
	Across, Up  []tick
	Rows        []guardRow
	Paused      bool
	Over        bool // nothing goes out any more that could be paused
}

type tick struct {
	At    int // in units
	Label int
}

// A guardRow is the same as a table.
type guardRow struct{ Seen, Pauses int }

// newGuardPicture draws the guard's view of an occurrence.
func newGuardPicture(p *desk.Progress) *guardPicture {
	const left, right, top, bottom = 34, 350, 8, 190
	g := &guardPicture{Bad: p.Guard.Figures.People, Seen: int(p.Guard.Figures.Seen + 0.5), Paused: p.Guard.Level == bot.GuardPause, Over: p.Ended()}
	g.Pauses = p.Guard.PausesAt(float64(g.Seen), p.Odds)
	across := 50
	for across < g.Seen*5/4 {
		across *= 2
	}
	up := max(p.Guard.PausesAt(float64(across), p.Odds), g.Bad) + 1
	x := func(seen int) int { return left + seen*(right-left)/across }
	y := func(people int) int { return bottom - people*(bottom-top)/up }
	var line strings.Builder
	const points = 24
	last := -1
	for i := range points + 1 {
		seen := across * i / points
		at := min(p.Guard.PausesAt(float64(seen), p.Odds), up)
		if i == 0 {
			fmt.Fprintf(&line, "M%d %d", x(seen), y(at))
		} else {
			fmt.Fprintf(&line, "H%d", x(seen))
			if at != last {
				fmt.Fprintf(&line, "V%d", y(at))
			}
		}
		last = at
		if i%6 == 0 {
			g.Rows = append(g.Rows, guardRow{seen, at})
		}
	}
	g.Limit = line.String()
	g.Area = fmt.Sprintf("%sV%dH%dz", g.Limit, top, left)
	g.X, g.Y = x(g.Seen), y(g.Bad)
	for i := range 4 {
		g.Across = append(g.Across, tick{x(across * i / 3), across * i / 3})
	}
	for n := 0; n <= up; n += max(1, up/4) {
		g.Up = append(g.Up, tick{y(n) + 4, n}) // the middle of its figure
	}
	return g
}
