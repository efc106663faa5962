package app

import (
	"context"
	"time"

	"optinbot/bot"
)

// sessions answers what can be asked about the files of the WhatsApp sessions, without opening a session.
type sessions interface {
	// inUse reports whether a process serves or links the number now.
	inUse(number string) bool

	// home refuses a number whose session belongs to WhatsApp while a test server is set, and the
	// reverse. A session that does not exist, or cannot be read, belongs to neither.
	home(ctx context.Context, number string) error

	// check looks whether the file, which must exist, is whole and holds the account. It reads only,
	// also while `run` has the file.
	check(ctx context.Context, number, account string) error

	// holds counts what the file holds about a person, by table. A file that does not exist holds nothing.
	holds(ctx context.Context, number string, ids []bot.Identity) (map[string]int, error)

	// erase takes away what the file holds about a person. It may be repeated.
	erase(ctx context.Context, number string, ids []bot.Identity, now time.Time) error
}
