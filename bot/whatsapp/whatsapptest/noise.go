package whatsapptest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/whatsmeow/proto/waCert"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/util/keys"
	"golang.org/x/crypto/curve25519"
	"golang.org/x/crypto/hkdf"
	"google.golang.org/protobuf/proto"
)

// rootKey signs the certificates of every server in this process. See the package comment.
var rootKey = sync.OnceValue(keys.NewKeyPair)

// A certificate is what a server proves itself with: its static Noise key and the chain that
// vouches for it.
type certificate struct {
	static *keys.KeyPair
	chain  []byte // marshalled waCert.CertChain
}

// newCertificate makes a static key with a chain of intermediate and leaf, as verifyServerCert
// wants it (handshake.go:147-186): issuer serials, keys, signatures and validity are checked,
// subjects are not.
func newCertificate(root *keys.KeyPair) (*certificate, error) {
	const serial = 1
	static, intermediate := keys.NewKeyPair(), keys.NewKeyPair()
	from, until := uint64(time.Now().Add(-24*time.Hour).Unix()), uint64(time.Now().AddDate(10, 0, 0).Unix())
	middle, err := signed(root, &waCert.CertChain_NoiseCertificate_Details{
		Serial: proto.Uint32(
			serial,
		), IssuerSerial: proto.Uint32(0), Key: intermediate.Pub[:], NotBefore: &from, NotAfter: &until,
	})
	if err != nil {
		return nil, err
	}
	leaf, err := signed(intermediate, &waCert.CertChain_NoiseCertificate_Details{
		Serial: proto.Uint32(
			serial + 1,
		), IssuerSerial: proto.Uint32(serial), Key: static.Pub[:], NotBefore: &from, NotAfter: &until,
	})
	if err != nil {
		return nil, err
	}
	chain, err := proto.Marshal(&waCert.CertChain{Intermediate: middle, Leaf: leaf})
	return &certificate{static: static, chain: chain}, err
}

func signed(
	by *keys.KeyPair,
	details *waCert.CertChain_NoiseCertificate_Details,
) (*waCert.CertChain_NoiseCertificate, error) {
	raw, err := proto.Marshal(details)
	if err != nil {
		return nil, err
	}
	signature := ecc.CalculateSignature(ecc.NewDjbECPrivateKey(*by.Priv), raw)
	return &waCert.CertChain_NoiseCertificate{Details: raw, Signature: signature[:]}, nil
}

// A cipherState encrypts or decrypts one direction: AES-256-GCM, the counter big-endian at the end
// of the nonce.
type cipherState struct {
	aead    cipher.AEAD
	counter uint32
}

func newCipherState(key []byte) (*cipherState, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &cipherState{aead: aead}, err
}

func (c *cipherState) nonce() []byte {
	nonce := make([]byte, 12)
	binary.BigEndian.PutUint32(nonce[8:], c.counter)
	c.counter++
	return nonce
}

func (c *cipherState) seal(plaintext, ad []byte) []byte {
	return c.aead.Seal(nil, c.nonce(), plaintext, ad)
}

func (c *cipherState) open(ciphertext, ad []byte) ([]byte, error) {
	return c.aead.Open(nil, c.nonce(), ciphertext, ad)
}

// A responder is the server's side of Noise_XX_25519_AESGCM_SHA256 (socket/noisehandshake.go).
type responder struct {
	hash, salt []byte
	state      *cipherState
}

// newResponder starts with the pattern itself as hash, salt and key: 32 bytes are not hashed
// (noisehandshake.go:38-51).
func newResponder(header []byte) (*responder, error) {
	pattern := []byte(socket.NoiseStartPattern)
	state, err := newCipherState(pattern)
	r := &responder{hash: pattern, salt: pattern, state: state}
	r.mixHash(header)
	return r, err
}

func (r *responder) mixHash(data []byte) {
	sum := sha256.New()
	sum.Write(r.hash)
	sum.Write(data)
	r.hash = sum.Sum(nil)
}

