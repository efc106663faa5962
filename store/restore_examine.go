package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Head is the end of one number's ledger in a backup.
type Head struct {
	Number string `json:"number"`
	Head   string `json:"head"`            // hash of the last entry, "" where there is none
	Noted  string `json:"noted,omitempty"` // what the backup's manifest says, where that is another
}

// errDoubtful is what Restore says of a backup that somebody may have changed.
var errDoubtful = errors.New("the backup does not hold together: it is damaged, or somebody changed it; take " +
	"another one")

// examine looks whether the database that was unpacked into dir is one that this program made,
// before anything in it is used: nothing in it but our tables, a file that SQLite finds whole,
// chains that hold and contacts that agree with them. Whoever can write a file can also write a
// manifest that fits, so the heads are for the operator to compare with one that was noted
// elsewhere.
func examine(ctx context.Context, dir string, m Manifest) (heads []Head, err error) {
	if err := examineFile(ctx, filepath.Join(dir, databaseName)); err != nil {
		return nil, err
	}
	s, err := Open(ctx, dir, Options{})
	if err != nil {
		return nil, err
	}
	heads, err = s.examine(ctx, dir, m)
	return heads, errors.Join(err, s.Close())
}

// openRaw opens a database file as it is, to be read.
func openRaw(file string) (*sql.DB, error) {
	path := (&url.URL{Path: filepath.ToSlash(file)}).EscapedPath()
	return sql.Open("sqlite", "file:"+path+"?mode=ro&_pragma=trusted_schema(0)")
}

// examineFile looks at the file before the program writes to it: a trigger or a view would act
// then.
func examineFile(ctx context.Context, file string) error {
	db, err := openRaw(file)
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := collect(readerOf(ctx, db), func(scan scanner) (acts [3]string, err error) {
		err = scan(&acts[0], &acts[1], &acts[2])
		return acts, err
	}, `
		SELECT type, name, COALESCE(sql, '')
		FROM sqlite_master
		WHERE type NOT IN ('table', 'index')`)
	if err != nil {
		return fmt.Errorf("%w: %w", errDoubtful, err)
	}
	for _, acts := range rows {
		kind, name, text := acts[0], acts[1], acts[2]
		ours, err := ourTrigger(kind, text)
		if err != nil {
			return err
		}
		if !ours {
			return fmt.Errorf("%w: there is a %s in it, %q, which is not ours", errDoubtful, kind, name)
		}
	}
	var says string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&says); err != nil || says != "ok" {
		return fmt.Errorf("%w: %w", errDoubtful, errors.Join(err, errors.New(says)))
	}
	return nil
}

// ourTrigger reports whether a migration makes a trigger, word for word.
func ourTrigger(kind, text string) (bool, error) {
	if kind != "trigger" || !strings.HasPrefix(text, "CREATE TRIGGER ") || !strings.HasSuffix(text, "END") {
		return false, nil
	}
	files, err := migrations.ReadDir("migrate")
	if err != nil {
		return false, err
	}
	for _, file := range files {
		made, err := migrations.ReadFile("migrate/" + file.Name())
		if err != nil {
			return false, err
		}
		if strings.Contains(string(made), text) {
			return true, nil
		}
	}
	return false, nil
}

func (s *Store) examine(ctx context.Context, dir string, m Manifest) ([]Head, error) {
	if err := s.sameSchema(ctx, dir); err != nil {
		return nil, err
	}
	numbers, err := s.Numbers(ctx)
	if err != nil {
		return nil, err
	}
	var heads []Head
	for _, n := range numbers {
		v, err := s.verifyChain(ctx, n.Name, "")
		if err == nil {
			err = s.verifyContacts(ctx, &v)
		}
		if err != nil {
			return nil, err
		}
		if !v.Holds() {
			return nil, fmt.Errorf("%w: number %s: %s", errDoubtful, n.Name,
				strings.Join(v.Problems[:min(3, len(v.Problems))], "; "))
		}
		head := Head{Number: n.Name, Head: v.Head}
		if noted := m.Heads[n.Name]; noted != v.Head {
			if head.Noted = noted; m.Format >= 2 {
				return nil, fmt.Errorf("%w: the ledger of %s ends with %q, and the manifest says %q", errDoubtful,
					n.Name, v.Head, noted)
			}
		}
		heads = append(heads, head)
	}
	return heads, nil
}

// sameSchema compares the tables and indexes with those of a new database.
func (s *Store) sameSchema(ctx context.Context, dir string) error {
	fresh, err := os.MkdirTemp(dir, "schema-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	n, err := open(ctx, fresh, Options{}, unsynced)
	if err != nil {
		return err
	}
	want, err := n.schema(ctx)
	if err = errors.Join(err, n.Close()); err != nil {
		return err
	}
	got, err := s.schema(ctx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if got[name] != want[name] {
			return fmt.Errorf("%w: %q in it is not as this program makes it", errDoubtful, name)
		}
		delete(want, name)
	}
	if len(want) > 0 {
		return fmt.Errorf("%w: %q is missing", errDoubtful, slices.Sorted(maps.Keys(want))[0])
	}
	return nil
}

// schema returns how each table and index is made.
func (s *Store) schema(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	err := s.query(ctx)(`
		SELECT type, name, COALESCE(sql, '')
		FROM sqlite_master
		WHERE name NOT LIKE 'sqlite_stat%'`, nil, func(scan scanner) error {
		var kind, name, sql string
		err := scan(&kind, &name, &sql)
		out[kind+" "+name] = sql
		return err
	})
	return out, err
}
