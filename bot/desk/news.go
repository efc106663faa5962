package desk

import (
	"context"
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
	notice   int64
	statuses map[int64]bot.OccurrenceStatus
}

// noticesAtOnce is how many notices one call of News tells of at most.
const noticesAtOnce = 50

// Follow begins to follow a number: what has happened before is no news. It changes nothing, and
// may be repeated.
func (d *Desk) Follow(ctx context.Context, number string) (*Follower, error) {
	f := &Follower{desk: d, number: number}
	_, err := f.News(ctx)
	return f, err
}

// News returns what has happened since the last call, or since Follow. After an error nothing is
// lost: the next call tells of it. It changes nothing.
func (f *Follower) News(ctx context.Context) (n News, err error) {
	first, next := f.statuses == nil, *f
	if first {
		next.entry, err = f.desk.Store.LastEntry(ctx, f.number)
	} else {
		err = next.addConsents(ctx, &n)
	}
	if err != nil {
		return News{}, err
	}
	notices, err := f.desk.Store.Notices(ctx, f.number, noticesAtOnce)
	if err != nil {
		return News{}, err
	}
	slices.Reverse(notices) // the newest was first
	for _, notice := range notices {
		if notice.ID > f.notice {
			n.Notices, next.notice = append(n.Notices, notice), notice.ID
		}
	}
	if err := next.addBroadcasts(ctx, &n, f.statuses); err != nil {
		return News{}, err
	}
	*f = next
	if first {
		return News{}, nil
	}
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
func (f *Follower) addBroadcasts(ctx context.Context, n *News, before map[int64]bot.OccurrenceStatus) error {
	occurrences, err := f.desk.Store.Occurrences(ctx, f.number, "")
	if err != nil {
		return err
	}
	f.statuses = map[int64]bot.OccurrenceStatus{}
	for _, o := range occurrences {
		f.statuses[o.ID] = o.Status
		if before == nil || before[o.ID] == o.Status {
			continue
		}
		v, err := f.desk.occurrenceView(ctx, o)
		if err != nil {
			return err
		}
		n.Broadcasts = append(n.Broadcasts, BroadcastNews{v, before[o.ID]})
	}
	slices.SortFunc(n.Broadcasts, func(a, b BroadcastNews) int { return int(a.ID - b.ID) })
	return nil
}
