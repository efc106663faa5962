package whatsapp

import (
	"crypto/rand"
	"encoding/hex"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"optinbot/bot"
)

// composePoll writes a poll as the library's BuildPollCreation does (msgsecret.go), with the chat's
// timer. Votes are encrypted with a secret that goes with it. The library keeps that in the
// session's file when it sends (send.go), so votes can be read after a restart.
func composePoll(p bot.Poll, timer *waE2E.ContextInfo) *waE2E.Message {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails: crypto/rand
	poll := &waE2E.PollCreationMessage{
		Name: proto.String(p.Title), SelectableOptionsCount: proto.Uint32(uint32(p.Most)), ContextInfo: timer,
	}
	for _, option := range p.Options {
		poll.Options = append(poll.Options, &waE2E.PollCreationMessage_Option{OptionName: proto.String(option)})
	}
	return &waE2E.Message{
		PollCreationMessage: poll,
		MessageContextInfo:  &waE2E.MessageContextInfo{MessageSecret: secret},
	}
}

// openVote decrypts a vote. One that cannot be opened is handed on as sealed: there is the text
// menu.
func (c *Client) openVote(s *session, evt *events.Message, m *bot.Message) {
	update := evt.Message.GetPollUpdateMessage()
	if m.Kind != bot.KindPollVote || update == nil {
		return
	}
	m.Poll = update.GetPollCreationMessageKey().GetID()
	vote, err := s.decryptVote(c.ctx, evt)
	if err != nil {
		c.log.Debug("a vote could not be opened", "error", masked(err.Error()))
		m.Sealed = true
		return
	}
	for _, option := range vote.GetSelectedOptions() {
		m.Votes = append(m.Votes, hex.EncodeToString(option))
	}
}
