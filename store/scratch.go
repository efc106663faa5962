package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// OpenScratch is Open for a database that goes away with the process: nothing in it is worth
// syncing. Each conversation is played in one, so a new one begins as a copy of an empty database.
func OpenScratch(ctx context.Context, folder string) (*Store, error) {
	if fileSize(filepath.Join(folder, databaseName)) <= 0 {
		if err := startScratch(folder); err != nil {
			return nil, fmt.Errorf("make a database to play in: %w", err)
		}
	}
	return open(ctx, folder, Options{}, unsynced)
}

// startScratch puts an empty database and a key of its own into a folder.
func startScratch(folder string) error {
	empty, err := emptyDatabase()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, keyName), []byte(hex.EncodeToString(key)+"\n"), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, databaseName), empty, 0o600)
}

// emptyDatabase is the file of a database that has its tables and nothing in them. It is made once.
var emptyDatabase = sync.OnceValues(func() (file []byte, err error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection would have a database of its own
	ctx := context.Background()
	p, err := sqliteProvider(db)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, p); err != nil {
		return nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	err = conn.Raw(func(driver any) error {
		file, err = driver.(interface{ Serialize() ([]byte, error) }).Serialize()
		return err
	})
	return file, err
})
