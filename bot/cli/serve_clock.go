package cli

import (
	"time"
)

// clockEvery is how often the difference between the machine's clock and WhatsApp's is noted while
// it stays as it is.
const clockEvery = 10 * time.Minute
