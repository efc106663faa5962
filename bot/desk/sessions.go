package desk

import (
	"context"
	"time"

	"optinbot/bot"
)

// Sessions answers what can be asked about the files of the WhatsApp sessions, without opening a
// session.
type Sessions interface {
	// InUse reports whether a process serves or links the number now.
	InUse(number string) bool

	// Home refuses a number whose session belongs to WhatsApp while a test server is set, and the
	// reverse. A session that does not exist, or cannot be read, belongs to neither.
	Home(ctx context.Context, number string) error

	// Check looks whether the file, which must exist, is whole and holds the account. It reads
	// only, also while `run` has the file.
	Check(ctx context.Context, number, account string) error

	// Holds counts what the file holds about a person, by table. A file that does not exist holds
	// nothing.
	Holds(ctx context.Context, number string, ids []bot.Identity) (map[string]int, error)

	// Erase takes away what the file holds about a person. It may be repeated.
	Erase(ctx context.Context, number string, ids []bot.Identity, now time.Time) error
}
