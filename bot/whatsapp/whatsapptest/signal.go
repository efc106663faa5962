package whatsapptest

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/libsignal/groups"
	groupRecord "go.mau.fi/libsignal/groups/state/record"
	"go.mau.fi/libsignal/keys/identity"
	"go.mau.fi/libsignal/keys/prekey"
	"go.mau.fi/libsignal/protocol"
	"go.mau.fi/libsignal/serialize"
	"go.mau.fi/libsignal/session"
	"go.mau.fi/libsignal/state/record"
	"go.mau.fi/libsignal/util/optional"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
	"google.golang.org/protobuf/proto"
)

// signedPreKeyID is the ID of everybody's only signed key.
const signedPreKeyID = 1

// A party is one end of Signal sessions, kept in memory: an identity, its keys, and a session with
// each device it ever talked to, under the address of the device's LID. Its owner's lock guards it.
type party struct {
	identity     *keys.KeyPair
	signed       *keys.PreKey
	registration uint32
	oneTime      map[uint32]*keys.PreKey
	lastKey      uint32
	sessions     map[string][]byte
	senderKeys   map[string]*groupRecord.SenderKey
	keyHolders   []string // who has been sent which sender key
}

func newParty() *party {
	id := keys.NewKeyPair()
	var registration [4]byte
	_, _ = rand.Read(registration[:])
	return &party{
		identity: id, signed: id.CreateSignedPreKey(signedPreKeyID),
		registration: binary.BigEndian.Uint32(registration[:])&0x3fff | 1,
		oneTime:      map[uint32]*keys.PreKey{}, sessions: map[string][]byte{},
	}
}

func serializer() *serialize.Serializer { return store.SignalProtobufSerializer }

// GetIdentityKeyPair and the methods below are libsignal's store.SignalProtocol.
func (p *party) GetIdentityKeyPair() *identity.KeyPair {
	return identity.NewKeyPair(
		identity.NewKey(ecc.NewDjbECPublicKey(*p.identity.Pub)),
		ecc.NewDjbECPrivateKey(*p.identity.Priv),
	)
}

func (p *party) GetLocalRegistrationID() uint32 { return p.registration }

func (p *party) SaveIdentity(context.Context, *protocol.SignalAddress, *identity.Key) error {
	return nil
}

func (p *party) IsTrustedIdentity(context.Context, *protocol.SignalAddress, *identity.Key) (bool, error) {
	return true, nil
}

func (p *party) LoadPreKey(_ context.Context, id uint32) (*record.PreKey, error) {
	key := p.oneTime[id]
	if key == nil {
		return nil, nil
	}
	return record.NewPreKey(id, pairOf(&key.KeyPair), nil), nil
}

func (p *party) RemovePreKey(_ context.Context, id uint32) error {
	delete(p.oneTime, id)
	return nil
}

func (p *party) StorePreKey(context.Context, uint32, *record.PreKey) error {
	return errors.ErrUnsupported
}

func (p *party) ContainsPreKey(_ context.Context, id uint32) (bool, error) {
	return p.oneTime[id] != nil, nil
}

func (p *party) LoadSession(_ context.Context, a *protocol.SignalAddress) (*record.Session, error) {
	raw := p.sessions[a.String()]
	if raw == nil {
		return record.NewSession(serializer().Session, serializer().State), nil
	}
	return record.NewSessionFromBytes(raw, serializer().Session, serializer().State)
}

func (p *party) StoreSession(_ context.Context, a *protocol.SignalAddress, r *record.Session) error {
	p.sessions[a.String()] = r.Serialize()
	return nil
}

func (p *party) ContainsSession(_ context.Context, a *protocol.SignalAddress) (bool, error) {
	return p.sessions[a.String()] != nil, nil
}

func (p *party) DeleteSession(_ context.Context, a *protocol.SignalAddress) error {
	delete(p.sessions, a.String())
	return nil
}

func (p *party) DeleteAllSessions(context.Context) error {
	clear(p.sessions)
	return nil
}

func (p *party) GetSubDeviceSessions(context.Context, string) ([]uint32, error) {
	return nil, errors.ErrUnsupported
}

func (p *party) LoadSignedPreKey(_ context.Context, id uint32) (*record.SignedPreKey, error) {
	if id != p.signed.KeyID {
		return nil, nil
	}
	return record.NewSignedPreKey(id, 0, pairOf(&p.signed.KeyPair), *p.signed.Signature, nil), nil
}

