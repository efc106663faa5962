package whatsapp

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"optinbot/bot"
)

// After linking, the phone sends its history in blobs. They matter for two things: a stop written
// before we were linked, and how long ago a person of the shop wrote in a chat. The notification of
// a blob is stored before it is acknowledged, and removed when the handler has committed every
// message of the blob.

// historyRetry is the pause before a blob that could not be read is tried again.
const historyRetry = time.Minute

// keepHistory stores a notification. False leaves it with WhatsApp.
func (c *Client) keepHistory(s *session, id string, notification *waE2E.HistorySyncNotification) bool {
	blob, err := proto.Marshal(notification)
	if err == nil {
		err = c.store.addHistory(c.ctx, s.jid, pendingHistory{id: id, notification: blob})
	}
	if err != nil {
		c.log.Error("could not keep a history notification", "error", masked(err.Error()))
		c.deliverAgainLater()
		return false
	}
	c.wakeHistory()
	return true
}

func (c *Client) wakeHistory() {
	select {
	case c.history <- struct{}{}:
	default: // it is awake already
	}
}

// historyLoop works through the kept notifications whenever it is woken, and a while after a
// failure.
func (c *Client) historyLoop(ctx context.Context) {
	retry := time.NewTimer(historyRetry)
	retry.Stop()
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.history:
		case <-retry.C:
		}
		if err := c.readHistory(ctx); err != nil && ctx.Err() == nil {
			c.log.Warn("history could not be read; it is tried again", "error", masked(err.Error()))
			retry.Reset(historyRetry)
		}
	}
}

func (c *Client) readHistory(ctx context.Context) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("panic: %v", problem)
		}
	}()
	s := c.current()
	if s == nil || c.options.Inbound == nil || !s.ready() {
		return nil // the next connection wakes us
	}
	pending, err := c.store.pendingHistory(ctx, s.jid)
	if err != nil {
		return err
	}
	for _, h := range pending {
		if err := c.readBlob(ctx, s, h); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) readBlob(ctx context.Context, s *session, h pendingHistory) error {
	var notification waE2E.HistorySyncNotification
	if err := proto.Unmarshal(h.notification, &notification); err != nil {
		return fmt.Errorf("stored history notification: %w", err)
	}
	// Its tokens and its map of phones and LIDs are stored before it returns (DownloadHistorySync
	// in message.go).
	blob, err := s.wa.DownloadHistorySync(ctx, &notification, true)
	if err != nil {
		return fmt.Errorf("download: %w", err)
	}
	c.pairs.hear(conversationPairs(blob)...)
	for _, m := range s.historyMessages(blob) {
		if err := c.options.Inbound.Message(ctx, m); err != nil {
			return fmt.Errorf("commit: %w", err)
		}
	}
	if err := c.store.doneHistory(ctx, h.id); err != nil {
		return err
	}
	c.deleteBlob(ctx, s, &notification)
	if isLastBlob(blob) {
		defer c.decide()()
		c.teller.enqueue(bot.NumberEvent{
			Kind: NumberHistoryRead, At: c.options.Now().UTC(), Detail: "the phone's history has been read",
		})
	}
	return nil
}

// isLastBlob tells the end of what a phone sends by itself after linking.
func isLastBlob(blob *waHistorySync.HistorySync) bool {
	switch blob.GetSyncType() {
	case waHistorySync.HistorySync_RECENT, waHistorySync.HistorySync_FULL:
		return blob.GetProgress() >= 100
	}
	return false
}

// deleteBlob removes a blob that is done with from WhatsApp's server, as the library does where it
// downloads by itself.
func (c *Client) deleteBlob(ctx context.Context, s *session, n *waE2E.HistorySyncNotification) {
	if n.GetDirectPath() == "" {
		return // it came inside the notification
	}
	err := s.wa.DeleteMedia(ctx, whatsmeow.MediaHistory, n.GetDirectPath(), n.GetFileEncSHA256(), n.GetEncHandle())
	if err != nil {
		c.log.Debug("could not delete a history blob", "error", masked(err.Error()))
	}
}

// historyMessages returns what people wrote, the oldest first, as it happened.
func (s *session) historyMessages(blob *waHistorySync.HistorySync) []bot.Message {
	var all []bot.Message
	for _, conversation := range blob.GetConversations() {
		all = append(all, s.conversation(conversation)...)
	}
	slices.SortStableFunc(all, func(a, b bot.Message) int { return cmp.Compare(a.At.UnixNano(), b.At.UnixNano()) })
	return all
}

func (s *session) conversation(conversation *waHistorySync.Conversation) []bot.Message {
	chat, err := types.ParseJID(conversation.GetID())
	if err != nil {
		return nil
	}
	if _, ok := identityOf(chat); !ok {
		return nil
	}
	other := otherAddress(conversation, chat)
	var messages []bot.Message
	for _, item := range slices.Backward(conversation.GetMessages()) { // the phone lists the newest first
		evt, err := s.wa.ParseWebMessage(chat, item.GetMessage())
		if err != nil {
			continue // it has no sender: a line that the app wrote, not a person
		}
		evt.Info.SenderAlt, evt.Info.RecipientAlt = other, other
		if m, ok := s.decoder.Decode(evt); ok {
			messages = append(messages, m)
		}
	}
	return append(messages, timerOf(conversation, messages)...)
}

// timerOf is the chat's disappearing timer, which the conversation names, as if it had been set
// just now.
func timerOf(conversation *waHistorySync.Conversation, messages []bot.Message) []bot.Message {
	set := conversation.GetEphemeralSettingTimestamp()
	if conversation.EphemeralExpiration == nil || set <= 0 || len(messages) == 0 {
		return nil
	}
	if set > math.MaxInt32 { // some phones say milliseconds
		set /= 1000
	}
	last := messages[len(messages)-1]
	return []bot.Message{{
		ID: fmt.Sprintf(
			"timer-%d",
			set,
		), Identities: last.Identities, Kind: bot.KindTimer, History: true, At: time.Unix(set, 0).UTC(),
		Expires: time.Duration(conversation.GetEphemeralExpiration()) * time.Second, Timed: true,
	}}
}

// otherAddress returns the contact's second address, where the conversation names it.
func otherAddress(conversation *waHistorySync.Conversation, chat types.JID) types.JID {
	for _, text := range []string{conversation.GetPnJID(), conversation.GetLidJID()} {
		if jid, err := types.ParseJID(text); err == nil && jid.Server != chat.Server {
			if _, ok := identityOf(jid); ok {
				return jid
			}
		}
	}
	return types.EmptyJID
}
