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
	Format  int               `json:"format"`   // 3: with Files, 2: heads and contacts are of the copy, 0: of later
	Heads   map[string]string `json:"heads"`    // of each number's ledger, for `consent verify --head`
	SHA256  string            `json:"sha256"`   // of bot.db in the backup
	Files   map[string]string `json:"files"`    // SHA-256 of each other file in it
	Numbers map[string]int    `json:"contacts"` // of each number

	Fleet bool `json:"fleet,omitempty"` // of a database that several machines may share
}

// Backup writes the database as it is at one moment, its key and optouts.log to w, while others
// read and write. dir is an empty folder for the copy, which nobody else can read. The WhatsApp
// session is not in it: an old one is a broken one.
func (s *Store) Backup(ctx context.Context, dir string, w io.Writer, now time.Time) (m Manifest, err error) {
	copied, err := s.copyTo(ctx, dir)
	if err != nil {
		return m, err
	}
	// optouts.log comes after the database, so that it has every opt-out that the copy has.
	for _, name := range besideDatabase {
		if err := copyFile(filepath.Join(s.folder, name), filepath.Join(dir, name)); err != nil {
			return m, err
		}
	}
	if err := readableLog(filepath.Join(dir, optoutsName)); err != nil {
		return m, err
	}
	if m, err = manifest(ctx, dir, copied, now); err != nil {
		return m, err
	}
	m.Fleet = s.Shared()
	return m, pack(w, dir, m)
}

// readableLog refuses to pack a log that `restore` could not read.
func readableLog(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := readOptouts(f); err != nil {
		return fmt.Errorf("no backup was made, for nobody could restore it: %s, %w. Somebody changed that "+
			"file: take the line out, or bring the file back from a copy", optoutsName, err)
	}
	return nil
}

// besideDatabase are the other files of a backup.
var besideDatabase = []string{keyName, optoutsName}

// copyFile copies a file. A missing optouts.log counts as an empty one: nobody has opted out yet.
func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil && (filepath.Base(from) != optoutsName || !errors.Is(err, os.ErrNotExist)) {
		return err
	}
	return os.WriteFile(to, text, 0o600)
}

// copyTo copies the database as it is at one moment into a folder.
func (s *Store) copyTo(ctx context.Context, folder string) (file string, err error) {
	file = filepath.Join(folder, databaseName)
	if err := touch(file); err != nil {
		return "", err
	}
	return file, s.base.copyTo(ctx, file)
}

// Rehearsal copies the database as it is at one moment, and its key, into an empty folder, while
// others read and write, and opens the copy for a simulation: nothing that happens there is worth
// syncing.
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
	return OpenScratch(ctx, folder)
}

// Size is how many bytes the database takes on the disk. It is 0 where a server does not say.
func (s *Store) Size(ctx context.Context) (bytes uint64) {
	if s.Shared() {
		_ = s.db.QueryRowContext(ctx, "SELECT pg_database_size(current_database())").Scan(&bytes)
		return bytes
	}
	for _, name := range []string{databaseName, databaseName + "-wal"} {
		if info, err := os.Stat(filepath.Join(s.folder, name)); err == nil {
			bytes += uint64(info.Size())
		}
	}
	return bytes
}

// manifestFormat is Manifest.Format of what this program writes.
const manifestFormat = 3

// manifest describes a copy and the files beside it.
func manifest(ctx context.Context, folder, copied string, now time.Time) (m Manifest, err error) {
	m = Manifest{Made: now.UTC(), Format: manifestFormat, Heads: map[string]string{}, Numbers: map[string]int{},
		Files: map[string]string{}}
	db, err := openRaw(copied)
	if err != nil {
		return m, err
	}
	err = readerOf(ctx, db)(`
		SELECT n.name,
			COALESCE((SELECT l.hash FROM ledger l WHERE l.number = n.name ORDER BY l.seq DESC LIMIT 1), ''),
			(SELECT COUNT(*) FROM contacts c WHERE c.number = n.name)
		FROM numbers n`, nil, func(scan scanner) error {
		var name, head string
		var contacts int
		err := scan(&name, &head, &contacts)
		m.Heads[name], m.Numbers[name] = head, contacts
		return err
	})
	if err = errors.Join(err, db.Close()); err != nil {
		return m, fmt.Errorf("read the copy: %w", err)
	}
	for _, name := range besideDatabase {
		if m.Files[name], err = fileHash(filepath.Join(folder, name)); err != nil {
			return m, err
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

// pack writes the files of a folder as a tar.
func pack(w io.Writer, folder string, m Manifest) error {
	zipped := gzip.NewWriter(w)
	out := tar.NewWriter(zipped)
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	err = packText(out, manifestName, text, m.Made)
	for _, name := range append([]string{databaseName}, besideDatabase...) {
		if err != nil {
			break
		}
		err = packFile(out, name, filepath.Join(folder, name), m.Made)
	}
	return errors.Join(err, out.Close(), zipped.Close())
}

func packText(out *tar.Writer, name string, text []byte, at time.Time) error {
	if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text)), ModTime: at}); err != nil {
		return err
	}
	_, err := out.Write(text)
	return err
}

