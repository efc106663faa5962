package whatsapp

import (
	"context"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"optinbot/bot"
)

// Votes, and most edits, are sealed with a key that is made of two addresses: of who wrote the
// original, and of who votes or edits. Phones mix a person's phone and LID there, and the library
// tries few of the combinations (decryptMsgSecret in msgsecret.go). We try all: the cipher refuses
// a wrong one.

// openSealedEdit opens an edit whose new text is encrypted with the secret of the original message
// (msgsecret.go), and puts it where Decode finds any other edit. What cannot be opened stays as it
// is and counts as undecryptable.
func (c *Client) openSealedEdit(s *session, evt *events.Message) {
	sealed := evt.Message.GetSecretEncryptedMessage()
	if sealed == nil || sealed.GetSecretEncType() != waE2E.SecretEncryptedMessage_MESSAGE_EDIT || evt.Info.IsGroup {
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, c.options.SendTimeout)
	defer cancel()
	person, chats := s.addresses(evt)
	opened, err := s.wa.DecryptSecretEncryptedMessage(ctx, evt)
	for _, under := range combinations(person, person, chats) {
		if err == nil || ctx.Err() != nil {
			break
		}
		again := proto.Clone(sealed).(*waE2E.SecretEncryptedMessage)
		again.TargetMessageKey = under.keyOf(sealed.GetTargetMessageKey())
		opened, err = s.wa.DecryptSecretEncryptedMessage(
			ctx,
			under.copyOf(evt, &waE2E.Message{SecretEncryptedMessage: again}),
		)
	}
	if err != nil {
		c.log.Warn("an edit could not be opened", "error", masked(err.Error()))
		return
	}
	evt.Message = asEdit(opened, sealed)
}

// decryptVote opens a vote in a poll of ours.
func (s *session) decryptVote(ctx context.Context, evt *events.Message) (*waE2E.PollVoteMessage, error) {
	update := evt.Message.GetPollUpdateMessage()
	person, chats := s.addresses(evt)
	vote, err := s.wa.DecryptPollVote(ctx, evt)
	for _, under := range combinations(jidsOf(s.decoder.Self), person, chats) {
		if err == nil || ctx.Err() != nil {
			break
		}
		again := proto.Clone(update).(*waE2E.PollUpdateMessage)
		again.PollCreationMessageKey = under.keyOf(update.GetPollCreationMessageKey())
		vote, err = s.wa.DecryptPollVote(ctx, under.copyOf(evt, &waE2E.Message{PollUpdateMessage: again}))
	}
	return vote, err
}

// under are the addresses of one try.
type under struct{ chat, author, sender types.JID }

func combinations(authors, senders, chats []types.JID) (out []under) {
	for _, sender := range senders {
		for _, author := range authors {
			for _, chat := range chats {
				out = append(out, under{chat, author, sender})
			}
		}
	}
	return out
}

// keyOf names the original by who wrote it: "from me" would tie that to the sender.
func (u under) keyOf(key *waCommon.MessageKey) *waCommon.MessageKey {
	return &waCommon.MessageKey{
		RemoteJID: proto.String(u.author.String()),
		FromMe:    proto.Bool(false),
		ID:        proto.String(key.GetID()),
	}
}

func (u under) copyOf(evt *events.Message, m *waE2E.Message) *events.Message {
	again := *evt
	again.Info.Chat, again.Info.Sender, again.Message = u.chat, u.sender, m
	return &again
}

// addresses are those of the person who sent a message, and those of the chat, as far as they are
// known.
func (s *session) addresses(evt *events.Message) (sender, chat []types.JID) {
	if evt.Info.IsFromMe {
		return jidsOf(s.decoder.Self), jidsOf(personOf(s.decoder.Alt, evt.Info.Chat, evt.Info.RecipientAlt))
	}
	sender = jidsOf(personOf(s.decoder.Alt, evt.Info.Sender, evt.Info.SenderAlt))
	return sender, sender
}

func jidsOf(ids []bot.Identity) []types.JID {
	out := make([]types.JID, len(ids))
	for i, id := range ids {
		out[i] = jidOf(id)
	}
	return out
}

// asEdit gives the content of a sealed edit the form of a plain one.
func asEdit(opened *waE2E.Message, sealed *waE2E.SecretEncryptedMessage) *waE2E.Message {
	if unwrap(opened).GetProtocolMessage() != nil {
		return opened
	}
	return &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type:          waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(),
		Key:           sealed.GetTargetMessageKey(),
		EditedMessage: opened,
	}}
}
