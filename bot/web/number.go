package web

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"rsc.io/qr"

	"optinbot/bot/desk"
	"optinbot/store"
)

// number says how a number is doing, how fast it may send, and how people get in.
func (s *Server) number() screen {
	return screen{
		path: "/n/{number}/number", name: "number", area: "number", show: showNumber,
		acts: map[string]func(*visit) (string, error){"source": addSource},
	}
}

// A numberView is what Number shows.
type numberView struct {
	numberToday
	Detail desk.NumberDetail
	Chart  warmUpChart
	Invite *inviteView // nil while the number's phone is not known
}

func showNumber(v *visit) (any, error) {
	detail, err := v.Desk.NumberDetail(v, v.number)
	if err != nil {
		return nil, err
	}
	view := &numberView{numberToday: numberToday{NumberStatus: detail.NumberStatus}, Detail: detail}
	view.judge(v, nil)
	view.Chart = newWarmUpChart(detail.WarmUp, detail.WarmDay)
	if view.Invite, err = v.invite(detail.Sources); err != nil {
		return nil, err
	}
	return view, nil
}

// PerHour is how many promotions the pace lets go in an hour.
func (v *numberView) PerHour() int { return int(time.Hour / max(v.Detail.Every, time.Millisecond)) }

// PerSecond is how many promotions the pace lets go in a second.
func (v *numberView) PerSecond() int { return int(time.Second / max(v.Detail.Every, time.Millisecond)) }

// Speaks is the name of the flow that the number speaks.
func (v *numberView) Speaks() string { return desk.FlowName(v.Flow) }

// An inviteView is how people get in, by one way.
type inviteView struct {
	desk.Invitation
	Code  template.HTML // of the link
	Query template.URL  // of the poster's addresses
}

// invite is the invitation that the address of the page asks for. It is nil while there is none.
func (v *visit) invite(known []store.Source) (*inviteView, error) {
	source, language := v.r.URL.Query().Get("source"), v.r.URL.Query().Get("language")
	if !slices.ContainsFunc(known, func(s store.Source) bool { return s.Tag == source }) {
		source = "" // it would not count
	}
	invited, err := v.Desk.Invitation(v, v.number, source, language)
	if err != nil && language != "" {
		language = ""
		invited, err = v.Desk.Invitation(v, v.number, source, "")
	}
	if err != nil { // Today and this page say what is wrong with the link or the flow
		return nil, nil //nolint:nilerr // see above
	}
	out := &inviteView{Invitation: invited}
	if out.Code, err = qrCode(invited.Link, qr.M); err != nil { // a link that is too long for one is shown all the same
		out.Code = ""
	}
	out.Query = template.URL(url.Values{"source": {source}, "language": {invited.Language}}.Encode())
	return out, nil
}

// addSource makes a way known by which people come.
func addSource(v *visit) (string, error) {
	source := strings.TrimSpace(v.r.PostForm.Get("source"))
	if source == "" {
		return "", inWords(v.lang.say("number.name_it"))
	}
	if _, err := v.Desk.Invite(v, v.number, source, ""); err != nil {
		return "", err
	}
	return v.here() + "?" + url.Values{"source": {source}}.Encode() + "#in", nil
}

// poster is the poster of an invitation, as SVG or as PNG.
func (s *Server) poster(kind string) screen {
	return screen{path: "/n/{number}/number/poster." + kind, area: "number", file: func(v *visit) error {
		invited, err := v.Desk.Invitation(v, v.number, v.r.URL.Query().Get("source"), v.r.URL.Query().Get("language"))
		if err != nil {
			return err
		}
		p := invited.Poster()
		draw, as := p.SVG, "image/svg+xml"
		if kind == "png" {
			draw, as = p.PNG, "image/png"
		}
		return v.sendFile(as, "poster-"+v.number+"."+kind, draw)
	}}
}

// sendFile sends a file, to be looked at, or to be kept where the address has ?save.
func (v *visit) sendFile(kind, name string, write func(io.Writer) error) error {
	var body bytes.Buffer
	if err := write(&body); err != nil {
		return desk.Refuse("%v", err)
	}
	h := v.w.Header()
	h.Set("Content-Type", kind)
	if v.r.URL.Query().Has("save") {
		h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	}
	_, _ = body.WriteTo(v.w)
	return nil
}

// A warmUpChart draws how many promotions the warm-up allows on each day.
type warmUpChart struct {
	Past, Todays, Coming string // paths of the bars
	Days                 []warmUpDay
	Marks                []warmUpMark
	Over                 bool // the number is past the last of them
}

// A warmUpDay is one of them.
type warmUpDay struct {
	Day, Most int
	Today     bool
}

// A warmUpMark is a day whose figure is written above its bar.
type warmUpMark struct {
	warmUpDay
	X, Y  int
	Class string // how its text lies
}

// The frame of the chart, in units of its viewBox.
const (
	chartLeft, chartRight = 20, 352
	chartTop, chartBottom = 25, 150
)

func newWarmUpChart(days []int, today int) (c warmUpChart) {
	if len(days) == 0 {
		return c
	}
	c.Over = today > len(days)
	most := max(1, slices.Max(days))
	wide := float64(chartRight-chartLeft) / float64(len(days))
	var past, todays, coming strings.Builder
	for i, n := range days {
		day := warmUpDay{Day: i + 1, Most: n, Today: i+1 == today}
		c.Days = append(c.Days, day)
		high := float64(n) / float64(most) * (chartBottom - chartTop)
		x := chartLeft + float64(i)*wide
		to := &coming
		if day.Day < today {
			to = &past
		} else if day.Today {
			to = &todays
		}
		if n > 0 {
			fmt.Fprintf(to, "M%.1f %.1fh%.1fv%.1fh-%.1fz", x+wide*.15, chartBottom-high, wide*.7, high, wide*.7)
		}
		first := n > 0 && (i == 0 || days[i-1] == 0)
		if mark := (warmUpMark{day, int(x + wide/2), int(chartBottom-high) - 7, "c"}); first || day.Today || i == len(days)-1 {
			if i == len(days)-1 {
				mark.X, mark.Class = chartRight-2, "e b"
			}
			last := len(c.Marks) - 1
			if last >= 0 && mark.X-c.Marks[last].X <= 40 { // their figures would meet
				if !day.Today {
					continue
				}
				c.Marks = c.Marks[:last]
			}
			c.Marks = append(c.Marks, mark)
		}
	}
	c.Past, c.Todays, c.Coming = past.String(), todays.String(), coming.String()
	return c
}