func (p *party) LoadSignedPreKeys(context.Context) ([]*record.SignedPreKey, error) {
	return nil, errors.ErrUnsupported
}

func (p *party) StoreSignedPreKey(context.Context, uint32, *record.SignedPreKey) error {
	return errors.ErrUnsupported
}

func (p *party) ContainsSignedPreKey(_ context.Context, id uint32) (bool, error) {
	return id == p.signed.KeyID, nil
}

func (p *party) RemoveSignedPreKey(context.Context, uint32) error { return errors.ErrUnsupported }

func (p *party) StoreSenderKey(_ context.Context, name *protocol.SenderKeyName, key *groupRecord.SenderKey) error {
	if p.senderKeys == nil {
		p.senderKeys = map[string]*groupRecord.SenderKey{}
	}
	p.senderKeys[name.GroupID()+"/"+name.Sender().String()] = key
	return nil
}

func (p *party) LoadSenderKey(_ context.Context, name *protocol.SenderKeyName) (*groupRecord.SenderKey, error) {
	key := p.senderKeys[name.GroupID()+"/"+name.Sender().String()]
	if key == nil {
		key = groupRecord.NewSenderKey(serializer().SenderKeyRecord, serializer().SenderKeyState)
	}
	return key, nil
}

func pairOf(k *keys.KeyPair) *ecc.ECKeyPair {
	return ecc.NewECKeyPair(ecc.NewDjbECPublicKey(*k.Pub), ecc.NewDjbECPrivateKey(*k.Priv))
}

// bundle is what the server hands out for the party: with a one-time key of its own each time
// (prekeys.go:97-144).
func (p *party) bundle() []waBinary.Node {
	p.lastKey++
	key := keys.NewPreKey(p.lastKey)
	p.oneTime[key.KeyID] = key
	return []waBinary.Node{
		{Tag: "registration", Content: binary.BigEndian.AppendUint32(nil, p.registration)},
		{Tag: "type", Content: []byte{ecc.DjbType}},
		{Tag: "identity", Content: p.identity.Pub[:]},
		keyNode("key", key), keyNode("skey", p.signed),
	}
}

func keyNode(tag string, key *keys.PreKey) waBinary.Node {
	content := []waBinary.Node{
		{Tag: "id", Content: threeBytes(key.KeyID)},
		{Tag: "value", Content: key.Pub[:]},
	}
	if key.Signature != nil {
		content = append(content, waBinary.Node{Tag: "signature", Content: key.Signature[:]})
	}
	return waBinary.Node{Tag: tag, Content: content}
}

// threeBytes is how key IDs travel (prekeys.go:242).
func threeBytes(id uint32) []byte { return binary.BigEndian.AppendUint32(nil, id)[1:] }

func fromThreeBytes(b []byte) uint32 {
	if len(b) != 3 {
		return 0
	}
	return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
}

// encrypt encrypts for a device. Where there is no session, it starts one from the bundle.
func (p *party) encrypt(to types.JID, plaintext []byte, bundle func() (*prekey.Bundle, error)) (waBinary.Node, error) {
	ctx, address := context.Background(), to.SignalAddress()
	builder := session.NewBuilderFromSignal(p, address, serializer())
	if p.sessions[address.String()] == nil {
		b, err := bundle()
		if err != nil {
			return waBinary.Node{}, err
		}
		if err := builder.ProcessBundle(ctx, b); err != nil {
			return waBinary.Node{}, err
		}
	}
	out, err := session.NewCipher(builder, address).Encrypt(ctx, plaintext)
	if err != nil {
		return waBinary.Node{}, err
	}
	kind := "msg"
	if out.Type() == protocol.PREKEY_TYPE {
		kind = "pkmsg"
	}
	return waBinary.Node{Tag: "enc", Attrs: waBinary.Attrs{"v": "2", "type": kind}, Content: out.Serialize()}, nil
}

// decrypt decrypts an enc stanza from a device.
func (p *party) decrypt(from types.JID, enc waBinary.Node) (*waE2E.Message, error) {
	ctx, address := context.Background(), from.SignalAddress()
	cipher := session.NewCipher(session.NewBuilderFromSignal(p, address, serializer()), address)
	var plaintext []byte
	switch data := contentOf(enc); textOf(&enc, "type") {
	case "pkmsg":
		m, err := protocol.NewPreKeySignalMessageFromBytes(
			data,
			serializer().PreKeySignalMessage,
			serializer().SignalMessage,
		)
		if err != nil {
			return nil, err
		}
		if plaintext, err = cipher.DecryptMessage(ctx, m); err != nil {
			return nil, err
		}
	case "msg":
		m, err := protocol.NewSignalMessageFromBytes(data, serializer().SignalMessage)
		if err != nil {
			return nil, err
		}
		if plaintext, err = cipher.Decrypt(ctx, m); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("enc of type %q", textOf(&enc, "type"))
	}
	return unpad(plaintext)
}

