package web

import (
	"context"
	"strconv"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
)

// previewAtOnce is for how many subscribers a page waits until everybody was looked at. For more of
// them that is done beside it.
const previewAtOnce = 1000

// previewKept is for how long a preview of many people is shown before they are looked at again.
const previewKept = time.Minute

// A previewed is a preview of many people, and of which text it is.
type previewed struct {
	version string // of the draft
	preview *desk.Preview
}

// previewOf previews a draft whose text has a version. counting: many people are being looked at,
// and what was found is not known yet.
func (v *visit) previewOf(name, version string, now bool) (p *desk.Preview, counting bool, err error) {
	look := func(ctx context.Context) (previewed, error) {
		p, err := v.Desk.Preview(ctx, v.number, name, desk.PreviewOptions{Now: now, Samples: 6})
		return previewed{version, p}, err
	}
	consents, err := v.Desk.Store.CountConsents(v, v.number)
	if err != nil {
		return nil, false, err
	}
	if consents[bot.Subscribed] <= v.atOnce {
		found, err := look(v)
		return found.preview, false, err
	}
	w := v.previewing(strings.Join([]string{v.number, name, strconv.FormatBool(now)}, "\x00"))
	found := w.look()
	if !found.Running && (found.Found.version != version || v.Now().Sub(found.At) >= previewKept) {
		if err := w.begin(v, v.number, look); err != nil {
			return nil, false, err
		}
		found = w.look()
	}
	if found.Found.version != version {
		return nil, true, nil
	}
	return found.Found.preview, false, found.Err
}

// previewing is the last preview of many people, by what it is of.
func (s *Server) previewing(of string) *work[previewed] {
	s.previewsMu.Lock()
	defer s.previewsMu.Unlock()
	if s.previews[of] == nil {
		s.previews[of] = &work[previewed]{}
	}
	return s.previews[of]
}
