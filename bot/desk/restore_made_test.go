package desk_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk/desktest"
	"optinbot/store"
)

// monday is a shop whose backup was made on Monday; on Tuesday Ana left, Ben was erased, Carla stayed, and Dora opted out by letter.
func monday(t *testing.T) (s *shop, backup []byte) {
	t.Helper()
	s = shopOf(t, desktest.Setup{Config: oneNumber})
	do := func(lines ...string) {
		t.Helper()
		for _, line := range lines {
			must(t, s.Do(line))
		}
	}
	do("Ana +5511900000001 lid:71 > quero promoções", "Ben +447700900002 lid:72 > I want promotions", "Carla +525555010003 > quiero promociones",
		"Ana > A", "Ben > A", "Carla > A", "Ana > A", "Ben > A", "Carla > A", "optout +4915100000009", "+1h")
	var out bytes.Buffer
	_, err := s.Store.Backup(s.Ctx, t.TempDir(), &out, s.World.Now())
	must(t, err)
	do("+24h", "Ana > 2", "optout +4915100000004")
	erased, err := s.Store.Erase(s.Ctx, []bot.Identity{{Kind: bot.Phone, Value: "+447700900002"}}, s.Envs)
	must(t, err)
	if len(erased) != 1 {
		t.Fatalf("erased %d", len(erased))
	}
	return s, out.Bytes()
}

// restoredHere restores into an empty folder, with or without the log, and opens what is there.
func restoredHere(t *testing.T, s *shop, backup []byte, log string) (*store.Store, store.Restored, string) {
	t.Helper()
	folder := t.TempDir()
	r, err := store.Restore(s.Ctx, folder, bytes.NewReader(backup), log, s.Envs, s.World.Now())
	must(t, err)
	again, err := store.Open(s.Ctx, folder, store.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, again.Close()) })
	return again, r, folder
}

func consentOf(t *testing.T, s *store.Store, phone string) bot.Consent {
	t.Helper()
	c, err := s.Contact(t.Context(), "main", phone)
	must(t, err)
	if c == nil {
		return ""
	}
	return c.Consent
}

// unzipped is what gzip has packed, with its check sum and its end looked at.
func unzipped(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// another exchanges one file of a backup.
func another(file, content string) func(string, []byte) []byte {
	return func(name string, text []byte) []byte {
		if name == file {
			return []byte(content)
		}
		return text
	}
}

// packedAs is a backup that claims one file, and goes on with what is given.
func packedAs(t *testing.T, head *tar.Header, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	packed := gzip.NewWriter(&out)
	to := tar.NewWriter(packed)
	if head != nil {
		head.Mode = 0o600
		must(t, to.WriteHeader(head))
	} else {
		must(t, to.Close())
	}
	_, err := packed.Write(content)
	must(t, errors.Join(err, packed.Close()))
	return out.Bytes()
}

// repacked is a backup whose files somebody changed, with a manifest that fits.
func repacked(t *testing.T, backup []byte, change func(name string, text []byte) []byte) []byte {
	t.Helper()
	zipped, err := gzip.NewReader(bytes.NewReader(backup))
	must(t, err)
	files, names := map[string][]byte{}, []string{}
	for in := tar.NewReader(zipped); ; {
		head, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		text, err := io.ReadAll(in)
		must(t, err)
		names, files[head.Name] = append(names, head.Name), change(head.Name, text)
	}
	var m map[string]any
	must(t, json.Unmarshal(files["manifest.json"], &m))
	m["sha256"] = fmt.Sprintf("%x", sha256.Sum256(files["bot.db"]))
	padding := files["manifest.json"][bytes.LastIndexByte(files["manifest.json"], '}')+1:]
	files["manifest.json"], err = json.Marshal(m)
	must(t, err)
	files["manifest.json"] = append(files["manifest.json"], padding...)
	var out bytes.Buffer
	packed := gzip.NewWriter(&out)
	to := tar.NewWriter(packed)
	for _, name := range names {
		must(t, to.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(files[name]))}))
		_, err := to.Write(files[name])
		must(t, err)
	}
	must(t, errors.Join(to.Close(), packed.Close()))
	return out.Bytes()
}

// doctored is a backup in whose database somebody wrote.
func doctored(t *testing.T, backup []byte, statements string) []byte {
	t.Helper()
	return repacked(t, backup, func(name string, text []byte) []byte {
		if name != "bot.db" {
			return text
		}
		file := filepath.Join(t.TempDir(), name)
		must(t, os.WriteFile(file, text, 0o600))
		db, err := sql.Open("sqlite", file)
		must(t, err)
		_, err = db.Exec(statements)
		must(t, errors.Join(err, db.Close()))
		return readAll(t, file)
	})
}

// scribbled breaks pages of the database.
func scribbled(name string, text []byte) []byte {
	if name == "bot.db" {
		for i := len(text) / 4; i < len(text)/2; i++ {
			text[i] ^= 0x5a
		}
	}
	return text
}

func padded(name string, text []byte) []byte {
	if name == "manifest.json" {
		text = append(text, bytes.Repeat([]byte(" "), 2<<20)...)
	}
	return text
}

// twice is a backup with a second database in it.
func twice(t *testing.T, backup []byte) []byte {
	t.Helper()
	zipped, err := gzip.NewReader(bytes.NewReader(backup))
	must(t, err)
	text, err := io.ReadAll(zipped)
	must(t, err)
	var out bytes.Buffer
	packed := gzip.NewWriter(&out)
	_, err = packed.Write(text[:len(text)-1024]) // a tar ends with two empty blocks
	must(t, err)
	to := tar.NewWriter(packed)
	must(t, to.WriteHeader(&tar.Header{Name: "bot.db", Mode: 0o600, Size: 1}))
	_, err = to.Write([]byte("x"))
	must(t, errors.Join(err, to.Close(), packed.Close()))
	return out.Bytes()
}
