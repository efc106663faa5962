package app

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"optinbot/bot/config"
	"os"
	"strings"
	"time"

	"filippo.io/age"
)

// sealedEnding is what the name of an encrypted backup ends in.
const sealedEnding = ".age"

// sealedBegins is how a file that age has encrypted begins (https://age-encryption.org/v1).
const sealedBegins = "age-encryption.org/"

// recipients are those of the command line or, where there are none, of config.yaml.
func (a *App) recipients(given []string) ([]age.Recipient, error) {
	if len(given) == 0 {
		given = a.config.Backup.Recipients
	}
	return config.ParseRecipients(given)
}

// sealed encrypts what is written to it, where there are recipients. Closing it ends that, and leaves w open.
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

// openBackup opens a backup; an encrypted one with the key of one of these files.
func openBackup(name string, identities []string) (io.ReadCloser, error) {
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
	start, err := in.Peek(len(sealedBegins))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !bytes.Equal(start, []byte(sealedBegins)) {
		return in, nil
	}
	if len(identities) == 0 {
		return nil, refuse("%s is encrypted: name the file of a key that it was encrypted for with --identity. "+
			"`optinbot backup --keygen` or age-keygen made that file, and whoever looks after the backups has it", shownPath(name))
	}
	keys, err := keysOf(identities)
	if err != nil {
		return nil, err
	}
	text, err := age.Decrypt(in, keys...)
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return nil, refuse("%s is encrypted, and not for the key in %s: name the file of another key with --identity", shownPath(name), strings.Join(identities, ", "))
	}
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", shownPath(name), err)
	}
	return text, nil
}

func keysOf(files []string) (keys []age.Identity, err error) {
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		found, err := age.ParseIdentities(bytes.NewReader(text))
		if err != nil {
			return nil, refuse("%s is not the file of a key of age: a line of it begins with AGE-SECRET-KEY-1", shownPath(file))
		}
		keys = append(keys, found...)
	}
	return keys, nil
}

// keygen makes a key, as age-keygen does, and shows its recipient. An existing file is left alone.
func (c BackupCmd) keygen(a *App) error {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(c.Keygen, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return refuse("%s is there already; name a new file", shownPath(c.Keygen))
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "# created: %s\n# public key: %s\n%s\n", a.now().Format(time.RFC3339), key.Recipient(), key)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(c.Keygen))
	}
	if c.JSON {
		return printJSON(a.out, map[string]string{"file": c.Keygen, "recipient": key.Recipient().String()})
	}
	fmt.Fprintf(a.out, `%s has the key that opens the backups. Its recipient, which encrypts them, is
%s
Put that into config.yaml, and every backup from then on is encrypted:

backup:
  recipients: [%s]

Keep %s somewhere else than on this machine, twice: only `+"`restore`"+` needs it, and without it no such backup can be opened.
`, shownPath(c.Keygen), key.Recipient(), key.Recipient(), shownPath(c.Keygen))
	return nil
}
