package desk

import (
	"errors"
	"fmt"

	"optinbot/bot"
	"optinbot/store"
)

// ErrRefused marks an error after which nothing was changed because somebody has to decide first.
var ErrRefused = errors.New("nothing was changed")

// ErrNotFound marks an error about something or somebody that does not exist, here or in the store.
var ErrNotFound = store.ErrNotFound

// ErrStale marks a refusal of what was decided by looking at something that has changed since.
var ErrStale = errors.New("it has changed since it was shown")

// ErrCostCap marks a refusal of a broadcast that may cost more than broadcast.max_cost.
var ErrCostCap = errors.New(string(bot.CostCap))

// ErrNotLinked marks an error about a number that no phone is linked to.
var ErrNotLinked = errors.New("the number is not linked")

// Refuse says why nothing was changed.
func Refuse(format string, args ...any) error {
	return fmt.Errorf("%w; %s", ErrRefused, fmt.Sprintf(format, args...))
}

// A marked error has the text of its own, and is also what it is marked as.
type marked struct {
	error
	as error
}

func (e marked) Unwrap() []error { return []error{e.error, e.as} }

// stale refuses what was decided by looking at something that has changed since.
func stale(format string, args ...any) error { return marked{Refuse(format, args...), ErrStale} }

// notFound says what does not exist.
func notFound(format string, args ...any) error { return missing{fmt.Errorf(format, args...)} }

// A missing error is about something or somebody that does not exist. Its text is that of the
// error.
type missing struct{ error }

func (e missing) Unwrap() error { return e.error }

// Is reports whether target is ErrNotFound.
func (e missing) Is(target error) bool { return target == ErrNotFound }

// A Misused error is about what was asked for, such as a number that the configuration does not
// have: nothing was changed. Its text is that of the error.
type Misused struct{ Err error }

func (e Misused) Error() string { return e.Err.Error() }

func (e Misused) Unwrap() error { return e.Err }

// Is reports whether target is ErrRefused.
func (e Misused) Is(target error) bool { return target == ErrRefused }

// A Misconfigured error comes from what the operator has written: config.yaml, the environment, a
// file that they name. It stays until that is changed.
type Misconfigured struct{ Err error }

func (e Misconfigured) Error() string { return e.Err.Error() }

func (e Misconfigured) Unwrap() error { return e.Err }

// FileFirst reports whether an error stays, however often `run` is started, until somebody has
// changed a file: the configuration, a flow, the key, the database. What happens to a number, a
// busy database and a full disk are none of these.
func FileFirst(err error) bool {
	var config Misconfigured
	var flow Problems
	return errors.As(err, &config) || errors.As(err, &flow) || errors.Is(err, ErrRefused) ||
		errors.Is(err, store.ErrUnusable)
}
