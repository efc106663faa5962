package whatsapp

import (
	"context"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"
)

// openSealedEdit opens an edit whose new text is encrypted with the secret of the original message (msgsecret.go), and
// puts it where Decode finds any other edit. What cannot be opened stays as it is and counts as undecryptable.
func (c *Client) openSealedEdit(s *session, evt *events.Message) {
	sealed := evt.Message.GetSecretEncryptedMessage()
	if sealed == nil || sealed.GetSecretEncType() != waE2E.SecretEncryptedMessage_MESSAGE_EDIT || evt.Info.IsGroup {
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, c.options.SendTimeout)
	defer cancel()
	opened, err := s.wa.DecryptSecretEncryptedMessage(ctx, evt)
	if err != nil {
		c.log.Warn("an edit could not be opened", "error", masked(err.Error()))
		return
	}
	evt.Message = asEdit(opened, sealed)
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
