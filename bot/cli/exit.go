package cli

import (
	"context"
	"errors"
	"fmt"

	"optinbot/bot/desk"
	"optinbot/bot/text"
	"optinbot/store"
)

// Exit codes. Go itself ends with 2 after a panic, so a supervisor cannot take 2 for a decision of
// ours: `run` has a code of its own.
const (
	exitDone    = 0
	exitFailed  = 1  // something went wrong. Standard error says what
	exitRefused = 2  // wrong use, or a question that nobody answered: nothing was changed
	exitFile    = 78 // `run` cannot go on until somebody has changed a file (EX_CONFIG of sysexits.h)
)

// errSilent is returned by a verb that has already printed what is wrong.
var errSilent = errors.New("failed")

// fail prints an error for the person who gets it, in the one place that does, and returns the exit
// code of a verb.
func (a *App) fail(ctx context.Context, err error) int {
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errSilent) && errors.Is(err, desk.ErrRefused):
		return exitRefused
	case errors.Is(err, errSilent):
		return exitFailed
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		fmt.Fprintln(a.err, "optinbot: interrupted")
		return exitFailed
	}
	a.pageOn(a.err).say("optinbot: %s", text.Lines(err.Error()))
	if errors.Is(err, desk.ErrRefused) || errors.Is(err, store.ErrNewer) || errors.Is(err, store.ErrLost) {
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
	if desk.FileFirst(err) {
		return exitFile
	}
	return code
}