// packFile packs a file as long as it is now.
func packFile(out *tar.Writer, name, file string, at time.Time) error {
	f, err := os.Open(file)
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
		return m, unreadable("this is not a backup made by `backup`", err)
	}
	in := tar.NewReader(zipped)
	for {
		head, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return m, unreadable("the backup is damaged", err)
		}
		switch head.Name {
		case manifestName:
			if m, err = readManifest(in); err != nil {
				return m, err
			}
		case databaseName, keyName, optoutsName:
			if head.Size > maxMember[head.Name] {
				return m, fmt.Errorf("the backup is damaged: its %s has %d bytes, and at most %d are taken",
					head.Name, head.Size, maxMember[head.Name])
			}
			if err := unpackFile(in, filepath.Join(dir, head.Name), head.Size); err != nil {
				return m, err
			}
		}
	}
	if err := toTheEnd(zipped); err != nil {
		return m, err
	}
	return m, m.describes(dir)
}

// toTheEnd reads what follows the files, which is nothing but zeros, so that the check sum at the
// end of a compressed file is looked at.
func toTheEnd(zipped io.Reader) error {
	rest, err := io.ReadAll(io.LimitReader(zipped, maxRest+1))
	if err != nil {
		return unreadable("the backup is damaged", err)
	}
	if len(rest) > maxRest || len(bytes.Trim(rest, "\x00")) > 0 {
		return errors.New("the backup is damaged: something follows its files")
	}
	return nil
}

// describes compares the files of a folder with the manifest.
func (m Manifest) describes(dir string) error {
	want := map[string]string{databaseName: m.SHA256}
	if m.Format >= 3 {
		for _, name := range besideDatabase {
			want[name] = m.Files[name]
		}
	}
	for _, name := range append([]string{databaseName}, besideDatabase...) {
		sum, err := fileHash(filepath.Join(dir, name))
		if errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("the backup is damaged: it has no %s", name)
		}
		if err != nil {
			return err
		}
		if hash, known := want[name]; known && sum != hash {
			return fmt.Errorf("the backup is damaged: its %s is not the one that its manifest describes", name)
		}
	}
	return nil
}

func unpackFile(in io.Reader, file string, size int64) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("the backup is damaged: it has %s twice", filepath.Base(file))
	}
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, in, size)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return unreadable("the backup is damaged", err)
	}
	return nil
}

// ErrDamaged is what a reader of an encrypted backup wraps where that was changed or cut. Its error
// says everything: what is in the backup is not known.
var ErrDamaged = errors.New("damaged")

// unreadable says what is wrong with a backup, unless its reader has said it.
func unreadable(what string, err error) error {
	if errors.Is(err, ErrDamaged) {
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}

// ManifestOf reads what a backup says of itself, without looking at the rest.
func ManifestOf(backup io.Reader) (m Manifest, err error) {
	zipped, err := gzip.NewReader(backup)
	if err != nil {
		return m, unreadable("this is not a backup made by `backup`", err)
	}
	in := tar.NewReader(zipped)
	head, err := in.Next()
	if err == nil && head.Name != manifestName {
		err = fmt.Errorf("it begins with %q", head.Name)
	}
	if err != nil {
		return m, unreadable("this is not a backup made by `backup`", err)
	}
	return readManifest(in)
}

func readManifest(in io.Reader) (m Manifest, err error) {
	text, err := io.ReadAll(io.LimitReader(in, maxManifest+1))
	if err == nil && len(text) > maxManifest {
		err = fmt.Errorf("its manifest has more than %d bytes", maxManifest)
	}
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		return m, unreadable("the backup is damaged", err)
	}
	return m, nil
}

// maxManifest is how long a manifest may be, in bytes: 1,000 numbers need about 150,000.
const maxManifest = 1 << 20

// maxRest is how much may follow the files of a backup, in bytes: a tar ends with some empty
// blocks.
const maxRest = 1 << 20

// maxMember is how long the files in a backup may be, in bytes. A million contacts with all they
// wrote need about 4 GB.
var maxMember = map[string]int64{databaseName: 64 << 30, optoutsName: 4 << 30, keyName: 1 << 10}
