package whatsapp

import (
	"errors"
	"fmt"
	"net/url"

	"optinbot/bot"
	"optinbot/bot/lock"
)

// lockNumber takes the exclusive right to connect one number: the lock of a file beside the
// session. Without it a second process would replace the first one's connection
// (events.StreamReplaced), and both would spoil each other's ratchets.
func lockNumber(store, number string) (release func() error, err error) {
	release, err = lock.Take(lockPath(store, number))
	var taken *lock.TakenError
	switch {
	case errors.As(err, &taken):
		return nil, fmt.Errorf("%w: %q is held by %s; stop that one first", bot.ErrInUse, number, taken.Held())
	case err != nil:
		return nil, fmt.Errorf("lock number %q: %w", number, err)
	}
	return release, nil
}

// InUse reports whether a process serves or links a number now. store is the file of its session.
func InUse(store, number string) bool { return lock.Taken(lockPath(store, number)) }

func lockPath(store, number string) string { return store + "." + url.PathEscape(number) + ".lock" }
