package cli

import (
	"time"

	"optinbot/bot"
)

// The pauses between two tries to serve a number that cannot be served.
const (
	firstPause   = time.Second
	longestPause = time.Minute
)

// sessionOver is how serving a number ends when WhatsApp has ended its session: nothing is tried
// before somebody has linked it.
type sessionOver bot.NumberEventKind

func (e sessionOver) Error() string { return "WhatsApp has ended the session: " + string(e) }
