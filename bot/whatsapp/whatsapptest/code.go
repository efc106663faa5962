package whatsapptest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/hkdfutil"
	"go.mau.fi/whatsmeow/util/keys"
	"golang.org/x/crypto/curve25519"
	"golang.org/x/crypto/pbkdf2"
)

// codeRounds is how often the code is hashed into a key (pair-code.go:69).
const codeRounds = 2 << 16

// A codePairing is a client that shows an eight-character code for a phone to type.
type codePairing struct {
	ref       string
	jid       types.JID // the phone the client named
	wrapped   []byte    // the client's ephemeral key, under the code
	ephemeral *keys.KeyPair
	theirs    []byte // the client's ephemeral key, once the code is known
}

// handleCode takes the two requests of linking by code (pair-code.go:110-135, 229-246).
func (c *conn) handleCode(n *waBinary.Node) []waBinary.Node {
	reg, ok := n.GetOptionalChildByTag("link_code_companion_reg")
	if !ok || c.pairing == nil {
		return nil
	}
	switch textOf(&reg, "stage") {
	case "companion_hello":
		return c.codeHello(&reg)
	case "companion_finish":
		return c.codeFinish(&reg)
	}
	return nil
}

func (c *conn) codeHello(reg *waBinary.Node) []waBinary.Node {
	code := &codePairing{
		ref: newRef(), jid: jidOf(reg, "jid"), ephemeral: keys.NewKeyPair(),
		wrapped: contentOf(reg.GetChildByTag("link_code_pairing_wrapped_companion_ephemeral_pub")),
	}
	c.srv.mu.Lock()
	c.pairing.code = code
	c.srv.mu.Unlock()
	c.srv.changed.Ring()
	return []waBinary.Node{{Tag: "link_code_companion_reg", Content: []waBinary.Node{
		{Tag: "link_code_pairing_ref", Content: []byte(code.ref)},
	}}}
}

// EnterCode types the code that a client shows for this phone's number. The dash does not matter. A
// wrong code is noticed only later, when the client's keys do not open: then nothing happens, and
// the client may ask for another code.
func (p *Phone) EnterCode(code string) error {
	code = strings.ToUpper(strings.ReplaceAll(code, "-", ""))
	pairing, waiting := p.codePairing()
	if pairing == nil {
		return fmt.Errorf("whatsapptest: no client shows a code for %s", p.Number())
	}
	theirs, err := unwrapKey(code, waiting.wrapped)
	if err != nil {
		return err
	}
	ours, err := wrapKey(code, waiting.ephemeral.Pub[:])
	if err != nil {
		return err
	}
	p.srv.mu.Lock()
	waiting.theirs = theirs
	p.srv.mu.Unlock()
	return pairing.conn.send(waBinary.Node{Tag: "notification", Attrs: waBinary.Attrs{
		"from": types.ServerJID, "type": "link_code_companion_reg", "id": pairing.conn.nextID(), "t": p.srv.stamp(),
	}, Content: []waBinary.Node{{Tag: "link_code_companion_reg", Content: []waBinary.Node{
		{Tag: "link_code_pairing_ref", Content: []byte(waiting.ref)},
		{Tag: "link_code_pairing_wrapped_primary_ephemeral_pub", Content: ours},
		{Tag: "primary_identity_pub", Content: p.party.identity.Pub[:]},
	}}}})
}

// codePairing finds the client that shows a code for this phone.
func (p *Phone) codePairing() (*pairing, *codePairing) {
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	for _, pairing := range p.srv.pairings {
		if pairing.code != nil && pairing.code.jid.User == p.jid.User {
			return pairing, pairing.code
		}
	}
	return nil, nil
}

// codeFinish opens the client's keys and links it (pair-code.go:204-247).
func (c *conn) codeFinish(reg *waBinary.Node) []waBinary.Node {
	c.srv.mu.Lock()
	code := c.pairing.code
	c.srv.mu.Unlock()
	if code == nil || code.ref != string(contentOf(reg.GetChildByTag("link_code_pairing_ref"))) {
		return iqError(400, "bad-request")
	}
	p := c.srv.findPhone(code.jid)
	if p == nil {
		return iqError(404, "item-not-found")
	}
	identity, secret, err := code.open(p, reg)
	if err != nil {
		return iqError(401, "not-authorized")
	}
	c.srv.wg.Go(func() { _ = p.adopt(c.pairing, identity, secret) })
	return nil
}

// open opens the bundle with the two identities and the random part of the secret
// (pair-code.go:206-227).
func (code *codePairing) open(p *Phone, reg *waBinary.Node) (identity [32]byte, secret []byte, err error) {
	wrapped := contentOf(reg.GetChildByTag("link_code_pairing_wrapped_key_bundle"))
	theirIdentity := contentOf(reg.GetChildByTag("companion_identity_public"))
	if len(wrapped) < 32+12 || len(theirIdentity) != 32 {
		return identity, nil, errors.New("short bundle")
	}
	shared, err := curve25519.X25519(code.ephemeral.Priv[:], code.theirs)
	if err != nil {
		return identity, nil, err
	}
	state, err := newCipherState(
		hkdfutil.SHA256(shared, wrapped[:32], []byte("link_code_pairing_key_bundle_encryption_key"), 32),
	)
	if err != nil {
		return identity, nil, err
	}
	bundle, err := state.aead.Open(nil, wrapped[32:44], wrapped[44:], nil)
	if err != nil || len(bundle) != 96 {
		return identity, nil, errors.New("the code was wrong")
	}
	sharedIdentity, err := curve25519.X25519(p.party.identity.Priv[:], theirIdentity)
	if err != nil {
		return identity, nil, err
	}
	input := slices.Concat(shared, sharedIdentity, bundle[64:96])
	return [32]byte(theirIdentity), hkdfutil.SHA256(input, nil, []byte("adv_secret"), 32), nil
}

// wrapKey encrypts a key under the code: salt, IV, and the key by AES-CTR (pair-code.go:63-78).
func wrapKey(code string, key []byte) ([]byte, error) {
	out := make([]byte, 80)
	_, _ = rand.Read(out[:48])
	copy(out[48:], key)
	return out, codeCipher(code, out)
}

func unwrapKey(code string, wrapped []byte) ([]byte, error) {
	if len(wrapped) != 80 {
		return nil, fmt.Errorf("whatsapptest: wrapped key of %d bytes", len(wrapped))
	}
	out := slices.Clone(wrapped)
	err := codeCipher(code, out)
	return out[48:], err
}

func codeCipher(code string, wrapped []byte) error {
	block, err := aes.NewCipher(pbkdf2.Key([]byte(code), wrapped[:32], codeRounds, 32, sha256.New))
	if err != nil {
		return err
	}
	cipher.NewCTR(block, wrapped[32:48]).XORKeyStream(wrapped[48:], wrapped[48:])
	return nil
}
