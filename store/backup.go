package store

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// The names in a backup, which is a tar file, compressed by gzip.
const (
	manifestName = "manifest.json"
	databaseName = "bot.db"
	keyName      = "secret.key"
)

// A Manifest tells what a backup is.
type Manifest struct {
	Made    time.Time         `json:"made"`
	Heads   map[string]string `json:"heads"`    // of each number's ledger; `consent verify --head` takes one
	SHA256  string            `json:"sha256"`   // of bot.db in the backup
	Numbers map[string]int    `json:"contacts"` // of each number
}

// Backup writes the database as it is at one moment, its key and optouts.log to w, while others read and write. The WhatsApp session
// is not in it: an old one is a broken one.
func (s *Store) Backup(ctx context.Context, w io.Writer, now time.Time) (m Manifest, err error) {
	dir, err := os.MkdirTemp(s.folder, "backup-")
	if err != nil {
		return m, fmt.Errorf("make a folder for the copy: %w", err)
	}
	defer os.RemoveAll(dir)
	copied, err := s.copyTo(ctx, dir)
	if err != nil {
		return m, err
	}
	if m, err = s.manifest(ctx, copied, now); err != nil {
		return m, err
	}
	return m, pack(w, s.folder, copied, m)
}

// copyTo copies the database as it is at one moment into a folder.
func (s *Store) copyTo(ctx context.Context, folder string) (file string, err error) {
	file = filepath.Join(folder, databaseName)
	if err := touch(file); err != nil {
		return "", err
	}
	if _, err := s.db.ExecContext(ctx, "VACUUM INTO $1", file); err != nil {
		return "", fmt.Errorf("copy the database: %w", err)
	}
	return file, nil
}

// Rehearsal copies the database as it is at one moment, and its key, into an empty folder, while others read and write, and opens the
// copy for a simulation: nothing that happens there is worth syncing.
func (s *Store) Rehearsal(ctx context.Context, folder string) (*Store, error) {
	if _, err := s.copyTo(ctx, folder); err != nil {
		return nil, err
	}
	key, err := os.ReadFile(filepath.Join(s.folder, keyName))
	if err != nil {
		return nil, fmt.Errorf("read the key: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, keyName), key, 0o600); err != nil {
		return nil, err
	}
	return open(ctx, folder, Options{}, unsynced)
}

// manifest describes a copy.
func (s *Store) manifest(ctx context.Context, copied string, now time.Time) (m Manifest, err error) {
	m = Manifest{Made: now.UTC(), Heads: map[string]string{}, Numbers: map[string]int{}}
	numbers, err := s.Numbers(ctx)
	if err != nil {
		return m, err
	}
	for _, n := range numbers {
		if m.Heads[n.Name], err = s.Head(ctx, n.Name); err != nil {
			return m, err
		}
		consents, err := s.CountConsents(ctx, n.Name)
		if err != nil {
			return m, err
		}
		for _, count := range consents {
			m.Numbers[n.Name] += count
		}
	}
	m.SHA256, err = fileHash(copied)
	return m, err
}

func fileHash(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// pack writes the tar. optouts.log comes after the database was copied, so that it has every opt-out that the copy has.
func pack(w io.Writer, folder, copied string, m Manifest) error {
	zipped := gzip.NewWriter(w)
	out := tar.NewWriter(zipped)
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	err = errors.Join(
		packText(out, manifestName, text, m.Made),
		packFile(out, databaseName, copied, m.Made),
		packFile(out, keyName, filepath.Join(folder, keyName), m.Made),
		packFile(out, optoutsName, filepath.Join(folder, optoutsName), m.Made),
	)
	return errors.Join(err, out.Close(), zipped.Close())
}

func packText(out *tar.Writer, name string, text []byte, at time.Time) error {
	if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text)), ModTime: at}); err != nil {
		return err
	}
	_, err := out.Write(text)
	return err
}

// packFile packs a file as long as it is now; a missing one is empty: nobody has opted out yet.
func packFile(out *tar.Writer, name, file string, at time.Time) error {
	f, err := os.Open(file)
	if errors.Is(err, os.ErrNotExist) && name == optoutsName {
		return packText(out, name, nil, at)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size(), ModTime: at}); err != nil {
		return err
	}
	_, err = io.CopyN(out, f, info.Size())
	return err
}

// unpack writes the files of a backup into dir, which must exist, and checks that they are whole.
func unpack(r io.Reader, dir string) (m Manifest, err error) {
	zipped, err := gzip.NewReader(r)
	if err != nil {
		return m, fmt.Errorf("this is not a backup made by `backup`: %w", err)
	}
	in := tar.NewReader(zipped)
	for {
		head, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return m, fmt.Errorf("the backup is damaged: %w", err)
		}
		switch head.Name {
		case manifestName:
			var text bytes.Buffer
			if _, err := io.CopyN(&text, in, head.Size); err != nil {
				return m, fmt.Errorf("the backup is damaged: %w", err)
			}
			if err := json.Unmarshal(text.Bytes(), &m); err != nil {
				return m, fmt.Errorf("the backup is damaged: %w", err)
			}
		case databaseName, keyName, optoutsName:
			if err := unpackFile(in, filepath.Join(dir, head.Name), head.Size); err != nil {
				return m, err
			}
		}
	}
	sum, err := fileHash(filepath.Join(dir, databaseName))
	if err != nil {
		return m, fmt.Errorf("the backup has no database: %w", err)
	}
	if sum != m.SHA256 {
		return m, errors.New("the backup is damaged: its database is not the one that its manifest describes")
	}
	return m, nil
}

func unpackFile(in io.Reader, file string, size int64) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, in, size)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("the backup is damaged: %w", err)
	}
	return nil
}

// ManifestOf reads what a backup says of itself, without looking at the rest.
func ManifestOf(backup io.Reader) (m Manifest, err error) {
	zipped, err := gzip.NewReader(backup)
	if err != nil {
		return m, fmt.Errorf("this is not a backup made by `backup`: %w", err)
	}
	in := tar.NewReader(zipped)
	head, err := in.Next()
	if err == nil && head.Name != manifestName {
		err = fmt.Errorf("it begins with %q", head.Name)
	}
	if err != nil {
		return m, fmt.Errorf("this is not a backup made by `backup`: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(in, maxManifest))
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		return m, fmt.Errorf("the backup is damaged: %w", err)
	}
	return m, nil
}

// maxManifest is how long a manifest may be, in bytes: 1,000 numbers need about 150,000.
const maxManifest = 1 << 20
