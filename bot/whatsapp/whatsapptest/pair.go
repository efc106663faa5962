package whatsapptest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// refCount is how many references a client gets to show as QR codes: the first for 60 s, the others
// for 20 s each (qrchan.go:92-95).
const refCount = 6

// A pairing is a client that wants to be linked.
type pairing struct {
	conn  *conn
	ready *device // the client's keys. It becomes a device when the client has confirmed
	iq    string  // the ID of pair-success: other answers of the client are not the confirmation
	phone *Phone
	code  *codePairing
}

func (p *pairing) forget(pairings map[string]*pairing) {
	maps.DeleteFunc(pairings, func(_ string, other *pairing) bool { return other == p })
}

// startPairing offers a registering client its references (pair.go:38-77).
func (c *conn) startPairing(hs *handshake) {
	data := hs.payload.GetDevicePairingData()
	d := newDevice(nil, 0)
	d.noise = hs.static
	copy(d.identity[:], data.GetEIdent())
	if id := data.GetERegid(); len(id) == 4 {
		d.registration = binary.BigEndian.Uint32(id)
	}
	d.signed = preKey{id: data.GetESkeyID(), value: data.GetESkeyVal(), signature: data.GetESkeySig()}
	c.pairing = &pairing{conn: c, ready: d}
	var refs []waBinary.Node
	c.srv.mu.Lock()
	for range refCount {
		ref := newRef()
		c.srv.pairings[ref] = c.pairing
		refs = append(refs, waBinary.Node{Tag: "ref", Content: []byte(ref)})
	}
	c.srv.mu.Unlock()
	_ = c.send(waBinary.Node{Tag: "iq", Attrs: waBinary.Attrs{
		"from": types.ServerJID, "type": "set", "id": c.nextID(), "xmlns": "md",
	}, Content: []waBinary.Node{{Tag: "pair-device", Content: refs}}})
}

func newRef() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return "2@" + hex.EncodeToString(b[:])
}

// Scan scans a QR code that a client shows, a URL whose fields follow the last # (pair.go:125-130).
// It returns at once: the client goes on by itself, to events.PairSuccess and a login. See
// [Phone.WaitOnline].
func (p *Phone) Scan(code string) error {
	fields := strings.Split(code[strings.LastIndex(code, "#")+1:], ",")
	if len(fields) < 4 {
		return fmt.Errorf("whatsapptest: not a QR code of a client: %d fields", len(fields))
	}
	p.srv.mu.Lock()
	pairing := p.srv.pairings[fields[0]]
	p.srv.mu.Unlock()
	if pairing == nil {
		return errors.New("whatsapptest: this QR code has expired")
	}
	identity, err := base64.StdEncoding.DecodeString(fields[2])
	if err != nil || len(identity) != 32 {
		return fmt.Errorf("whatsapptest: identity key in the QR code: %d bytes, %w", len(identity), err)
	}
	secret, err := base64.StdEncoding.DecodeString(fields[3])
	if err != nil {
		return fmt.Errorf("whatsapptest: secret in the QR code: %w", err)
	}
	return p.adopt(pairing, [32]byte(identity), secret)
}

// adopt tells a client that the phone links it (pair.go:132-281).
func (p *Phone) adopt(pairing *pairing, identity [32]byte, secret []byte) error {
	p.mu.Lock()
	p.lastDevice++
	id := p.lastDevice
	p.mu.Unlock()
	signed, err := p.signDevice(id, identity, p.srv.Now().Unix())
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write(signed)
	container, err := proto.Marshal(&waAdv.ADVSignedDeviceIdentityHMAC{Details: signed, HMAC: mac.Sum(nil)})
	if err != nil {
		return err
	}
	p.srv.mu.Lock()
	pairing.phone, pairing.ready.phone, pairing.ready.id, pairing.iq = p, p, id, pairing.conn.nextID()
	p.srv.mu.Unlock()
	return pairing.conn.send(waBinary.Node{Tag: "iq", Attrs: waBinary.Attrs{
		"from": types.ServerJID, "type": "set", "id": pairing.iq, "t": p.srv.stamp(), "xmlns": "md",
	}, Content: []waBinary.Node{{Tag: "pair-success", Content: []waBinary.Node{
		{Tag: "device-identity", Content: container},
		{Tag: "biz", Attrs: waBinary.Attrs{"name": p.appState.name}},
		{Tag: "platform", Attrs: waBinary.Attrs{"name": "smba"}},
		{Tag: "device", Attrs: waBinary.Attrs{"jid": withDevice(p.jid, id), "lid": withDevice(p.lid, id)}},
	}}}})
}

// signDevice vouches for a client with the phone's identity key, the one the client then knows the
// phone by (pair.go:229-236, 281-298).
func (p *Phone) signDevice(id uint16, identity [32]byte, now int64) ([]byte, error) {
	details, err := proto.Marshal(&waAdv.ADVDeviceIdentity{
		RawID: proto.Uint32(
			p.party.registration,
		), Timestamp: proto.Uint64(uint64(now)), KeyIndex: proto.Uint32(uint32(id)),
	})
	if err != nil {
		return nil, err
	}
	message := slices.Concat(whatsmeow.AdvAccountSignaturePrefix, details, identity[:])
	signature := ecc.CalculateSignature(ecc.NewDjbECPrivateKey(*p.party.identity.Priv), message)
	return proto.Marshal(&waAdv.ADVSignedDeviceIdentity{
		Details: details, AccountSignatureKey: p.party.identity.Pub[:], AccountSignature: signature[:],
	})
}

// handlePairing takes a client's answers while it is being linked.
func (c *conn) handlePairing(n *waBinary.Node) {
	s := c.srv
	s.mu.Lock()
	p, iq := c.pairing.phone, c.pairing.iq
	s.mu.Unlock()
	if p == nil || textOf(n, "id") != iq {
		return
	}
	answer, ok := n.GetOptionalChildByTag("pair-device-sign", "device-identity")
	if textOf(n, "type") != "result" || !ok {
		return
	}
	if err := verifyDevice(c.pairing.ready, p, contentOf(answer)); err != nil {
		c.streamError("401", "")
		return
	}
	d := c.pairing.ready
	p.mu.Lock()
	p.devices[d.id] = d
	p.mu.Unlock()
	s.changed.Ring()
	// the client comes back by itself
	_ = c.send(waBinary.Node{Tag: "stream:error", Attrs: waBinary.Attrs{"code": "515"}})
}

// verifyDevice checks that the client signed with the identity it registered (pair.go:300-313).
func verifyDevice(d *device, p *Phone, answer []byte) error {
	signed := new(waAdv.ADVSignedDeviceIdentity)
	if err := proto.Unmarshal(answer, signed); err != nil {
		return err
	}
	message := slices.Concat(
		whatsmeow.AdvDeviceSignaturePrefix,
		signed.GetDetails(),
		d.identity[:],
		p.party.identity.Pub[:],
	)
	if len(signed.GetDeviceSignature()) != 64 ||
		!ecc.VerifySignature(ecc.NewDjbECPublicKey(d.identity), message, [64]byte(signed.GetDeviceSignature())) {
		return errors.New("device signature")
	}
	return nil
}
