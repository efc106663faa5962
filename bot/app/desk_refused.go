package app

import (
	"errors"
	"fmt"

	"optinbot/store"
)

// errRefused marks an error after which nothing was changed because somebody has to decide first.
var errRefused = errors.New("nothing was changed")

// errNotFound marks an error about something or somebody that does not exist.
var errNotFound = errors.New("not found")

// refuse says why nothing was changed.
func refuse(format string, args ...any) error {
	return fmt.Errorf("%w; %s", errRefused, fmt.Sprintf(format, args...))
}

// notFound says what does not exist.
func notFound(format string, args ...any) error { return missing{fmt.Errorf(format, args...)} }

// A missing error is about something or somebody that does not exist. Its text is that of the error.
type missing struct{ error }

func (e missing) Unwrap() error { return e.error }

// Is reports whether target is errNotFound.
func (e missing) Is(target error) bool { return target == errNotFound }

// A misused error is about what was asked for, such as a number that the configuration does not have: nothing was changed. Its text is
// that of the error.
type misused struct{ error }

func (e misused) Unwrap() error { return e.error }

// Is reports whether target is errRefused.
func (e misused) Is(target error) bool { return target == errRefused }

// A misconfigured error comes from what the operator has written: config.yaml, the environment, a file that they name. It stays until
// that is changed.
type misconfigured struct{ error }

func (e misconfigured) Unwrap() error { return e.error }

// fileFirst reports whether an error stays, however often `run` is started, until somebody has changed a file: the configuration, a
// flow, the key, the database. What happens to a number, a busy database and a full disk are none of these.
func fileFirst(err error) bool {
	var config misconfigured
	var flow problems
	return errors.As(err, &config) || errors.As(err, &flow) || errors.Is(err, errRefused) || errors.Is(err, store.ErrUnusable)
}
