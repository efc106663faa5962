package desk

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// The cost of a guess, as OWASP has it for argon2id: 64 ms and 19 MiB. Two at a time, so that a flood
// of guesses takes neither the memory nor the processor from the bot.
const (
	hashMemory  = 19 * 1024 // KiB
	hashTime    = 2
	hashThreads = 1
	hashLength  = 32
	hashSalt    = 16
	hashAtOnce  = 2
)

// Bounds of a password. The longest keeps somebody from letting us hash a book.
const (
	minPassword = 12  // characters
	maxPassword = 256 // bytes
)

// fitPassword says what is wrong with a password that somebody chooses.
func fitPassword(name, password string) error {
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		return Refuse("a password has at least %d characters: a few words are easy to keep", minPassword)
	case len(password) > maxPassword:
		return Refuse("a password has at most %d characters", maxPassword)
	case password == name:
		return Refuse("your name is no password")
	}
	return nil
}

// hashPassword is how a password is kept, in the form of PHC.
func (d *Desk) hashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, hashSalt)
	if _, err := io.ReadFull(d.random(), salt); err != nil {
		return "", err
	}
	sum, err := d.argon(ctx, password, salt)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemory, hashTime, hashThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum)), err
}

// isPassword reports whether a password is the one that is kept. Where none is kept ("") it takes as
// long to say no.
func (d *Desk) isPassword(ctx context.Context, kept, password string) (bool, error) {
	if len(password) > maxPassword {
		password = "" // nobody has that one
	}
	salt, want := make([]byte, hashSalt), make([]byte, hashLength)
	if kept != "" {
		var version, memory, time, threads int
		var rest string
		if _, err := fmt.Sscanf(kept, "$argon2id$v=%d$m=%d,t=%d,p=%d$%s", &version, &memory, &time, &threads, &rest); err != nil {
			return false, errDamagedPassword
		}
		if version != argon2.Version || memory != hashMemory || time != hashTime || threads != hashThreads {
			return false, errDamagedPassword
		}
		var err error
		if salt, want, err = splitHash(rest); err != nil {
			return false, err
		}
	}
	got, err := d.argon(ctx, password, salt)
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1 && kept != "" && password != "", err
}

var errDamagedPassword = errors.New("a password in the database is damaged: `optinbot operator reset` gives a new link")

// splitHash reads SALT$HASH.
func splitHash(text string) (salt, sum []byte, err error) {
	for i := range text {
		if text[i] != '$' {
			continue
		}
		salt, err = base64.RawStdEncoding.DecodeString(text[:i])
		if err == nil {
			sum, err = base64.RawStdEncoding.DecodeString(text[i+1:])
		}
		if err == nil && len(sum) == hashLength {
			return salt, sum, nil
		}
	}
	return nil, nil, errDamagedPassword
}

// argon waits for its turn and hashes.
func (d *Desk) argon(ctx context.Context, password string, salt []byte) ([]byte, error) {
	select {
	case d.doors.hashing <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() {
		if <-d.doors.hashing; len(d.doors.hashing) == 0 {
			debug.FreeOSMemory() // the process would keep what a hash takes, several times over, for minutes
		}
	}()
	d.doors.hashed.Add(1)
	return argon2.IDKey([]byte(password), salt, hashTime, hashMemory, hashThreads, hashLength), nil
}
