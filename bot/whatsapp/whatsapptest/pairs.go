package whatsapptest

import (
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// SyncPairs tells the clients which phone and which LID belong together, and nothing else, as the
// history of a phone does (message.go:1130-1160).
func (p *Phone) SyncPairs(contacts ...*Contact) {
	var pairs []*waHistorySync.PhoneNumberToLIDMapping
	for _, c := range contacts {
		pairs = append(pairs, mappingOf(c.PhoneJID(), c.LID()))
	}
	p.SyncAnyPairs(pairs...)
}

// ClaimPair tells the clients, as SyncPairs does, that a phone belongs to a LID, whether it does or
// not: histories are old.
func (p *Phone) ClaimPair(phone *Contact, lid *Contact) {
	p.SyncAnyPairs(mappingOf(phone.PhoneJID(), lid.LID()))
}

func mappingOf(phone, lid types.JID) *waHistorySync.PhoneNumberToLIDMapping {
	return &waHistorySync.PhoneNumberToLIDMapping{
		PnJID:  proto.String(phone.String()),
		LidJID: proto.String(lid.String()),
	}
}

// SyncAnyPairs sends pairs inside a notification of the history: a file is for more than that
// (message.go:700-713).
func (p *Phone) SyncAnyPairs(pairs ...*waHistorySync.PhoneNumberToLIDMapping) {
	sync := &waHistorySync.HistorySync{
		SyncType: waHistorySync.HistorySync_NON_BLOCKING_DATA.Enum(), ChunkOrder: proto.Uint32(1), PhoneNumberToLidMappings: pairs,
	}
	for _, d := range p.linked() {
		p.sendPeer(d, &waE2E.ProtocolMessage{
			Type: waE2E.ProtocolMessage_HISTORY_SYNC_NOTIFICATION.Enum(),
			HistorySyncNotification: &waE2E.HistorySyncNotification{
				SyncType: waE2E.HistorySyncType_NON_BLOCKING_DATA.Enum(), ChunkOrder: proto.Uint32(1),
				InitialHistBootstrapInlinePayload: compress(sync),
			},
		})
	}
}

// asksWho are the phones about which a client asks who they are, by a query of users that is not
// for sending (user.go:234-242).
func asksWho(query, list waBinary.Node) (phones []types.JID) {
	if _, status := query.GetOptionalChildByTag("status"); !status {
		return nil
	}
	for _, u := range list.GetChildrenByTag("user") {
		phones = append(phones, jidOf(&u, "jid"))
	}
	return phones
}

// Asked returns the phones about which clients have asked who they are, with the plus, in order.
func (s *Server) Asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.asked...)
}

func (s *Server) noteAsked(phones []types.JID) {
	s.mu.Lock()
	for _, jid := range phones {
		if jid.Server == types.DefaultUserServer {
			s.asked = append(s.asked, "+"+jid.User)
		}
	}
	s.mu.Unlock()
	s.changed.Ring()
}
