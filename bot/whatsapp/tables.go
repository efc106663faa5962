package whatsapp

import (
	"context"
	"errors"
	"log/slog"
)

// MakeTables makes a session with nothing in it, or brings one up to date: in a file, or in a shared
// database, where shared is not nil. Whoever moves a session copies rows into it. Nobody may have it
// open.
func MakeTables(ctx context.Context, number, file string, shared *SharedSession) error {
	s, err := openStore(ctx, Options{Number: number, Store: file, Shared: shared}.withDefaults(), slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return errors.Join(err, s.close())
}

// Hold lets nobody else connect or link a number whose session is in a file, until release is called.
func Hold(file, number string) (release func() error, err error) { return lockNumber(file, number) }
