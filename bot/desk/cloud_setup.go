package desk

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"optinbot/bot/config"
)

// A CloudSetup is what somebody who puts a number on the Cloud API has from Meta.
type CloudSetup struct {
	PhoneNumberID, WABA string
	Token, AppSecret    string
}

// TakePhoneNumberID takes the ID of the phone number.
func (s *CloudSetup) TakePhoneNumberID(typed string) error { return takeID(&s.PhoneNumberID, typed) }

// TakeWABA takes the ID of the WhatsApp Business account.
func (s *CloudSetup) TakeWABA(typed string) error { return takeID(&s.WABA, typed) }

func takeID(to *string, typed string) error {
	if typed == "" || strings.Trim(typed, "0123456789") != "" {
		return Refuse("that is no ID: it has only digits. A phone has another")
	}
	*to = typed
	return nil
}

// TakeTokenFile reads the access token from a file.
func (s *CloudSetup) TakeTokenFile(file string) error { return takeSecret(&s.Token, file) }

// TakeAppSecretFile reads the app's secret from a file.
func (s *CloudSetup) TakeAppSecretFile(file string) error { return takeSecret(&s.AppSecret, file) }

func takeSecret(to *string, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return Refuse("the file cannot be read. Write the secret into a file, and give its name here")
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, 1<<14))
	secret := strings.TrimSpace(string(content))
	if err != nil || secret == "" || strings.ContainsAny(secret, " \t\r\n") {
		return Refuse("the file does not have the secret alone, in one line")
	}
	*to = secret
	return nil
}

// SetUpCloud puts a number on the Cloud API in config.yaml, and its secrets into files of the data
// folder that only their owner can read. The number is linked when LinkCloud says so, in a program that
// has read config.yaml since. tell is told of each check at Meta. It is refused, and changes nothing,
// where Meta says that something has to be done first, where config.yaml has the number on the Cloud
// API already, and while another process has the number. It may be repeated after an error.
func (d *Desk) SetUpCloud(ctx context.Context, number string, s CloudSetup, tell func(Finding)) (err error) {
	ctx, end, err := d.beginNamed(ctx, ActLinkNumber, number, "link setup")
	if err != nil {
		return err
	}
	defer func() { end(err) }()
	n, row, err := d.numberRow(ctx, number)
	switch {
	case err != nil:
		return err
	case n.OnCloud():
		return Refuse("number %s is on the Cloud API already: `optinbot link` links it", n.Name)
	case d.Sessions.InUse(n.Name):
		return served(n.Name)
	case d.Cloud == nil:
		return Refuse("nobody can ask Meta here")
	}
	n.Transport, n.Cloud = config.TransportCloud, config.CloudNumber{PhoneNumberID: s.PhoneNumberID, WABA: s.WABA}
	secrets := config.CloudSecrets{Token: s.Token, AppSecret: s.AppSecret, VerifyToken: d.verifyToken()}
	look := &cloudLook{o: d.Options, n: n, tell: tell}
	account, err := d.Cloud(n, secrets)
	if err != nil {
		return Refuse("%v", err)
	}
	defer func() { _ = account.Close() }()
	if look.token(ctx, account) {
		look.account = account
		look.number(ctx)
		look.owner(ctx)
	}
	if look.phone == "" || look.portfolio == "" {
		return Refuse("number %s is not on the Cloud API yet", n.Name)
	}
	if err := row.MayLink(look.phone); err != nil {
		return refusedPhone(err)
	}
	return d.writeCloud(&n, secrets)
}

// verifyToken are words that nobody guesses.
func (d *Desk) verifyToken() string {
	random := d.Random
	if random == nil {
		random = rand.Reader
	}
	words := make([]byte, 20)
	if _, err := io.ReadFull(random, words); err != nil {
		panic(err) // the system's never fails
	}
	return strings.ToLower(base32.StdEncoding.EncodeToString(words))
}

// writeCloud writes the secrets, and then config.yaml: a number that it names has its files. After an
// error the files are as they were.
func (d *Desk) writeCloud(n *config.Number, secrets config.CloudSecrets) (err error) {
	var takeBack []func() error
	defer func() {
		for _, restore := range takeBack {
			if err != nil {
				err = errors.Join(err, restore())
			}
		}
	}()
	for _, s := range []struct {
		name, content string
		to            *string
	}{
		{"token", secrets.Token, &n.Cloud.TokenFile}, {"app-secret", secrets.AppSecret, &n.Cloud.AppSecretFile},
		{"verify-token", secrets.VerifyToken, &n.Cloud.VerifyTokenFile},
	} {
		*s.to = filepath.ToSlash(filepath.Join(d.Config.Data, "cloud-"+n.Name+"."+s.name))
		file := d.Config.Path(*s.to)
		before, unread := os.ReadFile(file)
		takeBack = append(takeBack, func() error {
			if unread != nil {
				return os.RemoveAll(file) // no error where it was not written
			}
			return os.WriteFile(file, before, 0o600)
		})
		if unread != nil && !errors.Is(unread, fs.ErrNotExist) {
			takeBack = takeBack[:len(takeBack)-1] // whatever lies there is not ours
			return unread
		}
		if err := os.WriteFile(file, []byte(s.content+"\n"), 0o600); err != nil {
			return err
		}
		if err := os.Chmod(file, 0o600); err != nil { // it may have been there
			return err
		}
	}
	return d.Config.PutOnCloud(*n)
}
