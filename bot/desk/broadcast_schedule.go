package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/text"
	"optinbot/flows"
	"optinbot/store"
)

// ScheduleOptions are how a draft is to be scheduled.
type ScheduleOptions struct {
	Now     bool // at once, whatever the draft says
	Again   bool // even if the same draft is under way or has just gone out: everybody gets it twice
	Samples int  // how many texts the answer shows

	// TakeBack is how long from now it begins at the earliest, so that it can be taken back until then.
	TakeBack time.Duration

	// Counted refuses with ErrNotCounted where many people would have to be looked at again: a caller
	// whose user waits lets a preview count them beside it.
	Counted bool
}

// ErrNotCounted is about a broadcast whose many people were not counted of late.
var ErrNotCounted = Refuse("the people of the broadcast were not counted of late: look at its preview again")

// A Scheduled broadcast is what scheduling a draft made of it.
type Scheduled struct {
	Broadcast string    `json:"broadcast"`
	Due       time.Time `json:"due_at"`
	ID        int64     `json:"id,omitzero"` // of the occurrence. A recurring draft has none yet
	Plan      *Preview  `json:"plan"`

	When string `json:"-"` // when it goes out first, for people
}

// Schedule arms a copy of a draft, as the preview with that version showed it. It refuses where the
// draft or its time has changed since, where more people than that would get it, where a text has a
// hole, where the draft's time is over, where its audience names what nobody has by a slip, where
// something of it is scheduled for that time already, and, without Again, where people would get the
// same text twice. A draft that does not exist is not found. It may be repeated after an error. After
// a success it refuses, for people would get it twice, unless the draft is a recurring one.
func (d *Desk) Schedule(
	ctx context.Context, number, name string, o ScheduleOptions, version string,
) (out *Scheduled, err error) {
	ctx, end, err := d.begin(ctx, ActScheduleBroadcast, number)
	if err != nil {
		return nil, err
	}
	defer func() { end(err) }()
	p, err := d.toArm(ctx, number, name, o)
	if err != nil {
		return nil, err
	}
	if err := p.showed(version); err != nil {
		return nil, err
	}
	if err := p.refusal(o.Again); err != nil {
		return nil, err
	}
	if earliest := d.Now().Add(o.TakeBack); p.pending.now && p.pending.Occurrence.DueAt.Before(earliest) {
		p.pending.Occurrence.DueAt = earliest
	}
	return d.Arm(ctx, p)
}

// A MoreThanShownError refuses what was armed by looking at a smaller count. It is stale.
type MoreThanShownError struct {
	Broadcast     string
	Shown, People int // whom the preview showed, and whom it would reach now
}

func (e MoreThanShownError) Error() string {
	return fmt.Sprintf("%v; broadcast %s would reach %s, and the preview showed %d. %s",
		ErrRefused, e.Broadcast, text.People(e.People), e.Shown, lookAgain(e.Broadcast))
}

// Is reports whether target is ErrStale or ErrRefused.
func (e MoreThanShownError) Is(target error) bool { return target == ErrStale || target == ErrRefused }

func lookAgain(broadcast string) string {
	return fmt.Sprintf("Look at it again with `optinbot broadcast preview %s`, and schedule what that shows", broadcast)
}

// showed refuses as stale what is not what a preview of that version showed: another draft, another
// time, or more people (D3).
func (p *Preview) showed(version string) error {
	draft, count, _ := strings.Cut(version, ".")
	shown, err := strconv.Atoi(count)
	if draft != p.text || err != nil {
		return stale("broadcast %s is not what the preview showed: the draft, or the time at which it goes out, "+
			"has changed since. %s", p.Broadcast, lookAgain(p.Broadcast))
	}
	if p.People-shown > mayJoin(shown) {
		return MoreThanShownError{p.Broadcast, shown, p.People}
	}
	return nil
}

// mayJoin is how many people more than the preview showed may get a broadcast. People join a shop that
// does well while somebody reads the preview, and each of them asked for it: so one in a hundred, and
// of few people up to ten, are no other decision. More of them are another audience than the one
// that was shown. Fewer never are: whoever left does not get it.
func mayJoin(shown int) int { return max(shown/100, min(10, shown/10)) }

// toArm is the preview of what is armed. Many people are not looked at once more where that was done a
// short time ago, unless texts are asked for.
func (d *Desk) toArm(ctx context.Context, number, name string, o ScheduleOptions) (*Preview, error) {
	p, machine, err := d.previewed(ctx, number, name, o.Now)
	if err != nil {
		return nil, err
	}
	if o.Samples == 0 && d.recount(p, o.Now, machine) {
		return p, d.judge(ctx, number, p)
	}
	if o.Counted {
		consents, err := d.Store.CountConsents(ctx, number)
		if err != nil {
			return nil, err
		}
		if consents[bot.Subscribed] > d.countAgain {
			return nil, ErrNotCounted
		}
	}
	return d.Preview(ctx, number, name, PreviewOptions{Now: o.Now, Samples: o.Samples})
}

// Arm copies the draft of a preview into the store. Whoever calls it has the preview itself, so it
// asks for no version. It refuses an occurrence that is there already, for the same time. A
// recurring draft may be armed again: the newest text counts.
func (d *Desk) Arm(ctx context.Context, p *Preview) (out *Scheduled, err error) {
	ctx, end, err := d.begin(ctx, ActScheduleBroadcast, p.pending.Occurrence.Number)
	if err != nil {
		return nil, err
	}
	defer func() { end(err) }()
	number := p.pending.Occurrence.Number
	if d.Wire(number).Templates && d.TemplateManagers != nil {
		if _, err := d.TemplateStatus(store.Unrecorded(ctx), number, p.Broadcast); err != nil {
			return nil, err
		}
	}
	templates, why, err := d.templatesOf(ctx, number, p.draft)
	if err != nil {
		return nil, err
	}
	if why != "" {
		return nil, Refuse("%s", why)
	}
	media, err := d.KeepMedia(store.Unrecorded(ctx), p.draft)
	if err != nil {
		return nil, err
	}
	out = &Scheduled{Broadcast: p.Broadcast, Due: p.Due, Plan: p, When: p.First}
	if s := p.pending.schedule; s != nil {
		s.Media = media
		return out, d.Store.ArmSchedule(ctx, *s, d.Now())
	}
	o := p.pending.Occurrence
	o.Media, o.Templates = media, templates
	o, err = d.Store.Arm(ctx, o)
	if errors.Is(err, store.ErrScheduled) {
		return nil, Misused{err}
	}
	if err != nil {
		return nil, err
	}
	out.ID, out.Due = o.ID, o.DueAt.UTC()
	if o.Wall == "" && !o.DueAt.After(d.Now()) {
		out.When = "now"
	}
	return out, nil
}

// KeepMedia copies the draft's file into the store, so that what goes out is what was armed. It
// returns nil for a draft without one, and may be repeated.
func (d *Desk) KeepMedia(ctx context.Context, b *flows.Broadcast) (*bot.Media, error) {
	if b.Media == nil {
		return nil, nil
	}
	sum := sha256.Sum256(b.Media.Data)
	m := &bot.Media{Kind: b.Media.Kind, Name: b.Media.File, MIME: b.Media.MIME, Hash: hex.EncodeToString(sum[:])}
	return m, d.Store.KeepMedia(ctx, m.Hash, b.Media.Data, d.Now())
}
