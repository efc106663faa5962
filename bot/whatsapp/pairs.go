package whatsapp

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"

	"optinbot/bot"
)

// A person has two addresses, and a message often carries one of them. The library keeps a map of
// both and adds to it from messages, sends, queries, groups, notifications and the phone's history,
// without an event. So the map itself is listened to.

// heardLIDs tells what is added to the library's map, once it is there.
type heardLIDs struct {
	store.LIDStore
	hearing *hearing
}

func (l heardLIDs) PutLIDMapping(ctx context.Context, lid, phone types.JID) error {
	err := l.LIDStore.PutLIDMapping(ctx, lid, phone)
	if err == nil {
		l.hearing.hear(store.LIDMapping{LID: lid, PN: phone})
	}
	return err
}

func (l heardLIDs) PutManyLIDMappings(ctx context.Context, all []store.LIDMapping) error {
	heard := append([]store.LIDMapping(nil), all...) // the library sorts out the slice it is given
	err := l.LIDStore.PutManyLIDMappings(ctx, all)
	if err == nil {
		l.hearing.hear(heard...)
	}
	return err
}

// A hearing keeps pairs until the handler has taken them, and remembers which it has told: the
// library writes the same pair with every message. A crash loses what was not told yet. The map has
// it still, and whoever knows a person by one address asks again after connecting.
type hearing struct {
	wake chan struct{}

	mu      sync.Mutex
	told    map[string]string // phone by LID
	waiting []bot.Pair
}

// toldAtMost bounds what is remembered. Beyond it pairs are told again.
const toldAtMost = 100_000

func newHearing() *hearing {
	return &hearing{wake: make(chan struct{}, 1), told: map[string]string{}}
}

func (h *hearing) hear(all ...store.LIDMapping) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range all {
		lid, isLID := identityOf(m.LID)
		phone, isPhone := identityOf(m.PN)
		pair, ok := bot.PairOf(phone, lid)
		if !isLID || !isPhone || !ok || h.told[pair.Account.Value] == pair.Phone.Value {
			continue
		}
		if len(h.told) >= toldAtMost {
			h.told = map[string]string{}
		}
		h.told[pair.Account.Value] = pair.Phone.Value
		h.waiting = append(h.waiting, pair)
	}
	if len(h.waiting) == 0 {
		return
	}
	select {
	case h.wake <- struct{}{}:
	default: // it is awake already
	}
}

func (h *hearing) take() (pairs []bot.Pair) {
	h.mu.Lock()
	defer h.mu.Unlock()
	pairs, h.waiting = h.waiting, nil
	return pairs
}

// conversationPairs are the pairs that chats of the history name. The library keeps those of the
// history's list only.
func conversationPairs(blob *waHistorySync.HistorySync) (all []store.LIDMapping) {
	for _, conversation := range blob.GetConversations() {
		chat, err := types.ParseJID(conversation.GetID())
		if err != nil {
			continue
		}
		other := otherAddress(conversation, chat)
		if chat.Server == types.HiddenUserServer {
			chat, other = other, chat
		}
		all = append(all, store.LIDMapping{LID: other, PN: chat})
	}
	return all
}

// pairsLoop tells the handler what was heard. It tries each until that is committed, and lets none
// wait for another.
func (c *Client) pairsLoop(ctx context.Context) {
	var failed []bot.Pair
	var again <-chan time.Time // nil: nothing has failed
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.pairs.wake:
			failed = append(failed, c.tellPairs(ctx, c.pairs.take())...)
		case <-again:
			failed, again = c.tellPairs(ctx, failed), nil
		}
		if len(failed) > 0 && again == nil {
			again = time.After(c.options.stubbornDelay())
		}
	}
}

// tellPairs returns those that were not committed.
func (c *Client) tellPairs(ctx context.Context, pairs []bot.Pair) (failed []bot.Pair) {
	if c.options.Inbound == nil {
		return nil
	}
	for _, pair := range pairs {
		if err := c.tellPair(ctx, pair); err != nil {
			c.log.Error("two addresses of a person were not committed; it is tried again", "error", err)
			failed = append(failed, pair)
		}
	}
	return failed
}

func (c *Client) tellPair(ctx context.Context, pair bot.Pair) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("panic: %s", masked(fmt.Sprint(problem)))
		}
	}()
	return c.options.Inbound.Pairs(ctx, []bot.Pair{pair})
}

// Other is a person's other address as the session's map has it: the LID of a phone, or the phone
// of a LID. It asks nobody.
func (c *Client) Other(id bot.Identity) (bot.Identity, bool) {
	s := c.current()
	if s == nil {
		return bot.Identity{}, false
	}
	return s.decoder.Alt(id)
}

// Ready reports whether WhatsApp can be asked something now.
func (c *Client) Ready() bool {
	s := c.current()
	return s != nil && s.ready()
}

// AskLID asks WhatsApp for the LID of a phone, in each of its spellings. None: WhatsApp knows no
// account for it. What it learns is told to the handler too.
func (c *Client) AskLID(ctx context.Context, spellings []string) (pairs []bot.Pair, err error) {
	leave, ok := c.enter()
	if !ok {
		return nil, bot.ErrNotTried
	}
	defer leave()
	s := c.current()
	if s == nil || !s.ready() {
		return nil, bot.ErrNotTried
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.SendTimeout)
	defer cancel()
	var phones []types.JID
	for _, phone := range spellings {
		phones = append(phones, jidOf(bot.Identity{Kind: bot.Phone, Value: phone}))
	}
	users, err := s.wa.GetUserInfo(ctx, phones)
	if err != nil {
		return nil, fmt.Errorf("ask WhatsApp who has a phone: %s", masked(err.Error()))
	}
	for jid, user := range users {
		phone, isPhone := identityOf(jid)
		lid, isLID := identityOf(user.LID)
		if pair, ok := bot.PairOf(phone, lid); ok && isPhone && isLID {
			pairs = append(pairs, pair)
		}
	}
	return pairs, nil
}
