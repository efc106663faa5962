package desk

import (
	"context"
	"sync"
	"time"
)

// newsEvery is how often a Feed looks for news.
const newsEvery = time.Second

// A Feed tells what happens to every number of a shop.
type Feed struct {
	desk      *Desk
	followers []*Follower
}

// FollowAll begins to follow every number: what has happened before is no news. It changes nothing,
// and may be repeated.
func (d *Desk) FollowAll(ctx context.Context) (*Feed, error) {
	f := &Feed{desk: d}
	for _, n := range d.Config.Numbers {
		follower, err := d.Follow(ctx, n.Name)
		if err != nil {
			return nil, err
		}
		f.followers = append(f.followers, follower)
	}
	return f, nil
}

// Tell tells the news of each number about once a second, until end is called, which tells what has
// happened until then. What cannot be read now is told later. tell is not called twice at once.
func (f *Feed) Tell(ctx context.Context, tell func(number string, n News)) (end func()) {
	ctx = context.WithoutCancel(ctx)
	over := make(chan struct{})
	var looks sync.WaitGroup
	looks.Go(func() {
		ticker := time.NewTicker(newsEvery)
		defer ticker.Stop()
		for {
			select {
			case <-over:
				return
			case <-ticker.C:
				f.look(ctx, tell)
			}
		}
	})
	return func() {
		close(over)
		looks.Wait()
		f.look(ctx, tell)
	}
}

// look tells the news since the last look.
func (f *Feed) look(ctx context.Context, tell func(number string, n News)) {
	for _, follower := range f.followers {
		if news, err := follower.News(ctx); err == nil {
			tell(follower.number, news)
		}
	}
}
