package storetest

import (
	"context"
	"os"

	"optinbot/store"
)

// PostgresTables makes the tables of a database that has no key yet.
func PostgresTables(url string) error {
	dir, err := os.MkdirTemp("", "optinbot")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := store.Open(context.Background(), dir, store.Options{URL: url})
	if err != nil {
		return err
	}
	return s.Close()
}
