package app

import (
	"context"
	"errors"
	"fmt"

	"optinbot/bot/text"
	"optinbot/store"
)

// Exit codes. Go itself ends with 2 after a panic, so a supervisor cannot take 2 for a decision of ours: `run` has a code of its own.
const (
	exitDone    = 0
	exitFailed  = 1  // something went wrong; what, is on standard error
	exitRefused = 2  // wrong use, or a question that nobody answered: nothing was changed
	exitFile    = 78 // `run` cannot go on until somebody has changed a file (EX_CONFIG of sysexits.h)
)

// errRefused marks an error after which nothing was changed because somebody has to decide first.
var errRefused = errors.New("nothing was changed")

// errSilent is returned by a verb that has already printed what is wrong.
var errSilent = errors.New("failed")

// refuse says why nothing was changed.
func refuse(format string, args ...any) error {
	return fmt.Errorf("%w; %s", errRefused, fmt.Sprintf(format, args...))
}

// A misused error is about what stands on the command line: nothing was changed. Its text is that of the error.
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

// fail prints an error for the person who gets it, in the one place that does, and returns the exit code of a verb.
func (a *App) fail(ctx context.Context, err error) int {
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errSilent) && errors.Is(err, errRefused):
		return exitRefused
	case errors.Is(err, errSilent):
		return exitFailed
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		fmt.Fprintln(a.err, "optinbot: interrupted")
		return exitFailed
	}
	fmt.Fprintln(a.err, "optinbot:", text.Lines(err.Error()))
	if errors.Is(err, errRefused) || errors.Is(err, store.ErrNewer) || errors.Is(err, store.ErrLost) {
		return exitRefused
	}
	return exitFailed
}

// failRun is fail for `run`, whose exit code is for a supervisor.
func (a *App) failRun(ctx context.Context, err error) int {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return exitDone // told to stop while it started
	}
	code := a.fail(ctx, err)
	if fileFirst(err) {
		return exitFile
	}
	return code
}
