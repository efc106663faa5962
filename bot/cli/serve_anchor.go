package cli

import (
	"time"
)

// anchorLook is how often `run` looks whether the head of a ledger is due for the number's own
// chat.
const anchorLook = time.Hour
