package whatsapptest

import (
	"slices"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"google.golang.org/protobuf/proto"
)

// A keptMessage is a contact's message as the business phone has it, which can always read it.
type keptMessage struct {
	contact *Contact
	at      int64
	message *waE2E.Message
}

// AnswerRequests makes the phone answer clients that ask it for messages which they could not
// decrypt (retry.go:483-494). It keeps what contacts send from then on.
func (p *Phone) AnswerRequests(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recalls = on
}

// Requests returns the IDs of the messages that clients have asked the phone for.
func (p *Phone) Requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// remember keeps a contact's message for clients that will ask for it. It is called with the
// contact's lock held.
func (p *Phone) remember(c *Contact, o *outgoing) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.recalls || o.group != nil {
		return
	}
	if p.kept == nil {
		p.kept = map[string]keptMessage{}
	}
	p.kept[o.id] = keptMessage{contact: c, at: o.at.Unix(), message: o.message}
}

// asked takes a client's request to the phone. It is called with the lock held. What it returns
// sends the answer.
func (p *Phone) asked(d *device, id string, request *waE2E.PeerDataOperationRequestMessage) (after func()) {
	var results []*waE2E.PeerDataOperationRequestResponseMessage_PeerDataOperationResult
	for _, r := range request.GetPlaceholderMessageResendRequest() {
		key := r.GetMessageKey()
		p.requests = append(p.requests, key.GetID())
		if kept, ok := p.kept[key.GetID()]; ok {
			results = append(results, resendResult(key, kept))
		}
	}
	if len(results) == 0 {
		return nil
	}
	return func() {
		p.sendPeer(d, &waE2E.ProtocolMessage{
			Type: waE2E.ProtocolMessage_PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE.Enum(),
			PeerDataOperationRequestResponseMessage: &waE2E.PeerDataOperationRequestResponseMessage{
				PeerDataOperationRequestType: waE2E.PeerDataOperationRequestType_PLACEHOLDER_MESSAGE_RESEND.Enum(),
				StanzaID:                     proto.String(id), PeerDataOperationResult: results,
			},
		})
	}
}

func resendResult(
	key *waCommon.MessageKey,
	kept keptMessage,
) *waE2E.PeerDataOperationRequestResponseMessage_PeerDataOperationResult {
	raw, _ := proto.Marshal(&waWeb.WebMessageInfo{
		Key: key, Message: kept.message, MessageTimestamp: proto.Uint64(uint64(kept.at)),
	})
	return &waE2E.PeerDataOperationRequestResponseMessage_PeerDataOperationResult{
		PlaceholderMessageResendResponse: &waE2E.PeerDataOperationRequestResponseMessage_PeerDataOperationResult_PlaceholderMessageResendResponse{
			WebMessageInfoBytes: raw,
		},
	}
}
