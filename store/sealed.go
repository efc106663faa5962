package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

// sealSecret encrypts a secret that has to be read again, so that the database alone, such as in a
// backup whose secret.key lies elsewhere, does not have it.
func (k hashKey) sealSecret(secret string) (string, error) {
	box, err := k.box()
	if err != nil {
		return "", err
	}
	nonce := make([]byte, box.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(box.Seal(nonce, nonce, []byte(secret), nil)), nil
}

// openSecret decrypts what sealSecret has encrypted. Of nothing it makes nothing.
func (k hashKey) openSecret(sealed string) (string, error) {
	if sealed == "" {
		return "", nil
	}
	box, err := k.box()
	if err != nil {
		return "", err
	}
	text, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(text) < box.NonceSize() {
		return "", errors.New("a secret in the database is damaged")
	}
	secret, err := box.Open(nil, text[:box.NonceSize()], text[box.NonceSize():], nil)
	if err != nil {
		return "", fmt.Errorf("a secret in the database cannot be decrypted by secret.key: %w", err)
	}
	return string(secret), nil
}

// box is what encrypts, with a key of its own made from the store's.
func (k hashKey) box() (cipher.AEAD, error) {
	mac := hmac.New(sha256.New, k)
	mac.Write([]byte("secrets that are read again"))
	block, err := aes.NewCipher(mac.Sum(nil))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
