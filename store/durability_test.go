package store

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"
)

// Every connection, the writer's too, has the settings on which "an acknowledged 2 is never lost"
// rests.
func TestPragmas(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	connections := []*sql.Conn{s.base.(*sqliteDatabase).conn}
	for range 3 {
		c, err := s.db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		connections = append(connections, c)
	}
	for _, c := range connections {
		for pragma, want := range map[string]string{
			"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000", "secure_delete": "1",
		} {
			var got string
			if err := c.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s is %q, want %q (%v)", pragma, got, want, err)
			}
		}
	}
}

func TestMigrationsMayRunAgain(t *testing.T) {
	dir := t.TempDir()
	for range 3 {
		s, err := Open(t.Context(), dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.base.provider(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := migrate(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		if err := s.EnsureNumber(t.Context(), "shop", "brand", "flow"); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// At every statement of a write the files are copied, as a crash of the whole machine would leave
// them at that moment: the copy opens, and has all of the write or nothing.
func TestImageAtEveryStatement(t *testing.T) {
	dir, images := t.TempDir(), t.TempDir()
	n := 0
	s, err := Open(t.Context(), dir, Options{Faults: func(string) error {
		n++
		return copyFiles(dir, filepath.Join(images, string(rune('a'+n))))
	}})
	if err != nil {
		t.Fatal(err)
	}
	err = s.write(t.Context(), everyNumber, func(x *tx) error {
		for _, name := range []string{"one", "two", "three"} {
			if err := x.exec("INSERT INTO numbers (name) VALUES ($1)", name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := copyFiles(dir, filepath.Join(images, "z")); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	folders, err := os.ReadDir(images)
	if err != nil || len(folders) != 6 {
		t.Fatalf("%d images (%v), want one for BEGIN, each INSERT, COMMIT and the end", len(folders), err)
	}
	for _, f := range folders {
		want := 0
		if f.Name() == "z" {
			want = 3
		}
		if got := numbersIn(t.Context(), t, filepath.Join(images, f.Name())); got != want {
			t.Errorf("image %s has %d numbers, want %d", f.Name(), got, want)
		}
	}
}

func copyFiles(from, to string) error {
	if err := os.Mkdir(to, 0o700); err != nil {
		return err
	}
	for _, name := range []string{"bot.db", "bot.db-wal", "secret.key"} {
		b, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, name), b, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func numbersIn(ctx context.Context, t *testing.T, dir string) int {
	t.Helper()
	s, err := Open(ctx, dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	all, err := s.Numbers(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}
