package whatsapptest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// Vote votes in a poll that the contact received. A later vote replaces it, one without options
// takes it back.
func (c *Contact) Vote(pollID string, choices ...string) (id string, err error) {
	c.mu.Lock()
	voter, _ := c.from()
	author := c.srv.Phone().lid
	if i := slices.IndexFunc(c.received, func(r Received) bool { return r.ID == pollID }); i >= 0 {
		author = c.received[i].From.lid
	}
	c.mu.Unlock()
	return c.VoteAs(pollID, author, voter, choices...)
}

// VoteAs votes under addresses of the poll's author and of the voter that are not those of the
// message.
func (c *Contact) VoteAs(pollID string, author, voter types.JID, choices ...string) (id string, err error) {
	poll, secret, err := c.poll(pollID)
	if err != nil {
		return "", err
	}
	for _, choice := range choices {
		if !slices.Contains(optionsOf(poll), choice) {
			return "", fmt.Errorf("whatsapptest: poll %s has no option %q", pollID, choice)
		}
	}
	vote, err := proto.Marshal(&waE2E.PollVoteMessage{SelectedOptions: whatsmeow.HashPollOptions(choices)})
	if err != nil {
		return "", err
	}
	also := fmt.Appendf(nil, "%s\x00%s", pollID, voter.ToNonAD())
	payload, iv, err := seal(vote, secret, pollID, author, voter, whatsmeow.EncSecretPollVote, also)
	if err != nil {
		return "", err
	}
	return c.SendMessage(&waE2E.Message{PollUpdateMessage: &waE2E.PollUpdateMessage{
		PollCreationMessageKey: c.keyOf(pollID), Vote: &waE2E.PollEncValue{EncPayload: payload, EncIV: iv},
		SenderTimestampMS: proto.Int64(c.srv.Now().UnixMilli()),
	}}, Hidden()), nil
}

// poll returns the first copy of a poll and its secret: a phone keeps the first, as the client
// does.
func (c *Contact) poll(id string) (*waE2E.PollCreationMessage, []byte, error) {
	for _, r := range c.Received() {
		m := unwrap(r.Message)
		poll := m.GetPollCreationMessage()
		if poll == nil {
			poll = m.GetPollCreationMessageV3()
		}
		secret := r.Message.GetMessageContextInfo().GetMessageSecret()
		if r.ID == id && poll != nil && len(secret) > 0 {
			return poll, secret, nil
		}
	}
	return nil, nil, errors.New("whatsapptest: no poll " + id)
}

func optionsOf(poll *waE2E.PollCreationMessage) (out []string) {
	for _, o := range poll.GetOptions() {
		out = append(out, o.GetOptionName())
	}
	return out
}

// SendPoll sends a poll of the contact's own.
func (c *Contact) SendPoll(question string, choices []string, options ...Option) string {
	poll := &waE2E.PollCreationMessage{Name: &question, SelectableOptionsCount: proto.Uint32(1)}
	for _, choice := range choices {
		poll.Options = append(poll.Options, &waE2E.PollCreationMessage_Option{OptionName: proto.String(choice)})
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	return c.SendMessage(&waE2E.Message{
		PollCreationMessageV3: poll, MessageContextInfo: &waE2E.MessageContextInfo{MessageSecret: secret},
	}, options...)
}
