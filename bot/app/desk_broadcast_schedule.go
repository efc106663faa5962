package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"optinbot/bot"
	"optinbot/flows"
)

// scheduleOptions are how a draft is to be scheduled.
type scheduleOptions struct {
	Now     bool // at once, whatever the draft says
	Again   bool // even if the same draft is under way or has just gone out: everybody gets it twice
	Samples int  // how many texts the answer shows
}

// A scheduled broadcast is what scheduling a draft made of it.
type scheduled struct {
	Broadcast string    `json:"broadcast"`
	Due       time.Time `json:"due_at"`
	ID        int64     `json:"id,omitzero"` // of the occurrence; a recurring draft has none yet
	Plan      *preview  `json:"plan"`

	When string `json:"-"` // when it goes out first, for people
}

// schedule arms a copy of a draft, as the preview with that version showed it. It refuses where the draft or its time
// has changed since, where a text has a hole, where the draft's time is over, where its audience names what nobody has
// by a slip, and, without Again, where people would get the same text twice. It may be repeated after an error; after a
// success it refuses, for people would get it twice.
func (h *house) schedule(ctx context.Context, number, name string, o scheduleOptions, version string) (*scheduled, error) {
	p, err := h.preview(ctx, number, name, previewOptions{Now: o.Now, Samples: o.Samples})
	if err != nil {
		return nil, err
	}
	if p.Version != version {
		return nil, refuse("broadcast %s is not what the preview showed: the draft, or the time at which it goes out, "+
			"has changed since. Look at it again with `optinbot broadcast preview %s`, and schedule what that shows", name, name)
	}
	if err := p.refusal(o.Again); err != nil {
		return nil, err
	}
	return h.arm(ctx, p)
}

// arm copies the draft of a preview into the store. Whoever calls it has the preview itself, so it asks for no version.
func (h *house) arm(ctx context.Context, p *preview) (*scheduled, error) {
	media, err := h.keepMedia(ctx, p.draft)
	if err != nil {
		return nil, err
	}
	out := &scheduled{Broadcast: p.Broadcast, Due: p.Due, Plan: p, When: p.First}
	if s := p.pending.schedule; s != nil {
		s.Media = media
		return out, h.store.ArmSchedule(ctx, *s, h.now())
	}
	o := p.pending.occurrence
	o.Media = media
	if o, err = h.store.Arm(ctx, o); err != nil {
		return nil, err
	}
	out.ID, out.Due = o.ID, o.DueAt.UTC()
	if o.Wall == "" && !o.DueAt.After(h.now()) {
		out.When = "now"
	}
	return out, nil
}

// keepMedia copies the draft's file into the store, so that what goes out is what was armed.
func (h *house) keepMedia(ctx context.Context, b *flows.Broadcast) (*bot.Media, error) {
	if b.Media == nil {
		return nil, nil
	}
	sum := sha256.Sum256(b.Media.Data)
	m := &bot.Media{Kind: b.Media.Kind, Name: b.Media.File, MIME: b.Media.MIME, Hash: hex.EncodeToString(sum[:])}
	return m, h.store.KeepMedia(ctx, m.Hash, b.Media.Data, h.now())
}