// encryptGroup encrypts for a group with the party's sender key, and returns the key to hand out.
func (p *party) encryptGroup(
	group string,
	sender types.JID,
	plaintext []byte,
) (enc waBinary.Node, key []byte, err error) {
	ctx, name := context.Background(), protocol.NewSenderKeyName(group, sender.SignalAddress())
	builder := groups.NewGroupSessionBuilder(p, serializer())
	distribution, err := builder.Create(ctx, name)
	if err != nil {
		return enc, nil, err
	}
	out, err := groups.NewGroupCipher(builder, name, p).Encrypt(ctx, plaintext)
	if err != nil {
		return enc, nil, err
	}
	enc = waBinary.Node{Tag: "enc", Attrs: waBinary.Attrs{"v": "2", "type": "skmsg"}, Content: out.SignedSerialize()}
	return enc, distribution.Serialize(), nil
}

// pad adds 1 to 15 bytes that each say how many they are (message.go:682-692).
func pad(m *waE2E.Message) ([]byte, error) {
	plaintext, err := proto.Marshal(m)
	if err != nil {
		return nil, err
	}
	n := byte(len(plaintext)%15) + 1
	for range n {
		plaintext = append(plaintext, n)
	}
	return plaintext, nil
}

func unpad(plaintext []byte) (*waE2E.Message, error) {
	if len(plaintext) == 0 || int(plaintext[len(plaintext)-1]) > len(plaintext) {
		return nil, errors.New("plaintext without padding")
	}
	m := new(waE2E.Message)
	return m, proto.Unmarshal(plaintext[:len(plaintext)-int(plaintext[len(plaintext)-1])], m)
}

// bundle is a linked client's, with a one-time key where one is left. It tells the client when few
// are.
func (d *device) bundle() (*prekey.Bundle, error) {
	key, left := d.takePreKey()
	if key != nil && left < lowPreKeys {
		d.tellPreKeys(left)
	}
	return bundleOf(d.id, d.registration, d.identity, key, d.signed)
}

func bundleOf(id uint16, registration uint32, ident [32]byte, key *preKey, signed preKey) (*prekey.Bundle, error) {
	if len(signed.value) != 32 || len(signed.signature) != 64 {
		return nil, errors.New("no signed key")
	}
	keyID, public := optional.NewEmptyUint32(), ecc.ECPublicKeyable(nil)
	if key != nil && len(key.value) == 32 {
		keyID = optional.NewOptionalUint32(fromThreeBytes(key.id))
		public = ecc.NewDjbECPublicKey([32]byte(key.value))
	}
	return prekey.NewBundle(registration, uint32(id), keyID, fromThreeBytes(signed.id), public,
		ecc.NewDjbECPublicKey([32]byte(signed.value)), [64]byte(signed.signature),
		identity.NewKey(ecc.NewDjbECPublicKey(ident))), nil
}

// preKeyOf reads a key or skey stanza.
func preKeyOf(n waBinary.Node) preKey {
	return preKey{
		id: contentOf(n.GetChildByTag("id")), value: contentOf(n.GetChildByTag("value")),
		signature: contentOf(n.GetChildByTag("signature")),
	}
}

// start starts a session from a bundle, over whatever was there.
func (p *party) start(address *protocol.SignalAddress, b *prekey.Bundle) error {
	return session.NewBuilderFromSignal(p, address, serializer()).ProcessBundle(context.Background(), b)
}

// bundleFromRetry reads the keys that a client adds to its second and later retry receipts
// (retry.go:505-522).
func bundleFromRetry(d *device, receipt *waBinary.Node) (*prekey.Bundle, error) {
	keys, ok := receipt.GetOptionalChildByTag("keys")
	ident := contentOf(keys.GetChildByTag("identity"))
	if !ok || len(ident) != 32 {
		return nil, errors.New("no keys")
	}
	key := preKeyOf(keys.GetChildByTag("key"))
	return bundleOf(d.id, d.registration, [32]byte(ident), &key, preKeyOf(keys.GetChildByTag("skey")))
}
