// Package app knows everybody: it reads the configuration and the command line and wires flows, bot, store and WhatsApp together.
package app

// Main runs one command line and returns the exit code: 0 done, 1 failed, 2 refused (nothing was changed).
func Main(args []string, defaults []byte) int {
	return 0
}