func (r *responder) expand(secret []byte) (first, second []byte, err error) {
	out := make([]byte, 64)
	_, err = io.ReadFull(hkdf.New(sha256.New, secret, r.salt, nil), out)
	return out[:32], out[32:], err
}

func (r *responder) mixKey(private, public []byte) error {
	secret, err := curve25519.X25519(private, public)
	if err != nil {
		return err
	}
	salt, key, err := r.expand(secret)
	if err != nil {
		return err
	}
	r.salt = salt
	r.state, err = newCipherState(key)
	return err
}

func (r *responder) seal(plaintext []byte) []byte {
	ciphertext := r.state.seal(plaintext, r.hash)
	r.mixHash(ciphertext)
	return ciphertext
}

func (r *responder) open(ciphertext []byte) ([]byte, error) {
	plaintext, err := r.state.open(ciphertext, r.hash)
	if err == nil {
		r.mixHash(ciphertext)
	}
	return plaintext, err
}

// respond runs the handshake over exchange frames (handshake.go:30-144). It returns the client's
// static key, its payload, and the two transport ciphers, which use no additional data.
func respond(
	cert *certificate,
	header []byte,
	read func() ([]byte, error),
	write func([]byte) error,
) (*handshake, error) {
	r, err := newResponder(header)
	if err != nil {
		return nil, err
	}
	hello, err := readHandshake(read)
	if err != nil {
		return nil, err
	}
	theirs := hello.GetClientHello().GetEphemeral()
	if len(theirs) != 32 {
		return nil, errors.New("client hello without an ephemeral key")
	}
	r.mixHash(theirs)
	ours := keys.NewKeyPair()
	if err := sendHello(r, cert, ours, theirs, write); err != nil {
		return nil, err
	}
	finish, err := readHandshake(read)
	if err != nil {
		return nil, err
	}
	return r.finish(ours, finish.GetClientFinish())
}

func sendHello(r *responder, cert *certificate, ours *keys.KeyPair, theirs []byte, write func([]byte) error) error {
	r.mixHash(ours.Pub[:])
	if err := r.mixKey(ours.Priv[:], theirs); err != nil {
		return err
	}
	static := r.seal(cert.static.Pub[:])
	if err := r.mixKey(cert.static.Priv[:], theirs); err != nil {
		return err
	}
	out, err := proto.Marshal(&waWa6.HandshakeMessage{ServerHello: &waWa6.HandshakeMessage_ServerHello{
		Ephemeral: ours.Pub[:], Static: static, Payload: r.seal(cert.chain),
	}})
	if err != nil {
		return err
	}
	return write(out)
}

// A handshake is what the handshake settled.
type handshake struct {
	static  [32]byte // the client's
	payload *waWa6.ClientPayload
	in, out *cipherState
}

func (r *responder) finish(ours *keys.KeyPair, m *waWa6.HandshakeMessage_ClientFinish) (*handshake, error) {
	static, err := r.open(m.GetStatic())
	if err != nil {
		return nil, fmt.Errorf("client static key: %w", err)
	}
	if len(static) != 32 {
		return nil, fmt.Errorf("client static key has %d bytes", len(static))
	}
	if err := r.mixKey(ours.Priv[:], static); err != nil {
		return nil, err
	}
	raw, err := r.open(m.GetPayload())
	if err != nil {
		return nil, fmt.Errorf("client payload: %w", err)
	}
	s := &handshake{static: [32]byte(static), payload: new(waWa6.ClientPayload)}
	if err := proto.Unmarshal(raw, s.payload); err != nil {
		return nil, err
	}
	in, out, err := r.expand(nil)
	if err != nil {
		return nil, err
	}
	if s.in, err = newCipherState(in); err != nil {
		return nil, err
	}
	s.out, err = newCipherState(out)
	return s, err
}

func readHandshake(read func() ([]byte, error)) (*waWa6.HandshakeMessage, error) {
	frame, err := read()
	if err != nil {
		return nil, err
	}
	m := new(waWa6.HandshakeMessage)
	return m, proto.Unmarshal(frame, m)
}
