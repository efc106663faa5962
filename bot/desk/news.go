package desk

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"optinbot/bot"
	"optinbot/store"
)

// News is what has happened to a number since it was asked for last. It names nobody.
type News struct {
	Joined     int             `json:"joined"`     // people who are subscribed since
	Left       int             `json:"left"`       // people who are unsubscribed since
	Subscribed int             `json:"subscribed"` // how many are, after that. Only where somebody joined or left
	Notices    []store.Notice  `json:"notices"`    // the oldest first
	Broadcasts []BroadcastNews `json:"broadcasts"` // the oldest first
}

// BroadcastNews is an occurrence whose status is another one than before.
type BroadcastNews struct {
	OccurrenceView
	Before bot.OccurrenceStatus `json:"before"` // "" where it is new
}

// A Follower follows what happens to one number.
type Follower struct {
	desk     *Desk
	number   string
	entry    int64 // the last one of the ledger
	notice   int64 // the last one
	statuses map[int64]bot.OccurrenceStatus
}

// noticesAtOnce is how many notices one call of News tells of at most. The next one tells of more.
const noticesAtOnce = 50

// Follow begins to follow a number: what has happened before is no news. It changes nothing, and
// may be repeated.
func (d *Desk) Follow(ctx context.Context, number string) (*Follower, error) {
	if err := d.mayRead(ctx, number); err != nil {
		return nil, err
	}
	f := &Follower{desk: d, number: number}
	notices, err := d.Store.Notices(ctx, number, 1)
	if err != nil {
		return nil, err
	}
	for _, newest := range notices {
		f.notice = newest.ID
	}
	if f.entry, err = d.Store.LastEntry(ctx, number); err != nil {
		return nil, err
	}
	f.statuses, err = d.Store.OccurrenceStatuses(ctx, number)
	return f, err
}

// A Place is how far somebody has followed a number, so that they can go on from there.
type Place struct{ Entry, Notice int64 }

// Place is how far the follower has come.
func (f *Follower) Place() Place { return Place{f.entry, f.notice} }

// FollowFrom follows a number from where somebody has come to. What happened since is told first,
// and every occurrence of a broadcast as it stands. It changes nothing, and may be repeated.
func (d *Desk) FollowFrom(ctx context.Context, number string, from Place) (*Follower, error) {
	if err := d.mayRead(ctx, number); err != nil {
		return nil, err
	}
	return &Follower{desk: d, number: number, entry: from.Entry, notice: from.Notice}, nil
}

// News returns what has happened since the last call, or since Follow. After an error nothing is
// lost: the next call tells of it. It changes nothing.
func (f *Follower) News(ctx context.Context) (n News, err error) {
	next := *f
	if err := next.addConsents(ctx, &n); err != nil {
		return News{}, err
	}
	if n.Notices, err = f.desk.Store.NoticesAfter(ctx, f.number, f.notice, noticesAtOnce); err != nil {
		return News{}, err
	}
	if last := len(n.Notices) - 1; last >= 0 {
		next.notice = n.Notices[last].ID
	}
	if err := next.addBroadcasts(ctx, &n); err != nil {
		return News{}, err
	}
	*f = next
	return n, nil
}

// addConsents adds who joined and who left.
func (f *Follower) addConsents(ctx context.Context, n *News) error {
	entries, err := f.desk.Store.EntriesAfter(ctx, f.number, f.entry)
	if err != nil {
		return err
	}
	for _, e := range entries {
		f.entry = e.Seq
		switch {
		case e.From == e.To:
		case e.To == bot.Subscribed:
			n.Joined++
		case e.To == bot.Unsubscribed:
			n.Left++
		}
	}
	if n.Joined+n.Left == 0 {
		return nil
	}
	by, err := f.desk.Store.CountConsents(ctx, f.number)
	n.Subscribed = by[bot.Subscribed]
	return err
}

// addBroadcasts adds the occurrences whose status has changed.
func (f *Follower) addBroadcasts(ctx context.Context, n *News) (err error) {
	before := f.statuses
	if f.statuses, err = f.desk.Store.OccurrenceStatuses(ctx, f.number); err != nil || maps.Equal(before, f.statuses) {
		return err
	}
	occurrences, err := f.desk.Store.Occurrences(ctx, f.number, "")
	if err != nil {
		return err
	}
	for _, o := range occurrences {
		f.statuses[o.ID] = o.Status // it may have changed again
		if before[o.ID] == o.Status {
			continue
		}
		v, err := f.desk.occurrenceView(ctx, o)
		if err != nil {
			return err
		}
		n.Broadcasts = append(n.Broadcasts, BroadcastNews{v, before[o.ID]})
	}
	slices.SortFunc(n.Broadcasts, func(a, b BroadcastNews) int { return cmp.Compare(a.ID, b.ID) })
	return nil
}
