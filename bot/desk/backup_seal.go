package desk

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"filippo.io/age"

	"optinbot/store"
)

// sealedEnding is what the name of an encrypted backup ends in.
const sealedEnding = ".age"

// SealedBegins is how a file that age has encrypted begins (https://age-encryption.org/v1).
const SealedBegins = "age-encryption.org/"

// sealed encrypts what is written to it, where there are recipients. Closing it ends that, and
// leaves w open.
func sealed(w io.Writer, to []age.Recipient) (io.WriteCloser, error) {
	if len(to) == 0 {
		return plainWriter{w}, nil
	}
	return age.Encrypt(w, to...)
}

type plainWriter struct{ io.Writer }

func (plainWriter) Close() error { return nil }

// An openedBackup is a backup to be read, decrypted.
type openedBackup struct {
	io.Reader
	file *os.File
}

func (b openedBackup) Close() error { return b.file.Close() }

// BackupHeads returns the head of each number's ledger, as a backup has them. It is nil where no
// backup is named. It refuses what OpenBackup does, and what is no backup.
func BackupHeads(name string, identities []string) (byNumber map[string]string, err error) {
	if name == "" {
		return nil, nil
	}
	f, err := OpenBackup(name, identities)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := store.ManifestOf(f)
	if err != nil {
		return nil, err
	}
	return m.Heads, nil
}

// OpenBackup opens a backup, and an encrypted one with the key of one of these files. Without the
// right key it is refused.
func OpenBackup(name string, identities []string) (io.ReadCloser, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	text, err := unsealed(bufio.NewReader(f), name, identities)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return openedBackup{text, f}, nil
}

func unsealed(in *bufio.Reader, name string, identities []string) (io.Reader, error) {
	start, err := in.Peek(len(SealedBegins))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !bytes.Equal(start, []byte(SealedBegins)) {
		return in, nil
	}
	if len(identities) == 0 {
		return nil, Refuse("%s is encrypted: name the file of a key that it was encrypted for with --identity. "+
			"`optinbot backup --keygen` or age-keygen made that file, and whoever looks after the backups has it",
			ShownPath(name))
	}
	keys, err := keysOf(identities)
	if err != nil {
		return nil, err
	}
	text, err := age.Decrypt(in, keys...)
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return nil, Refuse("%s is encrypted, and not for the key in %s: name the file of another key with --identity",
			ShownPath(name), strings.Join(identities, ", "))
	}
	if err != nil {
		return nil, damagedSeal(name, err)
	}
	return sealedText{text, name}, nil
}

// A sealedText is what an encrypted backup holds. age proves each piece of it while it is read.
type sealedText struct {
	io.Reader
	name string
}

func (t sealedText) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = damagedSeal(t.name, err)
	}
	return n, err
}

// damagedSeal says that an encrypted backup was changed or cut after it was made.
func damagedSeal(name string, err error) error {
	return fmt.Errorf("%s is %w: it was changed or cut after it was made (%v); take another backup",
		ShownPath(name), store.ErrDamaged, err)
}

func keysOf(files []string) (keys []age.Identity, err error) {
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		found, err := age.ParseIdentities(bytes.NewReader(text))
		if err != nil {
			return nil, Refuse("%s is not the file of a key of age: a line of it begins with AGE-SECRET-KEY-1",
				ShownPath(file))
		}
		keys = append(keys, found...)
	}
	return keys, nil
}

// A backupKey is a new key for encrypted backups.
type backupKey struct {
	File      string `json:"file"`      // which holds the key
	Recipient string `json:"recipient"` // which encrypts backups that the key opens
}

// MakeBackupKey makes a key, as age-keygen does, in a new file that only its owner can read. An
// existing file is left alone, and that is refused.
func MakeBackupKey(file string, now time.Time) (made backupKey, err error) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return made, err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return made, Refuse("%s is there already; name a new file", ShownPath(file))
	}
	if err != nil {
		return made, err
	}
	content := fmt.Sprintf("# created: %s\n# public key: %s\n%s\n", now.Format(time.RFC3339), key.Recipient(), key)
	_, err = f.WriteString(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return made, errors.Join(err, os.Remove(file))
	}
	return backupKey{File: file, Recipient: key.Recipient().String()}, nil
}
