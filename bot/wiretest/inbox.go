package wiretest

import (
	"context"
	"errors"
	"slices"
	"sync"

	"optinbot/bot"
	"optinbot/bot/bell"
)

// An Inbox is the core as small as can be: it keeps whatever is handed over, as often as it is.
type Inbox struct {
	changed bell.Bell

	mu       sync.Mutex
	messages []bot.Message
	receipts []bot.Receipt
	events   []bot.NumberEvent
	refuses  bool
	inside   int  // live messages that are being handed over
	crowded  bool // there were two at a time
}

var errDisk = errors.New("the disk is full")

// Message keeps a message, and fails where the scene says so.
func (i *Inbox) Message(_ context.Context, m bot.Message) error {
	if !m.History {
		i.enter()
		defer i.leave()
	}
	defer i.changed.Ring()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.messages = append(i.messages, m)
	if i.refuses {
		return errDisk
	}
	return nil
}

func (i *Inbox) enter() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.inside++
	i.crowded = i.crowded || i.inside > 1
}

func (i *Inbox) leave() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.inside--
}

func (i *Inbox) together() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.crowded
}

// Receipt keeps a receipt.
func (i *Inbox) Receipt(_ context.Context, r bot.Receipt) error {
	defer i.changed.Ring()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.receipts = append(i.receipts, r)
	return nil
}

// Pairs keeps nothing.
func (i *Inbox) Pairs(context.Context, []bot.Pair) error { return nil }

// NumberEvent keeps an event of the number.
func (i *Inbox) NumberEvent(_ context.Context, e bot.NumberEvent) error {
	defer i.changed.Ring()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.events = append(i.events, e)
	return nil
}

// Events is how many events of a kind have been handed over.
func (i *Inbox) Events(kind bot.NumberEventKind) (n int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, e := range i.events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// WaitEvents waits until so many events of a kind have been handed over.
func (i *Inbox) WaitEvents(ctx context.Context, kind bot.NumberEventKind, n int) error {
	return i.changed.Until(ctx, func() bool { return i.Events(kind) >= n })
}

// refuse lets every message fail from now on, or no more.
func (i *Inbox) refuse(on bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.refuses = on
}

func (i *Inbox) got() []bot.Message {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.messages)
}

func (i *Inbox) heard() []bot.Receipt {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.receipts)
}
